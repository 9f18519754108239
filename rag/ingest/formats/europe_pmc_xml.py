"""Europe PMC's answers in XML: a list of results. https://europepmc.org/RestfulWebService"""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import present
from rag.ingest.formats.xml_blocks import blocks, count_of, first, inner, opens, plains
from rag.ingest.formats.years import year_of

_VENUES = ("./journalInfo/journal/title", "./journalTitle", "./bookOrReportDetails/publisher")
_YEARS = ("./pubYear", "./journalInfo/yearOfPublication", "./firstPublicationDate")


def recognises(text: str) -> bool:
    """Whether there are results with what Europe PMC alone says of one."""
    return opens(text, "result") > 0 and opens(text, "resultList") > 0 and opens(text, "source") > 0


def count(pieces: Iterable[str]) -> int:
    """How many results a text has, counted without reading them."""
    return count_of(pieces, "result")


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The results of a text, one paper each."""
    for block in blocks(pieces, "result"):
        if isinstance(block, Rejected):
            yield block
        else:
            yield entry_of(_fields(block.element), block.line, raw=block.raw)


def _fields(result: Element) -> dict[str, object]:
    return present(
        {
            "title": inner(result.find("./title")),
            "abstract": inner(result.find("./abstractText")),
            "authors": [name for author in result.iterfind("./authorList/author") if (name := _name(author))]
            or first(result, "./authorString").rstrip("."),
            "year": year_of(first(result, *_YEARS)),
            "venue": first(result, *_VENUES),
            "doi": first(result, "./doi"),
            "pmid": first(result, "./pmid"),
            "pmcid": first(result, "./pmcid"),
            "publication_types": plains(result, "./pubTypeList/pubType"),
            "comments_corrections": plains(result, "./commentCorrectionList/commentCorrection/type"),
        }
    )


def _name(author: Element) -> str:
    parts = (first(author, "./firstName", "./initials"), first(author, "./lastName"))
    return " ".join(filter(None, parts)) if parts[1] else first(author, "./collectiveName", "./fullName")
