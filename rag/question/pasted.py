"""Text of a paper that is typed or pasted as it stands: a title or name alone, a sentence, an abstract.

Owns: what counts as such text, without the words around it such as "is this in there?". Whether a paper of the library holds it is
decided elsewhere. The words are in the lexicon. Pure functions on strings.
"""

import re
from dataclasses import dataclass

from rag.core.lexicon import patterns
from rag.core.text import words

_QUOTES = re.compile(
    "[\u201c\u201e\u201d\"\u00ab]([^\u201c\u201d\u201e\"\u00bb]{20,4000})[\u201d\u201c\"\u00bb]|(?<!\\w)'([^']{20,1000})'(?!\\w)"
)
_MARKS = " \"'\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019:;,"
_FEWEST = 8
"""Words of a sentence that is looked for although nothing says that it was pasted."""
_FEWEST_ASKED = 4
_LONG = 40
"""Words of a text of several sentences that is hardly a question."""
_SENTENCE_END = re.compile(r"[.!]\s")
_OF_ONESELF = re.compile(r"\b(?:i|i['\u2019]\w+|my|me)\b", re.IGNORECASE)
"""Who asks speaks so, and no abstract."""
_MOST_OF_NAME = 300


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that may stand in an abstract. `asked`: the question says that it is looked for, or it is too long to be anything else."""

    text: str
    asked: bool


def passage(question: str) -> Passage | None:
    """The text that is looked for; None where the question is of another kind."""
    before = patterns("pasted_before").match(question)
    rest = question[before.end() :] if before else question
    after = patterns("pasted_after").search(rest)
    rest = rest[: after.start()] if after else rest
    if before or after:
        quoted = _QUOTES.search(rest)
        text = _plain((quoted[1] or quoted[2]) if quoted else rest)
        return Passage(text, True) if len(words(text)) >= _FEWEST_ASKED else None
    count = len(words(question))
    if count < _FEWEST or "?" in question or patterns("begins_question").match(question):
        return None
    several = count >= _LONG and len(_SENTENCE_END.findall(question)) >= 2 and not _OF_ONESELF.search(question)
    return Passage(_plain(question), several)


def name_alone(question: str) -> str:
    """What is typed where that may be no more than the name or title of a paper; "" where it is too long."""
    if len(question) > _MOST_OF_NAME:
        return ""
    before = patterns("name_before").match(question)
    text = question[before.end() :] if before else question
    return _plain(patterns("name_after").sub("", text)).rstrip(".")


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(_MARKS)
