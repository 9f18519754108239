"""DOIs, arXiv ids, PMIDs, PMCIDs, ACL ids, ISBNs and addresses in a question: they name a paper exactly. Pure functions on strings."""

import re

from rag.core.identifiers import normal_isbn
from rag.core.text import links_in

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
_ARXIV = re.compile(r"(?<![\d.])\d{4}\.\d{4,5}(?:v\d+)?(?![\d.]*\d)|\b[a-z-]{1,20}(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?\b")
_PMID = re.compile(r"\bpmid:?\s*(\d{4,9})\b", re.IGNORECASE)
_PMCID = re.compile(r"\b(?:pmcid:?\s?)?(PMC\d{3,9})\b", re.IGNORECASE)
_ACL = re.compile(r"(?<![\w.-])(?:[A-Z]\d{2}-\d{4}|\d{4}\.[a-z][a-z0-9_]{1,40}-[a-z0-9]{1,20}\.\d{1,4})(?![\w-])")
_ISBN = re.compile(r"\bisbn(?:-1[03])?:?\s?((?:\d[\s-]?){9,12}[\dX])\b|\b(97[89](?:[\s-]?\d){10})\b", re.IGNORECASE)
_PREFIX = re.compile(r"\b(?:doi|arxiv|pmid|pmcid|isbn|acl)\s*:?\s*$", re.IGNORECASE)


def identifiers_in(question: str) -> tuple[str, ...]:
    """The identifiers named, lower case, arXiv ids without their version, addresses as they stand and without a final slash."""
    identifiers = [match.rstrip(".,;:!?)").lower() for match in _DOI.findall(question)]
    identifiers += [re.sub(r"v\d+$", "", match.lower()) for match in _ARXIV.findall(question)]
    identifiers += _PMID.findall(question)
    identifiers += [match.lower() for match in (*_PMCID.findall(question), *_ACL.findall(question))]
    isbns = (normal_isbn(one or other) for one, other in _ISBN.findall(question))
    identifiers += [isbn for isbn in isbns if isbn]
    for link in links_in(question):
        identifiers += [link, link.rstrip("/")]
    return tuple(dict.fromkeys(identifiers))


def without_identifiers(question: str) -> str:
    """What else the question says."""
    for pattern in (_PMID, _DOI, _ARXIV, _PMCID, _ACL, _ISBN):
        question = pattern.sub(" ", question)
    for link in links_in(question):
        question = question.replace(link, " ")
    return " ".join(_PREFIX.sub("", part.strip()) for part in re.split(r"\s{2,}", question) if part.strip()).strip(
        " :,;"
    )
