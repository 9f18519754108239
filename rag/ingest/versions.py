"""The records of a paper -> the paper: which record gives the text, and what it takes from the others.

Owns which of several abstracts is the best. Pure functions; knows nothing of how the records were found to be of one paper.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from rag.core.domain import STATUSES, Paper
from rag.core.identifiers import is_preprint_doi
from rag.ingest.formats.cut import why_cut
from rag.ingest.merging import Record

T = TypeVar("T")

_LABELS = re.compile(r"(?:^|[.!?]\s)\s?[A-Z][A-Z/ &]{3,40}:\s")
"""How the parts of an abstract are labelled: "METHODS: …"."""
_FEWEST_LABELS = 2


def merged(records: Sequence[Record], identifier: str) -> Paper:
    """One paper of its records, which are in the order in which they came: the text of the best, and the details of all.

    The best is one with an abstract, before that without; a whole abstract, before one that looks cut; then the newest version; and of
    one version the labelled abstract, then the longer one, then what came last. The newest is what has the latest year, where all have
    one, then the highest version, then the publication.
    """
    papers = [record.paper for record in records]
    years = _years(papers)
    ages = [_age(record, year) for record, year in zip(records, years, strict=True)]
    ranked = sorted(
        range(len(papers)),
        key=lambda n: (*_quality(papers[n]), *ages[n], *_fullness(papers[n]), n),
        reverse=True,
    )
    best = [papers[n] for n in ranked]
    newest = [papers[n] for n in sorted(ranked, key=lambda n: ages[n], reverse=True)]
    published = sorted(newest, key=lambda paper: not _is_published(paper))  # stable: the newest first among equals
    paper = replace(
        best[0],
        id=identifier,
        title=best[0].title or _first(best, lambda paper: paper.title) or "",
        authors=_first(newest, lambda paper: paper.authors) or (),
        year=_first(published, lambda paper: paper.year),
        doi=_first(published, lambda paper: paper.doi),
        venue=_first(published, lambda paper: paper.venue),
        url=_first(published, lambda paper: paper.url),
        pmid=_first(newest, lambda paper: paper.pmid),
        arxiv_id=_first(newest, lambda paper: paper.arxiv_id),
        pmcid=_first(newest, lambda paper: paper.pmcid),
        acl_id=_first(published, lambda paper: paper.acl_id),
        isbn=_first(published, lambda paper: paper.isbn),
        version=max((paper.version or 0 for paper in papers), default=0) or None,
        status=max((paper.status for paper in papers), key=STATUSES.index),
        links=tuple(dict.fromkeys(link for one in best for link in one.links)),
    )
    return replace(paper, aliases=_others(paper, papers))


def _first(papers: Iterable[Paper], field: Callable[[Paper], T | None]) -> T | None:
    return next(filter(None, map(field, papers)), None)


def _quality(paper: Paper) -> tuple[bool, bool]:
    """Whether there is an abstract, and whether it looks whole."""
    return bool(paper.abstract), bool(paper.abstract) and not why_cut(paper.abstract)


def _age(record: Record, year: int) -> tuple[int, int, bool]:
    return year, record.version or record.paper.version or 0, _is_published(record.paper)


def _years(papers: Sequence[Paper]) -> list[int]:
    """The year of each record, where all have one; records of one DOI have one year, the later one: online first, then in print."""
    if not all(paper.year for paper in papers):
        return [0] * len(papers)
    latest: dict[str, int] = {}
    for paper in papers:
        latest[paper.doi or paper.id] = max(latest.get(paper.doi or paper.id, 0), paper.year or 0)
    return [latest[paper.doi or paper.id] for paper in papers]


def _fullness(paper: Paper) -> tuple[bool, int]:
    """Whether an abstract is labelled, and its length."""
    return len(_LABELS.findall(paper.abstract)) >= _FEWEST_LABELS, len(paper.abstract)


def _is_published(paper: Paper) -> bool:
    return bool(paper.pmid or paper.acl_id or (paper.doi and not is_preprint_doi(paper.doi)))


def _others(paper: Paper, papers: Iterable[Paper]) -> tuple[str, ...]:
    """Ids, DOIs, arXiv ids and other identifiers of the records that the paper does not have itself."""
    own = {paper.id, paper.doi, paper.arxiv_id, paper.pmid, paper.pmcid, paper.acl_id, None}
    every = (
        name
        for one in papers
        for name in (one.id, one.doi, one.arxiv_id, one.pmid, one.pmcid, one.acl_id, *one.aliases)
    )
    return tuple(dict.fromkeys(name for name in every if name is not None and name not in own))
