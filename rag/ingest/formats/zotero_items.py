"""Zotero's items in JSON: answers of its web API, and what Better BibTeX exports. https://www.zotero.org/support/dev/web_api/v3/basics

Also owns how items are understood that come from Zotero's database (`zotero_database`). Attachments, notes and annotations are items
too, and no papers.
"""

import re
from collections.abc import Mapping
from typing import Any

from rag.ingest.formats.picking import Table, picked

FIELDS: Table = {
    "id": ("DOI", "key", "itemKey", "citationKey"),
    "title": ("title", "caseName", "nameOfAct", "subject"),
    "abstract": ("abstractNote", "abstract"),
    "authors": ("creators",),
    "date": ("date", "dateDecided", "dateEnacted", "issueDate", "filingDate"),
    "venue": (
        "publicationTitle",
        "proceedingsTitle",
        "bookTitle",
        "conferenceName",
        "repository",
        "encyclopediaTitle",
        "dictionaryTitle",
        "websiteTitle",
        "blogTitle",
        "forumTitle",
        "university",
        "institution",
        "publisher",
    ),
    "doi": ("DOI",),
    "isbn": ("ISBN",),
    "url": ("url",),
}
NO_PAPERS = {"attachment": "attachment", "note": "note", "annotation": "annotation"}
_AUTHORS = (
    "author",
    "bookAuthor",
    "presenter",
    "inventor",
    "director",
    "programmer",
    "artist",
    "podcaster",
    "interviewee",
)
_OTHERS = ("editor", "seriesEditor", "translator")
_EXTRA = re.compile(r"(?:^|\n)\s{0,9}(DOI|PMID|PMCID|arXiv)(?: ID)?\s{0,3}:\s{0,3}(\S{1,200})", re.IGNORECASE)


def recognises(record: Mapping[Any, Any]) -> bool:
    """Whether it is an item of Zotero."""
    return "itemType" in record and not record.keys().isdisjoint(
        ("creators", "key", "itemKey", "itemID", "abstractNote", "parentItem", "dateAdded", "date", "title", "note")
    )


def left_out(record: Mapping[Any, Any]) -> str:
    """What an item is that is no paper; "" of papers."""
    return NO_PAPERS.get(str(record.get("itemType")), "")


def fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """The item under the names of our fields; identifiers also from "Extra", where Zotero keeps those without a field."""
    item = picked(record, FIELDS)
    item["authors"] = creators(record.get("creators"))
    extra = str(record.get("extra", ""))[:5_000]
    number = str(record.get("archiveID") or record.get("number") or "")[:100]
    for name, value in _EXTRA.findall(f"{extra}\n{number}"):
        name = name.lower()
        item.setdefault("arxivid" if name == "arxiv" else name, value)
    return item


def creators(value: Any) -> list[Any]:
    """The authors of an item in their order; of what has none the editors, else whoever made it."""
    people = [person for person in value if isinstance(person, Mapping)] if isinstance(value, list) else []
    by_kind: dict[str, list[Any]] = {}
    for person in people:
        by_kind.setdefault(str(person.get("creatorType", "author")), []).append(person)
    for kinds in (_AUTHORS, _OTHERS):
        if found := [person for kind in kinds for person in by_kind.get(kind, ())]:
            return found
    return people
