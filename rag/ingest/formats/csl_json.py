"""CSL-JSON, as Zotero, Mendeley, citeproc and doi.org write it. https://docs.citationstyles.org/en/stable/specification.html"""

import re
from collections.abc import Mapping
from typing import Any

from rag.ingest.formats.picking import Table, picked

FIELDS: Table = {
    "id": ("id", "citation-key"),
    "title": ("title",),
    "abstract": ("abstract",),
    "authors": ("author", "editor", "director", "interviewer"),
    "issued": ("issued", "original-date", "event-date", "submitted"),
    "venue": ("container-title", "event-title", "event", "collection-title", "publisher"),
    "doi": ("DOI",),
    "pmid": ("PMID",),
    "pmcid": ("PMCID",),
    "isbn": ("ISBN",),
    "url": ("URL",),
}
_TYPES = frozenset(
    "article article-journal article-magazine article-newspaper bill book chapter paper-conference thesis report webpage dataset "
    "software review review-book entry entry-encyclopedia entry-dictionary manuscript patent post post-weblog speech pamphlet "
    "preprint graphic map motion_picture song broadcast interview legislation legal_case personal_communication document".split()
)
_NOTED = re.compile(r"(?:^|\n)\s{0,9}(DOI|PMID|PMCID|arXiv)\s{0,3}:\s{0,3}(\S{1,200})", re.IGNORECASE)


def recognises(record: Mapping[Any, Any]) -> bool:
    """Whether it has a type of CSL and a field that is written as CSL has it."""
    return record.get("type") in _TYPES and not record.keys().isdisjoint(
        ("issued", "container-title", "citation-key", "DOI", "URL", "ISBN", "publisher-place", "author", "editor")
    )


def fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """The item under the names of our fields; identifiers also from the note, where Zotero keeps those without a field."""
    item = picked(record, FIELDS)
    for name, value in _NOTED.findall(str(record.get("note", ""))[:5_000]):
        item.setdefault("arxivid" if name.lower() == "arxiv" else name.lower(), value)
    return item
