"""Answers that are kept in memory, for whoever asks the very same thing again, and for two who ask it at the same time.

Owns: what is kept and for how long, and that the same thing is computed once. What "the same" is, whoever asks says by a key that holds
all that an answer depends on. Nothing is written to a disk.
"""

import pickle
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rag.core.domain import Answer, Progress

MOST_BYTES = 64_000_000
"""Of all kept answers, as they are kept: packed."""
_LOOK_SECONDS = 0.2
"""How often whoever waits for the same answer of another says so, so that it can be stopped."""
Step = Progress | Answer
Ask = Callable[[], Iterator[Step]]


class Key(NamedTuple):
    """What an answer depends on. One `library` has one `state` at a time: with a new one the answers of the former are dropped."""

    library: Hashable
    state: Hashable
    question: Hashable


@dataclass(slots=True)
class _Work:
    """A question that is being answered: its steps so far, for those who ask the same meanwhile."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    steps: list[Progress] = field(default_factory=list)
    over: bool = False
    answer: Answer | None = None
    """What came of it, where others may have it."""
    whole: bool = False
    """Whether it was answered to the end."""


class KeptAnswers:
    """At most so many answers, those that were asked for last. Any thread may ask.

    Args:
        most: answers; with 0 none is kept, and nothing is shared.
        most_bytes: of all of them.
        clock: in seconds.
    """

    def __init__(self, most: int, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.perf_counter) -> None:
        self.most = most
        """Answers that are kept at most."""
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._states: dict[Hashable, Hashable] = {}
        self._works: dict[Key, _Work] = {}
        self._bytes = 0
        self.hits = 0
        """How often an answer was there, or came from another who asked the same."""

    @property
    def count(self) -> int:
        """Answers that are kept."""
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        return self._bytes

    def holds(self, key: Key) -> bool:
        """Whether the answer is there."""
        return key in self._kept

    def held_lately(self, library: Hashable, question: Hashable) -> bool:
        """Whether the answer is there for the state of the library that was seen last; nothing is looked up."""
        return Key(library, self._states.get(library), question) in self._kept

    def steps(self, key: Key, ask: Ask, may_keep: Callable[[Answer], bool]) -> Iterator[Step]:
        """The steps and the answer, as `ask` gives them or gave them before. Closing the iterator stops the work.

        Of a kept answer `timings_ms` are those of getting it, with "cached", how long it took when it was made.

        Args:
            key: equal for what has the same answer.
            ask: answers.
            may_keep: whether an answer would come out just so again.
        """
        if not self.most:
            yield from _closing(ask())
            return
        begun = self._clock()
        while True:
            with self._lock:
                self._see(key)
                packed = self._kept.get(key)
                work = self._works.get(key)
                leads = packed is None and work is None
                if packed is not None:
                    self._kept.move_to_end(key)
                    self.hits += 1
                if leads:
                    work = self._works[key] = _Work()
            if packed is not None:
                yield from self._again(packed, begun)
                return
            assert work is not None
            if leads:
                yield from self._lead(key, work, ask, may_keep)
                return
            yield from _follow(work)
            if work.answer is not None:
                with self._lock:
                    self.hits += 1
                yield self._timed(work.answer, begun)
                return
            if work.whole:  # it came out in a way that nobody else should have
                yield from _closing(ask())
                return
            # Whoever asked first has stopped, or failed: the next one goes on.

    def _again(self, packed: bytes, begun: float) -> Iterator[Step]:
        steps: list[Step] = pickle.loads(zlib.decompress(packed))
        for step in steps:
            yield self._timed(step, begun) if isinstance(step, Answer) else step

    def _timed(self, answer: Answer, begun: float) -> Answer:
        total = round((self._clock() - begun) * 1_000, 1)
        made = answer.timings_ms.get("total", 0.0)
        return replace(answer, timings_ms={"cached": made, "first_text": total, "total": total})

    def _lead(self, key: Key, work: _Work, ask: Ask, may_keep: Callable[[Answer], bool]) -> Iterator[Step]:
        try:
            for step in _closing(ask()):
                with work.changed:
                    if isinstance(step, Answer):
                        work.whole = True
                        work.answer = step if may_keep(step) else None
                    elif not work.steps or _differs(work.steps[-1], step):
                        work.steps.append(step)
                    work.changed.notify_all()
                if work.answer is not None:
                    self._keep(key, [*work.steps, work.answer])
                yield step
        finally:
            with self._lock:
                self._works.pop(key, None)
            with work.changed:
                work.over = True
                work.changed.notify_all()

    def _keep(self, key: Key, steps: list[Step]) -> None:
        packed = zlib.compress(pickle.dumps(steps, pickle.HIGHEST_PROTOCOL), 1)
        with self._lock:
            if len(packed) > self._most_bytes or self._states.get(key.library) != key.state:
                return
            self._drop(key)
            self._kept[key] = packed
            self._bytes += len(packed)
            while len(self._kept) > self.most or self._bytes > self._most_bytes:
                self._drop(next(iter(self._kept)))

    def _see(self, key: Key) -> None:
        """Drop what was kept of a former state of this library."""
        if self._states.get(key.library, key.state) != key.state:
            for old in [one for one in self._kept if one.library == key.library]:
                self._drop(old)
        self._states[key.library] = key.state

    def _drop(self, key: Key) -> None:
        self._bytes -= len(self._kept.pop(key, b""))

    def forget(self, library: Hashable) -> None:
        """Drop all that is kept of a library, which is open no more."""
        with self._lock:
            for key in [one for one in self._kept if one.library == library]:
                self._drop(key)
            self._states.pop(library, None)


def _follow(work: _Work) -> Iterator[Progress]:
    """The steps of another who asks the same, with the last one again while there is none, until it is over."""
    at = 0
    while True:
        with work.changed:
            if at == len(work.steps) and not work.over and not work.whole:
                work.changed.wait(_LOOK_SECONDS)
            steps, over = work.steps[at:], work.over or work.whole
        yield from steps
        at += len(steps)
        if not steps and over:
            return
        if not steps:
            yield work.steps[-1] if at else Progress("searching", "")


def _differs(before: Progress, step: Progress) -> bool:
    """Whether a step is worth being shown again: those of a long reading or of a growing sentence are passed over."""

    def shown(one: Progress) -> tuple[str, int]:
        return one.stage, len(one.draft.sentences) if one.draft else 0

    return shown(before) != shown(step)


def _closing(steps: Iterator[Step]) -> Iterator[Step]:
    """The same; closing it stops the work."""
    if isinstance(steps, Generator):
        with closing(steps):
            yield from steps
    else:
        yield from steps
