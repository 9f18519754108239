"""Questions for papers that make something available: code, data, trained models, a page. That can be looked up in all of them.

Owns: what is asked for, what else the papers are to be about, and which sentence says that it is there. Pure functions on strings.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import words
from rag.question import kinds
from rag.question.topics import Topic, topic, topic_words

Thing = Literal["code", "data", "models", "pages"]

_NAMES: Mapping[Thing, tuple[frozenset[str], str]] = {
    "code": (
        frozenset(
            "code codes github gitlab repository repositories repo repos implementation implementations software".split()
        ),
        "code",
    ),
    "data": (frozenset("dataset datasets data corpus corpora benchmark benchmarks".split()), "data"),
    "models": (frozenset("weights checkpoint checkpoints".split()), "trained models"),
    "pages": (frozenset("page pages website websites homepage demo demos".split()), "a page or demonstration"),
}
"""By thing the words that ask for it, and its name for people."""
_GIVES = re.compile(r"\b(?:releas|publish|provid|shar|open|public|availab|download|onlin|free)\w*", re.IGNORECASE)
_ASKED = lexicon.words("available_asked")


@dataclass(frozen=True, slots=True)
class Availability:
    """What is to be available, and what the papers are to be about besides; empty where that is nothing."""

    thing: Thing
    about: Topic = ()

    @property
    def name(self) -> str:
        """The thing for people."""
        return _NAMES[self.thing][1]

    def says(self, sentence: str) -> bool:
        """Whether a sentence says that it is there."""
        return patterns(f"available_{self.thing}").search(sentence) is not None


def availability(question: str) -> Availability | None:
    """What a question for papers wants to be available; None where it asks for something else."""
    if kinds.form(question) != "list" or not patterns("asks_papers_about").search(question):
        return None
    asked = set(words(question))
    opened = {"open", "source"} <= asked or "opensource" in asked
    thing = next((thing for thing, (names, _) in _NAMES.items() if names & asked), "code" if opened else None)
    # Papers have data and models and use them; that they give them away has to be said.
    if thing is None or (thing in ("data", "models") and not _GIVES.search(question)):
        return None
    if set(topic_words(question)) <= _ASKED:
        return Availability(thing)
    about = (tuple(name for name in pieces if not set(words(name)) <= _ASKED) for pieces in topic(question))
    kept = tuple(pieces for pieces in about if pieces)
    return Availability(thing, kept) if kept else None
