"""XML files -> their records, one block of XML each: what PubMed, EndNote, arXiv and ACL files have in common.

Owns the cutting into blocks and the parsing of one. Each block is parsed alone: a broken one costs itself and no other, a file of any
length needs the memory of one record, and a document type, with the entities that it might declare, is never read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.entities import html5
from xml.etree import ElementTree

from rag.core.domain import Rejected
from rag.core.escaping import shorten
from rag.ingest.formats.record import RAW_CHARS

_PREFIX = re.compile(r"(<\/?)[A-Za-z][\w.-]{0,40}:(?=[A-Za-z])")
_PREFIXED_ATTRIBUTE = re.compile(r"(\s)[A-Za-z][\w.-]{0,40}:([A-Za-z][\w.-]{0,40}\s{0,3}=)")
_NAMESPACE = re.compile(r"""\sxmlns(?::[A-Za-z][\w.-]{0,40})?\s{0,3}=\s{0,3}(?:"[^"<>]{0,500}"|'[^'<>]{0,500}')""")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that no XML may hold; exports hold them all the same."""
_BROKEN = re.compile(r"(?<=[(\[])[ \t]{0,9}\n\s{0,200}(?=<)|(?<=>)[ \t]{0,9}\n\s{0,200}(?=[)\].,;])")
"""White space that programs put between a bracket and a tag when they indent a file."""
_OWN_ENTITIES = frozenset("amp lt gt quot apos".split())


MOST_CHARS = 16 << 20
"""Of one record: more than any paper of thousands of authors with all its references."""
_TAIL = 200
"""Longer than an opening tag's name: what may go on in the next piece."""


@dataclass(frozen=True, slots=True)
class Block:
    """One record: its 1-based line, its element without prefixes and namespaces, and the beginning of what stands there."""

    line: int
    element: ElementTree.Element
    raw: str


def opens(text: str, name: str) -> int:
    """How many elements of a name a text has, counted without parsing."""
    return len(re.findall(rf"<(?:[A-Za-z][\w.-]{{0,40}}:)?{name}[\s>]", text))


def count_of(pieces: Iterable[str], *names: str) -> int:
    """How many elements of these names a text in pieces has, counted without parsing."""
    opening = re.compile(rf"<(?:[A-Za-z][\w.-]{{0,40}}:)?(?:{'|'.join(names)})[\s>]")
    number, rest = 0, ""
    for piece in pieces:
        text, end = rest + piece, 0
        for match in opening.finditer(text):
            number, end = number + 1, match.end()
        rest = text[max(end, len(text) - _TAIL) :]
    return number


def blocks(pieces: Iterable[str], *names: str) -> Iterator[Block | Rejected]:
    """The elements of these names, which are not inside one another, in file order; one that cannot be parsed is rejected."""
    text = _Window(iter(pieces), names)
    while (start := text.opening()) is not None:
        line, name = start
        end = text.closing(name)
        if end is None:
            raw = text.drop_unclosed()
            yield Rejected(line, f"its <{name}> is not closed; the file may be cut off", raw=raw[:RAW_CHARS])
        else:
            yield _parsed(text.take(end), line)


class _Window:
    """The part of a text that is looked at: from the record at hand to as far as was read."""

    def __init__(self, pieces: Iterator[str], names: Iterable[str]) -> None:
        self._pieces = pieces
        self._opening = re.compile(rf"<((?:[A-Za-z][\w.-]{{0,40}}:)?(?:{'|'.join(names)}))(?=[\s>])")
        self._text, self._line = "", 1

    def opening(self) -> tuple[int, str] | None:
        """The line and the name of the next element, which the window then begins with; None where there is none."""
        while (match := self._opening.search(self._text)) is None:
            self._drop(max(0, len(self._text) - _TAIL))
            if not self._more():
                return None
        self._drop(match.start())
        return self._line, match[1]

    def closing(self, name: str) -> int | None:
        """Where the element ends that the window begins with; None where it is not closed before another of its name opens."""
        either = re.compile(rf"</{re.escape(name)}\s{{0,9}}>|<{re.escape(name)}(?=[\s>])")
        place = 1
        while True:
            if (match := either.search(self._text, place)) is not None:
                return match.end() if match[0].startswith("</") else None
            place = max(1, len(self._text) - _TAIL)
            if len(self._text) > MOST_CHARS or not self._more():
                return None

    def take(self, end: int) -> str:
        """What stands before a place; the window then begins there."""
        taken = self._text[:end]
        self._drop(end)
        return taken

    def drop_unclosed(self) -> str:
        """What stands before the next element opens, or all that there is; the window then begins there."""
        following = self._opening.search(self._text, 1)
        return self.take(following.start() if following else max(1, len(self._text) - _TAIL))

    def _drop(self, end: int) -> None:
        self._line += self._text.count("\n", 0, end)
        self._text = self._text[end:]

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        self._text += piece or ""
        return piece is not None


def _parsed(block: str, line: int) -> Block | Rejected:
    plain = _PREFIXED_ATTRIBUTE.sub(r"\1\2", _PREFIX.sub(r"\1", _NAMESPACE.sub("", block)))
    plain = _ENTITY.sub(lambda entity: entity[0] if entity[1] in _OWN_ENTITIES else _character(entity[0]), plain)
    try:
        return Block(line, ElementTree.fromstring(_UNWRITABLE.sub(" ", plain)), block[:RAW_CHARS])
    except ElementTree.ParseError as error:
        return Rejected(line, f"not XML: {shorten(str(error), 200)}", raw=block[:RAW_CHARS])


def _character(entity: str) -> str:
    return html5.get(entity[1:], entity)


def inner(element: ElementTree.Element | None) -> str:
    """The text of an element with the tags in it, as mark-up; "" where there is none."""
    if element is None:
        return ""
    whole = _BROKEN.sub("", ElementTree.tostring(element, encoding="unicode"))
    whole = whole[: len(whole) - len(element.tail or "")] if element.tail else whole
    return whole[whole.find(">") + 1 : whole.rfind("</")].strip() if "</" in whole else ""


def plain(element: ElementTree.Element | None) -> str:
    """The text of an element without its tags, white space folded."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def plains(parent: ElementTree.Element, path: str) -> list[str]:
    """The texts of all elements of a path that hold any."""
    return [text for element in parent.iterfind(path) if (text := plain(element))]


def first(parent: ElementTree.Element, *paths: str) -> str:
    """The text of the first element of the first of these paths that holds any."""
    return next((text for path in paths for text in plains(parent, path)), "")
