"""What a question asks for: its form (one thing, several papers compared, all papers of a kind), its parts, and the kind of
thing that would answer it (a number, a cause, code).

Owns: what counts as which, for questions and for the sentences that hold such a thing; the words themselves are in the lexicon.
Pure functions on strings. Which papers are compared or listed is decided elsewhere, with their scores. Answer types help to choose
sentences since question answering began (Li and Roth 2002, Learning Question Classifiers, COLING).
"""

import re
from collections.abc import Sequence
from typing import Literal

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import STOP_WORDS, content_words, words

Form = Literal["one", "several", "list"]
Kind = Literal["number", "cause", "code"]

_THREE = re.compile(r"\bthree\b", re.IGNORECASE)
_ENUMERATION = re.compile(
    r"(?<![\w-])((?:[\w-]+(?: [\w-]+){0,3}, ){1,8}[\w-]+(?: [\w-]+){0,3},? (?:and|or) (?!what|which|how|why)\w)"
)
_MOST_COMPARED = 5

_LIST = patterns("asks_list")
_SEVERAL = patterns("asks_several")
_ASKS: dict[Kind, re.Pattern[str]] = {
    "number": patterns("asks_number"),
    "cause": patterns("asks_cause"),
    "code": patterns("asks_code"),
}
_HOLDS: dict[Kind, re.Pattern[str]] = {
    "number": patterns("holds_number"),
    "cause": patterns("cause", "trouble"),
    "code": patterns("holds_code"),
}
_OWN_WORK = patterns("own_work")
_OTHER_LANGUAGES = lexicon.words("other_languages")

_WH = re.compile(r"\b(?:how (?:many|much)|what|which|whose)\b((?:\s+[\w.-]+){1,5})", re.IGNORECASE)
_AFTER_TARGET = STOP_WORDS | lexicon.words("after_target")
_ASKING = r"(?:(?:by |in |on |at |for |with )?(?:how|what|which|why|where|when|who|whose)\b)"
_WHETHER = r"(?:(?:does|do|did|is|are|was|were|can|could|has|have)\s+(?:it|they|we|the|this|that|these|there|its|their|any|each)\b)"
_PART = re.compile(
    rf"(?<=[?!])\s+(?=\w)|[,;]?(?<!\s)\s+and\s+(?:also\s+)?(?={_ASKING}|{_WHETHER})|[,;]\s+(?={_ASKING})", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"(?:when|where|while|since|as|if|whereas|although)\s+(?!does|do|did|is|are|was|were|can|could|has|have)",
    re.IGNORECASE,
)
"""How what is no question of its own begins: "When it is trained on faces, …"."""
_ELLIPTICAL = re.compile(
    r"(?:by|in|on|at|for|with) (?:how|what|which|whose)\b(?!.*\b(?:does|do|did|is|are|was|were|can|it|they)\b)",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"\b(?:how|what|which|why|where|when|who|whose|does|do|did|is|are|can|was|were)\b", re.IGNORECASE
)
_NAME = re.compile(r"(?<![A-Za-z])(?:[A-Za-z]*[A-Z][\w-]*[A-Z0-9]\w*|[A-Za-z]+\d\w*|[a-z]+[A-Z]\w*)")


def form(question: str) -> Form:
    """One thing, several papers side by side, or all papers of a kind, by the words alone."""
    if _SEVERAL.search(question):
        return "several"
    return "list" if _LIST.search(question) else "one"


def papers_asked_for(question: str) -> int:
    """How many papers a question about several means: 3 where it says three, as many as it enumerates ("A, B, C and D"), else 2."""
    listed = max((match.count(",") + 2 for match in _ENUMERATION.findall(question)), default=2)
    return min(_MOST_COMPARED, max(3 if _THREE.search(question) else 2, listed))


def asks(question: str, kind: Kind) -> bool:
    """Whether the question asks for this kind of thing."""
    return _ASKS[kind].search(question) is not None


def holds(text: str, kind: Kind) -> bool:
    """Whether the text holds this kind of thing."""
    return _HOLDS[kind].search(text) is not None


def tells_own_work(text: str) -> bool:
    """Whether a sentence tells what its authors did, not what others do."""
    return _OWN_WORK.search(text) is not None


def in_another_language(question: str, least: int = 2) -> bool:
    """Whether it is hardly English: a third of its letters of another script, or `least` function words of a European language."""
    return in_another_script(question) or len(set(words(question)) & _OTHER_LANGUAGES) >= least


def in_another_script(question: str) -> bool:
    """Whether a third of its letters are of another script than the Latin one."""
    letters = [character for character in question if character.isalpha()]
    return bool(letters) and sum(ord(character) > 0x24F for character in letters) > len(letters) / 3


def target(question: str) -> tuple[str, ...]:
    """The lower-case words that name what is asked for: ("bleu", "score") of "What BLEU score does it get?"."""
    for match in _WH.finditer(question):
        nouns: list[str] = []
        for word in re.findall(r"\w+", match.group(1).lower()):
            if word in _AFTER_TARGET:
                break
            nouns.append(word)
        if nouns:
            return tuple(nouns)
    return ()


def names(question: str) -> tuple[str, ...]:
    """The words that look like names of methods, data sets or measures (inner capitals, digits), as they stand."""
    return tuple(dict.fromkeys(_NAME.findall(question)))


def parts(question: str, least: int = 2) -> tuple[str, ...]:
    """The parts of a question that asks for several things; the question itself where it asks for one.

    `least`: content words that a part has; one of fewer is none of its own.
    """
    pieces = [piece.strip(" ,;") for piece in _PART.split(question)]
    whole = [piece for piece in pieces if len(set(content_words(piece)) - STOP_WORDS) >= least]
    return tuple(whole) if len(whole) > 1 and _all_ask(whole) else (question,)


def leans_on_rest(part: str) -> bool:
    """Whether a part of a question has no subject of its own: "at what cost?", "by how much?"."""
    return _ELLIPTICAL.match(part) is not None


def _all_ask(pieces: Sequence[str]) -> bool:
    """Whether each piece asks something, so that an introduction is no part of its own."""
    return all(_QUESTION_WORD.search(piece) and not _CLAUSE.match(piece) for piece in pieces)
