"""What a filter has found in a paper, as marks and as the sentence that holds it. Pure.

A word of a filter is found as the library finds it (`rag.library.filtering`): as a part of a word, or in another inflection.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.core.domain import Span
from rag.core.escaping import shorten
from rag.core.text import normalise, stem
from ui.views.marks import Mark

_AROUND = 90


@lru_cache(maxsize=64)
def pattern(words: str) -> re.Pattern[str] | None:
    """What matches each word of a filter; None where it has none."""
    parts: list[str] = []
    for word in normalise(words).split():
        if not re.search(r"\w", word):
            continue
        root = stem(word) if word.isalpha() else word
        # In another inflection only where enough is left to tell the word by.
        if len(root) >= 4:
            parts.append(rf"\b{re.escape(root)}\w*")
        parts.append(re.escape(word))
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def hits(text: str, words: str) -> list[Mark]:
    """Where the words are found in a text."""
    found = pattern(words)
    return [Mark(Span(*match.span()), kind="hit") for match in found.finditer(text)] if found else []


def passage(text: str, words: str, before: int = _AROUND) -> str:
    """The words around the first hit in a text, on one line, with at most `before` characters before it; "" where there is none."""
    found = pattern(words)
    first = found.search(text) if found else None
    if first is None:
        return ""
    start, end = max(0, first.start() - before), min(len(text), first.end() + _AROUND)
    opening = "… " if start else ""
    # Cut between words.
    cut = text[start:end].partition(" ")[2] if start else text[start:end]
    if end < len(text):
        cut = cut.rpartition(" ")[0] + " …"
    return opening + shorten(cut, 400)


def any_hits(texts: Sequence[str], words: str) -> bool:
    """Whether any of the texts holds one of the words."""
    found = pattern(words)
    return found is not None and any(map(found.search, texts))
