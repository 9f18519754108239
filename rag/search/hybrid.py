"""Question -> papers: dense and lexical scores of each paper, normalised and added.

Owns: candidate lists, exact look-up of missing scores, fusion, and what makes `Hit`s. Knows nothing of sentences or answers.
`HybridRetriever` is a llama-index `BaseRetriever`: it drops into any llama-index query engine.

Fusion adds z-scores over the union of both candidate lists. Rank fusion (reciprocal rank, Cormack et al. 2009) throws
away how far apart the scores are and did worse wherever it was measured (evals/LOG.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.core.arrays import Matrix, Scores, zscores
from rag.core.domain import Hit, Window
from rag.core.text import content_words
from rag.library import vector_index
from rag.library.chroma_server import ChromaServer
from rag.library.steady import SteadyIndex
from rag.library.store import Library
from rag.models.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Fusion:
    """How many candidates each side gives, and what each side weighs. A weight of 0 takes a side out of the scores;
    it still gives candidates."""

    dense_windows: int = 100
    lexical_papers: int = 100
    dense_weight: float = 1.0
    sentence_weight: float = 1.0
    lexical_weight: float = 1.0
    windows_per_paper: int = 2


FUSIONS = {
    "hybrid": Fusion(),
    # The naive stack: the best passage by cosine, nothing else.
    "dense": Fusion(sentence_weight=0.0, lexical_weight=0.0),
    "lexical": Fusion(dense_weight=0.0, sentence_weight=0.0),
}
"""By the names of the setting `retriever`."""

_MOST_WITHIN = 500
"""Papers that are all scored where the question is about these alone; of more those that come near it."""
_DEEPER = 10
"""How many times as many candidates are looked for where most of them may not be meant."""


class HybridRetriever(BaseRetriever):
    """Best windows of the best papers, best paper first.

    A node's score is its paper's fused score; its metadata carry the paper id and the parts of the score. Picks up a new
    revision of the library at the next question. Safe for several threads.
    """

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        limit: int = 10,
        fusion: Fusion | None = None,
        server: ChromaServer | None = None,
    ) -> None:
        super().__init__()
        library.check_embedder(embedder.identity)
        self._library = library
        self.embedder = embedder
        self._limit = limit
        self._fusion = fusion or Fusion()
        library.prepare_words()
        self._index = SteadyIndex(library, embedder.identity, server)

    def close(self) -> None:
        """Free the vector index."""
        self._index.close()

    def hits(self, question: str, limit: int | None = None, within: Sequence[str] | None = None) -> tuple[Hit, ...]:
        """The best papers for a question, best first; of those with the ids `within` where it is given. Empty for an empty library."""
        return self._ranked(question, limit or self._limit, within)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes_of(self._ranked(query_bundle.query_str, self._limit))

    def _ranked(self, question: str, limit: int, within: Sequence[str] | None = None) -> tuple[Hit, ...]:
        # Outside the snapshot: opening or repairing an index takes time, and a writer waits for snapshots to end.
        index = self._newest_index()
        vector = self.embedder.embed_question(question)
        deeper = 1 if within is None else _DEEPER
        # Outside it too: a server may take its time. Windows that are gone by then are left out below.
        near = self._nearest(index, vector, self._fusion.dense_windows * deeper)
        with self._library.snapshot():
            terms = content_words(question)
            lexical = self._library.lexical(terms, self._fusion.lexical_papers * deeper)
            candidates = self._library.papers_of_windows(near) | set(lexical)
            if within is not None:
                candidates = set(within) if len(within) <= _MOST_WITHIN else candidates & set(within)
                lexical = {paper: score for paper, score in lexical.items() if paper in candidates}
            lexical |= self._library.lexical_of(terms, sorted(candidates - set(lexical)))
            windows, embeddings = self._library.windows(candidates)
            if not windows:
                return ()
            best = _best_windows(windows, (embeddings @ vector).tolist(), self._fusion.windows_per_paper)
            parts = {
                "dense": {paper: scored[0][1] for paper, scored in best.items()},
                "sentence": self._best_sentence(vector, best),
                "lexical": lexical,
            }
            fused = self._fuse(sorted(best), parts)
            ranked = sorted(fused, key=lambda paper: (-fused[paper], paper))[:limit]
            papers = {paper.id: paper for paper in self._library.papers(ranked)}
        return tuple(
            Hit(
                papers[paper_id],
                round(fused[paper_id], 6),
                {name: round(scores.get(paper_id, 0.0), 6) for name, scores in parts.items()},
                tuple(window for window, _ in best[paper_id]),
            )
            for paper_id in ranked
        )

    def _nearest(self, index: SteadyIndex, vector: Matrix, limit: int) -> dict[int, float]:
        """Up to `limit` of the nearest windows that may be meant: {window id: cosine}."""
        return index.query(vector, limit)

    def _newest_index(self) -> SteadyIndex:
        return self._index.newest()

    @property
    def is_whole(self) -> bool:
        """Whether the vectors of all papers of the library are there."""
        return self._index.is_whole

    @property
    def missed(self) -> str:
        """Why the last question of this thread was asked of the words alone, without vectors; "" where it was not."""
        return self._index.missed

    def _best_sentence(self, vector: Matrix, papers: Iterable[str]) -> dict[str, float]:
        """Per paper the cosine of its best sentence alone: a short question is often nearer to it than to any window."""
        of_row, embeddings = self._library.sentence_vectors(papers)
        if not of_row:
            return {}
        number = {paper: n for n, paper in enumerate(dict.fromkeys(of_row))}
        best = np.full(len(number), -1.0)
        np.maximum.at(best, [number[paper] for paper in of_row], embeddings @ vector)
        return dict(zip(number, best.tolist(), strict=True))

    def _fuse(self, papers: Sequence[str], parts: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
        weights = {
            "dense": self._fusion.dense_weight,
            "sentence": self._fusion.sentence_weight,
            "lexical": self._fusion.lexical_weight,
        }
        total = np.zeros(len(papers))
        for name, scores in parts.items():
            if name == "sentence":
                total += weights[name] * _among_those(papers, scores)
            else:
                total += weights[name] * zscores(np.array([scores.get(paper, 0.0) for paper in papers]))
        return dict(zip(papers, total.tolist(), strict=True))


def _among_those(papers: Sequence[str], scores: Mapping[str, float]) -> Scores:
    """(papers,) z-scores over those that have a score. A paper without sentences, whose abstract is not known, counts as a middling
    one: as the worst it is hardly found by its title, and papers that say something are found as well beside it."""
    there = np.array([paper in scores for paper in papers])
    values = np.zeros(len(papers))
    if there.any():
        values[there] = zscores(np.array([scores[paper] for paper in papers if paper in scores]))
    return values


def _best_windows(
    windows: Sequence[Window], cosines: Sequence[float], most: int
) -> dict[str, list[tuple[Window, float]]]:
    """Per paper its `most` windows of the highest cosine, best first."""
    by_paper: dict[str, list[tuple[Window, float]]] = {}
    for window, cosine in zip(windows, cosines, strict=True):
        by_paper.setdefault(window.paper_id, []).append((window, cosine))
    return {
        paper: sorted(scored, key=lambda pair: (-pair[1], pair[0].span.start))[:most]
        for paper, scored in by_paper.items()
    }


def _nodes_of(hits: Sequence[Hit]) -> list[NodeWithScore]:
    nodes: list[NodeWithScore] = []
    for hit in hits:
        for window in hit.windows:
            node = vector_index.window_node(window, hit.paper.title, hit.paper.abstract)
            node.metadata.update(hit.parts)
            node.excluded_llm_metadata_keys.extend(hit.parts)
            nodes.append(NodeWithScore(node=node, score=hit.score))
    return nodes


def hits_of(nodes: Sequence[NodeWithScore], library: Library) -> tuple[Hit, ...]:
    """Papers with their best windows, best first, from what `HybridRetriever.retrieve` gives."""
    grouped: dict[str, list[NodeWithScore]] = {}
    for node in nodes:
        grouped.setdefault(node.metadata["paper_id"], []).append(node)
    papers = {paper.id: paper for paper in library.papers(grouped)}
    by_id = {window.id: window for window in library.windows_by_id(int(node.node_id) for node in nodes)[0]}
    return tuple(
        Hit(
            paper=papers[paper_id],
            score=float(of_paper[0].score or 0.0),
            parts={name: float(of_paper[0].metadata[name]) for name in ("dense", "sentence", "lexical")},
            windows=tuple(by_id[int(node.node_id)] for node in of_paper if int(node.node_id) in by_id),
        )
        for paper_id, of_paper in grouped.items()
        if paper_id in papers
    )
