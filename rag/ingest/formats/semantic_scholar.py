"""Semantic Scholar's answers and data sets: papers in JSON. https://api.semanticscholar.org/api-docs"""

from collections.abc import Mapping
from typing import Any

from rag.ingest.formats.picking import Table, picked

FIELDS: Table = {
    "id": ("paperId", "corpusId", "corpusid"),
    "title": ("title",),
    "abstract": ("abstract",),
    "authors": ("authors",),
    "year": ("year",),
    "date": ("publicationDate", "publicationdate"),
    "venue": ("journal.name", "venue", "publicationVenue.name"),
    "doi": ("externalIds.DOI", "externalids.DOI"),
    "arxivid": ("externalIds.ArXiv", "externalids.ArXiv"),
    "pmid": ("externalIds.PubMed", "externalids.PubMed"),
    "pmcid": ("externalIds.PubMedCentral", "externalids.PubMedCentral"),
    "acl_id": ("externalIds.ACL", "externalids.ACL"),
    "url": ("url",),
}


def recognises(record: Mapping[Any, Any]) -> bool:
    """Whether it is a paper with an id of Semantic Scholar."""
    return not record.keys().isdisjoint(("paperId", "corpusId", "corpusid")) and not record.keys().isdisjoint(
        ("externalIds", "externalids", "authors", "venue", "year")
    )


def fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """The paper under the names of our fields."""
    return picked(record, FIELDS)
