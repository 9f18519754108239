"""Example questions, made from a library's own titles. Knows no subject: any library gets questions that suit it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rag.core import lexicon
from rag.core.domain import Paper
from rag.core.escaping import shorten
from rag.core.names import name_in_title
from rag.core.text import clean

_NAME = re.compile(r"[^\W\d_][\w.+-]*(?: [\w.+-]+){0,2}")
_WORD = re.compile(r"[^\W\d_][\w-]*\w")


def example_questions(titles: Iterable[str], limit: int = 4) -> list[str]:
    """Up to `limit` questions about papers of these titles: named things first, then shared subjects, then whole titles."""
    titles = [clean(title) for title in titles]
    names = [f"What is {name} and what does it improve?" for name in _names(titles)]
    shared = [f"Which papers here are about {subject}?" for subject in subjects(titles)]
    whole = [f"What does “{title}” report?" for title in titles if title and title == shorten(title, 90)]
    mixture = [*names[:1], *shared[:1], *names[1:2], *shared[1:2], *whole]
    return list(dict.fromkeys(mixture))[:limit]


def _names(titles: Iterable[str]) -> list[str]:
    """What stands before the colon of a title and looks like a name, names of one word first."""
    names = [name for name in map(name_in_title, titles) if len(name) <= 30 and _NAME.fullmatch(name)]
    # A capital after the first letter ("DeepCache", "BERT") tells a coined name from an ordinary word.
    return sorted(dict.fromkeys(names), key=lambda name: (" " in name, not re.search(r"\w[A-Z]", name)))


def subjects(titles: Sequence[str]) -> list[str]:
    """Terms that several titles share, but not most of them: pairs of words first, none that repeats another's words."""
    counts = Counter(term for title in titles for term in _terms(title))
    several = [term for term, n in counts.items() if 2 <= n <= max(2, len(titles) // 3)]
    several.sort(key=lambda term: (" " not in term, " " not in term and "-" not in term, -counts[term], term))
    found: list[str] = []
    for term in several:
        if not any(set(term.split()) & set(other.split()) for other in found):
            found.append(term)
    return found


def _terms(title: str) -> set[str]:
    """The words and word pairs of a title that could be a subject, in lower case."""
    words = [word.lower() for word in _WORD.findall(title)]
    dull = [word in lexicon.words("dull_in_titles") or len(word) < 4 for word in words]
    single = {word for word, skip in zip(words, dull, strict=True) if not skip}
    pairs = zip(words, words[1:], dull, dull[1:], strict=False)
    return single | {f"{left} {right}" for left, right, skip_left, skip_right in pairs if not (skip_left or skip_right)}


def example_candidates(papers: Sequence[Paper], each: int = 4) -> list[list[str]]:
    """Questions about these papers, up to `each` of a kind, the most wanted first: a definition, a number, a list, a comparison.

    They are made of the papers' own words; whether they are answered has to be tried.
    """
    papers = [paper for paper in papers if paper.abstract]
    titles = [clean(paper.title) for paper in papers]
    shared = subjects(titles)
    named = [(name, paper) for paper, name in ((paper, _own_name(paper)) for paper in papers) if name]
    named.sort(key=lambda item: (" " in item[0], not re.search(r"\w[A-Z]", item[0])))
    numbers = [
        question.format(name) for name, paper in named for asks, question in _NUMBERS if asks.search(paper.abstract)
    ]
    return [
        [f"What is {name}?" for name, _ in named[:each]],
        list(dict.fromkeys(numbers))[:each],
        [f"Which papers are about {subject}?" for subject in shared[: 2 * each]],
        [f"How do {one} and {other} differ?" for one, other in _alike(named, shared)][:each],
        [f"What does “{title}” report?" for title in titles if title and title == shorten(title, 90)][:each],
    ]


_NUMBERS = (
    (
        re.compile(r"\d(?:\.\d+)?\s?(?:x|×|times)\s?(?:faster|speed)|speed-?up (?:factor )?of", re.I),
        "How much faster is {}?",
    ),
    (re.compile(r"\bFID\b[^.]{0,40}\d", re.I), "What FID does {} reach?"),
    (re.compile(r"\baccuracy\b[^.]{0,40}\d|\d\s?%[^.]{0,20}\baccuracy", re.I), "What accuracy does {} reach?"),
    (re.compile(r"\bBLEU\b[^.]{0,40}\d", re.I), "What BLEU does {} reach?"),
    (re.compile(r"\d\s?%"), "By how many percent does {} improve?"),
)
"""What an abstract gives a number for, and how it is asked for."""


def _own_name(paper: Paper) -> str:
    """The name before the colon of a title, where it looks like one and the abstract uses it too."""
    name = name_in_title(clean(paper.title))
    fits = len(name) <= 30 and _NAME.fullmatch(name) and name.lower() in paper.abstract.lower()
    return name if fits else ""


def _alike(named: Sequence[tuple[str, Paper]], shared: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names whose papers have a subject in common."""
    for subject in shared:
        of_subject = [name for name, paper in named if subject in f"{paper.title} {paper.abstract}".lower()]
        if len(of_subject) > 1:
            yield of_subject[0], of_subject[1]
