"""Where the papers of a scripted assistant came from, which of them a filter means, as far as tests of the window need it, and a real
library of them for the table."""

import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rag.core.domain import Paper
from rag.core.paper_filter import PaperFilter
from rag.ingest.chunks import embed_papers
from rag.library.catalogue import Catalogue
from rag.library.choices import Choices
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder

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


class Shelf:
    """A library in a temporary folder that holds the papers it is asked for, in their order; it grows a revision where these change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._of: Sequence[Paper] | None = None
        self._catalogue: Catalogue | None = None

    def catalogue(self, papers: Sequence[Paper]) -> Catalogue:
        """The table of these papers."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="citewise-shelf-")
            if self._of is not papers:
                _fill(Path(self._folder.name), papers)
                self._of = papers
            if self._catalogue is None:
                library = Library.open(Path(self._folder.name))
                self._catalogue = Catalogue(library, Choices(library))
            return self._catalogue


def _fill(folder: Path, papers: Sequence[Paper]) -> None:
    embedder = HashEmbedder()
    names = sorted({name for some in SOURCES.values() for name in some})
    with Library.open_for_writing(folder, embedder.identity) as library:
        with library.changing() as connection:
            for table in ("papers", "origins", "sources"):
                connection.execute(f"DELETE FROM {table}")
            connection.executemany(
                "INSERT INTO sources VALUES (?, ?, '', '', '{}')", [(n, name) for n, name in enumerate(names)]
            )
            connection.executemany(
                "INSERT INTO origins VALUES (?, ?, ?)",
                [
                    (paper.id, names.index(name), ADDED.isoformat())
                    for paper in papers
                    for name in SOURCES.get(paper.id, ())
                ],
            )
        if papers:
            library.put(embed_papers(list(papers), embedder))
