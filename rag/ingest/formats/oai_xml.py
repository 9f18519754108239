"""What OAI-PMH interfaces answer: records in the arXiv's own forms, or in Dublin Core, as most repositories give them.

https://info.arxiv.org/help/oa, https://www.openarchives.org/OAI/openarchivesprotocol.html
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import people, present
from rag.ingest.formats.xml_blocks import blocks, count_of, first, inner, opens, plain, plains
from rag.ingest.formats.years import year_of

_ARXIV = (".//arXiv", ".//arXivRaw")
_CORE = ".//dc"
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>,;]{1,300}")
_ADDRESS = re.compile(r"https?://\S{3,2000}")
_REMARK = re.compile(r"(?:comment|note)s?:\s", re.IGNORECASE)


def recognises(text: str) -> bool:
    """Whether there are records of Dublin Core, or of the arXiv."""
    return opens(text, "record") > 0 and any(opens(text, name) for name in ("dc", "arXiv", "arXivRaw"))


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, "record")


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for block in blocks(pieces, "record"):
        if isinstance(block, Rejected):
            yield block
            continue
        header = block.element.find("./header")
        if header is not None and header.get("status") == "deleted":
            yield Rejected(
                block.line, "the record was deleted where it comes from", first(header, "./identifier"), block.raw
            )
            continue
        yield entry_of(_fields(block.element), block.line, raw=block.raw)


def _fields(record: Element) -> dict[str, object]:
    paper = next((found for path in _ARXIV if (found := record.find(path)) is not None), None)
    if paper is not None:
        return present(_of_arxiv(paper))
    core = record.find(_CORE)
    return present(_of_core(record if core is None else core))


def _of_arxiv(paper: Element) -> dict[str, object]:
    names = [
        " ".join(filter(None, (first(author, "./forenames"), first(author, "./keyname"), first(author, "./suffix"))))
        for author in paper.iterfind("./authors/author")
    ]
    name = first(paper, "./id")
    return {
        "title": inner(paper.find("./title")),
        "abstract": inner(paper.find("./abstract")),
        "authors": names or first(paper, "./authors"),
        "year": year_of(first(paper, "./created", "./version/date", "./updated")),
        "venue": first(paper, "./journal-ref"),
        "doi": first(paper, "./doi"),
        "arxiv_id": name,
        "url": f"https://arxiv.org/abs/{name}" if name else "",
        "comments": first(paper, "./comments"),
    }


def _of_core(core: Element) -> dict[str, object]:
    described = [plain(element) for element in core.iterfind("./description")]
    texts = [text for text in described if text and not _REMARK.match(text)]
    names = plains(core, "./identifier") + plains(core, "./relation")
    dates = sorted(year for date in plains(core, "./date") if (year := year_of(date)))
    return {
        "title": first(core, "./title"),
        "abstract": max(texts, key=len, default=""),
        "authors": people(plains(core, "./creator")),
        "year": dates[0] if dates else None,
        "venue": first(core, "./source", "./publisher"),
        "doi": next((found[0] for name in names if (found := _DOI.search(name))), ""),
        "entry_id": next((name for name in names if "arxiv.org/abs/" in name), ""),
        "url": next((name for name in names if _ADDRESS.fullmatch(name)), ""),
        "comments": " ".join(text for text in described if _REMARK.match(text)),
    }
