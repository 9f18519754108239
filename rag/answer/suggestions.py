"""Which questions a reader may be offered: only those that were asked silently before and answered.

Owns: the asking, its limits, and what is remembered of it. A reader's own question goes first: silent work is given up where one comes,
and begins again when it has been answered. Knows nothing of how candidates are made or where they are shown.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from rag.core.domain import Answer, Message, Mode, Progress
from rag.core.errors import CitewiseError
from rag.core.paper_filter import EVERY_PAPER, PaperFilter

_REMEMBERED = 2_000
"""Verdicts that are kept, the latest ones."""
_LOOK_SECONDS = 0.5
"""How often one that waits for readers looks whether its time is over."""


class Asks(Protocol):
    """What can be asked; `rag.answer.assistant.Assistant` is one. `revision` changes with the papers."""

    @property
    def revision(self) -> int: ...
    def stream(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Iterator[Progress | Answer]: ...


class Suggestions:
    """Asks candidates silently, one at a time. Safe for several threads."""

    def __init__(
        self,
        assistant: Asks,
        clock: Callable[[], float] = time.monotonic,
        over: Callable[[PaperFilter], Asks] | None = None,
    ) -> None:
        """`over` gives what can be asked of some of the papers; without it the whole library is asked always."""
        self._assistant = assistant
        self._over = over
        self._clock = clock
        self._asking = threading.Lock()
        self._idle = threading.Condition()
        self._readers = self._urgent = 0
        self._verdicts: OrderedDict[tuple[object, ...], bool] = OrderedDict()

    @contextmanager
    def reader(self) -> Iterator[None]:
        """While a reader's own question is answered: nothing is asked silently."""
        with self._idle:
            self._readers += 1
        try:
            yield
        finally:
            with self._idle:
                self._readers -= 1
                self._idle.notify_all()

    def answered(
        self,
        candidates: Iterable[str],
        history: Sequence[Message] = (),
        *,
        most: int,
        tries: int,
        seconds: float,
        papers: Collection[str] = (),
        urgent: bool = False,
        chosen: PaperFilter = EVERY_PAPER,
    ) -> list[str]:
        """The first `most` candidates that are answered, in their order.

        Args:
            candidates: questions, the most wanted ones first.
            history: what was said before, as it would be where one of them is asked.
            most: how many are wanted.
            tries: candidates asked, at most; those whose verdict is remembered do not count.
            seconds: time for all of it, waiting included.
            papers: ids of which an answer must cite one; empty for any.
            urgent: somebody waits for it: what is not urgent stands back as for a reader.
            chosen: the papers that are asked.
        """
        until = self._clock() + seconds
        with self._idle:
            self._urgent += urgent
        try:
            return self._good(candidates, history, most, tries, until, papers, urgent, chosen)
        finally:
            with self._idle:
                self._urgent -= urgent
                self._idle.notify_all()

    def _good(
        self,
        candidates: Iterable[str],
        history: Sequence[Message],
        most: int,
        tries: int,
        until: float,
        papers: Collection[str],
        urgent: bool,
        chosen: PaperFilter,
    ) -> list[str]:
        good: list[str] = []
        for question in dict.fromkeys(candidates):
            if len(good) == most:
                break
            key = (self._assistant.revision, chosen, question, tuple(history[-2:]), tuple(sorted(papers)))
            verdict = self._verdicts.get(key)
            if verdict is None and tries > 0 and self._clock() < until:
                tries -= 1
                verdict = self._verdict(key, question, history, papers, until, urgent, chosen)
            if verdict:
                good.append(question)
        return good

    def _verdict(
        self,
        key: tuple[object, ...],
        question: str,
        history: Sequence[Message],
        papers: Collection[str],
        until: float,
        urgent: bool,
        chosen: PaperFilter,
    ) -> bool | None:
        """Whether it is answered; None where time was over before that was known."""
        # What waits for others must not hold the place that they need.
        if not self._wait(until, urgent) or not self._asking.acquire(timeout=max(0.0, until - self._clock())):
            return None
        try:
            while self._wait(until, urgent):
                answer = self._ask(question, history, urgent, chosen)
                if answer is not None:
                    verdict = _is_good(answer, papers)
                    self._verdicts[key] = verdict
                    while len(self._verdicts) > _REMEMBERED:
                        with suppress(KeyError):
                            self._verdicts.popitem(last=False)
                    return verdict
                if not urgent:
                    self._asking.release()
                    self._wait(until, urgent)
                    self._asking.acquire()
            return None
        finally:
            self._asking.release()

    def _goes_first(self, urgent: bool) -> bool:
        """Whether something else goes before what is asked now."""
        return self._readers > 0 or (self._urgent > 0 and not urgent)

    def _wait(self, until: float, urgent: bool) -> bool:
        """Whether there was time left when nothing went first."""
        with self._idle:
            while self._goes_first(urgent) and self._clock() < until:
                self._idle.wait(_LOOK_SECONDS)
            return not self._goes_first(urgent) and self._clock() < until

    def _ask(self, question: str, history: Sequence[Message], urgent: bool, chosen: PaperFilter) -> Answer | None:
        """The answer in quotes; None where something came in between that goes first."""
        asked = self._over(chosen) if self._over else self._assistant
        steps = asked.stream(question, history, "quote")
        try:
            for step in steps:
                if isinstance(step, Answer):
                    return step
                if self._goes_first(urgent):
                    return None
        except CitewiseError:
            return _NOTHING
        finally:
            if isinstance(steps, Generator):
                steps.close()  # stops the work
        return _NOTHING


_NOTHING = Answer("", "", "quote", "declined", 0.0, "")


def _is_good(answer: Answer, papers: Collection[str]) -> bool:
    cited = {paper.id for paper in answer.cited_papers}
    return answer.outcome == "answered" and bool(cited) and (not papers or bool(cited & set(papers)))
