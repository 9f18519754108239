"""Places -> groups of papers that lie together, and the terms that tell each group from the others.

The groups are taken from the places and not from the vectors, so that what is seen as one heap is one group. Their number is the one
with the clearest gaps between the groups (the mean silhouette; Rousseeuw 1987). The terms are topics of the titles
(`rag.library.topics`) weighed by class-based tf-idf (Grootendorst 2022, arXiv:2203.05794). Knows nothing of libraries.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.core.accents import shown
from rag.core.text import clean
from rag.library.topics import Candidate, candidates
from rag.map.places import Places
from rag.map.record import Group

MOST = 10
"""Groups; more colours cannot be told apart."""
_LEAST_PAPERS = 6
"""A group has at least about so many papers, so that a small library has few groups."""
_SAMPLE = 2_000
_TITLES = 5_000
_CANDIDATES = 800
_TERMS = 4
_PHRASE = 1.6
"""How many times as much a term of several words tells."""
_ONLY_HERE = 0.5
"""A term that more of its titles stand in other groups than this is weighed down by it."""

Labels = npt.NDArray[np.int64]


def grouped(places: Places, before: Places | None = None) -> Labels:
    """The group of each place, from 0; the largest group first, or in the order of earlier ones.

    Args:
        places: (n, 2).
        before: (k, 2) the middles of earlier groups: then there are as many, each near where it was.
    """
    count = len(places)
    if count < 2 * _LEAST_PAPERS:
        return np.zeros(count, np.int64)
    if before is not None and 1 < len(before) <= count // _LEAST_PAPERS:
        found = _split(places, len(before), before)
        if len(set(found)) == len(before):
            return found
    best: tuple[float, Labels] | None = None
    most = min(MOST, count // _LEAST_PAPERS)
    for number in range(min(most, _fewest(count)), most + 1):
        labels = _split(places, number)
        clear = _clearness(places, labels)
        if best is None or clear > best[0]:
            best = clear, labels
    assert best is not None
    return _largest_first(best[1])


def _fewest(count: int) -> int:
    """Halves of a library may have the clearest gap between them and tell nothing; 3 groups of 60 papers, 6 of 500, 9 of 5,000."""
    return max(2, round(math.log2(count)) - 3)


def _split(places: Places, number: int, begin: Any = None) -> Labels:
    from sklearn.cluster import KMeans

    first = {"init": begin, "n_init": 1} if begin is not None else {"n_init": 4}
    found: Labels = KMeans(number, random_state=0, **first).fit_predict(places).astype(np.int64)
    return found


def _clearness(places: Places, labels: Labels) -> float:
    from sklearn.metrics import silhouette_score

    if len(places) > _SAMPLE:
        some = np.random.default_rng(0).choice(len(places), _SAMPLE, replace=False)
        places, labels = places[some], labels[some]
    return float(silhouette_score(places, labels)) if len(set(labels)) > 1 else -1.0


def _largest_first(labels: Labels) -> Labels:
    order = np.argsort(-np.bincount(labels), kind="stable")
    return np.argsort(order)[labels]


def middles(places: Places, labels: Sequence[int], count: int) -> Places | None:
    """(count, 2) the middle of each group; None where one has no place."""
    of = np.asarray(labels)
    if len(places) == 0 or any(not np.any(of == n) for n in range(count)):
        return None
    return np.array([places[of == n].mean(axis=0) for n in range(count)])


def described(titles: Sequence[str], labels: Labels) -> tuple[Group, ...]:
    """What each group is about, in the order of the labels.

    Args:
        titles: of the papers.
        labels: the group of each.
    """
    if not len(labels):
        return ()
    step = -(-len(titles) // _TITLES)
    some = [clean(shown(title)) for title in titles[::step]]
    of = np.asarray(labels)[::step]
    count = int(max(labels)) + 1
    sizes = np.bincount(of, minlength=count)
    found = candidates(some, _CANDIDATES)
    in_each = [np.bincount(of[sorted(one.titles)], minlength=count) for one in found]
    return tuple(Group(_terms(found, in_each, sizes, n)) for n in range(count))


def _terms(found: Sequence[Candidate], in_each: Sequence[Any], sizes: Any, group: int) -> tuple[str, ...]:
    mean = float(sum(counts.sum() for counts in in_each)) / len(sizes)
    weighed = []
    for one, counts in zip(found, in_each, strict=True):
        here, every = int(counts[group]), int(counts.sum())
        if not here:
            continue
        weight = here / max(1, sizes[group]) * math.log(1 + mean / every) * (_PHRASE if len(one.stems) > 1 else 1.0)
        # Against the share that chance would give: what stands everywhere tells no group apart.
        fair = every * sizes[group] / sizes.sum()
        if len(sizes) > 1 and here <= fair:
            continue
        weight *= min(1.0, here / every / _ONLY_HERE)
        weighed.append((-weight, one.words, one))
    chosen: list[Candidate] = []
    for _, _, one in sorted(weighed, key=lambda item: item[:2]):
        if len(chosen) < _TERMS and not any(set(one.stems) & set(other.stems) for other in chosen):
            chosen.append(one)
    return tuple(one.words for one in chosen)
