"""Vectors -> places on a plane, so that what is near stays near: PCA to 50 dimensions, then t-SNE (van der Maaten 2014, Barnes-Hut).

Owns: that the same vectors always have the same places, and that a few more papers do not turn the picture round. The first map begins
with the two main directions of the vectors; a later one begins with the places of the earlier one. Knows nothing of libraries.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Matrix

Places = npt.NDArray[np.float64]
"""(n, 2), in no unit."""
Step = Callable[[float], None]
"""Is told which share is done, 0 to 1. What it raises ends the work."""

_DIMENSIONS = 50
_PERPLEXITY = 30.0
_ROUNDS = 250
"""Steps between which can be stopped; as few as scikit-learn takes."""
_ANGLE = 0.7
"""Of Barnes and Hut's approximation: 0.5 takes 1.5 times as long and keeps no more neighbours."""
_FASTER = 2.5
"""Later rounds begin with little momentum again, which this makes up for."""
_SMALL = 1_000
"""Fewer papers get another round: it is quick, and they still gain from it."""
_FEW = 6
"""Fewer papers than these have no neighbourhoods: their two main directions are the picture."""
_KNOWN = 0.6
"""The least share of papers with an earlier place with which a map goes on from there."""
_NEIGHBOURS = 3
_ALIKE = 1e-6
_GOLDEN = np.pi * (3 - np.sqrt(5))


def place(
    rows: Matrix, before: Mapping[int, tuple[float, float]] | None = None, step: Step = lambda share: None
) -> Places:
    """A place for each row.

    Args:
        rows: (n, dimension) unit vectors.
        before: earlier places of some of the rows, by their numbers.
        step: is told how far it is.
    """
    count = len(rows)
    if count < 3 or are_alike(rows):
        return _sunflower(count) if count != 2 else np.array([[-1.0, 0.0], [1.0, 0.0]])
    reduced = _reduced(rows)
    known = before or {}
    if count < _FEW:
        places = np.pad(reduced, ((0, 0), (0, max(0, 2 - reduced.shape[1]))))[:, :2].astype(np.float64)
    elif len(known) >= max(_FEW, _KNOWN * count):
        places = _arranged(reduced, _begun(reduced, known), 1, False, step)
    else:
        start = reduced[:, :2] / (reduced[:, 0].std() or 1.0) * 1e-4
        places = _arranged(reduced, _shaken(start, 1e-6), 3 if count < _SMALL else 2, True, step)
    return _apart(_turned(places, known))


def are_alike(rows: Matrix) -> bool:
    """Whether all rows are the same, as those of identical abstracts."""
    return len(rows) == 0 or float(rows.std(axis=0).max()) < _ALIKE


def _reduced(rows: Matrix) -> Any:
    from sklearn.decomposition import PCA

    parts = min(_DIMENSIONS, len(rows) - 1, rows.shape[1])
    return PCA(parts, svd_solver="randomized", random_state=0).fit_transform(rows)


def _begun(reduced: Any, known: Mapping[int, tuple[float, float]]) -> Any:
    """The earlier places; a new row begins among those that are most like it."""
    from sklearn.neighbors import NearestNeighbors

    old = np.array(sorted(known))
    new = np.setdiff1d(np.arange(len(reduced)), old)
    places = np.zeros((len(reduced), 2))
    places[old] = [known[n] for n in old]
    if len(new):
        finder = NearestNeighbors(n_neighbors=min(_NEIGHBOURS, len(old))).fit(reduced[old])
        places[new] = places[old][finder.kneighbors(reduced[new], return_distance=False)].mean(axis=1)
    return _shaken(places, 1e-3 * float(places.std() or 1.0))


def _shaken(places: Any, by: float) -> Any:
    """Rows that are alike would else stay one point for ever."""
    return (places + np.random.default_rng(0).normal(scale=by, size=places.shape)).astype(np.float32)


def _arranged(reduced: Any, start: Any, rounds: int, exaggerated: bool, step: Step) -> Places:
    """t-SNE in rounds. In the first one of a new map similar rows are drawn together twelvefold, so that groups form."""
    from sklearn.manifold import TSNE
    from sklearn.neighbors import NearestNeighbors

    count = len(reduced)
    perplexity = min(_PERPLEXITY, (count - 1) / 3)
    neighbours = min(count - 1, int(3 * perplexity + 1))
    graph = NearestNeighbors(n_neighbors=neighbours + 1).fit(reduced).kneighbors_graph(reduced, mode="distance")
    step(1 / (rounds + 1))
    places = start
    for n in range(rounds):
        first = exaggerated and n == 0
        method = TSNE(
            metric="precomputed",
            init=places,
            perplexity=perplexity,
            early_exaggeration=12.0 if first else 1.0,
            learning_rate=max(count / 48, 50.0) * (1.0 if first else _FASTER),
            max_iter=_ROUNDS,
            angle=_ANGLE,
            random_state=0,
        )
        places = method.fit_transform(graph)
        step((n + 2) / (rounds + 1))
    return np.asarray(places, np.float64)


def _turned(places: Places, known: Mapping[int, tuple[float, float]]) -> Places:
    """The places turned, mirrored and moved, so that those that were known lie as near to where they lay as they can."""
    if len(known) < 3:
        return places
    at = sorted(known)
    now, then = places[at], np.array([known[n] for n in at])
    left, _, right = np.linalg.svd((now - now.mean(axis=0)).T @ (then - then.mean(axis=0)))
    return np.asarray((places - now.mean(axis=0)) @ (left @ right) + then.mean(axis=0))


def _apart(places: Places) -> Places:
    """Places that coincide are moved apart a little, so that each point can be seen."""
    extent = float(np.ptp(places, axis=0).max()) or 1.0
    cells: dict[tuple[int, int], int] = {}
    moved = places.copy()
    for n, (x, y) in enumerate(np.floor(places / (extent / 1_000)).astype(int)):
        before = cells.get((x, y), 0)
        cells[(x, y)] = before + 1
        if before:
            moved[n] += _petal(before) * extent / 250
    return moved


def _sunflower(count: int) -> Places:
    return np.array([_petal(n) for n in range(count)]).reshape(count, 2)


def _petal(n: int) -> Places:
    return np.array([np.cos(n * _GOLDEN), np.sin(n * _GOLDEN)]) * float(np.sqrt(n))


def rows_of(ids: Sequence[str], before: Mapping[str, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    """Earlier places by the numbers of the rows that have them now."""
    return {n: before[one] for n, one in enumerate(ids) if one in before}
