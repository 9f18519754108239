"""Europe PMC's answers in JSON. https://europepmc.org/RestfulWebService"""

from collections.abc import Mapping
from typing import Any

from rag.ingest.formats.picking import Table, picked

FIELDS: Table = {
    "id": ("doi", "pmid", "pmcid", "id"),
    "title": ("title",),
    "abstract": ("abstractText",),
    "authors": ("authorList.author", "authorString"),
    "year": ("pubYear",),
    "date": ("firstPublicationDate",),
    "venue": ("journalInfo.journal.title", "journalTitle", "bookOrReportDetails.publisher"),
    "doi": ("doi",),
    "pmid": ("pmid",),
    "pmcid": ("pmcid",),
}


def recognises(record: Mapping[Any, Any]) -> bool:
    """Whether it has what Europe PMC alone says of an article."""
    return (
        "title" in record
        and "source" in record
        and not record.keys().isdisjoint(("authorString", "pubYear", "hasTextMinedTerms"))
    )


def fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """The article under the names of our fields."""
    return picked(record, FIELDS)
