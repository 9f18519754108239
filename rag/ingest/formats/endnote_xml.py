"""EndNote's XML export, which Bookends, Zotero and others write too. Every text stands in `<style>` elements, often several."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import people, present
from rag.ingest.formats.xml_blocks import blocks, count_of, first, opens, plains
from rag.ingest.formats.years import year_of

_TITLES = ("./titles/title", "./titles/short-title")
_ABSTRACTS = ("./abstract",)
_AUTHORS = ("./contributors/authors/author", "./contributors/secondary-authors/author")
_YEARS = ("./dates/year", "./dates/pub-dates/date")
_VENUES = ("./periodical/full-title", "./titles/secondary-title", "./alt-periodical/full-title")
_DOIS = ("./electronic-resource-num",)
_URLS = ("./urls/related-urls/url", "./urls/web-urls/url")


def recognises(text: str) -> bool:
    """Whether there are records with the elements that only EndNote's have."""
    return opens(text, "record") > 0 and ("<ref-type" in text or "<contributors>" in text) and opens(text, "titles") > 0


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, "record")


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for block in blocks(pieces, "record"):
        if isinstance(block, Rejected):
            yield block
        else:
            yield entry_of(_fields(block.element), block.line, raw=block.raw)


def _fields(record: Element) -> dict[str, object]:
    return present(
        {
            "title": first(record, *_TITLES),
            "abstract": first(record, *_ABSTRACTS),
            "authors": people(next((names for path in _AUTHORS if (names := plains(record, path))), [])),
            "year": year_of(first(record, *_YEARS)),
            "venue": first(record, *_VENUES),
            "doi": first(record, *_DOIS),
            "url": first(record, *_URLS),
            "pmcid": first(record, "./custom2"),
            "isbn": first(record, "./isbn"),
            "document_type": first(record, "./work-type"),
            "notes": plains(record, "./notes") + plains(record, "./research-notes"),
            "keywords": plains(record, "./keywords/keyword"),
        }
    )
