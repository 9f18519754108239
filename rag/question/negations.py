"""Negated conditions of questions for papers: "papers without code", "which are not about images", "all but DeepCache".

Owns: what is negated, what is left of the question without it, and whether a sentence says in its own words that its work does
without something. Which papers that holds for is decided elsewhere. Pure functions on strings.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import STOP_WORDS, stem, words
from rag.question import kinds

Manner = Literal["about", "without", "but"]

_SUBJECT = patterns("asks_papers")
_ENDS = lexicon.words("objects_end")
_NO_TOPIC = STOP_WORDS | lexicon.words("no_topic")
_ARTICLES = frozenset("a an the any some either additional extra further their its own such more whole".split())
_SEPARATOR = re.compile(r"\s*(?:,\s*(?:or|and|nor)|,|\bor\b|\bnor\b|/|&)\s*", re.IGNORECASE)
_END = re.compile(r"[?!;:()]|\.(?:\s|$)|,\s*(?:and|but|please)\b")
_MOST_WORDS = 5
"""Of the name of a thing."""
_REACH, _REACH_OF_REPLACED = 5, 3
"""Words between a lack and what is lacked, or replaced."""
_REACH_CHARS, _BEFORE_CHARS = 120, 300
"""Characters after and before a lack that are looked at."""
_SUFFIX = r"(?:e|es|ed|ing|ings|s|er|ers|or|ors|ion|ions|y|ies|ly)?"


@dataclass(frozen=True, slots=True)
class Negation:
    """A negated condition of a question for papers.

    `manner`: papers that are not "about" something, do "without" it, or all "but" those. `things`: what is negated, as typed; all of
    them are ("no A or B", "neither A nor B"). `rest` is the question without the condition; `has_topic` tells whether it still names
    what the papers are about.
    """

    manner: Manner
    things: tuple[str, ...]
    rest: str
    has_topic: bool

    @property
    def name(self) -> str:
        """What is negated, in words for people."""
        return " or ".join(f"\u201c{thing}\u201d" for thing in self.things)


def negation(question: str) -> Negation | None:
    """The negated condition of a question for papers; None where it has none, or asks for something else."""
    if not _SUBJECT.search(question):
        return None
    plain = re.sub(r"[\u2018\u2019]", "'", question)
    for manner, name in (("but", "negated_but"), ("about", "negated_about"), ("without", "negated_use")):
        match = patterns(name).search(plain)
        if match and not any(
            other.start() < match.end() and match.start() < other.end()
            for other in patterns("negated_content").finditer(plain)
        ):
            found = _read(plain, match, manner)  # type: ignore[arg-type]
            if found:
                return found
    return None


def _read(question: str, match: re.Match[str], manner: Manner) -> Negation | None:
    stop = _END.search(question, match.end())
    clause = question[match.end() : stop.start() if stop else len(question)]
    things: list[str] = []
    end = match.end()
    for start, piece in _pieces(clause):
        name, used = _named(piece)
        if not name:
            break
        things.append(name)
        end = match.end() + start + used
        if used < len(piece.rstrip()):
            break
    if not things:
        return None
    rest = re.sub(r"\s+([?.!,])", r"\1", f"{question[: match.start()].rstrip()} {question[end:].lstrip()}").strip(" ,")
    rest = re.sub(
        r"\s*\b(?:that|which|who|and|but|or|are|is|do|does|have|has)\s*(?=[?.!]?$)", "", rest, flags=re.IGNORECASE
    )
    return Negation(manner, _different(things), rest, bool(topic(rest)))


def _different(things: Sequence[str]) -> tuple[str, ...]:
    """Without those that are other words for an earlier one."""
    kept: list[str] = []
    for thing in things:
        if not any(thing.lower() in names_of(other) for other in kept):
            kept.append(thing)
    return tuple(kept)


def _pieces(clause: str) -> list[tuple[int, str]]:
    """The members of an enumeration, with where each begins."""
    pieces, start = [], 0
    for separator in _SEPARATOR.finditer(clause):
        pieces.append((start, clause[start : separator.start()]))
        start = separator.end()
    return [(start, piece) for start, piece in (*pieces, (start, clause[start:])) if piece.strip()]


def _named(piece: str) -> tuple[str, int]:
    """The name that a piece begins with, and how many characters of the piece belong to it."""
    kept: list[str] = []
    end = 0
    for match in re.finditer(r"[^\s,]+", piece):
        word = match.group().strip("\"'\u201c\u201d.").lower()
        if (kept and word in _ENDS) or len(kept) == _MOST_WORDS:
            break
        if not kept and word in _ARTICLES:
            end = match.end()
            continue
        if not kept and word in _ENDS:
            break
        kept.append(match.group().strip('"\u201c\u201d.'))
        end = match.end()
    return " ".join(kept), end


def topic(text: str) -> tuple[str, ...]:
    """The words of a question for papers that name what they are about, in order."""
    return tuple(
        dict.fromkeys(word for word in words(text) if word not in _NO_TOPIC and (len(word) > 1 or word.isdigit()))
    )


@cache
def naming(thing: str) -> re.Pattern[str]:
    """A pattern of all that names a thing: its words with their endings, and the other words for it."""
    return re.compile("|".join(_pattern_of(name) for name in names_of(thing)), re.IGNORECASE)


@cache
def names_of(thing: str) -> tuple[str, ...]:
    """The thing as typed, and the other words for it that are known."""
    plain = thing.lower()
    last = plain.split()[-1]
    for row in lexicon.table("same_things"):
        spellings = [spelling for member in row for spelling in member]
        if plain in spellings or (last in spellings and len(plain.split()) == 2 and plain.split()[0] in _ARTICLES):
            return (plain, *(spelling for spelling in spellings if spelling != plain))
    return (plain,)


@lru_cache(1 << 12)
def spelled(name: str) -> re.Pattern[str]:
    """The pattern of a name alone: its words with their endings, hyphens or not."""
    return re.compile(_pattern_of(name), re.IGNORECASE)


def _pattern_of(name: str) -> str:
    parts = re.findall(r"\w+", name.lower())
    *first, last = parts or [name]
    ending = re.escape(stem(last)) + (_SUFFIX if len(last) > 2 else "s?")
    if stem(last).endswith("i"):
        ending = re.escape(stem(last)[:-1]) + r"(?:y|ies|i\w{0,5})"
    return r"(?<!\w)(?<!pre-)" + r"[\s-]?".join([*map(re.escape, first), f"(?:{ending}|{re.escape(last)})"]) + r"(?!\w)"


def lacks(sentence: str, thing: str) -> bool:
    """Whether a sentence says that its work does without a thing: "without retraining", "training-free", "needs no training"."""
    names = naming(thing)
    if re.search(rf"(?:{names.pattern})[\s-]free\b", sentence, re.IGNORECASE) or _lacks_in_a_word(sentence, thing):
        return patterns("others_work").search(sentence) is None or kinds.tells_own_work(sentence)
    if any(_reaches(sentence, lack, names, _REACH) for lack in patterns("lacks").finditer(sentence)):
        return True
    # "Instead of directly training the model, we ..." trains it in another way.
    doing = thing.lower().endswith("ing")
    return not doing and any(
        _reaches(sentence, lack, names, _REACH_OF_REPLACED) for lack in patterns("replaces").finditer(sentence)
    )


def _reaches(sentence: str, lack: re.Match[str], names: re.Pattern[str], most: int) -> bool:
    """Whether the words after a lack name the thing, in a sentence that tells of its authors' work and turns nothing round again."""
    within = re.match(rf"(?:\W+[\w-]+){{0,{most}}}", sentence[lack.end() : lack.end() + _REACH_CHARS])
    reach = re.split(r"[.;:,]|\bbut\b|\bwhile\b|\bto\b", within.group() if within else "")[0]
    if not names.search(reach):
        return False
    before = sentence[max(0, lack.start() - _BEFORE_CHARS) : lack.start()]
    if patterns("lacks_undone").search(before) and lack.group().lower() == "without":
        return False
    return patterns("others_work").search(before) is None or kinds.tells_own_work(before)


def _lacks_in_a_word(sentence: str, thing: str) -> bool:
    plain = thing.lower()
    for things, spellings in lexicon.table("lacks_in_a_word"):
        if set(things) & set(names_of(plain)) and re.search(
            "|".join(rf"\b{re.escape(spelling)}\b" for spelling in spellings), sentence, re.IGNORECASE
        ):
            return True
    return False
