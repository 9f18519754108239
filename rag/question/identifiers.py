"""DOIs, arXiv ids, PMIDs and addresses in a question: they name a paper exactly. Pure functions on strings."""

import re

from rag.core.text import links_in

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
_ARXIV = re.compile(r"(?<![\d.])\d{4}\.\d{4,5}(?:v\d+)?(?![\d.]*\d)|\b[a-z-]{1,20}(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?\b")
_PMID = re.compile(r"\bpmid:?\s*(\d{4,9})\b", re.IGNORECASE)
_PREFIX = re.compile(r"\b(?:doi|arxiv|pmid)\s*:?\s*$", re.IGNORECASE)


def identifiers_in(question: str) -> tuple[str, ...]:
    """The identifiers named, lower case, arXiv ids without their version, addresses as they stand and without a final slash."""
    identifiers = [match.rstrip(".,;:!?)").lower() for match in _DOI.findall(question)]
    identifiers += [re.sub(r"v\d+$", "", match.lower()) for match in _ARXIV.findall(question)]
    identifiers += _PMID.findall(question)
    for link in links_in(question):
        identifiers += [link, link.rstrip("/")]
    return tuple(dict.fromkeys(identifiers))


def without_identifiers(question: str) -> str:
    """What else the question says."""
    for pattern in (_PMID, _DOI, _ARXIV):
        question = pattern.sub(" ", question)
    for link in links_in(question):
        question = question.replace(link, " ")
    return " ".join(_PREFIX.sub("", part.strip()) for part in re.split(r"\s{2,}", question) if part.strip()).strip(
        " :,;"
    )
