"""Requests for a summary: "summarise SaRA in two sentences", "tl;dr DeepCache", "what is the main contribution of …".

Owns: what a summary is asked of, how long it may be, and which part of a paper is meant. Pure functions on strings: which paper a name
belongs to is decided elsewhere.
"""

import re
from dataclasses import dataclass
from typing import Literal

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import normalise

Part = Literal[
    "all", "contribution", "definition", "simple", "method", "problem", "purpose", "results", "limits", "availability"
]

_NUMBERS = {
    spelling: int(float(value)) for ((value,), spellings) in lexicon.table("number_words") for spelling in spellings
} | {
    "one": 1,
    "a": 1,
    "single": 1,
    "1": 1,
}
_LENGTH = re.compile(
    r"[,;]?\s*(?:\b(?:in|as|using|with|give me|write)\s+)?"
    r"(?:\b(?:at most|no more than|just|only|about|max(?:imum)?|up to|exactly)\s+)?"
    r"\b(\d{1,2}|[a-z]{1,6})[ -](?:short |simple |brief |plain |bullet )*"
    r"(?:sentences?|lines?|points?|bullets?)\b(?: or (?:less|fewer))?",
    re.IGNORECASE,
)
_MARKS = " ?.!,;:\uff1f\u3002\uff01"
_MOST, _USUAL, _SHORT = 8, 3, 2


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """What is to be summed up, as typed, in how many sentences (1..8), and which part of it is meant."""

    target: str
    sentences: int
    part: Part


def summary_request(question: str) -> SummaryRequest | None:
    """The request; None where the question is another one."""
    plain, number = without_length(question)
    plain = " ".join(patterns("summary_manner").sub(" ", plain).split()).strip(_MARKS)
    after = patterns("asks_summary_after").search(plain)
    if after and after.start() and not patterns("asks_paper_summary").match(plain):
        return SummaryRequest(plain[: after.start()].strip(_MARKS), min(_MOST, number or _USUAL), "all")
    kinds = [("contribution", "asks_contribution"), ("all", "asks_paper_summary")]
    # "What is X in two sentences?"
    kinds += [("all", "what_is")] if number else []
    for part, name in kinds:
        match = patterns(name).match(plain)
        if match:
            target = plain[match.end() :].strip(" ?.!,;:-")
            target = patterns("summary_tail").sub("", target).strip(" ?.!,;:-\"'\u201c\u201d\u2018\u2019")
            usual = _SHORT if part == "contribution" or patterns("asks_short").search(question) else _USUAL
            return SummaryRequest(target, min(_MOST, number or usual), part) if target else None  # type: ignore[arg-type]
    return None


def without_length(question: str) -> tuple[str, int]:
    """The question without the number of sentences that is asked for, and that number; 0 where none is."""
    length = _LENGTH.search(question)
    number = _number(length[1]) if length else 0
    return (question[: length.start()] + " " + question[length.end() :] if length and number else question), number


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS.get(word.lower(), 0)


def comparable(name: str) -> str:
    """A name without what writers vary: case, dashes, quotation marks, "the paper"."""
    plain = patterns("the_paper").sub(" ", normalise(name))
    return " ".join(re.findall(r"\w+", plain))
