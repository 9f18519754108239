"""Several records of one paper: preprint and publication, versions, the same entry from two services.

Owns when two records are of one paper. A false merge is worse than a missed one: a paper that is two is seen twice, of two made
one, one is lost. Pure functions; knows nothing of files and libraries.
"""

import re
from dataclasses import dataclass, fields
from functools import lru_cache

from rag.core.domain import Paper
from rag.core.identifiers import (
    arxiv_of_doi,
    doi_of_all_versions,
    is_preprint_doi,
    normal_acl,
    normal_arxiv,
    normal_doi,
)
from rag.core.people import person
from rag.core.text import words
from rag.ingest.titles import are_told_apart, is_generic, may_be_of_series, title_key, titles_agree

ALIKE = 0.7
"""Share of words that two abstracts of one paper have in common, at least: versions and publications stay well above it."""
RELATED = 0.3
"""The same, where an identifier says that the paper is the same: only what is about something else stays below it."""
_OF_VERSIONS = 0.25
"""The same, where title, first author and time say it: of 20,000 pairs of papers none has as much."""
_OF_DOI = 0.5
"""The same, where the DOI is one and the titles are not: exports give the DOI of a book to each chapter."""
_NEARLY = 0.9
"""The same, where something speaks against it: other authors, another title."""
_SAME_TEXT = 0.95
"""The same, where both have a DOI of their own: one text that was published twice."""
_ENOUGH_WORDS = 15
"""Of shorter abstracts ("No abstract available.") many papers have the same."""
_OPENING_WORDS = 12
"""So many words at the beginning of an abstract find it again under another title."""
OPENING_CHARS = 200
_LAG = 3
"""Years between a preprint and its publication, at most."""
_TITLE_WORDS = 4
_HEADING = 15
"""Letters of a heading, at least: "Volume 2: " is none."""

