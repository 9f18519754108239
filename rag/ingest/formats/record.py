"""From the loose fields of a source record to a `Paper`: cleaning, identity, links. Shared by all formats."""

import re
from collections.abc import Sequence

from rag.core.domain import Paper
from rag.core.text import clean, links_in
from rag.ingest.identity import text_id

_ARXIV_VERSION = re.compile(r"v\d+$")
_ARXIV_PREFIX = re.compile(r"^(arxiv:|https?://arxiv\.org/(abs|pdf)/)", re.IGNORECASE)
_DOI_PREFIX = re.compile(r"^(doi:\s*|https?://(dx\.)?doi\.org/)", re.IGNORECASE)


class BadRecord(ValueError):
    """A record that cannot become a paper; the message says why."""


def make_paper(
    *,
    title: str,
    abstract: str,
    id: str | None = None,
    authors: Sequence[str] = (),
    url: str | None = None,
    year: int | None = None,
    doi: str | None = None,
    arxiv_id: str | None = None,
    pmid: str | None = None,
    venue: str | None = None,
) -> Paper:
    """A cleaned paper with its identity.

    The id is the given one, else the DOI, else the arXiv id without its version, else the PMID, else a hash of the
    normalised title and abstract.

    Raises:
        BadRecord: there is no abstract.
    """
    title, abstract = clean(title), clean(abstract)
    if not abstract:
        raise BadRecord("no abstract")
    doi = _DOI_PREFIX.sub("", clean(doi or "")).lower() or None
    arxiv_id = _ARXIV_VERSION.sub("", _ARXIV_PREFIX.sub("", clean(arxiv_id or ""))) or None
    pmid = clean(pmid or "") or None
    return Paper(
        id=clean(id or "") or doi or arxiv_id or pmid or text_id(title, abstract),
        title=title,
        abstract=abstract,
        authors=tuple(name for name in map(clean, authors) if name),
        url=clean(url or "") or None,
        year=year,
        doi=doi,
        arxiv_id=arxiv_id,
        pmid=pmid,
        venue=clean(venue or "") or None,
        links=links_in(abstract),
    )
