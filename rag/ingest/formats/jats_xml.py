"""JATS, in which publishers and PubMed Central keep whole articles: only what stands in front of the text is read.

https://jats.nlm.nih.gov/archiving/
"""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import present
from rag.ingest.formats.xml_blocks import blocks, count_of, first, inner, opens
from rag.ingest.formats.years import year_of

_META = "./article-meta"
_YEARS = (".//pub-date[@pub-type='ppub']/year", ".//pub-date[@date-type='pub']/year", ".//pub-date/year")
_VENUES = ("./journal-meta//journal-title", "./journal-meta/journal-id")
_SHORT = frozenset(("graphical", "toc", "teaser", "short", "key-points", "highlights", "executive-summary"))


def recognises(text: str) -> bool:
    """Whether there is what stands in front of an article."""
    return opens(text, "front") > 0 and opens(text, "article-meta") > 0


def count(pieces: Iterable[str]) -> int:
    """How many articles a text has, counted without reading them."""
    return count_of(pieces, "front")


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The articles of a text, one paper each."""
    for block in blocks(pieces, "front"):
        if isinstance(block, Rejected):
            yield block
        else:
            yield entry_of(_fields(block.element), block.line, raw=block.raw)


def _fields(front: Element) -> dict[str, object]:
    numbers = {item.get("pub-id-type", ""): (item.text or "").strip() for item in front.iterfind(f"{_META}/article-id")}
    abstracts = [item for item in front.iterfind(f"{_META}/abstract") if item.get("abstract-type") not in _SHORT]
    title = inner(front.find(f"{_META}/title-group/article-title"))
    subtitle = inner(front.find(f"{_META}/title-group/subtitle"))
    return present(
        {
            "title": f"{title}: {subtitle}" if title and subtitle else title,
            "abstract": inner(abstracts[0]) if abstracts else "",
            "authors": [name for item in front.iterfind(f"{_META}/contrib-group/contrib") if (name := _name(item))],
            "year": year_of(first(front, *_YEARS)),
            "venue": first(front, *_VENUES),
            "doi": numbers.get("doi", ""),
            "pmid": numbers.get("pmid", ""),
            "pmcid": numbers.get("pmcid", numbers.get("pmc", "")),
            "updates": [item.get("related-article-type", "") for item in front.iterfind(f"{_META}/related-article")],
        }
    )


def _name(person: Element) -> str:
    if person.get("contrib-type", "author") != "author":
        return ""
    parts = (first(person, ".//given-names"), first(person, ".//surname"), first(person, ".//suffix"))
    return " ".join(filter(None, parts)) if parts[1] else first(person, ".//string-name", ".//collab")
