"""The identifiers of a record: its own id, DOI, arXiv id with the version, PMID, PMCID, ACL id and ISBN, under all their names.

Owns how each is recognised in what sources write. Knows nothing of other fields.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rag.core.identifiers import normal_acl, normal_doi, normal_isbn, normal_pmcid
from rag.core.text import clean
from rag.ingest.formats import keys
from rag.ingest.formats.keys import shown
from rag.ingest.formats.plain_record import PlainRecord, text_of

_ARXIV_ID = re.compile(r"(?:\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,3})?")
_ARXIV_ADDRESS = re.compile(
    r"(?:arxiv:\s*|https?://(?:export\.|www\.)?arxiv\.org/(?:abs|pdf)/)(\S{6,40})", re.IGNORECASE
)
_DOI = re.compile(r"10\.\d{1,9}(?:\.\d{1,9}){0,5}/[^\s\"<>,;]{1,300}")
_OF_ACL = re.compile(r"aclanthology\.org/|aclweb\.org/anthology|^10\.(?:18653|3115)/v1/", re.IGNORECASE)
"""Addresses and DOIs in which an id of the ACL Anthology stands."""
_PMCID = re.compile(r"(?<![A-Za-z])PMC\s?(\d{3,9})(?!\d)", re.IGNORECASE)
_IN_EXTRA = re.compile(
    r"(?:^|[\n;])\s{0,3}(DOI|PMID|PMCID|PMC|ISBN|arXiv|ACL ID)\s?:\s{0,3}(\S[^\n;]{0,99})", re.IGNORECASE
)
"""Lines of Zotero's field "Extra", which it uses for what a kind of item has no field for."""


def identifier_of(record: PlainRecord) -> str:
    for _, value in record.present(keys.IDS):
        if isinstance(value, Mapping):
            value = next(iter(value.values()), None)
        if isinstance(value, float) and math.isfinite(value):
            text = str(int(value)) if value == int(value) else repr(value)
            record.notes.append(f"id {text} taken from the number {value!r}")
            return text
        if isinstance(value, str | int) and not isinstance(value, bool):
            text = clean(str(value))
            if 0 < len(text) <= 500:
                return text
        record.notes.append(f"id left out: {shown(value)} cannot be one")
    return ""


def doi_of(record: PlainRecord, identifier: str) -> str:
    for _, value in record.present(keys.DOIS):
        text = text_of(value)
        if text and (found := normal_doi(text)):
            return found
        record.notes.append(f"doi left out: no DOI in {shown(value)}")
    match = _DOI.fullmatch(re.sub(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", "", identifier, flags=re.IGNORECASE))
    return match[0] if match else ""


def arxiv_of(record: PlainRecord, identifier: str) -> tuple[str, int]:
    """The arXiv id without its version, and the version (0: not said)."""
    found = ""
    for key, value in record.present(keys.ARXIV):
        text = clean(value)[:200] if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
        address = _ARXIV_ADDRESS.match(text)
        if (key in ("arxivid", "arxiv") and 0 < len(text) <= 60) or address or _ARXIV_ID.fullmatch(text):
            found = address[1] if address else text
        if found:
            break
    if not found:
        address = _ARXIV_ADDRESS.match(identifier)
        name = address[1] if address else identifier
        found = name if _ARXIV_ID.fullmatch(name) else ""
    version = re.search(r"v(\d{1,3})(?:\.pdf)?$", found)
    if version:
        return found[: version.start()], int(version[1])
    return found.removesuffix(".pdf"), _number_of_versions(record.fields.get("versions")) if found else 0


def _number_of_versions(value: Any) -> int:
    """How many versions the arXiv lists; the records of a paper, as `citewise papers --json` lists them, are none."""
    if not isinstance(value, list) or any(isinstance(item, Mapping) and "id" in item for item in value):
        return 0
    return len(value)


def pmid_of(record: PlainRecord) -> str:
    """The PMID, from its field or from what was noted besides."""
    text = record.short(keys.PMIDS, "pmid", 100) or next(_extra(record, "pmid"), "")
    return re.sub(r"^\D{1,60}/(?=\d)|^pmid:\s*", "", text.rstrip("/"), flags=re.IGNORECASE)


def pmcid_of(record: PlainRecord, identifier: str, url: str) -> str | None:
    """The id of PubMed Central, "PMC" with digits; also from an address there."""
    for text in (*record.texts(keys.PMCIDS, 300), *_numbers(record, keys.PMCIDS), *_extra(record, "pmcid", "pmc")):
        if name := normal_pmcid(text.rstrip("/").rpartition("/")[2]):
            return name
    for text in (identifier, url if "/pmc" in url.lower() or "pmc.ncbi" in url.lower() else ""):
        if found := _PMCID.search(text):
            return normal_pmcid(found[0]) or None
    return None


def acl_id_of(record: PlainRecord, identifier: str, doi: str, url: str) -> str | None:
    """The ACL Anthology's id, from its field, from an address there, or from a DOI of the ACL."""
    of_acl = [text for text in (url, doi, identifier) if _OF_ACL.search(text)]
    for text in (*record.texts(keys.ACL_IDS, 200), *_extra(record, "acl id"), *of_acl):
        if found := normal_acl(text):
            return found
    return identifier if identifier and normal_acl(identifier) == identifier else None


def isbn_of(record: PlainRecord) -> str | None:
    """The first ISBN whose check digit is right, as 13 digits."""
    texts = (*record.texts(keys.ISBNS, 500), *_numbers(record, keys.ISBNS), *_extra(record, "isbn"))
    return next(filter(None, map(normal_isbn, texts)), None)


def _numbers(record: PlainRecord, among: list[str]) -> Iterator[str]:
    return (str(value) for _, value in record.present(among) if isinstance(value, int) and not isinstance(value, bool))


def _extra(record: PlainRecord, *names: str) -> Iterator[str]:
    for text in record.texts(("extra",), 5_000):
        for name, value in _IN_EXTRA.findall(text):
            if name.lower() in names:
                yield value.strip()
