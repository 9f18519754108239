"""The topic of a question for papers, in pieces: "stock prices or trading" is either of two, "pruning of images" holds two at once.

Owns: where the topic begins and what parts it. Pure functions on strings.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.core import lexicon
from rag.core.text import STOP_WORDS, content_words, stem, words
from rag.question.negations import spelled

Topic = tuple[tuple[str, ...], ...]
"""Alternatives, each of pieces that belong together: (("stock prices",), ("trading",))."""

_TOKEN = re.compile(r"\w+(?:[-'\u2019]\w+)*|[,;/()]")
_SUBJECTS = lexicon.words("list_subjects")
_VERBS = lexicon.words("list_verbs")
_NO_TOPIC = STOP_WORDS | lexicon.words("no_topic")
_IDLE = _NO_TOPIC | _VERBS
_EITHER = frozenset((",", ";", "/", "(", ")", "or"))
_COVERED = 0.5
"""Share of the question's words that a topic has to hold; else it is all of them."""
_BEGINNING = 12
"""Words of a question among which its subject stands."""
_MOST_WORDS = 60
"""Words of a question that are looked at: a pasted page names no topic."""
_MOST_NAME_WORDS = 8
_PART = 0.4
"""What all the words of a piece count for where they do not stand together."""


def topic_words(question: str) -> list[str]:
    """The words of a question for papers that name its topic, in order, each once; all content words where none is left."""
    every = content_words(question)
    return list(dict.fromkeys(word for word in every if word not in _IDLE)) or every


def topic(question: str) -> Topic:
    """The topic of a question for papers; empty where it names none."""
    tokens = _TOKEN.findall(question.replace("\u2019", "'"))
    start = max((i for i, token in enumerate(tokens[:_BEGINNING]) if token.lower() in _SUBJECTS), default=-1) + 1
    alternatives: list[tuple[str, ...]] = []
    pieces: list[str] = []
    piece: list[str] = []

    def end_piece(of_alternative: bool) -> None:
        name = _trimmed(piece)
        if name:
            pieces.append(" ".join(name))
        piece.clear()
        if of_alternative and pieces:
            alternatives.append(tuple(pieces))
            pieces.clear()

    for token in tokens[start : start + _MOST_WORDS]:
        word = token.lower()
        if word in _EITHER or word in STOP_WORDS:
            end_piece(of_alternative=word in _EITHER)
        elif word in _VERBS and piece:
            # "Papers on pruning [that] release code": a verb parts what is before it from what comes after.
            end_piece(of_alternative=False)
        else:
            piece.append(token)
    end_piece(of_alternative=True)
    wanted = topic_words(question)[:_MOST_WORDS]
    held = {word for pieces_ in alternatives for name in pieces_ for word in words(name)}
    if len(held & set(wanted)) < _COVERED * len(wanted):
        return (tuple(wanted),) if wanted else ()
    return tuple(alternatives)


def name_of_topic(question: str) -> str:
    """The topic as it was typed, for people; "" where it cannot be told in a few words."""
    every = [name for pieces in topic(question) for name in pieces]
    if not every or (" ".join(every) not in " ".join(_TOKEN.findall(question)) and len(every) == 1):
        return ""
    lower = question.lower()
    start, end = lower.find(every[0].lower()), lower.rfind(every[-1].lower()) + len(every[-1])
    name = question[start:end] if 0 <= start < end else ""
    return name if len(name.split()) <= _MOST_NAME_WORDS else ""


def _trimmed(piece: Sequence[str]) -> list[str]:
    """Without what does not name a topic at its ends, unless that is all."""
    name = list(piece)
    while name and name[0].lower() in _IDLE:
        name.pop(0)
    while len(name) > 1 and name[-1].lower() in _NO_TOPIC:
        name.pop()
    return name


def mentions(name: str, text: str) -> list[re.Match[str]]:
    """Where a text names this piece of a topic, by any of its known names."""
    return [match for other in _names_of(name.lower()) for match in spelled(other).finditer(text)]


@lru_cache(1 << 12)
def _names_of(name: str) -> tuple[str, ...]:
    rows = ([spelling for member in row for spelling in member] for row in lexicon.table("topic_names"))
    others = next((row for row in rows if name in row), [])
    return (name, *(other for other in others if other != name))


def share_of(topic: Topic, text: str) -> float:
    """0..1: how much of the topic a text names, of the alternative that it names most of. Words count less where they stand apart."""
    best = 0.0
    there: set[str] = set()
    for pieces in topic:
        total = 0.0
        for name in pieces:
            if mentions(name, text):
                total += 1
            elif len(of_name := words(name)) > 1:
                there = there or {stem(word) for word in words(text)}
                total += _PART * (sum(stem(word) in there for word in of_name) / len(of_name)) ** 2
        best = max(best, total / len(pieces))
    return best
