"""What asks nothing of the papers: greetings, thanks, "what can you do?", "write a poem"; and what is asked of the library as a whole.

Owns: what counts as which, by the words alone; the words are in the lexicon. A question is one of these only where all of its words
are: "hi, what is DeepCache?" is an ordinary question. Pure functions on strings; knows nothing of libraries or answers.
"""

import re
from typing import Literal

from rag.core.lexicon import patterns
from rag.core.text import normalise

Talk = Literal[
    "greeting", "thanks", "assent", "farewell", "help", "self", "order", "world", "doubt", "complaint", "noise", "marks"
]
Whole = Literal["count", "titles", "summary", "subject", "authors", "years", "venues", "not_kept", "random"]
Step = Literal["", "more", "shorter"]

_LONGEST = 300
"""Characters of a question that is looked at: what asks nothing is short."""
_SHORT_QUESTION = 200
"""Characters of a question in which a greeting weighs something."""
_END = re.compile(r"[\s.,;:!?\u2026\u3002\uff01\uff1f~\-]+$|[\s(]*[:;=]-?[)(DPp](?=\s|$)")
_PIECES = re.compile(r"[.,;:!?\u2026\u3002\uff01\uff0c\uff1f\n]+")
_NO_LETTER = re.compile(r"[^\w\s'\u2019/-]+")
_YOU = re.compile(r"(?<![\w-])u(?![\w-])")
_OF_A_PAPER = re.compile(r"\b(?:works|studies|documents)\b")
"""After an answer these may be those that its paper tells of."""
_TALK: tuple[Talk, ...] = (
    "self",
    "help",
    "doubt",
    "complaint",
    "greeting",
    "thanks",
    "farewell",
    "assent",
    "noise",
)
"""The first one that a piece of the question is, says what the whole is: "ok thanks" thanks."""
_ALONE: tuple[Talk, ...] = ("self", "help")
_TO_A_MACHINE: tuple[Talk, ...] = ("order", "world")
_WHOLE: tuple[Whole, ...] = ("not_kept", "summary", "subject", "count", "titles", "random")
_LISTED: tuple[Whole, ...] = ("authors", "years", "venues")


def plain(question: str) -> str:
    """The question in lower case, without marks at its end and without words of politeness around it; "" where it is long."""
    if len(question) > _LONGEST:
        return ""
    text = _END.sub("", normalise(question).strip(" \"'\u201c\u201d"))
    for _ in range(4):
        lead = patterns("politeness").match(text)
        if not lead or lead.end() == len(text):
            break
        text = text[lead.end() :].lstrip(" ,:;.!-")
    return _END.sub("", patterns("politeness_at_end").sub("", text))


def without_greeting(question: str) -> str:
    """A short question without the greeting or the thanks before it: their words stand in no abstract, and in a long question they
    weigh nothing."""
    if len(question) > _SHORT_QUESTION:
        return question
    greeting = patterns("greeting_before").match(question)
    return question[greeting.end() :].lstrip() if greeting else question


def talk(question: str, alone: bool = True) -> Talk | None:
    """What kind of talk the question is, if it asks nothing of the papers.

    Args:
        question: as typed.
        alone: no answer stands before it that "this" could mean.
    """
    if not any(letter.isalnum() for letter in question):
        return "marks"
    if len(question) > _LONGEST:
        return None
    text = normalise(question)
    for kind in _TO_A_MACHINE:
        if patterns(f"talk_{kind}").fullmatch(_order(text)):
            return kind
    pieces = [" ".join(_NO_LETTER.sub(" ", piece).split()) for piece in _PIECES.split(text)]
    pieces = [piece for piece in pieces if any(letter.isalnum() for letter in piece)]
    kinds = [_kind(piece, alone) for piece in pieces]
    if not kinds or None in kinds:
        return _kind(plain(question), alone) if plain(question) else None
    return next(kind for kind in _TALK if kind in kinds)


def _order(text: str) -> str:
    """Without the marks and the politeness around it; those of a sum stay."""
    bare = text.strip(" .?!\u2026\u3002\uff1f")
    lead = patterns("greeting_before").match(bare)
    return patterns("politeness_at_end").sub("", bare[lead.end() :].lstrip() if lead else bare)


def _kind(piece: str, alone: bool) -> Talk | None:
    for kind in _TALK:
        if patterns(f"talk_{kind}").fullmatch(piece):
            return kind
    return next((kind for kind in _ALONE if alone and patterns(f"talk_{kind}_alone").fullmatch(piece)), None)


def whole(question: str, alone: bool = True) -> Whole | None:
    """What is asked of the library as a whole, if that is what is asked.

    Args:
        question: as typed.
        alone: no answer stands before it whose papers "these papers" could mean.
    """
    text = _YOU.sub("you", plain(question))
    if not text:
        return None
    for kind in _WHOLE:
        if patterns(f"asks_{kind}").fullmatch(text):
            return kind if alone or not _OF_A_PAPER.search(text) else None
    for kind in _LISTED:
        if patterns(f"asks_library_{kind}").fullmatch(text):
            return kind
    return "subject" if alone and patterns("asks_subject_alone").fullmatch(text) else None


def step(question: str) -> Step:
    """Whether the reader wants to read on about what was answered, or to have it shorter."""
    text = plain(question)
    if text and patterns("asks_shorter").fullmatch(text):
        return "shorter"
    return "more" if text and (patterns("asks_more").fullmatch(text) or _more(question)) else ""


def _more(question: str) -> bool:
    """Also where politeness takes a part of it away, such as "tell me"."""
    text = _END.sub("", patterns("politeness_at_end").sub("", _END.sub("", normalise(question))))
    return patterns("asks_more").fullmatch(text) is not None
