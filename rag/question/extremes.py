"""Questions over all papers that ask for the last of an order or for a number: "the lowest FID on ImageNet", "more than two data sets",
"how many papers are on audio".

Owns: which measure is asked for, which end of it, under which condition. Which papers give a value is decided elsewhere. Pure
functions on strings.
"""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import stem, words
from rag.question import kinds
from rag.question.details import MEASURES, Measure
from rag.question.negations import topic

Comparator = Literal["more", "fewer", "least", "most", "same"]

_ENDS = {word: end for (spellings, (end,)) in lexicon.table("superlatives") for word in spellings}
_SUPERLATIVE = re.compile(
    rf"\b({'|'.join(map(re.escape, sorted(_ENDS, key=len, reverse=True)))})\b(?!-?\d)", re.IGNORECASE
)
_COMPARES: dict[str, str] = {word: end for (spellings, (end,)) in lexicon.table("comparators") for word in spellings}
_COMPARATOR = re.compile(
    rf"\b({'|'.join(map(re.escape, sorted(_COMPARES, key=len, reverse=True)))}) "
    r"((?:\d[\d.,]*|[a-z]+)(?: (?:hundred|thousand|million|billion))?)(?: (?:different|distinct|separate|other))? ((?:[\w-]+ ?){1,2})",
    re.IGNORECASE,
)
_NEAR = 3
"""Words between a superlative and its measure."""
_MOST = 10
"""Superlatives looked at."""
_REACH = 60
"""Characters that they may take."""
_CONDITION = re.compile(r"\b(?:on|for|at|in|over|with)\s+(?:the\s+|a\s+)?([^?.!,;]{2,60})", re.IGNORECASE)
_CONDITION_WORD = re.compile(r"[A-Za-z]*[A-Z]\w*(?:-\w+)*|\d+\s*[x\u00d7]\s*\d+")
_SPEED = next(measure for measure in MEASURES if measure.name == "speed-up")


@dataclass(frozen=True, slots=True)
class Extreme:
    """The last of an order: the measure, whether its low values come first, and the names of the condition ("ImageNet")."""

    measure: Measure
    low_first: bool
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of things that a paper must have: "more" than 2 "data sets". `wording` is all of it as typed."""

    comparator: Comparator
    number: str
    noun: str
    wording: str

    def holds(self, value: float, least: float) -> bool:
        """Whether a value is on the right side of the number."""
        return {
            "more": value > least,
            "fewer": value < least,
            "least": value >= least,
            "most": value <= least,
            "same": value == least,
        }[self.comparator]


def extreme(question: str) -> Extreme | None:
    """What the question asks the last of; None where it asks for none, or for that of one paper."""
    if patterns("of_one_paper").search(_without_measures(question)):
        return None
    fastest = patterns("asks_fastest").search(question)
    found = (_SPEED, False) if fastest else _superlative(question)
    if not found:
        return None
    measure, low_first = found
    conditions = _conditions(question, measure)
    others = [
        name
        for name in kinds.names(measure.named.sub(" ", question))
        if name not in conditions
        and not any(item.named.search(name) for item in MEASURES)
        and name.lower() not in _ENDS
    ]
    return (
        None
        if any(not any(name in condition for condition in conditions) for name in others)
        else Extreme(measure, low_first, conditions)
    )


def _without_measures(question: str) -> str:
    """Names of measures are no names of papers ("ranked by FID")."""
    for measure in MEASURES:
        question = measure.named.sub("value", question) if measure.by_name else question
    return question


def _superlative(question: str) -> tuple[Measure, bool] | None:
    for match in islice(_SUPERLATIVE.finditer(question), _MOST):
        end = _ENDS[match.group().lower()]
        after = re.match(rf"(?:\W+[\w-]+){{1,{_NEAR}}}", question[match.end() : match.end() + _REACH])
        before = re.search(rf"(?:[\w-]+\W+){{1,{_NEAR}}}$", question[max(0, match.start() - _REACH) : match.start()])
        for near in (after.group() if after else "", before.group() if before else ""):
            for measure in MEASURES:
                if measure.named.search(near):
                    low = (
                        end == "low"
                        or (end == "good" and measure.low_is_best)
                        or (end == "bad" and not measure.low_is_best)
                    )
                    return measure, low
    order = patterns("asks_order").search(question)
    if order:
        near = question[order.end() : order.end() + _REACH]
        return next(((item, item.low_is_best) for item in MEASURES if item.by_name and item.named.search(near)), None)
    return None


def _conditions(question: str, measure: Measure) -> tuple[str, ...]:
    """The names after "on", "for" and the like."""
    found: list[str] = []
    for match in _CONDITION.finditer(question):
        found += [name for name in _CONDITION_WORD.findall(match.group(1)) if not measure.named.fullmatch(name)]
    return tuple(dict.fromkeys(found))


def threshold(question: str) -> Threshold | None:
    """The number that a question for papers compares with; None where it has none."""
    if kinds.form(question) != "list" and not patterns("asks_papers").search(question):
        return None
    match = _COMPARATOR.search(question)
    if not match:
        return None
    noun = [word for word in words(match[3]) if word not in ("and", "or", "that", "in", "on", "for", "are", "is")]
    if not noun or not (match[2][0].isdigit() or match[2].lower().split()[0] in _NUMBER_WORDS):
        return None
    return Threshold(_COMPARES[match[1].lower()], match[2], " ".join(noun), f"{match[1]} {match[2]} {' '.join(noun)}")  # type: ignore[arg-type]


_NUMBER_WORDS = {spelling for (_, spellings) in lexicon.table("number_words") for spelling in spellings} | {
    "one",
    "two",
}


def counts_papers(question: str) -> bool:
    """Whether the question asks how many papers there are."""
    return patterns("counts_papers").search(question) is not None


def asks_for_merit(question: str) -> bool:
    """Whether the question asks which papers are better than others, by something that abstracts do not measure."""
    return (
        patterns("asks_papers").search(question) is not None or patterns("asks_merit").match(question) is not None
    ) and (patterns("asks_merit").search(question) is not None and patterns("of_one_paper").search(question) is None)


def topic_of_merit(question: str) -> str:
    """What the papers among which the best is asked for are about, in the question's words; "" where it names nothing."""
    rest = patterns("asks_merit").sub(lambda match: f" {' '.join(filter(None, match.groups()))} ", question)
    return " ".join(word for word in rest.split() if topic(word)).strip(" ?.!,;:") if topic(rest) else ""


def noun_stems(noun: str) -> tuple[str, ...]:
    """The stems of the words for what is counted, "data set" in one word."""
    return tuple(stem(word) for word in words(joined(noun)))


def joined(text: str) -> str:
    """With "data sets" in one word, as most write it."""
    return re.sub(r"\bdata[ -](sets?)\b", r"data\1", text, flags=re.IGNORECASE)
