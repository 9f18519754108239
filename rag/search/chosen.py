"""The retriever over the papers that a filter means alone.

Owns how deep the vector index, which is of the whole library, must be looked into for them. Few papers are scored one by one.
"""

import threading

import numpy as np

from rag.core.arrays import Matrix
from rag.library.steady import SteadyIndex
from rag.library.view import View
from rag.search.hybrid import HybridRetriever

_SCORED = 2_000
"""Of at most so many papers all windows are scored, which is exact; they take about 6 MB."""
_DEEPEST = 10_000
"""Windows that are asked of the index at most."""


class ChosenRetriever(HybridRetriever):
    """Like the retriever of the whole library, whose models and index it uses; closing it leaves these open."""

    def __init__(self, whole: HybridRetriever, view: View) -> None:
        # Not that of the base class, which opens an index.
        self.__dict__.update(whole.__dict__)
        self._whole: HybridRetriever = whole._whole if isinstance(whole, ChosenRetriever) else whole
        self._library = view
        self._view = view
        self._keeping = threading.Lock()
        self._kept: tuple[int, Matrix, Matrix] | None = None

    def close(self) -> None:
        """Nothing of its own is open."""

    def _newest_index(self) -> SteadyIndex:
        return self._whole._newest_index()

    def _nearest(self, index: SteadyIndex, vector: Matrix, limit: int) -> dict[int, float]:
        papers = self._view.count()
        if papers <= _SCORED:
            return self._best_of_all(vector, limit)
        deep = min(_DEEPEST, limit * -(-self._view.total // papers))
        return index.query(vector, deep)

    def _best_of_all(self, vector: Matrix, limit: int) -> dict[int, float]:
        with self._keeping, self._view.snapshot():
            revision = self._view.revision
            if self._kept is None or self._kept[0] != revision:
                ids = self._view.window_ids()
                windows, embeddings = self._view.windows_by_id(ids)
                self._kept = (revision, np.array([window.id for window in windows], np.int64), embeddings)
            _, every, embeddings = self._kept
        if not len(every):
            return {}
        cosines = embeddings @ vector
        best = np.argsort(-cosines, kind="stable")[:limit]
        return dict(zip(every[best].tolist(), cosines[best].tolist(), strict=True))
