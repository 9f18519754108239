"""Finds papers: question -> hits of the hybrid retriever, the best of them looked at closely; identifiers first.

Owns: limits on questions, what a follow-up is taken for, the open library. The answering on top of it is `rag.answer.assistant`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rag.core.domain import Hit, Paper, Turn
from rag.core.errors import QuestionError
from rag.core.text import clean, normalise
from rag.library.store import Library
from rag.question.follow_up import Standalone, standalone_question
from rag.question.identifiers import identifiers_in, without_identifiers
from rag.search.hybrid import HybridRetriever
from rag.search.late_interaction import PaperMatch
from rag.search.paper_names import OWNERS
from rag.search.reranker import CLOSELY, Reranked, Reranker

RETRIEVED = 10
_LIKE_CHARS = 1_000
"""Of a paper's title and abstract, as a query for others like it: as much as the embedder takes in."""


class Searcher:
    """Finds papers. Holds the open library, the retriever and the reranker."""

    def __init__(
        self,
        library: Library,
        retriever: HybridRetriever,
        reranker: Reranker,
        max_question_chars: int,
        description: Mapping[str, str],
    ) -> None:
        self.library = library
        self.retriever = retriever
        self._reranker = reranker
        self._max_chars = max_question_chars
        self.description = description
        """What runs: embedder and device; an assistant's also reader, prompt and mode."""

    def close(self) -> None:
        """Close the vector index and the library."""
        self.retriever.close()
        self.library.close()

    def checked(self, question: str) -> str:
        """The question as one line of visible text.

        Raises:
            QuestionError: it is empty, or longer than the limit.
        """
        if len(question) > self._max_chars:
            raise QuestionError(
                f"the question has {len(question):,} characters; at most {self._max_chars:,} are accepted. "
                "Ask for one thing at a time"
            )
        asked = clean(question)
        if not any(character.isalnum() for character in asked):
            raise QuestionError("the question is empty; type what you want to know about these papers")
        return asked

    def standalone(self, question: str, history: Sequence[Turn] = ()) -> str:
        """The question as it is asked without its history.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return self.as_standalone(question, history).text

    def as_standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        asked = self.checked(question)
        named = self.library.papers_identified(identifiers_in(asked))
        if named:
            rest = without_identifiers(asked)
            titles = "; ".join(paper.title or paper.abstract[:100] for paper in named)
            text = f"{rest} (about: {titles})" if rest else titles
            return Standalone(text, rest or titles, about=tuple(paper.id for paper in named), named=True)
        return standalone_question(asked, history, self.papers_quoting, self.papers_named)

    def search(self, question: str, limit: int = RETRIEVED) -> tuple[Hit, ...]:
        """The best papers, best first; a paper named by an identifier before all others."""
        asked = self.checked(question)
        standalone = self.as_standalone(asked, ())
        hits = self.retriever.hits(standalone.text, max(limit, CLOSELY))
        return self.looked_at(standalone, hits).hits[:limit]

    def looked_at(self, standalone: Standalone, hits: Sequence[Hit]) -> Reranked:
        found = self._reranker.rerank(standalone.text, hits, self.library.count(), self.library.holding)
        if not standalone.named or not found.hits:
            return found
        first = sorted(found.hits, key=lambda hit: hit.paper.id not in standalone.about)
        top = max(hit.score for hit in found.hits)
        lifted = [replace(hit, score=top + 1 if hit.paper.id in standalone.about else hit.score) for hit in first]
        return Reranked(tuple(lifted), found.matches)

    def similar(self, paper_id: str, limit: int = 5) -> tuple[Hit, ...]:
        """The papers most like this one, best first; none where the library does not hold it."""
        like = next(iter(self.library.papers([paper_id])), None)
        if like is None:
            return ()
        about = clean(f"{like.title}. {like.abstract}")[: min(_LIKE_CHARS, self._max_chars)]
        hits = self.retriever.hits(about, limit + 1)
        return tuple(hit for hit in hits if hit.paper.id != paper_id)[:limit]

    def papers(self, ids: Iterable[str] | None = None) -> tuple[Paper, ...]:
        """All papers of the library, or those with these ids; unknown ids are left out."""
        return tuple(self.library.papers(ids))

    def find_papers(self, words: str, limit: int) -> tuple[int, tuple[Paper, ...]]:
        """How many papers hold all of these words, and the first ones of them (`Library.find_papers`)."""
        count, papers = self.library.find_papers(words, limit)
        return count, tuple(papers)

    def papers_quoting(self, quotes: Sequence[str]) -> list[Paper]:
        """The papers whose abstracts hold these passages, in the order of the passages."""
        found: dict[str, Paper] = {}
        for passage in quotes[:8]:
            wanted = normalise(passage)
            for hit in self.retriever.hits(passage[:1_000], 3):
                if wanted in normalise(hit.paper.abstract):
                    found.setdefault(hit.paper.id, hit.paper)
                    break
        return list(found.values())

    def papers_named(self, name: str) -> list[Paper]:
        """The papers that hold a name, where they are few: it is theirs."""
        if self.library.holding([name]).get(name, 0) > OWNERS:
            return []
        return self.library.papers(self.library.lexical([name], OWNERS))

    def matches(self, question: str, hits: Sequence[Hit]) -> Mapping[str, PaperMatch]:
        return self._reranker.matches(question, hits, self.library.count(), self.library.holding)
