"""The whole flow, top to bottom: question + history -> standalone question -> papers -> evidence -> answer.

Owns: the order of the steps, limits on questions, timings. Every part is handed in (see `rag.wiring`).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from rag import choosing, declining, writing
from rag.asking import parts
from rag.clauses import narrowed
from rag.composing import Composer, Draft
from rag.conversation import Standalone, is_said, standalone_question
from rag.domain import Answer, Evidence, Hit, Mode, Paper, Progress, Sentence, Turn
from rag.errors import QuestionError, WriterFailed
from rag.identifiers import identifiers_in, without_identifiers
from rag.interaction import PaperMatch
from rag.library import Library
from rag.reading import EvidenceFinder, reranked
from rag.reranking import CLOSELY, Reranked, Reranker
from rag.retrieval import HybridRetriever
from rag.settings import Settings
from rag.text import clean, normalise

log = logging.getLogger(__name__)
RETRIEVED = 10
NEAREST = 3
_SAID_PENALTY = 1.0
"""What a sentence of the last answer is set back by: a follow-up asks for something new."""


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
        return self._standalone(question, history).text

    def _standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
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
        standalone = self._standalone(asked, ())
        hits = self.retriever.hits(standalone.text, max(limit, CLOSELY))
        return self._looked_at(standalone, hits).hits[:limit]

    def _looked_at(self, standalone: Standalone, hits: Sequence[Hit]) -> Reranked:
        found = self._reranker.rerank(standalone.text, hits, self.library.count(), self.library.holding)
        if not standalone.named or not found.hits:
            return found
        first = sorted(found.hits, key=lambda hit: hit.paper.id not in standalone.about)
        top = max(hit.score for hit in found.hits)
        lifted = [replace(hit, score=top + 1 if hit.paper.id in standalone.about else hit.score) for hit in first]
        return Reranked(tuple(lifted), found.matches)

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

    def papers_named(self, name: str) -> list[Paper]:
        """The papers that hold a name, where they are few: it is theirs."""
        if self.library.holding([name]).get(name, 0) > choosing.OWNERS:
            return []
        return self.library.papers(self.library.lexical([name], choosing.OWNERS))


class Assistant(Searcher):
    """Answers questions. Build it with `rag.wiring.open_assistant`."""

    def __init__(
        self,
        library: Library,
        retriever: HybridRetriever,
        reranker: Reranker,
        finder: EvidenceFinder,
        settings: Settings,
        description: Mapping[str, str],
        composer: Composer | None = None,
    ) -> None:
        super().__init__(library, retriever, reranker, settings.max_question_chars, description)
        self._finder = finder
        self._most = settings.max_quotes
        self._composer = composer
        self._mode: Mode = settings.mode
        self._no_writer = f"Quoted instead of written: {description.get('mode_reason', 'there is no writer')}."

    def close(self) -> None:
        """Also let go of the writer."""
        if self._composer:
            self._composer.close()
        super().close()

    def ask(self, question: str, history: Sequence[Turn] = (), mode: Mode = "auto") -> Answer:
        """The complete answer.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return next(step for step in self.stream(question, history, mode) if isinstance(step, Answer))

    def stream(self, question: str, history: Sequence[Turn] = (), mode: Mode = "auto") -> Iterator[Progress | Answer]:
        """What happens, step by step; the last item is the complete answer. Closing the iterator stops the work.

        `mode`: auto writes where a writer is there, quote never, write says in `Answer.notice` why it could not.

        Raises:
            QuestionError: the question is empty or too long.
        """
        clock = _Clock()
        mode = self._mode if mode == "auto" else mode
        asked = self.checked(question)
        standalone = self._standalone(question, history)
        clock.mark("rewrite")
        yield Progress("searching", standalone.text)
        hits = self.retriever.hits(standalone.text, CLOSELY)
        clock.mark("retrieve")
        yield Progress("reading", standalone.text, hits[:RETRIEVED])
        looked_at = self._looked_at(standalone, hits)
        hits = looked_at.hits
        sentences, embeddings = self.library.sentences(hit.paper.id for hit in hits)
        planned = choosing.plan(standalone.asked if standalone.about else standalone.text, hits, standalone.about)
        to_read = (
            self._matches(standalone.to_read, hits) if standalone.to_read != standalone.text else looked_at.matches
        )
        evidence: tuple[Evidence, ...] = ()
        for done, total, found in self._finder.read(standalone.to_read, hits, to_read, sentences, embeddings, planned):
            evidence = found
            yield Progress("reading", standalone.text, hits[:RETRIEVED], done, total)
        hits = reranked(hits, evidence)
        evidence = _news_first(evidence, standalone.said)
        clock.mark("read")
        found_all = _Found(asked, standalone, planned, hits, looked_at.matches, sentences, evidence)
        answer, chosen = self._answer(found_all, clock)
        if self._composer is None and mode == "write":
            answer = replace(answer, notice=self._no_writer)
        if self._composer and mode != "quote" and answer.outcome != "declined" and planned.form != "list":
            yield from self._written(self._composer, answer, chosen, clock)
            return
        for shown in range(1, len(answer.sentences)):
            draft = _first(answer, shown)
            yield Progress("answering", standalone.text, hits[:RETRIEVED], len(evidence), len(evidence), draft)
        yield answer

    def _matches(self, question: str, hits: Sequence[Hit]) -> Mapping[str, PaperMatch]:
        return self._reranker.matches(question, hits, self.library.count(), self.library.holding)

    def _written(
        self, composer: Composer, quoted: Answer, chosen: Sequence[Evidence], clock: "_Clock"
    ) -> Iterator[Progress | Answer]:
        """The answer in the writer's words, sentence by sentence; the quoted one, with the reason, where the writer fails."""
        progress = Progress(
            "writing", quoted.standalone_question, quoted.retrieved, len(quoted.evidence), len(quoted.evidence)
        )
        yield progress
        draft = Draft()
        try:
            with closing(composer.compose(quoted.standalone_question, quoted.evidence, chosen)) as drafts:  # type: ignore[type-var]
                for draft in drafts:
                    if draft.sentences:
                        clock.first_text()
                    yield replace(progress, draft=_with(quoted, draft)) if draft.sentences else progress
        except WriterFailed as error:
            log.warning("quoting instead of writing: %s", error)
            clock.mark("write")
            notice = f"Quoted instead of written: {error}."
            yield replace(quoted, timings_ms=clock.finished(), notice=notice)
            return
        clock.mark("write")
        answer = _with(quoted, draft) if draft.sentences else replace(quoted, mode="write", dropped=draft.dropped)
        yield replace(answer, timings_ms=clock.finished())

    def _answer(self, found: "_Found", clock: "_Clock") -> tuple[Answer, Sequence[Evidence]]:
        """The answer in quotes, and what it quotes, best first."""
        signals = declining.signals(found.standalone.text, found.hits, found.matches, found.sentences, found.evidence)
        probability = declining.p_answerable(signals)
        form = found.planned.form
        answered = bool(found.evidence) and (found.standalone.named or probability >= declining.threshold())
        missing = self._missing(found) if answered and form == "one" else ()
        chosen = choosing.choose(found.standalone.text, found.planned, found.hits, found.evidence, self._most)
        shown = [
            narrowed(item, found.asked, found.matches[item.paper.id].score) if item.paper.id in found.matches else item
            for item in chosen
        ]
        sentences = writing.quote(shown) if answered else ()
        nearest = () if answered else tuple(hit.paper for hit in found.hits[:NEAREST])
        answer = Answer(
            question=found.asked,
            standalone_question=found.standalone.text,
            mode="quote",
            outcome=("partial" if missing else "answered") if answered else "declined",
            p_answerable=probability,
            text=writing.text_of(sentences, form == "list", missing) if answered else writing.declined_text(nearest),
            sentences=sentences,
            missing=missing,
            nearest=nearest,
            retrieved=found.hits[:RETRIEVED],
            evidence=found.evidence,
            signals=signals,
            timings_ms=clock.finished(),
        )
        return answer, shown

    def _missing(self, found: "_Found") -> tuple[str, ...]:
        """The parts of a question that nothing found answers, each judged as a question of its own; none where it has one part, or
        where all parts are missing in a question that is answered as a whole."""
        asked_for = parts(found.asked)
        if len(asked_for) < 2:
            return ()
        missing = tuple(part for part in asked_for if self._p_part(part, found) < declining.threshold())
        return missing if len(missing) < len(asked_for) else ()

    def _p_part(self, part: str, found: "_Found") -> float:
        matches = self._matches(part, found.hits)
        return declining.p_answerable(declining.signals(part, found.hits, matches, found.sentences, found.evidence))


