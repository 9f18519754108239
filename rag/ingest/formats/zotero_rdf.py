"""Zotero's RDF export. An article names its journal, which stands elsewhere in the file and has the article's DOI too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import present
from rag.ingest.formats.xml_blocks import blocks, first, inner, opens, plains
from rag.ingest.formats.years import year_of
from rag.ingest.formats.zotero_items import NO_PAPERS

_PAPERS = (
    "Article Book BookSection Document Thesis Report Manuscript Patent Letter Interview Data Description Legislation CourtCase "
    "Recording MotionPicture Image UserItem"
).split()
_JOURNALS = ("Journal", "Series", "Periodical", "Newspaper", "Magazine")
_DOI = "DOI "


@dataclass(frozen=True, slots=True)
class _Draft:
    """An item whose journal may stand further down."""

    line: int
    element: Element
    raw: str


def recognises(text: str) -> bool:
    """Whether there are items of Zotero in RDF."""
    return opens(text, "RDF") > 0 and "http://www.zotero.org/namespaces/export#" in text


def count(pieces: Iterable[str]) -> int:
    """How many items a text has that are papers, counted by their types."""
    return sum(kind not in NO_PAPERS for kind in _kinds(pieces))


def _kinds(pieces: Iterable[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *parts, rest = (rest + piece).split("</z:itemType>")
        yield from (part.rpartition("<z:itemType>")[2].strip() for part in parts)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The items of a text, one paper each."""
    journals: dict[str, Element] = {}
    drafts: list[_Draft | Rejected] = []
    for block in blocks(pieces, *_PAPERS, *_JOURNALS):
        if isinstance(block, Rejected):
            drafts.append(block)
        elif first(block.element, "./itemType"):
            if first(block.element, "./itemType") not in NO_PAPERS:
                drafts.append(_Draft(block.line, block.element, block.raw))
        else:
            journals[block.element.get("about", "")] = block.element
    for draft in drafts:
        yield (
            draft
            if isinstance(draft, Rejected)
            else entry_of(_fields(draft.element, journals), draft.line, raw=draft.raw)
        )


def _fields(item: Element, journals: dict[str, Element]) -> dict[str, object]:
    part = item.find("./isPartOf")
    inside = None if part is None else next(iter(part), journals.get(part.get("resource", "")))
    numbers = plains(item, "./identifier") + (plains(inside, "./identifier") if inside is not None else [])
    addresses = plains(item, "./identifier/URI/value")
    return present(
        {
            "title": inner(item.find("./title")),
            "abstract": first(item, "./abstract"),
            "authors": _people(item, "authors") or _people(item, "editors") or _people(item, "contributors"),
            "year": year_of(first(item, "./date")),
            "venue": first(inside, "./title") if inside is not None else first(item, "./publisher//name"),
            "doi": next((number[len(_DOI) :] for number in numbers if number.startswith(_DOI)), ""),
            "url": addresses[0] if addresses else "",
            "extra": first(item, "./description"),
        }
    )


def _people(item: Element, role: str) -> list[str]:
    """The names of a role in their order."""
    names = []
    for person in item.iterfind(f"./{role}/Seq/li/Person"):
        given, family = first(person, "./givenName", "./givenname"), first(person, "./surname")
        names.append(" ".join(filter(None, (given, family))))
    return [name for name in names if name]
