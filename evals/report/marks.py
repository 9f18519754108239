"""Where quotes and facts stand in a text, and the text cut there. Pure functions on strings."""

from collections.abc import Iterable

from evals.cases.nuggets import alias_matches
from rag.core.domain import Span
from rag.core.text import normalise

Pieces = list[tuple[str, bool]]
"""A text in order, each piece with whether it is marked."""


def pieces(text: str, spans: Iterable[Span]) -> Pieces:
    """The text cut at these spans; spans that overlap become one, and what lies outside is left out."""
    parts: Pieces = []
    position = 0
    for span in _merged(spans, len(text)):
        parts += [(text[position : span.start], False), (span.of(text), True)]
        position = span.end
    return [(part, marked) for part, marked in [*parts, (text[position:], False)] if part]


def _merged(spans: Iterable[Span], length: int) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        start, end = max(span.start, 0), min(span.end, length)
        if merged and start < merged[-1].end:
            start, end = merged[-1].start, max(end, merged.pop().end)
        if start < end:
            merged.append(Span(start, end))
    return merged


def places(alias: str, text: str) -> list[Span]:
    """Where a fact stands in a text that is not normalised, by the same rule by which answers are searched for facts."""
    letters: list[tuple[str, int]] = []
    for index, letter in enumerate(text):
        for normal in normalise(letter) or " ":
            if normal != " " or (letters and letters[-1][0] != " "):
                letters.append((normal, index))
    whole, needle = "".join(letter for letter, _ in letters), normalise(alias)
    spans, at = [], whole.find(needle) if needle else -1
    while at >= 0:
        # Two characters around it decide whether digits touch.
        if alias_matches(needle, whole[max(at - 2, 0) : at + len(needle) + 2]):
            spans.append(Span(letters[at][1], letters[at + len(needle) - 1][1] + 1))
        at = whole.find(needle, at + 1)
    return spans
