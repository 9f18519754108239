"""The ACL Anthology's XML: a collection of volumes of papers. https://github.com/acl-org/acl-anthology, data/xml/schema.rnc"""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import present
from rag.ingest.formats.xml_blocks import blocks, count_of, first, inner, opens

ADDRESS = "https://aclanthology.org/"
_UPDATES = {"./retracted": "retraction", "./removed": "removal", "./erratum": "erratum"}
_CASE = re.compile(r"</?fixed-case>")
"""Words whose capitals BibTeX must keep."""


def recognises(text: str) -> bool:
    """Whether it is a collection of volumes."""
    return opens(text, "collection") > 0 and opens(text, "volume") > 0 and opens(text, "paper") > 0


def count(pieces: Iterable[str]) -> int:
    """How many papers a text has, counted without reading them."""
    return count_of(pieces, "paper")


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The papers of a text; what a volume says of all of its papers, such as the year, is theirs."""
    volume: Element | None = None
    for block in blocks(pieces, "paper", "meta"):
        if isinstance(block, Rejected):
            yield block
        elif block.element.tag == "meta":
            volume = block.element
        else:
            yield entry_of(_fields(block.element, volume), block.line, raw=block.raw)


def _fields(paper: Element, volume: Element | None) -> dict[str, object]:
    name = first(paper, "./url")
    people = [written for author in paper.iterfind("./author") if (written := _name(author))]
    return present(
        {
            "title": _CASE.sub("", inner(paper.find("./title"))),
            "abstract": _CASE.sub("", inner(paper.find("./abstract"))),
            "authors": people,
            "year": first(volume, "./year") if volume is not None else "",
            "venue": first(volume, "./booktitle") if volume is not None else "",
            "doi": first(paper, "./doi"),
            "acl_id": "" if "/" in name else name,
            "updates": [kind for path, kind in _UPDATES.items() if paper.find(path) is not None],
            "url": name if re.match(r"https?://", name) else f"{ADDRESS}{name}/" if name else "",
        }
    )


def _name(author: Element) -> str:
    return " ".join(filter(None, (first(author, "./first"), first(author, "./last"), first(author, "./suffix"))))
