"""Topics that titles share, told by how their words stand together. Pure; knows no subject, no library and no model.

Owns: what may be a topic. It is a run of one to three words of several titles that ends where a phrase ends (before a mark, a function
word or the end of the title, so that "large language" and "efficient" are none), and of which no longer run says the same.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rag.core import lexicon
from rag.core.text import stem

_LONGEST = 3
_ENDS = 0.5
"""The least share of a topic's occurrences at which a phrase ends."""
_SAME = 0.7
"""A run that is followed or preceded by the same word so often is a part of a longer one."""
_PHRASE = 2.5
"""How many times as much a topic of several words says."""
_WORD = re.compile(r"[^\W_][\w'’]{0,40}(?:[-–/+.][^\W_]\w{0,40}){0,4}")


@dataclass(slots=True)
class Candidate:
    """A run of words by its stems: how it is written, in how many titles it stands, and how it stands there."""

    stems: tuple[str, ...]
    spellings: Counter[str] = field(default_factory=Counter)
    titles: set[int] = field(default_factory=set)
    ends: int = 0
    begins: int = 0
    opens_title: int = 0

    @property
    def words(self) -> str:
        """As titles write it most often, a plural rather than a singular."""
        return max(self.spellings, key=lambda one: (self.spellings[one] * (3 if one.endswith("s") else 1), one))

    @property
    def times(self) -> int:
        """How often it stands in titles."""
        return sum(self.spellings.values())

    @property
    def weight(self) -> float:
        """How promising it is. A word that mostly ends longer phrases says little: of "text generation" the generation."""
        one_word = len(self.stems) == 1
        return len(self.titles) * (self.begins / self.times if one_word else _PHRASE)


def candidates(titles: Sequence[str], limit: int) -> list[Candidate]:
    """Up to `limit` topics that several of these titles share, most promising first."""
    least = _least(len(titles))
    runs = [(n, run) for n, title in enumerate(titles) for run in _runs(title)]
    standing: dict[str, set[int]] = defaultdict(set)
    for n, run in runs:
        for one in sum(run.stems, ()):
            standing[one].add(n)
    frequent = {one for one, where in standing.items() if len(where) >= least}
    every: dict[tuple[str, ...], Candidate] = {}
    for n, run in runs:
        _count(run, n, frequent, every)
    shared = [one for one in every.values() if len(one.titles) >= least and _may_be(one)]
    parts = {part for one in shared for part in _parts_of(one, every)}
    whole = [one for one in shared if one.stems not in parts]
    return sorted(whole, key=lambda one: (-one.weight, one.stems))[:limit]


def _least(titles: int) -> int:
    """In how many titles a topic stands at least."""
    return 2 if titles < 300 else 3 if titles < 1_000 else 4


@dataclass(frozen=True, slots=True)
class _Run:
    """Words of a title between two marks; a function word is a mark too."""

    words: tuple[str, ...]
    stems: tuple[tuple[str, ...], ...]
    opens_title: bool


def _run(words: Sequence[str], opens_title: bool) -> _Run:
    return _Run(tuple(words), tuple(map(_stems, words)), opens_title)


def _runs(title: str) -> Iterator[_Run]:
    words: list[str] = []
    end, opens = 0, True
    for match in _WORD.finditer(title):
        joined = title[end : match.start()] == " "
        if words and not joined:
            yield _run(words, opens)
            words, opens = [], False
        if _is_mark(match[0]):
            if words:
                yield _run(words, opens)
            words, opens = [], False
        else:
            words.append(match[0])
        end = match.end()
    if words:
        yield _run(words, opens)


def _is_mark(word: str) -> bool:
    return word.lower() in lexicon.words("stop_words")


def _count(run: _Run, title: int, frequent: set[str], every: dict[tuple[str, ...], Candidate]) -> None:
    words = run.words
    for start in range(len(words)):
        for end in range(start + 1, min(start + _LONGEST, len(words)) + 1):
            if not frequent.issuperset(run.stems[end - 1]):
                break
            stems = sum(run.stems[start:end], ())
            one = every.get(stems) or every.setdefault(stems, Candidate(stems))
            one.spellings[" ".join(words[start:end])] += 1
            one.titles.add(title)
            one.ends += end == len(words)
            one.begins += start == 0
            one.opens_title += run.opens_title and start == 0


@lru_cache(maxsize=1 << 15)
def _stems(word: str) -> tuple[str, ...]:
    return tuple(stem(part) for part in re.findall(r"\w+", word.lower()))


def _may_be(one: Candidate) -> bool:
    words = one.words.lower().split()
    dull = lexicon.words("dull_in_topics")
    if words[0] in dull or words[-1] in dull or len(one.words) < 3 or not any(map(str.isalpha, one.words)):
        return False
    if len(words) == 1 and words[0] in lexicon.words("general_in_topics"):
        return False
    if one.ends < _ENDS * one.times:
        return False
    # "Evaluating LLMs" tells what is done to the topic.
    return not (words[0].endswith("ing") and len(words) > 1 and one.opens_title > 0.5 * one.times)


def _parts_of(one: Candidate, every: dict[tuple[str, ...], Candidate]) -> Iterator[tuple[str, ...]]:
    """The shorter runs in it that hardly stand anywhere else."""
    stems = one.stems
    for start in range(len(stems)):
        for end in range(start + 1, len(stems) + 1):
            part = every.get(stems[start:end])
            if part is not None and part is not one and len(one.titles) >= _SAME * len(part.titles):
                yield part.stems
