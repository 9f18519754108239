"""The whole flow, top to bottom: question + history -> standalone question -> papers -> evidence -> answer.

Owns: the order of the steps, timings. Finding is `rag.search.searcher`'s. Every part is handed in (see `rag.wiring`).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from rag.answer import quoted as writing
from rag.answer.draft import Draft
from rag.answer.written import Composer
from rag.core.domain import Answer, Evidence, Hit, Mode, Progress, Sentence, Turn
from rag.core.errors import WriterFailed
from rag.core.settings import Settings
from rag.evidence import answerability, selection
from rag.evidence.ranking import EvidenceFinder, reranked
from rag.evidence.selection import narrowed
from rag.library.store import Library
from rag.question.follow_up import Standalone, is_said
from rag.question.kinds import parts
from rag.search.hybrid import HybridRetriever
from rag.search.late_interaction import PaperMatch
from rag.search.reranker import CLOSELY, Reranker
from rag.search.searcher import RETRIEVED, Searcher

log = logging.getLogger(__name__)
NEAREST = 3
_SAID_PENALTY = 1.0
"""What a sentence of the last answer is set back by: a follow-up asks for something new."""


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

    def ask(
        self, question: str, history: Sequence[Turn] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Answer:
        """The complete answer.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return next(step for step in self.stream(question, history, mode, most_papers) if isinstance(step, Answer))

    def stream(
        self, question: str, history: Sequence[Turn] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Iterator[Progress | Answer]:
        """What happens, step by step; the last item is the complete answer. Closing the iterator stops the work.

        `mode`: auto writes where a writer is there, quote never, write says in `Answer.notice` why it could not. `most_papers`
        limits how many papers the answer cites; the first ones stay. None sets no limit.

        Raises:
            QuestionError: the question is empty or too long.
        """
        clock = _Clock()
        mode = self._mode if mode == "auto" else mode
        asked = self.checked(question)
        standalone = self.as_standalone(question, history)
        clock.mark("rewrite")
        yield Progress("searching", standalone.text)
        hits = self.retriever.hits(standalone.text, CLOSELY)
        clock.mark("retrieve")
        yield Progress("reading", standalone.text, hits[:RETRIEVED])
        looked_at = self.looked_at(standalone, hits)
        hits = looked_at.hits
        sentences, embeddings = self.library.sentences(hit.paper.id for hit in hits)
        planned = selection.plan(standalone.asked if standalone.about else standalone.text, hits, standalone.about)
        to_read = self.matches(standalone.to_read, hits) if standalone.to_read != standalone.text else looked_at.matches
        evidence: tuple[Evidence, ...] = ()
        for done, total, found in self._finder.read(standalone.to_read, hits, to_read, sentences, embeddings, planned):
            evidence = found
            yield Progress("reading", standalone.text, hits[:RETRIEVED], done, total)
        hits = reranked(hits, evidence)
        evidence = _news_first(evidence, standalone.said)
        clock.mark("read")
        found_all = _Found(asked, standalone, planned, hits, looked_at.matches, sentences, evidence, most_papers)
        answer, chosen = self._answer(found_all, clock)
        if self._composer is None and mode == "write":
            answer = replace(answer, notice=self._no_writer)
        if self._composer and mode != "quote" and answer.outcome != "declined" and planned.form != "list":
            yield from self._written(self._composer, answer, chosen, clock, most_papers)
            return
        for shown in range(1, len(answer.sentences)):
            draft = _first(answer, shown)
            yield Progress("answering", standalone.text, hits[:RETRIEVED], len(evidence), len(evidence), draft)
        yield answer

    def _written(
        self, composer: Composer, quoted: Answer, chosen: Sequence[Evidence], clock: "_Clock", most_papers: int | None
    ) -> Iterator[Progress | Answer]:
        """The answer in the writer's words, sentence by sentence; the quoted one, with the reason, where the writer fails."""
        progress = Progress(
            "writing", quoted.standalone_question, quoted.retrieved, len(quoted.evidence), len(quoted.evidence)
        )
        yield progress
        # What is quoted comes first: its papers are among those that may be cited.
        evidence = quoted.evidence
        if most_papers is not None:
            evidence = selection.of_papers(evidence, selection.first_papers((*chosen, *evidence), most_papers))
        draft = Draft()
        try:
            with closing(composer.compose(quoted.standalone_question, evidence, chosen)) as drafts:  # type: ignore[type-var]
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
        signals = answerability.signals(
            found.standalone.text, found.hits, found.matches, found.sentences, found.evidence
        )
        probability = answerability.p_answerable(signals)
        form = found.planned.form
        answered = bool(found.evidence) and (found.standalone.named or probability >= answerability.threshold())
        missing = self._missing(found) if answered and form == "one" else ()
        chosen = selection.choose(found.standalone.text, found.planned, found.hits, found.evidence, self._most)
        chosen = selection.of_first_papers(chosen, found.most_papers)
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
        missing = tuple(part for part in asked_for if self._p_part(part, found) < answerability.threshold())
        return missing if len(missing) < len(asked_for) else ()

    def _p_part(self, part: str, found: "_Found") -> float:
        matches = self.matches(part, found.hits)
        return answerability.p_answerable(
            answerability.signals(part, found.hits, matches, found.sentences, found.evidence)
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """All that an answer is made of."""

    asked: str
    standalone: Standalone
    planned: selection.Plan
    hits: tuple[Hit, ...]
    matches: Mapping[str, PaperMatch]
    sentences: Sequence[Sentence]
    evidence: tuple[Evidence, ...]
    most_papers: int | None


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
