"""Which papers a question means by their records: those of an author, of some years, at a venue; the newest ones.

Owns: the forms in which questions say so, and what is left of a question without them. Whether a name is that of an author or a venue
of the library is decided elsewhere. The words are in the lexicon. Pure functions on strings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import STOP_WORDS, words

_LONGEST = 500
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_MOST_WORDS = 8
_MARKS = ',;:?!()[]"\u201c\u201d '
_ET_AL = re.compile(r",? et\.? al\b\.?,?")
_REPORTS = lexicon.words("reports")
_NAME_WORD = re.compile(r"[^\W\d_][\w.\u2019'-]*|&")
_JOINING = {"and", "&"}
_BARE = STOP_WORDS | lexicon.words("names_no_topic")
_SPACES = re.compile(r"\s+")

Order = Literal["", "newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Years:
    """The years that a question is restricted to, both included, and the question without them. None leaves an end open."""

    first: int | None
    last: int | None
    rest: str

    @property
    def label(self) -> str:
        """Such as "from 2021 or later"."""
        if self.first == self.last:
            return f"from {self.first}"
        if self.first is None:
            return f"from {self.last} or earlier"
        return f"from {self.first} or later" if self.last is None else f"from {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """What may be a name: its words, the question without it, and whether the word after it tells what authors do."""

    words: str
    rest: str
    does: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a question where the name of an author or a venue may stand; `phrases` are what may be the name, longest first.

    `of_papers`: the question asks for the papers; else for what they say. `sure`: hardly anything but a name can stand there. `year` is
    one that stands with the name, as in "Rossi (2019)".
    """

    phrases: tuple[Phrase, ...]
    of_papers: bool
    sure: bool = False
    year: int | None = None


def years(question: str) -> Years | None:
    """The years that the question restricts the papers to, if it does."""
    if len(question) > _LONGEST:
        return None
    match = patterns("papers_of_years").search(question)
    if not match:
        return None
    said = [int(year) for year in _YEAR.findall(match.group())]
    text = match.group().lower()
    first: int | None
    last: int | None
    if len(said) > 1 and said[0] != said[1]:
        first, last = min(said), max(said)
    elif re.search(
        r"\b(?:since|starting|onwards?|or (?:later|newer)|and (?:later|newer|up)|upwards?|from \d{4} on)\b", text
    ):
        first, last = said[0], None
    elif re.search(r"\b(?:after|newer|later|more recent|past)\b", text):
        first, last = said[0] + 1, None
    elif re.search(
        r"\b(?:until|till|through|up to|or (?:earlier|older|before)|and (?:earlier|older|before)|no later)\b", text
    ):
        first, last = None, said[0]
    elif re.search(r"\b(?:before|older|earlier|prior)\b", text):
        first, last = None, said[0] - 1
    else:
        first = last = said[0]
    kept = patterns("years_alone").search(match.group())
    years_part = kept.group() if kept else match.group()
    start = match.start() + (kept.start() if kept else 0)
    return Years(first, last, _without(question, start, start + len(years_part)))


def order(question: str) -> tuple[Order, str]:
    """Whether the newest or the oldest papers are asked for, and the question without that."""
    match = patterns("asks_newest").search(question) if len(question) <= _LONGEST else None
    if not match:
        return "", question
    kind: Order = "oldest" if re.search(r"old|earl|first", match.group(), re.IGNORECASE) else "newest"
    return kind, _without(question, match.start(), match.end(), "papers")


def has_topic(question: str) -> bool:
    """Whether the question names a topic, besides asking for papers."""
    return bool({word for word in words(question) if len(word) > 1 or not word.isalpha()} - _BARE)


def author_places(question: str) -> Iterator[Place]:
    """The places in the question where the name of an author may stand, the surest first."""
    if len(question) > _LONGEST:
        return
    whole = patterns("author_alone").fullmatch(question.strip())
    if whole:
        yield Place((Phrase(_group(whole), "papers", True),), True, year=_year_in(whole.group()))
    for name, of_papers in (("papers_by", True), ("authors_write", True), ("authors_say", False)):
        for match in patterns(name).finditer(question):
            by = name == "papers_by" and match.group().rstrip().lower().endswith(" by")
            yield _place(question, match.start(), match.end(), of_papers, sure=by)
    for match in patterns("of_author").finditer(question):
        rest = _without(question, match.start(), match.end(), "the authors")
        yield Place((Phrase(_group(match), rest, True),), False, year=_year_in(match.group()))


def venue_places(question: str) -> Iterator[Place]:
    """The places in the question where the name of a venue may stand."""
    if len(question) > _LONGEST:
        return
    for match in patterns("papers_at").finditer(question):
        out = re.search(r"\b(?:at|published|presented|appear\w*|accepted)\b", match.group(), re.IGNORECASE)
        yield _place(question, match.start(), match.end(), True, sure=out is not None, of_venue=True)
    whole = patterns("author_alone").fullmatch(question.strip())
    if whole:
        yield Place((Phrase(_group(whole), "papers"),), True)


def _group(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)


def _year_in(text: str) -> int | None:
    match = _YEAR.search(text)
    return int(match.group()) if match else None


def _place(question: str, start: int, end: int, of_papers: bool, sure: bool, of_venue: bool = False) -> Place:
    """What may be a name after a cue that stands at start..end: the words up to one that no name holds."""
    tokens: list[tuple[int, str]] = []
    for token in re.finditer(r"\S+", question[end:]):
        word = token.group().strip(_MARKS)
        tokens.append((end + token.end(), word))
        fits = not _ends_venue(word) if of_venue else _NAME_WORD.fullmatch(word) and not _ends_name(word)
        if not fits or len(tokens) > _MOST_WORDS:
            break
        if token.group()[-1] in "?!;:":
            tokens.append((end + token.end(), ""))
            break
    else:
        tokens.append((len(question), ""))
    phrases = []
    for place in reversed(range(1, len(tokens))):
        stop, last = tokens[place - 1]
        phrase = question[end:stop].strip(_MARKS)
        if not phrase or last.lower() in _JOINING:
            continue
        after = _ET_AL.match(question, stop)
        rest = (
            _without(question, start, after.end() if after else stop, "papers")
            if of_papers
            else _without(question, end, after.end() if after else stop, "the authors")
        )
        does = after is not None or tokens[place][1].lower() in _REPORTS | {""}
        phrases.append(Phrase(phrase, rest, does))
    return Place(tuple(phrases), of_papers, sure)


def _ends_name(word: str) -> bool:
    """Whether a word is none of a name's. "He" and "May" are names too, "he" and "may" are not."""
    return word.lower() not in _JOINING and (
        (word in STOP_WORDS and word not in lexicon.words("name_particles")) or word in lexicon.words("after_name")
    )


def _ends_venue(word: str) -> bool:
    return word in lexicon.words("after_venue")


def _without(question: str, start: int, end: int, replacement: str = "") -> str:
    """The question with what stands at start..end replaced."""
    return _SPACES.sub(" ", f"{question[:start]} {replacement} {question[end:]}").replace(" ?", "?").strip()
