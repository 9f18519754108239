"""Negation, direction and sides: does one sentence say the opposite of another, though the words are the same?

Owns: words that negate and how far they reach, words that exclude each other (contrasts.txt), comparisons and their sides, whether a
sentence is about the authors' work or that of others. Pure functions on strings. Words of negation and direction decide where
similarity cannot: a sentence and its contrary are neighbours in every embedding space.
"""

import re
from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import combinations

from rag.core.text import STOP_WORDS, normalise, stem

_TOKEN = re.compile(r"[a-z0-9][a-z0-9+]*(?:-[a-z0-9]+)*|[.;:,]")
_NEGATORS = frozenset(
    """no not never without cannot nor neither lack lacks lacking lacked fail fails failed unable avoid avoids avoiding avoided
    eliminate eliminates eliminating free omit omits omitting unlike instead hardly dispense dispenses dispensing skip skips skipping
    obviate obviates obviating bypass bypasses bypassing unnecessary independent
    remove removes removing removed none removal absent absence circumvent circumvents circumventing rather nothing needless
    incapable scarcely barely prevent prevents""".split()
)
_REACH = 4
"""Content words that a negation reaches, at most to the end of the clause."""
_NEAR = 7
"""Words around a word in which something negative excuses a negation."""
_NEGATIVE = re.compile(
    r"(?:no|not|never|without|cannot|none|nor|neither|seldom|rarely|hardly|barely|lack\w*|fail\w*|avoid\w*|eliminat\w*|limit\w*|difficult\w*|hard|"
    r"poor\w*|less|fewer|little|remov\w*|omit\w*|skip\w*|circumvent\w*|bypass\w*|obviat\w*|prevent\w*|instead|rather|unlike|overcom\w*|alleviat\w*|"
    r"dispens\w*|infeasib\w*|impract\w*|imposs\w*|prohibit\w*|suffer\w*|struggl\w*|oppos\w*|exclud\w*|scarc\w*|shortage|mitigat\w*|independent\w*|"
    r"separate\w*|itself|sidestep\w*|lag\w*|hamper\w*|flatten\w*|level|insensitive|inabil\w*|incapab\w*|insuffic\w*|intractab\w*|disab\w*|discard\w*|"
    r"un(?!der|i|til|like)[a-z]{4,}|non|absen\w*|ignor\w*|neglect\w*|beyond|far|yet|frozen|fixed|while|whereas|but|drop\w*|escape\w*|under|break|breaks)$"
)
_PREFIX = re.compile(r"^(?:un|non-?|in|im|dis|de)(?=[a-z]{4})")


_STOP_STEMS = frozenset(map(stem, STOP_WORDS))


def tokens(text: str) -> list[str]:
    """Lower-case words (hyphenated ones whole) and the marks that end a clause."""
    plain = normalise(text).replace("\u2019", "'").replace("n't", " not").replace("cannot", "can not")
    return _TOKEN.findall(plain)


def negated(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """(stems in the reach of a negation, all content stems)."""
    inside: set[str] = set()
    every: set[str] = set()
    left = 0
    for token in tokens(text):
        if token in ".;:":
            left = 0
        elif token == ",":
            left = min(left, 1)
        elif token in _NEGATORS:
            left = _REACH
        elif token.endswith("-free"):
            inside.add(stem(token[:-5]))
            every.add(stem(token[:-5]))
        elif token not in STOP_WORDS:
            first, *others = token.split("-")
            for part in others if first == "non" and others else (first, *others):
                every.add(stem(part))
                if left or (first == "non" and others):
                    inside.add(stem(part))
            left = max(0, left - 1)
    return frozenset(inside), frozenset(every)


def negation_conflicts(sentence: str, source: str) -> tuple[str, ...]:
    """The stems that both texts share and that only one of them negates, while nothing near them in the other is negative; and the
    stems whose contrary ("invertible", "non-invertible") the other has."""
    inside, every = negated(sentence)
    given_inside, given_every = negated(source)
    shared = every & given_every
    found = {word for word in shared & inside - given_inside if not _negative_near(word, source)}
    found |= {word for word in shared & given_inside - inside if not _negative_near(word, sentence)}
    new, lost = every - given_every, given_every - every
    found |= {word for word in new if _PREFIX.sub("", word) in lost - given_inside}
    found |= {word for word in lost if _PREFIX.sub("", word) in new - inside}
    return tuple(sorted(found))


def _negative_near(word: str, text: str) -> bool:
    """Whether something negative stands within a few words of a stem."""
    parts = [part for token in tokens(text) if token not in ".,;:" for part in token.split("-")]
    places = [i for i, part in enumerate(parts) if stem(part) == word]
    return any(_NEGATIVE.match(part) for i in places for part in parts[max(0, i - _NEAR) : i + _NEAR])


Spellings = tuple[str, ...]


@cache
def _contrasts() -> tuple[tuple[tuple[str, ...], tuple[Spellings, ...]], ...]:
    """Of each line of contrasts.txt the first spelling of each member, for people, and all spellings as stems."""
    lines = files("rag.core").joinpath("lexicon/contrasts.txt").read_text("utf-8").splitlines()
    members = [
        [[spelling.strip() for spelling in member.split(",")] for member in line.split("|")]
        for line in lines
        if line.strip() and not line.startswith("#")
    ]
    return tuple(
        (
            tuple(spellings[0] for spellings in line),
            tuple(tuple(dict.fromkeys(" ".join(_stems(item)) for item in spellings)) for spellings in line),
        )
        for line in members
    )


def _stems(text: str) -> list[str]:
    return [stem(part) for token in tokens(text) for part in token.split("-") if part.isalnum()]


def contrast_conflicts(sentence: str, source: str, reference: str = "") -> tuple[str, ...]:
    """Pairs of words that exclude each other, one said only by the sentence and the other only by the source.

    `reference` (such as the title) may supply a word as well as the source does.
    """
    here, there = f" {' '.join(_stems(sentence))} ", f" {' '.join(_stems(source))} "
    known = there + f"{' '.join(_stems(reference))} "
    found: list[str] = []
    for labels, line in _contrasts():
        said = [any(f" {spelling} " in here for spelling in member) for member in line]
        given = [any(f" {spelling} " in there for spelling in member) for member in line]
        at_all = [any(f" {spelling} " in known for spelling in member) for member in line]
        new = [label for label, a, b in zip(labels, said, at_all, strict=True) if a and not b]
        lost = [label for label, a, b in zip(labels, said, given, strict=True) if b and not a]
        if new and lost:
            found.append(f"{new[0]}/{lost[0]}")
    return tuple(found)


_BETTER = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beats?|superior to|(?:\w+er|more|better)(?: \w+){0,4} than"
    r"|ahead of|win\w* over|improv\w+ (?:up)?on|"
    r"over)\b"
)
_WORSE = re.compile(
    r"\b(?:underperform\w*|(?:less|fewer|worse|slower|lower|smaller|poorer)(?: \w+){0,4} than|inferior to"
    r"|behind|falls? short of|lags?|trails?|"
    r"(?:outperformed|surpassed|beaten|exceeded) by)\b"
)