_DATA_DOI = re.compile(
    r"10\.(?:5061|6084|7910|17632|1594|3886|24433|34740|21227|15468|25387|26180|5255|5063|15139|5066|7924|57760|18150|48436)/"
    r"|10\.17605/osf|10\.1371/[\w.]{1,60}\.[st]\d{3}$"
)
"""DOIs of stores of data and supplements. These often take over title and abstract of the paper that they belong to."""
_LABEL = re.compile(r"^\W{0,3}[A-Z][A-Za-z/ ]{2,30}:\s")
_TEX = re.compile(r"\\[a-zA-Z]{1,20}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_ISSUE = re.compile(r"\d{1,4}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b", re.IGNORECASE)
_SURE = ("arXiv id", "PMID", "PMCID", "ACL id")
"""Identifiers that exports do not give to other papers by mistake, as they do with DOIs of books and volumes."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read: its paper, the version of its text (0: not said), where it was read from, and why it belongs to the
    paper that it was merged into ("": it was the first, or is not known)."""

    paper: Paper
    version: int = 0
    place: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a stored paper can be recognised by; its fields are those of a paper. `abstract` is the beginning alone."""

    id: str
    title: str
    abstract: str
    doi: str | None
    arxiv_id: str | None
    pmid: str | None
    pmcid: str | None
    acl_id: str | None
    isbn: str | None
    aliases: tuple[str, ...]


OUTLINED = tuple(field.name for field in fields(Outline))


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A paper's id, and the records that it is made of with their hashes."""

    paper_id: str
    records: tuple[tuple[Record, str], ...]


# --- what a record can be recognised by -----------------------------------------------------------------------------------


def keys_of(paper: Paper) -> list[Key]:
    """Under what a paper is looked for among others, the surest first."""
    keys = [*_identifiers(paper), ("title", title_key(paper.title)), ("opening", _opening(paper.abstract))]
    keys = [(kind, value) for kind, value in keys if value]
    return keys if paper.title else [*keys, ("text", " ".join(words(paper.abstract))[:2_000])]


def _identifiers(paper: Paper) -> list[Key]:
    """Each identifier in the form that all records of a paper have, also those of its other records."""
    found: dict[Key, None] = {}
    if paper.arxiv_id:
        found["arXiv id", normal_arxiv(paper.arxiv_id) or paper.arxiv_id.lower()] = None
    for doi in (paper.doi or "", *(alias for alias in paper.aliases if alias.startswith("10."))):
        doi = normal_doi(doi) or doi.lower()
        arxiv, acl = arxiv_of_doi(doi), normal_acl(doi) if doi.startswith(("10.18653/", "10.3115/")) else ""
        if arxiv:
            found["arXiv id", arxiv] = None
        elif doi:
            found["DOI", doi_of_all_versions(doi)] = None
        if acl:
            found["ACL id", acl] = None
    for alias in paper.aliases:
        if len(alias) < 20 and alias.lower() == (arxiv := normal_arxiv(alias)):
            found["arXiv id", arxiv] = None
    for kind, value in (
        ("ACL id", paper.acl_id),
        ("PMID", paper.pmid),
        ("PMCID", paper.pmcid),
        ("ISBN", paper.isbn),
    ):
        if value:
            found[kind, value] = None
    return list(found)


def _opening(abstract: str) -> str:
    """The first words of an abstract, without a label; "" where it has few words."""
    first = words(_LABEL.sub("", abstract[:OPENING_CHARS]))
    return " ".join(first[:_OPENING_WORDS]) if len(first) > _OPENING_WORDS else ""


# --- two records ------------------------------------------------------------------------------------------------------


def why_same(one: Paper, other: Paper) -> str | None:
    """Why two records are of one paper; None where they are not, or where it cannot be told."""
    if are_apart(one, other):
        return None
    shared = [key for key in _identifiers(one) if key in _identifiers(other)]
    for kind, value in shared:
        if _agree_on(kind, one, other):
            return f"the same {kind} {value}" if kind != "ISBN" else f"the same title and ISBN {value}"
    both = min(_count_words(one.abstract), _count_words(other.abstract)) >= _ENOUGH_WORDS
    return _same_by_text(one, other) if both else _same_by_title(one, other)


def are_apart(one: Paper, other: Paper) -> bool:
    """Whether two records are of two papers, whatever else they have in common: a notice or a reply and its article, two parts of a
    series, data and their paper, or two DOIs and not the same text."""
    if one.title and other.title and are_told_apart(one.title, other.title):
        return True
    mine, theirs = _identifiers(one), _identifiers(other)
    shared = {kind for kind, value in mine if (kind, value) in theirs}
    if "DOI" not in shared and _is_of_data(one) != _is_of_data(other):
        return True
    told = _are_told_apart(mine, theirs)
    if told and not shared & set(_SURE) and not (shared & {"DOI"} and titles_agree(one.title, other.title)):
        return not _is_one_text(one, other)
    return False


def _are_told_apart(mine: list[Key], theirs: list[Key]) -> bool:
    """Whether both have an identifier of a kind, and none of it in common: two publications, two arXiv papers."""
    for kind in ("DOI", *_SURE):
        ours = {value for one, value in mine if one == kind and not (kind == "DOI" and is_preprint_doi(value))}
        others = {value for one, value in theirs if one == kind and not (kind == "DOI" and is_preprint_doi(value))}
        if ours and others and not ours & others:
            return True
    return False


def _is_one_text(one: Paper, other: Paper) -> bool:
    """Whether one text was published twice, such as at a conference and by a journal: title, numbers and nearly all words."""
    if title_key(one.title) != title_key(other.title) or not one.title:
        return False
    if min(_count_words(one.abstract), _count_words(other.abstract)) < _ENOUGH_WORDS:
        return False
    if one.abstract == other.abstract:
        return True
    share = likeness(one.abstract, other.abstract)
    if share == 1.0:
        return True
    same_numbers = set(_NUMBER.findall(one.abstract)) == set(_NUMBER.findall(other.abstract))
    return share >= _SAME_TEXT and same_numbers and authors_agree(one, other) is True


def _is_of_data(paper: Paper) -> bool:
    return bool(paper.doi and _DATA_DOI.match(paper.doi))


def _agree_on(kind: str, one: Paper, other: Paper) -> bool:
    """Whether two records with one identifier can be of one paper: an identifier may stand in a wrong place."""
    texts = likeness(one.abstract, other.abstract) if one.abstract and other.abstract else None
    if not one.title or not other.title:
        return texts is None or texts >= RELATED
    if kind == "ISBN":
        same_title = title_key(one.title) == title_key(other.title) and not is_generic(one.title)
        return same_title and authors_agree(one, other) is not False
    if titles_agree(one.title, other.title):
        return texts is None or texts >= _OF_VERSIONS / 2 or authors_agree(one, other) is not False
    if kind == "DOI":
        return texts is not None and texts >= _OF_DOI
    return authors_agree(one, other) is True if texts is None else texts >= RELATED


def _same_by_text(one: Paper, other: Paper) -> str | None:
    """Why two records with abstracts and without an identifier in common are of one paper."""
    share = likeness(one.abstract, other.abstract)
    authors = authors_agree(one, other)
    if not one.title or not other.title:
        return (
            "the same abstract" if share == 1.0 and not (one.title and other.title) and authors is not False else None
        )
    if title_key(one.title) == title_key(other.title):
        if share >= _NEARLY or (share >= ALIKE and authors is not False and _are_near_in_time(one, other)):
            return "the same title and abstract" if share == 1 else "the same title and nearly the same abstract"
        if authors and _are_beginnings(one.abstract, other.abstract):
            return "the same title and first author, and one abstract is the beginning of the other"
        if authors and share >= _OF_VERSIONS and _may_be_versions(one, other, share):
            return "the same title and first author, and abstracts with much in common"
        return None
    if not authors:
        return None
    if may_be_of_series(one.title, other.title) and not (share == 1.0 and _has_heading(one.title, other.title)):
        return None
    if share >= ALIKE and titles_agree(one.title, other.title) and _are_near_in_time(one, other):
        return "nearly the same title and abstract, and the same first author"
    return "the same first author and nearly the same abstract" if share >= _NEARLY else None


def _has_heading(one: str, other: str) -> bool:
    """Whether one title is the other behind a heading: "Team A at Campaign 2025 Task 3: …". Volumes have their number behind."""
    short, long = sorted((title_key(one), title_key(other)), key=len)
    return (
        min(len(words(one)), len(words(other))) >= _TITLE_WORDS
        and len(long) - len(short) >= _HEADING
        and long.endswith(short)
    )


def _same_by_title(one: Paper, other: Paper) -> str | None:
    """Why two records of which one has no abstract, or a very short one, are of one paper: title, first author and year agree."""
    if title_key(one.title) != title_key(other.title) or is_generic(one.title):
        return None
    if not authors_agree(one, other) or not _are_of_one_time(one, other):
        return None
    if one.abstract and other.abstract and likeness(one.abstract, other.abstract) < _OF_VERSIONS:
        return None
    return "the same title, first author and year" if one.year == other.year else "the same title and first author"


def _are_of_one_time(one: Paper, other: Paper) -> bool:
    """Whether year and issue are the same, or one record is of a preprint and the other of a publication not long after it."""
    if not one.year or not other.year:
        return False
    if is_preprint(one) != is_preprint(other) and len(words(one.title)) >= _TITLE_WORDS:
        return abs(one.year - other.year) <= _LAG
    return one.year == other.year and _may_be_one_issue(one, other)


def _may_be_versions(one: Paper, other: Paper, share: float) -> bool:
    """Whether time and place allow that two records of one title and author are of a preprint and its publication."""
    if is_generic(one.title) or len(words(one.title)) < _TITLE_WORDS or not one.year or not other.year:
        return False
    if is_preprint(one) or is_preprint(other):
        return abs(one.year - other.year) <= _LAG
    return share >= _OF_DOI and one.year == other.year and _may_be_one_issue(one, other)


def is_preprint(paper: Paper) -> bool:
    """Whether a record says that it is of a preprint."""
    return is_preprint_doi(paper.doi) if paper.doi else bool(paper.arxiv_id)


def _are_near_in_time(one: Paper, other: Paper) -> bool:
    """Whether the years allow one paper: yearly reports have one title and much of the same text."""
    if not one.year or not other.year or abs(one.year - other.year) <= 1:
        return True
    return is_preprint(one) or is_preprint(other)


def _may_be_one_issue(one: Paper, other: Paper) -> bool:
    """Whether of the volumes, numbers and months that two venues name one has all of the other's: some name the pages too."""
    mine, theirs = (frozenset(map(str.lower, _ISSUE.findall(paper.venue or ""))) for paper in (one, other))
    return mine <= theirs or theirs <= mine


def _are_beginnings(one: str, other: str) -> bool:
    """Whether one of two abstracts was cut from the other."""
    short, long = sorted((words(_TEX.sub(" ", text)) for text in (one, other)), key=len)
    short = short[:-1]  # the last word may be cut
    return len(short) >= _ENOUGH_WORDS and long[: len(short)] == short


# --- authors and words ------------------------------------------------------------------------------------------------


def authors_agree(one: Paper, other: Paper) -> bool | None:
    """Whether two records have the same first author; None where one of them names none."""
    if not one.authors or not other.authors:
        return None
    return _may_be_one(one.authors[0], other.authors[0])


@lru_cache(1 << 12)
def _may_be_one(one: str, other: str) -> bool:
    mine, theirs = person(one), person(other)
    if mine.whole == theirs.whole:
        return True
    if not mine.family & theirs.family:
        # Records do not agree on which of two names is the family's.
        names = [frozenset[str]().union(*who.words) for who in (mine, theirs)]
        return bool(mine.family & names[1] and theirs.family & names[0])
    given = [
        {name[0] for word in who.words if not word & who.family for name in word} | set(who.initials)
        for who in (mine, theirs)
    ]
    return not given[0] or not given[1] or bool(given[0] & given[1])


def likeness(one: str, other: str) -> float:
    """Share of the words of two texts that both have: 0..1."""
    if one == other:
        return 1.0
    first, second = _word_set(one), _word_set(other)
    return len(first & second) / len(first | second) if first | second else 1.0


def _count_words(text: str) -> int:
    """How many words, at most `_ENOUGH_WORDS`; a text without spaces has as many as its letters make."""
    return min(_ENOUGH_WORDS, max(len(text.split(maxsplit=_ENOUGH_WORDS)), 0 if text.isascii() else len(text) // 8))


@lru_cache(256)
def _word_set(text: str) -> frozenset[str]:
    return frozenset(words(text))
