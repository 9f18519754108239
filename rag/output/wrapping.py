"""Lines for a terminal: text broken between words at a width in columns. Pure functions; knows nothing of terminals.

A character of Chinese, Japanese or Korean takes two columns and can stand at the end of a line. A word or an address that is longer
than a line stays whole, so that it can be clicked and copied.
"""

import re
import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len

_WORD = re.compile(r"([ \t]*)([^ \t]+)")
_MARKER = re.compile(r"\[\d{1,4}\][.,;:]?")
_ITEM = re.compile(r"[ \t]{0,40}(?:[-*•–]|\d{1,3}[.)])[ \t]{1,4}")
_INDENT = re.compile(r"[ \t]*")
_CLOSING = frozenset("、。，．：；？！ー…,.:;?!)]}\u200d\ufe0e\ufe0f")


def wrapped(text: str, width: int, hanging: int = 0) -> str:
    """The text with a line end wherever a line would be wider than `width` columns; as it is where `width` is 0 or less.

    Args:
        text: one or several paragraphs. An indented one, and an item of a list, goes on below its first word.
        width: columns of a line.
        hanging: columns that every line but the first of a paragraph is indented by, besides.
    """
    if width <= 0:
        return text
    return "\n".join(line for paragraph in text.split("\n") for line in _lines(paragraph, width, hanging))


def _lines(paragraph: str, width: int, hanging: int) -> Iterator[str]:
    begin = _ITEM.match(paragraph) or _INDENT.match(paragraph)
    indent = cell_len(begin[0]) if begin else 0
    # Where it would leave no room for words, the text goes on at the left.
    below = " " * (indent + hanging if indent + hanging < width // 2 else 0)
    line, used = "", 0
    for space, piece in _glued(paragraph):
        long = cell_len(space) + cell_len(piece)
        if line.strip() and used + long > width:
            yield line.rstrip()
            line, used, space, long = below, len(below), "", cell_len(piece)
        line += space + piece
        used += long
    yield line.rstrip()


def _glued(paragraph: str) -> Iterator[tuple[str, str]]:
    """What must stay together, each with the space before it; the marker of a source belongs to the word before it."""
    last: tuple[str, str] | None = None
    for space, piece in _pieces(paragraph):
        if last and space and _MARKER.fullmatch(piece):
            last = (last[0], last[1] + space + piece)
            continue
        if last:
            yield last
        last = (space, piece)
    if last:
        yield last


def _pieces(paragraph: str) -> Iterator[tuple[str, str]]:
    for space, word in _WORD.findall(paragraph):
        start = 0
        for end in range(1, len(word) + 1):
            if end == len(word) or _can_break(word[end - 1], word[end]):
                yield (space if start == 0 else ""), word[start:end]
                start = end


def _can_break(before: str, after: str) -> bool:
    """Whether a line can end between two characters of a word: beside a wide one, but not inside brackets, marks or a cluster."""
    if before.isascii() and after.isascii():
        return False
    if not (_is_wide(before) or _is_wide(after)) or before == "\u200d":
        return False
    if after in _CLOSING or unicodedata.category(after) in ("Pe", "Pf", "Mn", "Me", "Mc", "Sk"):
        return False
    return unicodedata.category(before) not in ("Ps", "Pi")


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
