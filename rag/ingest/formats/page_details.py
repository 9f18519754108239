"""What a page says of a paper beside its title and abstract -> fields: identifiers, address, venue, year, authors."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rag.core import lexicon
from rag.ingest.formats.page_blocks import Block
from rag.ingest.formats.page_names import names_in, parts_of

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]{1,200}")
_ARXIV = re.compile(
    r"\barxiv(?:\.org/(?:abs|pdf|html)/|:\s?)((?:\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,2})?)\b",
    re.IGNORECASE,
)
_PMID = re.compile(r"\bPMID:?\s?(\d{1,9})\b", re.IGNORECASE)
_CITATION = re.compile(r"(?:\d{1,5}[.)] )?(?P<venue>[^.;]{2,100})\. (?P<year>(?:19|20)\d\d)\b[^.]{0,40}[;:.]")
_ADDRESS = re.compile(r"https?://[^\s()<>\"]{1,500}")
_LINK = re.compile(r"\[([^\[\]]{1,400})\]\((https?://[^\s()]{1,400})\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|`)(\S(?:[^*_`]{0,400}\S)?)\1(?!\w)")
_AFFILIATION_MARK = re.compile(r"\(?\d{1,2}[)\s]{0,2}(?=[A-Z][a-z])|[\u00b9\u00b2\u00b3*†‡]|.{0,100}@")
_OF_OTHERS = ("comments", "comment", "comment in", "erratum in", "update in", "keywords")
"""Labels of details that may name other papers."""


def title_and_address(text: str) -> tuple[str, str]:
    """The words of a title, and the address that it links to where it is a link in Markdown, else ""."""
    link = _LINK.search(text)
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text)).strip(), link[2] if link else ""


def is_id(block: Block) -> bool:
    """Whether a detail says which paper this is."""
    found = details_of([block])
    return any(found.get(name) for name in ("doi", "arxiv_id", "pmid", "venue"))


def details_of(of_paper: Sequence[Block], address: str = "") -> dict[str, Any]:
    """The fields of `make_paper` that the details of a paper hold; of several the first counts."""
    found: dict[str, Any] = {}
    for name, value in [*_in_details(of_paper), *_in_address(address)]:
        found.setdefault(name, value)
    return found


def _in_details(of_paper: Sequence[Block]) -> Iterator[tuple[str, Any]]:
    for block in of_paper:
        if block.kind != "detail" or block.label in _OF_OTHERS:
            continue
        text = f"pmid: {block.text}" if block.label == "pmid" else block.text
        if doi := _DOI.search(text):
            yield "doi", doi[0].rstrip(".,;)]")
        if arxiv := _ARXIV.search(text):
            yield "arxiv_id", arxiv[1]
        if pmid := _PMID.search(text):
            yield "pmid", pmid[1]
        if block.label in ("journal", "venue", "published in"):
            yield "venue", text
        if block.label in ("year", "published") and re.fullmatch(r"(?:19|20)\d\d", text):
            yield "year", int(text)
        if not block.label and (citation := _CITATION.match(text)):
            yield "venue", citation["venue"]
            yield "year", int(citation["year"])
        if block.label in ("", "url") and _ADDRESS.fullmatch(text):
            yield "url", text


def _in_address(address: str) -> Iterator[tuple[str, Any]]:
    if address:
        yield "url", address
        if arxiv := _ARXIV.search(address):
            yield "arxiv_id", arxiv[1]


def authors_of(front: Sequence[Block], title: Block) -> tuple[str, ...]:
    """The names of a paper's authors: those that are labelled, else those in the lines between title and abstract."""
    labelled = [block for block in front if block.kind == "authors" and block.label]
    if labelled:
        return tuple(name for block in labelled for name in names_of(block))
    below = front[front.index(title) + 1 :] if title in front else []
    return next(filter(None, map(names_of, below)), ())


def names_of(block: Block) -> tuple[str, ...]:
    """The names that a block consists of; none where it is something else."""
    if block.kind == "authors" and block.label:
        return names_in(block.text) or parts_of(block.text)
    if block.kind not in ("authors", "short"):
        return ()
    name, _, place = block.text.partition(",")  # as in "Anna Miller, University of Kassel"
    of_place = names_in(name) if lexicon.patterns("page_affiliations").search(place) else ()
    return names_in(block.text) or of_place


def is_affiliation(text: str, below_names: bool) -> bool:
    """Whether a short block says where authors work: it stands below names, or begins with a name, a footnote's mark or an address."""
    named = below_names or _AFFILIATION_MARK.match(text) or names_in(text.partition(",")[0])
    return bool(named) and bool(lexicon.patterns("page_affiliations").search(text))
