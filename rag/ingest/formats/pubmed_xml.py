"""PubMed's XML (efetch, "Save as PubMed", MEDLINE's yearly files): https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import present
from rag.ingest.formats.xml_blocks import blocks, count_of, first, inner, opens, plains
from rag.ingest.formats.years import year_of

_RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
_TITLES = (".//ArticleTitle", ".//BookTitle", ".//VernacularTitle")
_YEARS = (".//PubDate/Year", ".//PubDate/MedlineDate", ".//ArticleDate/Year", ".//DateCompleted/Year")
_VENUES = (".//Journal/Title", ".//MedlineJournalInfo/MedlineTA", ".//Publisher/PublisherName")
_DOIS = (
    "./PubmedData/ArticleIdList/ArticleId[@IdType='doi']",
    ".//ELocationID[@EIdType='doi']",
    ".//ArticleId[@IdType='doi']",
)
_PMCIDS = ("./PubmedData/ArticleIdList/ArticleId[@IdType='pmc']",)
_PMIDS = ("./MedlineCitation/PMID", "./PMID", ".//PMID")


def recognises(text: str) -> bool:
    """Whether there is a record of PubMed."""
    return any(opens(text, name) for name in _RECORDS)


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    names, pieces = _names(pieces)
    return count_of(pieces, *names)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    names, pieces = _names(pieces)
    for block in blocks(pieces, *names):
        if isinstance(block, Rejected):
            yield block
        else:
            yield entry_of(_fields(block.element), block.line, raw=block.raw)


def _names(pieces: Iterable[str]) -> tuple[tuple[str, ...], Iterable[str]]:
    """The elements that are records, and the whole text again: citations stand alone, or inside an article."""
    rest = iter(pieces)
    head = next(rest, "")
    is_whole = any(opens(head, name) for name in _RECORDS[:2])
    return _RECORDS[:2] if is_whole else _RECORDS[2:], chain((head,), rest)


def _fields(record: Element) -> dict[str, object]:
    title = next((text for path in _TITLES for element in record.iterfind(path) if (text := inner(element))), "")
    return present(
        {
            "title": re.sub(r"^\[(.{1,2000}?)\]?\.?\]?$", r"\1", title, flags=re.DOTALL)
            if title.startswith("[")
            else title,
            "abstract": _abstract(record),
            "authors": [name for author in record.iterfind(".//AuthorList/Author") if (name := _name(author))],
            "year": year_of(first(record, *_YEARS)),
            "venue": first(record, *_VENUES),
            "doi": first(record, *_DOIS),
            "pmid": first(record, *_PMIDS),
            "pmcid": first(record, *_PMCIDS),
            "isbn": first(record, ".//Isbn"),
            "publication_types": plains(record, ".//PublicationType"),
            "comments_corrections": [item.get("RefType", "") for item in record.iterfind(".//CommentsCorrections")],
        }
    )


def _abstract(record: Element) -> str:
    """The parts of the abstract with their labels; the one in English where there are several."""
    parent = next(iter(record.iterfind(".//Abstract")), None)
    parent = next(iter(record.iterfind(".//OtherAbstract")), None) if parent is None else parent
    parts = []
    for part in parent.iterfind("AbstractText") if parent is not None else ():
        label, text = part.get("Label", "").strip().rstrip(":"), inner(part)
        labelled = (
            label and label.upper() not in ("UNLABELLED", "UNASSIGNED") and not text.upper().startswith(label.upper())
        )
        parts.append(f"{label.upper()}: {text}" if labelled else text)
    return " ".join(filter(None, parts))


def _name(author: Element) -> str:
    given = first(author, "ForeName", "FirstName", "Initials")
    return " ".join(filter(None, (given, first(author, "LastName"), first(author, "Suffix")))) or first(
        author, "CollectiveName"
    )
