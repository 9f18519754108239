"""The whole flow, top to bottom: question + history -> standalone question -> papers -> evidence -> answer.

Owns: the order of the steps, limits on questions, timings. Every part is handed in (see `rag.wiring`).
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from rag import declining, writing
from rag.conversation import standalone_question
from rag.domain import Answer, Evidence, Hit, Paper, Progress, Turn
from rag.errors import QuestionError
from rag.library import Library
from rag.reading import EvidenceFinder, choose, reranked
from rag.retrieval import HybridRetriever
from rag.settings import Settings
from rag.text import clean, normalise

RETRIEVED = 10
NEAREST = 3


class Searcher:
    """Finds papers. Holds the open library and the retriever."""

    def __init__(
        self, library: Library, retriever: HybridRetriever, max_question_chars: int, description: Mapping[str, str]
    ) -> None:
        self.library = library
        self.retriever = retriever
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
        return standalone_question(self.checked(question), history, self.papers_quoting)

    def search(self, question: str, limit: int = RETRIEVED) -> tuple[Hit, ...]:
        """The best papers, best first."""
        return self.retriever.hits(self.checked(question), limit)

    def papers(self) -> tuple[Paper, ...]:
        """All papers of the library."""
        return tuple(self.library.papers())

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


class Assistant(Searcher):
    """Answers questions. Build it with `rag.wiring.open_assistant`."""

    def __init__(
        self,
        library: Library,
        retriever: HybridRetriever,
        finder: EvidenceFinder,
        settings: Settings,
        description: Mapping[str, str],
    ) -> None:
        super().__init__(library, retriever, settings.max_question_chars, description)
        self._finder = finder
        self._most = settings.max_quotes

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The complete answer.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return next(step for step in self.stream(question, history) if isinstance(step, Answer))

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Progress | Answer]:
        """What happens, step by step; the last item is the complete answer. Closing the iterator stops the work.

        Raises:
            QuestionError: the question is empty or too long.
        """
        clock = _Clock()
        asked = self.checked(question)
        standalone = self.standalone(question, history)
        clock.mark("rewrite")
        yield Progress("searching", standalone)
        hits = self.retriever.hits(standalone, RETRIEVED)
        sentences, embeddings = self.library.sentences(hit.paper.id for hit in hits)
        clock.mark("retrieve")
        evidence: tuple[Evidence, ...] = ()
        for done, total, found in self._finder.read(standalone, hits, sentences, embeddings):
            evidence = found
            yield Progress("reading", standalone, hits, done, total)
        hits = reranked(hits, evidence)
        clock.mark("read")
        answer = self._answer(asked, standalone, hits, evidence, clock)
        for shown in range(1, len(answer.sentences)):
            yield Progress("answering", standalone, hits, len(evidence), len(evidence), _first(answer, shown))
        yield answer

    def _answer(
        self, asked: str, standalone: str, hits: tuple[Hit, ...], evidence: tuple[Evidence, ...], clock: "_Clock"
    ) -> Answer:
        probability = declining.p_answerable(hits, evidence)
        answered = probability >= declining.THRESHOLD
        chosen = choose(evidence, self._most) if answered else ()
        sentences = writing.quote(chosen)
        nearest = () if answered else tuple(hit.paper for hit in hits[:NEAREST])
        return Answer(
            question=asked,
            standalone_question=standalone,
            mode="quote",
            outcome="answered" if answered else "declined",
            p_answerable=probability,
            text=writing.text_of(sentences) if answered else writing.declined_text(nearest),
            sentences=sentences,
            nearest=nearest,
            retrieved=hits,
            evidence=evidence,
            timings_ms=clock.finished(),
        )


def _first(answer: Answer, shown: int) -> Answer:
    """The growing answer: its first sentences."""
    sentences = answer.sentences[:shown]
    return replace(answer, sentences=sentences, text=writing.text_of(sentences))


class _Clock:
    """Milliseconds of each stage, and from the start."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._start = self._last = now()
        self._stages: dict[str, float] = {}

    def mark(self, stage: str) -> None:
        moment = self._now()
        self._stages[stage] = round((moment - self._last) * 1_000, 1)
        self._last = moment

    def finished(self) -> dict[str, float]:
        total = round((self._now() - self._start) * 1_000, 1)
        return {**self._stages, "first_text": total, "total": total}
