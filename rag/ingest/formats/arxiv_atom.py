"""What the arXiv's API answers: an Atom feed. https://info.arxiv.org/help/api/user-manual.html"""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import present
from rag.ingest.formats.xml_blocks import blocks, count_of, first, inner, opens, plains
from rag.ingest.formats.years import year_of

_ERROR = "arxiv.org/api/errors"


def recognises(text: str) -> bool:
    """Whether it is a feed whose entries have summaries, or one of the arXiv without any."""
    return opens(text, "feed") > 0 and ("arxiv.org" in text or opens(text, "summary") > 0)


def count(pieces: Iterable[str]) -> int:
    """How many entries a text has, counted without reading them."""
    return count_of(pieces, "entry")


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The entries of a text, one paper each."""
    for block in blocks(pieces, "entry"):
        if isinstance(block, Rejected):
            yield block
        elif _ERROR in first(block.element, "./id"):
            yield Rejected(
                block.line,
                f"the arXiv answered with an error: {first(block.element, './summary')[:200]}",
                raw=block.raw,
            )
        else:
            yield entry_of(_fields(block.element), block.line, raw=block.raw)


def _fields(entry: Element) -> dict[str, object]:
    address = first(entry, "./id")
    return present(
        {
            "title": inner(entry.find("./title")),
            "abstract": inner(entry.find("./summary")),
            "authors": plains(entry, "./author/name"),
            "year": year_of(first(entry, "./published", "./updated")),
            "venue": first(entry, "./journal_ref"),
            "doi": first(entry, "./doi"),
            "entry_id": address,
            "comments": first(entry, "./comment"),
            "url": address,
        }
    )
