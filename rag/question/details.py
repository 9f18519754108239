"""Details that abstracts seldom give (hardware, limits, times, licences, a named measure): does a question ask for one, and does a
text hold it?

Owns: which details are known and what each is called where it is missing; their patterns are in the lexicon. Pure functions on
strings: which paper is asked about is decided elsewhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.question import kinds


@dataclass(frozen=True, slots=True)
class Detail:
    """A kind of detail.

    `name` is what it is called ("the hardware that was used"); `held` is matched by a text that has it, `near` by what comes nearest.
    `of_own_work`: only what a paper says of its own work counts. `measured`: it is the value of a measure, taken on something.
    """

    name: str
    held: re.Pattern[str]
    near: re.Pattern[str] | None = None
    of_own_work: bool = False
    measured: bool = False

    def missing_from(self, texts: Iterable[str]) -> bool:
        """Whether none of the texts has it."""
        return not any(self.held.search(text) for text in texts)


@cache
def _details() -> tuple[tuple[str, re.Pattern[str], Detail], ...]:
    """Of each kind its key, the pattern of the questions, and the detail."""
    return tuple(
        (kind, patterns(f"asks_{kind}"), _detail(kind, name)) for ((kind,), (name,)) in lexicon.table("details")
    )


def _detail(kind: str, name: str) -> Detail:
    if kind == "limits":
        return Detail(name, patterns("holds_limits"), patterns("near_limits"), of_own_work=True)
    return Detail(name, patterns(f"holds_{kind}"))


def detail(question: str) -> Detail | None:
    """The detail that the question asks for; None where it asks for none that is known, or for several things."""
    if len(kinds.parts(question)) > 1:
        return None
    for kind, asked, item in _details():
        if asked.search(question) and not (kind == "limits" and patterns("limits_of_others").search(question)):
            return item
    return _measure(question)


def _measure(question: str) -> Detail | None:
    """A measure by its name, such as PSNR: an abstract that gives it names it."""
    named = [
        (match.start(), measure)
        for measure in MEASURES
        if measure.by_name and (match := measure.named.search(question))
    ]
    if len(named) != 1 or not (kinds.asks(question, "number") or patterns("asks_value").search(question)):
        return None
    return Detail(f"a value of {named[0][1].name}", named[0][1].named, measured=True)


@dataclass(frozen=True, slots=True)
class Measure:
    """What papers measure: its name, the pattern of its spellings, and whether low values are the best. `by_name`: papers that give
    it do not call it anything else."""

    name: str
    named: re.Pattern[str]
    low_is_best: bool
    by_name: bool


def _measures() -> tuple[Measure, ...]:
    rows = lexicon.table("measures")
    every = []
    for spellings, (best,) in rows:
        either = "|".join(re.escape(spelling).replace(r"\ ", r"[\s-]") for spelling in spellings)
        called = spellings[0]
        named = re.compile(rf"(?<![\w-])(?:{either})(?:s\b|(?=[\W\d_]|$))", re.IGNORECASE)
        every.append(Measure(called, named, best == "low", called != called.lower() and called not in _PLAIN))
    return tuple(every)


_PLAIN = ("mAP", "MAE", "CLIP score")
"""Acronyms that are words too, or that mean something else as well."""
MEASURES = _measures()
"""As in the lexicon."""
