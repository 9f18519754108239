"""OpenAlex's answers and snapshots: works in JSON, their abstracts as {word: [places]}. https://docs.openalex.org/api-entities/works"""

from collections.abc import Mapping
from typing import Any

from rag.ingest.formats.picking import Table, picked

FIELDS: Table = {
    "id": ("id", "ids.openalex"),
    "title": ("title", "display_name"),
    "abstract_inverted_index": ("abstract_inverted_index",),
    "authors": ("authorships",),
    "year": ("publication_year",),
    "date": ("publication_date",),
    "venue": (
        "primary_location.source.display_name",
        "host_venue.display_name",
        "best_oa_location.source.display_name",
    ),
    "doi": ("doi", "ids.doi"),
    "pmid": ("ids.pmid",),
    "pmcid": ("ids.pmcid",),
    "url": ("primary_location.landing_page_url", "doi"),
}


def recognises(record: Mapping[Any, Any]) -> bool:
    """Whether it is a work with what OpenAlex alone says of one."""
    return ("authorships" in record or "abstract_inverted_index" in record) and (
        "openalex" in str(record.get("id", ""))[:40].lower() or "primary_location" in record or "host_venue" in record
    )


def fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """The work under the names of our fields."""
    return picked(record, FIELDS)