def sides(sentence: str, source: str) -> float:
    """-1..1: whether the things that both sentences put on the two sides of a comparison are on the same sides (1) or on the other
    ones (-1); 0 where they do not compare, or share nothing."""
    said, given = _sided(sentence), _sided(source)
    scores = [
        a_sign * b_sign * _agreement(a_left, a_right, b_left, b_right)
        for a_left, a_sign, a_right in said
        for b_left, b_sign, b_right in given
    ]
    return max(scores, key=abs, default=0.0)


def _sided(text: str) -> list[tuple[frozenset[str], int, frozenset[str]]]:
    plain = normalise(text)
    found: list[tuple[frozenset[str], int, frozenset[str]]] = []
    for sign, pattern in ((-1, _WORSE), (1, _BETTER)):
        for match in pattern.finditer(plain):
            if sign == 1 and any(other.start() <= match.start() < other.end() for other in _WORSE.finditer(plain)):
                continue
            found.append((_topic(plain[: match.start()]), sign, _topic(plain[match.end() :])))
    return found


def _topic(text: str) -> frozenset[str]:
    return frozenset(_stems(text)) - _STOP_STEMS


def _agreement(
    left: frozenset[str], right: frozenset[str], other_left: frozenset[str], other_right: frozenset[str]
) -> float:
    straight = len(left & other_left - other_right) + len(right & other_right - other_left)
    crossed = len(left & other_right - other_left) + len(right & other_left - other_right)
    return (straight - crossed) / (straight + crossed) if straight + crossed else 0.0


_OTHERS = re.compile(
    r"^(?:\W*(?:however|although|while|despite|unfortunately|in contrast|recently|nevertheless|moreover|currently|though|since|as)\W+)?"
    r"(?:\w+\W+){0,2}?(?:existing|previous|prior|traditional|conventional|current|most|recent|other|earlier|standard|typical|many|common|"
    r"state-of-the-art|classical|past|baseline|naive|established|today's)\b(?!\s+(?:work|paper|study) (?:we|is)\b)",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:we|our|ours|this (?:paper|work|study|method|approach)|(?:the )?(?:proposed|authors?|paper|presented|introduced))\b",
    re.IGNORECASE,
)


def tells_of(text: str) -> int:
    """1: of the authors' own work; -1: of that of others; 0: it does not say."""
    if _OTHERS.search(text):
        return -1
    return 1 if _OWN.search(text) else 0


def said_of_the_other(sentence: str, source: str, own_name: str) -> bool:
    """Whether a sentence says of the authors' work what its source says of the work of others."""
    if tells_of(source) != -1 or tells_of(sentence) == -1:
        return False
    start = normalise(sentence)[:80]
    named = bool(own_name) and normalise(own_name) in start and normalise(own_name) not in normalise(source)
    return (
        named
        or re.match(r"(?:the|this|their|our) (?:proposed |new )?(?:method|approach|model|framework|authors?)\b", start)
        is not None
    )


_CLAUSE = re.compile(
    r"[,;:.()]| (?:while|whereas|but|although|though|which|yet|than|over|instead of|rather than|unlike"
    r"|compared (?:to|with)|and|for|with) "
)


def crossed(sentence: str, source: str) -> int:
    """How many pairs of clauses of the sentence each mix words of the same two clauses of the source: "A is fast, B is exact" said as
    "A is exact, B is fast". Words count that both texts hold once."""
    said, given = _clauses(sentence), _clauses(source)
    cells = Counter((said[word], given[word]) for word in said.keys() & given.keys())
    rows, columns = sorted({i for i, _ in cells}), sorted({j for _, j in cells})
    return sum(
        all(cells[cell] for cell in ((a, c), (a, d), (b, c), (b, d)))
        for a, b in combinations(rows, 2)
        for c, d in combinations(columns, 2)
    )


def _clauses(text: str) -> dict[str, int]:
    """The clause that each stem stands in, of the stems that stand in one only."""
    places: dict[str, set[int]] = {}
    for number, clause in enumerate(_CLAUSE.split(normalise(text))):
        for word in _topic(clause):
            places.setdefault(word, set()).add(number)
    return {word: found.pop() for word, found in places.items() if len(found) == 1}
