"""BibTeX files -> their blocks, one `@type{…}` each, and the raw values of their fields.

Owns the cutting into blocks and the reading of one, as far as hand-made files can be read: missing commas, keys with spaces, quotation
marks inside quoted texts, round brackets, several entries in a line. A block that nothing closes ends where the next entry opens, and
says so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MOST_LINES, MOST_CHARS = 20_000, 2_000_000
"""Of one block; more stands there only where nothing closes it."""
_OPENS = re.compile(r"[ \t]{0,9}@\s{0,9}([A-Za-z]{3,30})\s{0,9}([{(])")
_OPENS_SURELY = re.compile(
    r"[ \t]{0,9}@\s{0,9}[A-Za-z]{3,30}\s{0,9}[{(]\s{0,9}(?:[^{}(),=@\n]{0,200}(?:,|\n|$)|[A-Za-z-]{1,40}\s{0,9}=)"
)
"""The beginning of an entry, even where the one before it is not closed: a key and a comma follow, or the first field."""
_NEXT = re.compile(rf"[\s,]{{0,99}}{_OPENS.pattern}")
_KEY = re.compile(r"\s{0,99}([^{}(),=\"]{0,300}?)\s{0,99}(?:,|(?=[})]))")
_NAME = re.compile(r"[\s,]{0,999}([A-Za-z][^\s={},\"#%()]{0,79})\s{0,99}=\s{0,99}")
_GAP = re.compile(r"[\s,]{0,9999}")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_QUOTES = re.compile(r"\\.|[{}\"]", re.DOTALL)
_AFTER_QUOTE = re.compile(r"\s{0,99}(?:[,#})]|$|[A-Za-z][\w-]{0,40}\s{0,9}=)")
_BARE = re.compile(r"[^\s,#{}()\"]{1,200}")
_JOIN = re.compile(r"\s{0,99}#\s{0,99}")


@dataclass(slots=True)
class Block:
    """One block: its 1-based line, its type in lower case, its fields by lower-case names, what stands there, and what is wrong with
    it ("": nothing)."""

    line: int
    kind: str
    raw: str
    fields: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def blocks(lines: Iterable[str], strings: dict[str, str]) -> Iterator[Block]:
    """The blocks of a file in its order.

    Args:
        lines: of the file.
        strings: what `@string` blocks define, by lower-case names; is filled on the way.
    """
    for line, text in _texts(lines):
        place = 0
        while (match := _NEXT.match(text, place)) is not None:
            block, end = _block(text, match, line + text.count("\n", 0, match.start(1)), strings)
            if block.kind == "string":
                strings.update(block.fields)
            yield block
            place = end


def count_of(lines: Iterable[str], no_papers: frozenset[str]) -> int:
    """How many entries a file has, counted by how they open."""
    opening = re.compile(rf"^{_OPENS.pattern}|\}}[\s,]{{0,9}}{_OPENS_SURELY.pattern}")
    kind = re.compile(r"@\s{0,9}([A-Za-z]{3,30})")
    return sum(
        found is not None and found[1].lower() not in no_papers
        for line in lines
        if "@" in line
        for match in opening.finditer(line[:MOST_CHARS])
        if (found := kind.search(match[0]))
    )


def _texts(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """(1-based line, text) from each line that opens an entry to the line before the next one that does."""
    held: list[str] = []
    start, depth, size = 0, 0, 0
    for number, line in enumerate(lines, start=1):
        begins = _OPENS.match(line) is not None and (depth <= 0 or _OPENS_SURELY.match(line) is not None)
        if begins or size > MOST_CHARS or len(held) > MOST_LINES:
            if held:
                yield start, "\n".join(held)
            held, start, depth, size = ([line], number, 0, 0) if begins else ([], 0, 0, 0)
        elif held:
            held.append(line)
        if held:
            size += len(line)
            depth += sum({"{": 1, "}": -1}.get(mark, 0) for mark in _BRACES.findall(line)) if depth >= 0 else 0
    if held:
        yield start, "\n".join(held)


def _block(text: str, opening: re.Match[str], line: int, strings: Mapping[str, str]) -> tuple[Block, int]:
    """The block that opens in a text, and where it ends."""
    kind, closing = opening[1].lower(), "}" if opening[2] == "{" else ")"
    start = opening.start(1) - 1
    place = opening.end()
    block = Block(line, kind, "")
    if kind in ("comment", "preamble"):
        end = _closed(text, opening.end() - 1) if closing == "}" else text.find(")", place) + 1
        return block, end or len(text)
    if kind != "string" and (key := _KEY.match(text, place)):
        place = key.end()
    while True:
        if (name := _NAME.match(text, place)) is not None:
            value, end = _value(text, name.end(), strings)
            if end is None:
                block.problem = f"nothing closes its field {name[1]!r}"
                break
            block.fields.setdefault(name[1].lower(), value)
            place = end
            continue
        gap = _GAP.match(text, place)
        place = gap.end() if gap else place
        if text.startswith(closing, place):
            place += 1
            # A bracket too many in the middle of an entry: what goes on with fields behind it is still of it.
            if _NAME.match(text, place) is None or not text[place:].lstrip().startswith(","):
                break
        elif place >= len(text):
            block.problem = "nothing closes it"
            break
        else:
            place = _behind(text, place)
    if not block.fields and not block.problem:
        block.problem = "it has no fields"
    block.raw = text[start : place if not block.problem else len(text)]
    return block, place if not block.problem else len(text)


def _behind(text: str, place: int) -> int:
    """Where reading goes on behind something that is no field: at the next comma, or bracket."""
    match = re.compile(r"[,})]").search(text, place + 1)
    return match.start() if match else len(text)


def _value(text: str, place: int, strings: Mapping[str, str]) -> tuple[str, int | None]:
    """The value that begins at a place, its pieces joined, and where it ends; None where nothing closes it."""
    pieces = []
    while True:
        piece, end = _piece(text, place, strings)
        if end is None:
            return "", None
        pieces.append(piece)
        join = _JOIN.match(text, end)
        if join is None:
            return "".join(pieces), end
        place = join.end()


def _piece(text: str, place: int, strings: Mapping[str, str]) -> tuple[str, int | None]:
    if text.startswith("{", place):
        end = _closed(text, place)
        return (text[place + 1 : end - 1], end) if end else ("", None)
    if text.startswith('"', place):
        end = _quoted(text, place)
        return (text[place + 1 : end - 1], end) if end else ("", None)
    bare = _BARE.match(text, place)
    if bare is None:
        return "", place
    return strings.get(bare[0].lower(), bare[0]), bare.end()


def _closed(text: str, place: int) -> int | None:
    """Behind the bracket that closes the one at a place."""
    depth = 0
    for mark in _BRACES.finditer(text, place):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    return None


def _quoted(text: str, place: int) -> int | None:
    """Behind the mark that ends the quoted text at a place: one inside no brackets, before a comma or what else may follow."""
    depth = 0
    for mark in _QUOTES.finditer(text, place + 1):
        depth = max(0, depth + {"{": 1, "}": -1}.get(mark[0], 0))
        if mark[0] == '"' and depth == 0 and _AFTER_QUOTE.match(text, mark.end()):
            return mark.end()
    return None
