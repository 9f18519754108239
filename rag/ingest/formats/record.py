"""From the loose fields of a source record to a `Paper`: cleaning, identity, links. Shared by all formats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.core import lexicon
from rag.core.domain import Paper, Status
from rag.core.text import clean, links_in
from rag.ingest.formats.markup import without_markup
from rag.ingest.identity import text_id, title_id

TITLE_CHARS = 2_000
"""Ten times the longest usual title. It stands before each passage that is embedded, so its length counts many times."""
ABSTRACT_CHARS = 30_000
"""Three times the longest of 80,000 abstracts. What is longer is a whole text, or none."""
RAW_CHARS = 2_000
"""Of a record as it stands in its file: as much as is kept for the report."""
_WORD_CHARS = 1_000
_RUN = re.compile(r"[A-Za-z0-9+/=_-]+")
_WORD = re.compile(r"[^\W\d_]")
_LETTER = re.compile(r"[^\W_]")
_NONE_CHARS = 200
"""Of a text that may only say that there is no abstract."""

_ARXIV_VERSION = re.compile(r"v\d+$")
_ARXIV_PREFIX = re.compile(r"^(arxiv:|https?://arxiv\.org/(abs|pdf)/)", re.IGNORECASE)
_DOI_PREFIX = re.compile(r"^(doi:\s*|https?://(dx\.)?doi\.org/)", re.IGNORECASE)


class BadRecord(ValueError):
    """A record that cannot become a paper; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as a file has it: its 1-based line (0: not known), which version of the text it is (0: not said), what was left out, and
    the beginning of what stands there (at most `RAW_CHARS` characters)."""

    paper: Paper
    line: int = 0
    version: int = 0
    notes: tuple[str, ...] = ()
    raw: str = ""


def make_paper(
    *,
    title: str,
    abstract: str,
    id: str | None = None,
    authors: Sequence[str] = (),
    url: str | None = None,
    year: int | None = None,
    doi: str | None = None,
    arxiv_id: str | None = None,
    pmid: str | None = None,
    venue: str | None = None,
    aliases: Sequence[str] = (),
    pmcid: str | None = None,
    acl_id: str | None = None,
    isbn: str | None = None,
    version: int | None = None,
    status: Status = "",
) -> Paper:
    """A cleaned paper with its identity.

    The id is the given one, else the DOI, else the arXiv id without its version, else the PMID, else a hash of the
    normalised title and abstract, or where there is no abstract of the title, the first author, the venue and the year. What only says
    that there is no abstract is none.

    Raises:
        BadRecord: there is neither an abstract nor a title with a word, the abstract has no words, or one of them is too long.
    """
    title, abstract = clean(without_markup(title)), clean(without_markup(abstract, headed=True))
    abstract = "" if says_none(abstract) else abstract
    _check(title, abstract)
    authors = tuple(name for author in authors if (name := clean(without_markup(author))))
    doi = _DOI_PREFIX.sub("", clean(doi or "")).lower() or None
    arxiv_id = _ARXIV_VERSION.sub("", _ARXIV_PREFIX.sub("", clean(arxiv_id or ""))) or None
    pmid = clean(pmid or "") or None
    return Paper(
        id=clean(id or "") or doi or arxiv_id or pmid or _hash(title, abstract, authors, year, venue),
        title=title,
        abstract=abstract,
        authors=authors,
        url=clean(url or "") or None,
        year=year,
        doi=doi,
        arxiv_id=arxiv_id,
        pmid=pmid,
        venue=clean(without_markup(venue or "")) or None,
        links=links_in(abstract),
        aliases=tuple(name for alias in aliases if (name := clean(alias))),
        pmcid=pmcid,
        acl_id=acl_id,
        isbn=isbn,
        version=version,
        status=status,
    )


def says_none(abstract: str) -> bool:
    """Whether a text that stands for an abstract is none: it is empty, nothing but marks, or says so."""
    text = clean(abstract) if len(abstract) <= _NONE_CHARS else abstract
    return len(text) <= _NONE_CHARS and (not _LETTER.search(text) or bool(lexicon.patterns("no_abstract").search(text)))


def _hash(title: str, abstract: str, authors: Sequence[str], year: int | None, venue: str | None) -> str:
    """Two editorials of one title are told apart by who wrote them when, and where they stand."""
    if abstract:
        return text_id(title, abstract)
    return title_id(title, "\n".join([*authors[:1], venue or ""]).strip(), year)


def _check(title: str, abstract: str) -> None:
    if not abstract and not _WORD.search(title):
        raise BadRecord("no abstract, and no title with a word" if title else "no abstract and no title")
    for name, text, most in (("title", title, TITLE_CHARS), ("abstract", abstract, ABSTRACT_CHARS)):
        if len(text) > most:
            raise BadRecord(f"its {name} has {len(text):,} characters; at most {most:,} are taken")
        endless = next((run[0] for run in _RUN.finditer(text) if len(run[0]) > _WORD_CHARS), None)
        if endless:
            raise BadRecord(f"its {name} holds a word of more than {_WORD_CHARS:,} characters: {endless[:20]}…")
    if abstract and not _WORD.search(abstract):
        raise BadRecord(f"no word in its abstract: {abstract[:40]}")
