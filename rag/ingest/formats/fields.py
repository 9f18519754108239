"""An object of unknown making -> the fields of a paper: which keys mean what, and which values can be used.

Owns which fields a paper is made of: an abstract, or a title and something that shows that the record is one of a paper. Of every other
field what cannot be used is left out, with a note. Knows nothing of files and lines.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rag.ingest.formats import authors as names
from rag.ingest.formats import ids, keys
from rag.ingest.formats.keys import kind_of, shown
from rag.ingest.formats.plain_record import RAW, PlainRecord, text_of
from rag.ingest.formats.record import ABSTRACT_CHARS, TITLE_CHARS, BadRecord, says_none
from rag.ingest.formats.status import status_of
from rag.ingest.formats.years import year_of

__all__ = ["Fields", "fields_of", "text_of"]


@dataclass(frozen=True, slots=True)
class Fields:
    """What `make_paper` takes, which version of the paper's text it is (0: not said), and what was left out or guessed."""

    values: dict[str, Any]
    version: int = 0
    notes: tuple[str, ...] = ()


def fields_of(raw: Mapping[Any, Any]) -> Fields:
    """The fields of a record.

    Raises:
        BadRecord: there is no abstract and nothing shows that it is a record of a paper, or title or abstract are no text or too long.
    """
    record = PlainRecord.of(raw)
    if (kind := record.short(("itemtype",), "kind", 100).lower()) in keys.NO_PAPERS:
        raise BadRecord(f"it is no paper but a kind of record called “{kind}”")
    title = _needed(record, keys.TITLES, "title", TITLE_CHARS)
    abstract = _needed(record, keys.ABSTRACTS, "abstract", ABSTRACT_CHARS)
    if says_none(abstract):
        abstract = ""
        title = _sure_title(record)
    identifier = ids.identifier_of(record)
    arxiv_id, version = ids.arxiv_of(record, identifier)
    doi = ids.doi_of(record, identifier)
    url = record.short(keys.URLS, "url", 2_000)
    values = {
        "title": title,
        "abstract": abstract,
        "id": identifier,
        "authors": _authors(record),
        "year": _year(record) or _year_of_arxiv(arxiv_id),
        "doi": doi,
        "arxiv_id": arxiv_id,
        "pmid": ids.pmid_of(record),
        "url": url,
        "venue": record.short(keys.VENUES, "venue", 500),
        "aliases": _aliases(record.fields.get("aliases")),
        "pmcid": ids.pmcid_of(record, identifier, url),
        "acl_id": ids.acl_id_of(record, identifier, doi, url),
        "isbn": ids.isbn_of(record),
        "version": version or None,
        "status": status_of(record, title, abstract),
    }
    return Fields(values, version, tuple(record.notes))


# --- title and abstract -----------------------------------------------------------------------------------------------


def _needed(record: PlainRecord, among: Iterable[str], name: str, most: int) -> str:
    """Title or abstract: the first of the fields that holds any."""
    wrong: Any = None
    for key, value in record.present(among):
        text = _inverted(value, most) if key == "abstractinvertedindex" else text_of(value)
        if text is None:
            wrong = value if wrong is None else wrong
        elif len(text) > most * RAW:
            raise BadRecord(f"its {name} has {len(text):,} characters; at most {most:,} are taken")
        elif text.strip():
            return text
    if wrong is not None:
        raise BadRecord(f"{name} is not text but {kind_of(wrong)}")
    return ""


def _sure_title(record: PlainRecord) -> str:
    """The title of a record without an abstract.

    Raises:
        BadRecord: it has none, or nothing says that it is the record of a paper rather than a header, a group or a message.
    """
    title = _needed(record, keys.SURE_TITLES, "title", TITLE_CHARS)
    shows = (*keys.SURE_ABSTRACTS, *keys.AUTHORS, *keys.YEARS, *keys.DOIS, *keys.PMIDS, *keys.PMCIDS, *keys.SURE_FIELDS)
    others = record.fields.keys() - {*keys.TITLES, *keys.IDS}
    if title and others and not any(key in record.fields for key in shows):
        raise BadRecord("no abstract, and nothing else that a paper has: no authors, year or identifier")
    return title


def _inverted(value: Any, most: int) -> str | None:
    """OpenAlex keeps an abstract as {word: [places]}."""
    if not isinstance(value, Mapping):
        return text_of(value)
    places = [
        (place, str(word))
        for word, where in value.items()
        if isinstance(where, list)
        for place in where[:most]
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(places[:most])) or None


# --- what else there may be ---------------------------------------------------------------------------------------------


def _authors(record: PlainRecord) -> list[str]:
    parsed = names.names_parsed(record.fields.get("authorsparsed"))
    for _, value in record.present(keys.AUTHORS):
        # Affiliations in brackets cannot be told from names; the arXiv has the names a second time.
        if isinstance(value, str) and "(" in value and parsed:
            break
        found, lost = names.names_of(value)
        if lost:
            record.notes.append(f"{lost} of the authors left out: no name in {shown(value)}")
        if found:
            return found
    return parsed


def _year(record: PlainRecord) -> int | None:
    for _, value in record.present(keys.YEARS):
        year = year_of(value)
        if year is None:
            record.notes.append(f"year left out: no year in {shown(value)}")
        elif str(value).strip().removesuffix(".0") != str(year):
            record.notes.append(f"year {year} taken from {shown(value)}")
        if year:
            return year
    for key, value in record.present(keys.DATES):
        # The arXiv has a date for each version; the first is when the paper appeared.
        if key == "versions" and isinstance(value, list) and value and isinstance(value[0], Mapping):
            value = value[0].get("created")
        if year := year_of(value):
            return year
    return None


def _year_of_arxiv(arxiv_id: str) -> int | None:
    """The arXiv's ids begin with year and month since April 2007."""
    return 2000 + int(arxiv_id[:2]) if re.match(r"\d{4}\.\d{4,5}$", arxiv_id) else None


def _aliases(value: Any) -> list[str]:
    """Ids of other records of the paper, as `citewise papers --json` writes them."""
    return (
        [name for name in value if isinstance(name, str) and len(name) <= 500][:100] if isinstance(value, list) else []
    )
