"""Several records of one paper -> the paper: preprint and publication, versions, the same entry from two services.

Owns when two records are of one paper, and what the paper takes from each. Pure functions; knows nothing of files and libraries.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.core.domain import STATUSES, Paper
from rag.core.text import normalise, words

ALIKE = 0.7
"""Share of words that two abstracts of one paper have in common, at least: versions and publications stay well above it."""
RELATED = 0.3
"""The same, where an identifier says that the paper is the same: only what is about something else stays below it."""
_ENOUGH_WORDS = 15
"""Of shorter abstracts ("No abstract available.") many papers have the same."""

_PREPRINT = re.compile(
    r"10\.(?:48550|1101|31219|31234|31235|2139|36227|26434|20944|21203|22541|55458|14293|5281|12688)/|10\.\d+/(?:arxiv|osf|ssrn)",
    re.IGNORECASE,
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read: its paper, the version of its text (0: not said)."""

    paper: Paper
    version: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """What a stored paper can be recognised by."""

    id: str
    title: str
    doi: str | None
    arxiv_id: str | None
    pmid: str | None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A paper's id, and the records that it is made of with their hashes."""

    paper_id: str
    records: tuple[tuple[Record, str], ...]


def keys_of(paper: Paper) -> list[tuple[str, str]]:
    """Under what a paper is looked for among others, the surest first."""
    arxiv = paper.arxiv_id or (match[1] if (match := _ARXIV_DOI.fullmatch(paper.doi or "")) else None)
    found = [
        ("arXiv id", arxiv.lower() if arxiv else ""),
        ("DOI", paper.doi or ""),
        ("PMID", paper.pmid or ""),
        ("title", title_key(paper.title)),
    ]
    keys = [(kind, value) for kind, value in found if value]
    return keys if paper.title else [*keys, ("text", " ".join(words(paper.abstract))[:2_000])]


def title_key(title: str) -> str:
    """A title without case, marks and spaces."""
    return re.sub(r"[\W_]+", "", normalise(title))


def why_same(one: Paper, other: Paper) -> str | None:
    """Why two records are of one paper; None where they are not."""
    keys, others = dict(keys_of(one)), dict(keys_of(other))
    share = likeness(one.abstract, other.abstract)
    same_title = bool(keys.get("title")) and keys.get("title") == others.get("title")
    for kind in ("arXiv id", "DOI", "PMID"):
        value = keys.get(kind)
        if value and value == others.get(kind) and (same_title or share >= RELATED):
            return f"the same {kind} {value}"
    if (
        min(len(one.abstract.split(maxsplit=_ENOUGH_WORDS)), len(other.abstract.split(maxsplit=_ENOUGH_WORDS)))
        < _ENOUGH_WORDS
    ):
        return None
    if same_title and share >= (1.0 if _are_told_apart(keys, others) else ALIKE):
        return "the same title and nearly the same abstract" if share < 1 else "the same title and abstract"
    if not (one.title and other.title) and share == 1.0 and not _are_told_apart(keys, others):
        return "the same abstract"
    return None


def likeness(one: str, other: str) -> float:
    """Share of the words of two texts that both have: 0..1."""
    if one == other:
        return 1.0
    first, second = _word_set(one), _word_set(other)
    return len(first & second) / len(first | second) if first | second else 1.0


@lru_cache(256)
def _word_set(text: str) -> frozenset[str]:
    return frozenset(words(text))


def merged(records: Sequence[Record], identifier: str) -> Paper:
    """One paper of its records, which are in the order in which they came: the newest version's text, and the details of all."""
    dated = all(record.paper.year for record in records)
    ranked = sorted(
        enumerate(records),
        key=lambda item: (
            item[1].paper.year if dated else 0,
            item[1].version,
            _is_published(item[1].paper),
            item[0],
        ),
        reverse=True,
    )
    newest = [record.paper for _, record in ranked]
    published = sorted(newest, key=lambda paper: not _is_published(paper))  # stable: the newest first among equals
    first = newest[0]
    paper = replace(
        first,
        id=identifier,
        authors=next(filter(None, (paper.authors for paper in newest)), ()),
        year=next(filter(None, (paper.year for paper in published)), None),
        doi=next(filter(None, (paper.doi for paper in published)), None),
        venue=next(filter(None, (paper.venue for paper in published)), None),
        url=next(filter(None, (paper.url for paper in published)), None),
        pmid=next(filter(None, (paper.pmid for paper in newest)), None),
        arxiv_id=next(filter(None, (paper.arxiv_id for paper in newest)), None),
        status=max((paper.status for paper in newest), key=STATUSES.index),
    )
    return replace(paper, aliases=_others(paper, [record.paper for record in records]))


def _others(paper: Paper, papers: Iterable[Paper]) -> tuple[str, ...]:
    """Ids, DOIs, arXiv ids and PMIDs of the records that the paper does not have itself."""
    own = {paper.id, paper.doi, paper.arxiv_id, paper.pmid, None}
    every = (name for one in papers for name in (one.id, one.doi, one.arxiv_id, one.pmid, *one.aliases))
    return tuple(dict.fromkeys(name for name in every if name is not None and name not in own))


def _is_published(paper: Paper) -> bool:
    return bool(paper.doi) and not _PREPRINT.match(paper.doi or "")


def _are_told_apart(keys: dict[str, str], others: dict[str, str]) -> bool:
    """Whether both have an identifier of a kind, and not the same: two publications, two arXiv papers."""
    for kind in ("arXiv id", "DOI", "PMID"):
        one, other = keys.get(kind), others.get(kind)
        if one and other and one != other and not (kind == "DOI" and (_PREPRINT.match(one) or _PREPRINT.match(other))):
            return True
    return False
