"""A map of a library from its stored embeddings, step by step.

Owns the order of the steps and what is told of them. Bounded: of a very large library some papers are shown.
"""

from collections.abc import Callable

import numpy as np

from rag.library.store import Library
from rag.map.groups import described, grouped, middles
from rag.map.places import are_alike, place, rows_of
from rag.map.record import Group, PaperMap
from rag.map.vectors import paper_vectors

MOST_PAPERS = 20_000
"""So many a page shows without freezing; of a larger library as many are shown, spread over it."""
Report = Callable[[str, float], None]
"""Is told what is being done, and which share of all of it is done. What it raises ends the drawing."""


def draw(
    library: Library,
    before: PaperMap | None = None,
    report: Report = lambda doing, share: None,
    most: int = MOST_PAPERS,
) -> PaperMap:
    """The map of a library as it is now.

    Args:
        library: is read on a connection of its own.
        before: an earlier map, from which this one goes on.
        report: is told how far it is.
        most: papers that are shown at most.

    Raises:
        LibraryError: the file cannot be read.
    """
    report("Reading the embeddings", 0.0)
    vectors = paper_vectors(library, most)
    report("Finding what is alike", 0.05)
    earlier = dict(zip(before.ids, before.places, strict=True)) if before else {}
    known = rows_of(vectors.ids, earlier)
    places = place(vectors.rows, known, lambda share: report("Arranging the papers", 0.05 + 0.8 * share))
    report("Naming the groups", 0.85)
    there = middles(np.array(before.places), before.labels, len(before.groups)) if before and known else None
    # Papers that are all alike lie beside each other for want of a better place; that makes no groups of them.
    labels = np.zeros(len(places), np.int64) if are_alike(vectors.rows) else grouped(places, there)
    groups = described(vectors.titles, labels)
    report("Naming the groups", 1.0)
    return PaperMap(
        vectors.state,
        vectors.ids,
        tuple((float(x), float(y)) for x, y in places),
        tuple(int(label) for label in labels),
        groups or (Group(()),) * bool(len(labels)),
        vectors.papers,
        vectors.bare,
    )
