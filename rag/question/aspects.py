"""Which aspect of a work a question asks for: what it is, how it works, what problem it solves, what came out, its limits, its code.

Owns: the forms of such questions and what is left of them as the name of the work; the words are in the lexicon. Pure functions on
strings: which paper a name belongs to is decided elsewhere, and where it is that of none, the question is an ordinary one.
"""

import re

from rag.core.lexicon import patterns
from rag.question import kinds
from rag.question.summaries import Part, SummaryRequest, summary_request, without_length

_ORDER: tuple[Part, ...] = ("limits", "problem", "purpose", "results", "method")
"""The first one that a question has the form of is meant."""
_MARKS = " ?.!,;:-\"'\u201c\u201d\u2018\u2019\uff1f\u3002\uff01"
_ASKS = re.compile(r"(?:how|which|why|where|when|who|does|do|is|are|can) ", re.IGNORECASE)
_LONGEST = 300
"""Characters of a question that asks for one aspect: what is longer says more."""
_SENTENCES = {"simple": 2, "limits": 2}
_USUAL, _MOST = 3, 8


def aspect_request(question: str) -> SummaryRequest | None:
    """What is asked of which work, as typed ("" where it is not named at all); None where the question is another one."""
    if len(question) > _LONGEST:
        return summary_request(question)
    if kinds.asks(question, "code") and patterns("asks_availability").search(question):
        return SummaryRequest(question, _USUAL, "availability")
    plain, number = without_length(question)
    simply = patterns("asks_simply").search(plain) is not None
    bare = _bare(patterns("summary_manner").sub(" ", plain))
    for part in _ORDER:
        if (target := _target(bare, part)) is not None:
            return SummaryRequest(target, min(_MOST, number or _SENTENCES.get(part, _USUAL)), part)
    request = summary_request(question)
    if request is None or _ASKS.match(request.target):  # "How does X summarise a text?" asks for no summary
        request = _definition(bare, number, simply)
    if request is None or not simply:
        return request
    return SummaryRequest(request.target, number or _SENTENCES["simple"], "simple")


def _definition(bare: str, number: int, simply: bool) -> SummaryRequest | None:
    """What something is; a name with the wish for simple words is a question for that too."""
    target = _target(bare, "definition")
    if target is None and simply:
        target = bare
    return SummaryRequest(target, min(_MOST, number or _USUAL), "definition") if target else None


def _bare(question: str) -> str:
    """The question without what politeness and the talk around put before and after it."""
    text = " ".join(question.split()).strip(_MARKS)
    for _ in range(3):
        lead = patterns("aspect_before").match(text)
        if not lead or lead.end() == len(text):
            break
        text = text[lead.end() :].lstrip(_MARKS)
    for _ in range(2):
        ends = [match for match in patterns("aspect_after").finditer(text) if match.end() == len(text)]
        if not ends or not ends[0].start():
            break
        text = text[: ends[0].start()].rstrip(_MARKS)
    return text


def _target(bare: str, part: Part) -> str | None:
    """The work that is asked about; None where the question does not ask for this part."""
    if part == "limits" and patterns("limits_of_others").search(bare):
        return None
    begins = patterns(f"aspect_{part}").match(bare)
    if not begins:
        return None
    return patterns("aspect_tail").sub("", bare[begins.end() :].strip(_MARKS), count=1).strip(_MARKS)
