"""Crossref's answers and dumps: works in JSON. https://api.crossref.org/swagger-ui"""

from collections.abc import Mapping
from typing import Any

from rag.ingest.formats.picking import Table, picked, with_subtitle

FIELDS: Table = {
    "title": ("title",),
    "abstract": ("abstract",),
    "authors": ("author", "editor", "chair", "translator"),
    "issued": ("issued", "published", "published-online", "published-print", "posted", "created"),
    "venue": ("container-title", "institution", "event.name"),
    "doi": ("DOI",),
    "url": ("URL", "resource.primary.URL"),
    "isbn": ("ISBN",),
}


def recognises(record: Mapping[Any, Any]) -> bool:
    """Whether it has what Crossref alone says of a work."""
    return "DOI" in record and not record.keys().isdisjoint(
        ("indexed", "reference-count", "is-referenced-by-count", "deposited", "member", "content-domain")
    )


def fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """The work under the names of our fields."""
    work = picked(record, FIELDS)
    if "title" in work:
        work["title"] = with_subtitle(record.get("title"), record.get("subtitle"))
    return work
