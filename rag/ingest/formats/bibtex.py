"""BibTeX and biblatex: `@article{key, title = {…}, abstract = {…}}`, with `@string`, `#` and LaTeX in the values.

Entries that nothing closes are rejected with their line, never dropped; two entries of one key are both read, for keys are only
unique to their maker.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.core.domain import Rejected
from rag.core.escaping import shorten
from rag.ingest.formats.authors import in_reading_order
from rag.ingest.formats.bibtex_blocks import blocks, count_of
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.latex import text_of_latex
from rag.ingest.formats.record import RAW_CHARS, Entry
from rag.ingest.formats.tagged import lines_of, present
from rag.ingest.formats.years import year_of

_VENUES = ("journal", "journaltitle", "booktitle", "maintitle", "series", "school", "institution", "publisher")
_YEARS = ("year", "date", "urldate")
_URLS = ("url", "bdsk-url-1", "ee", "link")
_PMIDS = ("pmid", "pubmedid")
_NO_PAPERS = frozenset("comment string preamble".split())
_OPENS = re.compile(r"^\s{0,9}@\s{0,9}([A-Za-z]{3,30})\s{0,9}[{(]", re.MULTILINE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_OTHERS = frozenset(("others", "et al.", "et al"))


def recognises(text: str) -> bool:
    """Whether a line opens an entry."""
    return any(match[1].lower() not in _NO_PAPERS for match in _OPENS.finditer(text)) and "=" in text


def count(pieces: Iterable[str]) -> int:
    """How many entries a text has, counted without reading them."""
    return count_of(lines_of(pieces), _NO_PAPERS)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The entries of a text, one paper each."""
    strings: dict[str, str] = {}
    for block in blocks(lines_of(pieces), strings):
        if block.kind in _NO_PAPERS:
            continue
        if block.problem:
            title = shorten(_text(block.fields, ("title",)), 200)
            yield Rejected(block.line, f"it is no whole BibTeX entry: {block.problem}", title, block.raw[:RAW_CHARS])
        else:
            yield entry_of(_fields(block.fields), block.line, raw=block.raw)


def _fields(raw: Mapping[str, Any]) -> dict[str, object]:
    title = _text(raw, ("title",))
    subtitle = _text(raw, ("subtitle",))
    eprint, kind = _text(raw, ("eprint",)), _text(raw, ("eprinttype", "archiveprefix")).lower()
    return present(
        {
            "title": f"{title}: {subtitle}" if title and subtitle else title,
            "abstract": _text(raw, ("abstract",)),
            "authors": _people(str(raw.get("author") or raw.get("editor") or "")),
            "year": year_of(_text(raw, _YEARS)),
            "venue": _text(raw, _VENUES),
            "doi": _plain(raw, ("doi",)),
            "pmid": eprint if kind == "pubmed" else _plain(raw, _PMIDS),
            "arxiv_id": eprint if kind == "arxiv" else _plain(raw, ("arxivid", "arxiv")),
            "eprint": "" if kind else eprint,
            "url": _plain(raw, _URLS),
            "pmcid": _plain(raw, ("pmcid", "pmc")),
            "isbn": _plain(raw, ("isbn",)),
            "document_type": _text(raw, ("document_type", "type", "pubtype")),
            "status": _text(raw, ("status", "pubstate")),
            "keywords": _text(raw, ("keywords",)),
            "notes": [
                _text(raw, (name,)) for name in ("note", "annote", "annotation", "addendum", "comment") if raw.get(name)
            ],
        }
    )


def _plain(raw: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these fields that holds any, as it stands but for LaTeX's escapes."""
    found = next((str(raw[name]) for name in names if raw.get(name)), "")
    return re.sub(r"\\([_%&#~])", r"\1", found).strip("{} \n")


def _text(raw: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these fields that holds any, in characters."""
    return next((" ".join(text_of_latex(str(raw[name])).split()) for name in names if raw.get(name)), "")


def _people(text: str) -> list[str]:
    """The names between "and"; braces keep a name of several words together: {Center for Things}."""
    names = [name.strip() for name in _AND.split(text) if name.strip().lower() not in _OTHERS]
    return [
        " ".join(text_of_latex(name if name.startswith("{") else in_reading_order(name)).split())
        for name in names
        if name
    ]
