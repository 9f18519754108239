"""Where the papers of a scripted assistant came from, and which of them a filter means, as far as tests of the window need it."""

from datetime import UTC, datetime

from rag.core.domain import Paper
from rag.core.paper_filter import PaperFilter

SOURCES = {"cache": ("scopus.ris",), "propagate": ("arxiv.xml", "scopus.ris"), "hostile": ("<b>odd</b> & ${x}.bib",)}
"""Files that papers came from."""


def means(chosen: PaperFilter, paper: Paper) -> bool:
    """The papers that a filter means, as far as these tests need it."""
    year = paper.year or 0
    return (
        (chosen.from_year or 0) <= year <= (chosen.to_year or 9999)
        and (not chosen.authors or any(one.lower() in " ".join(paper.authors).lower() for one in chosen.authors))
        and (not chosen.venues or any(one.lower() in paper.venue.lower() for one in chosen.venues if paper.venue))
        and (not chosen.sources or bool(set(chosen.sources) & set(SOURCES.get(paper.id, ()))))
        and (not chosen.ids or bool({paper.id, paper.doi, paper.arxiv_id} & set(chosen.ids)))
        and all(word in str(paper).lower() for word in chosen.text.lower().split())
        and (not chosen.added_since or chosen.added_since < ADDED)
    )


ADDED = datetime(2026, 11, 2, tzinfo=UTC)
