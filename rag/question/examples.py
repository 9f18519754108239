"""Example questions, made from a library's own titles. Knows no subject: any library gets questions that suit it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rag.core import lexicon
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
