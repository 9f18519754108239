"""A number of things that is asked for and not given: "How many GPUs did it take to train DiMR-XL?", where its abstract counts no GPUs.

Owns: which things are counted, and whether a text has a number of them. Only where the question names its paper is the number said
to be missing: elsewhere another word for the thing may be meant.
"""

import re

from rag.answer.quoted import short_name
from rag.answer.told import Told
from rag.checking.numbers import quantities
from rag.core.domain import Evidence, Paper
from rag.core.lexicon import patterns
from rag.core.text import stem, words
from rag.question import kinds
from rag.question.details import detail
from rag.question.extremes import joined
from rag.question.negations import names_of

_AFTER_NOUN = frozenset({"per", "of", "in", "on", "at", "for", "to", "are", "is", "needed", "used", "took", "take"})
_ONE = re.compile(r"\b(?:an?|one|single|only)\s+(?:single\s+)?([a-z]+)", re.IGNORECASE)


def not_given(question: str, papers: tuple[Paper, ...], shown: tuple[Evidence, ...]) -> Told | None:
    """The line and the nearest words, of those in `shown`, where one paper is asked for a number of things that it does not count; else
    None."""
    asked = patterns("asks_how_many").search(question)
    if asked is None or len(papers) != 1 or len(kinds.parts(question)) > 1 or detail(question) is not None:
        return None
    things = _things(question[asked.start() :])
    (paper,) = papers
    if not things or _counts(f"{paper.title}. {paper.abstract}", things[-1]):
        return None
    lead = f"The abstract of {short_name(paper)} gives no number of {' '.join(things)}. Nearest words:"
    return Told(lead, shown, "nearest") if shown else None


def _things(question: str) -> list[str]:
    """The words for what is counted: ["image", "text", "pairs"] of "How many image-text pairs was it trained on?"."""
    things: list[str] = []
    for word in kinds.target(question):
        if word in _AFTER_NOUN:
            break
        things.append(word)
    return things


def _counts(text: str, thing: str) -> bool:
    """Whether a number of such things stands in the text, by any of their known names; "a single line" is one."""
    plain = joined(text)
    names = {stem(word) for name in names_of(thing) for word in words(name)}
    counted = {stem(match[1].lower()) for match in _ONE.finditer(plain)}
    for amount in quantities(plain):
        counted |= {amount.noun, *amount.nouns, stem(amount.unit), *map(stem, amount.units)}
    return bool(names & counted)
