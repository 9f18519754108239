"""The arXiv's metadata as it is given out on Kaggle and by its OAI interface: one JSON object a line, millions of them.

https://www.kaggle.com/datasets/Cornell-University/arxiv
"""

from collections.abc import Mapping
from typing import Any

from rag.ingest.formats.authors import names_parsed
from rag.ingest.formats.picking import Table, picked

FIELDS: Table = {
    "id": ("id",),
    "title": ("title",),
    "abstract": ("abstract",),
    "authors": ("authors",),
    "versions": ("versions",),
    "update_date": ("update_date",),
    "venue": ("journal-ref",),
    "doi": ("doi",),
}


def recognises(record: Mapping[Any, Any]) -> bool:
    """Whether it is a record of the snapshot."""
    return "authors_parsed" in record and "id" in record


def fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """The record under the names of our fields; the names as the arXiv has parsed them, in characters instead of TeX."""
    paper = picked(record, FIELDS)
    if parsed := names_parsed(record.get("authors_parsed")):
        paper["authors"] = parsed
    return paper