@dataclass(frozen=True, slots=True)
class _Found:
    """All that an answer is made of."""

    asked: str
    standalone: Standalone
    planned: choosing.Plan
    hits: tuple[Hit, ...]
    matches: Mapping[str, PaperMatch]
    sentences: Sequence[Sentence]
    evidence: tuple[Evidence, ...]


def _news_first(evidence: Sequence[Evidence], said: Sequence[str]) -> tuple[Evidence, ...]:
    """The evidence with what was said already set back."""
    if not said:
        return tuple(evidence)
    moved = [
        replace(item, score=round(item.score - _SAID_PENALTY, 4)) if is_said(item.text, said) else item
        for item in evidence
    ]
    return tuple(sorted(moved, key=lambda item: (-item.score, item.paper.id, item.span.start)))


def _first(answer: Answer, shown: int) -> Answer:
    """The growing answer: its first sentences."""
    sentences = answer.sentences[:shown]
    return replace(answer, sentences=sentences, text=writing.text_of(sentences))


def _with(quoted: Answer, draft: Draft) -> Answer:
    """The written answer as far as it is made."""
    return replace(
        quoted,
        mode="write",
        sentences=draft.sentences,
        dropped=draft.dropped,
        text=writing.written_text(draft.sentences, quoted.missing),
    )


class _Clock:
    """Milliseconds of each stage, and from the start."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._start = self._last = now()
        self._stages: dict[str, float] = {}
        self._first: float | None = None

    def mark(self, stage: str) -> None:
        moment = self._now()
        self._stages[stage] = round((moment - self._last) * 1_000, 1)
        self._last = moment

    def first_text(self) -> None:
        """Something of the answer is there to be shown; only the first time counts."""
        if self._first is None:
            self._first = round((self._now() - self._start) * 1_000, 1)

    def finished(self) -> dict[str, float]:
        total = round((self._now() - self._start) * 1_000, 1)
        return {**self._stages, "first_text": total if self._first is None else self._first, "total": total}
