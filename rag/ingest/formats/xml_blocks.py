"""XML files -> their records, one block of XML each: what PubMed, EndNote, arXiv and ACL files have in common.

Owns the cutting into blocks and the parsing of one. Each block is parsed alone: a broken one costs itself and no other, a file of any
length needs the memory of one record, and a document type, with the entities that it might declare, is never read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from xml.etree import ElementTree

from rag.core.domain import Rejected
from rag.core.escaping import shorten

_PREFIX = re.compile(r"(<\/?)[A-Za-z][\w.-]{0,40}:(?=[A-Za-z])")
_PREFIXED_ATTRIBUTE = re.compile(r"(\s)[A-Za-z][\w.-]{0,40}:([A-Za-z][\w.-]{0,40}\s{0,3}=)")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_OWN_ENTITIES = frozenset("amp lt gt quot apos".split())


@dataclass(frozen=True, slots=True)
class Block:
    """One record: its 1-based line, its element, and the place of its first character in the text."""

    line: int
    element: ElementTree.Element
    start: int


def opens(text: str, name: str) -> int:
    """How many elements of a name a text has, counted without parsing."""
    return len(re.findall(rf"<{name}[\s>]", text))


def blocks(text: str, name: str) -> Iterator[Block | Rejected]:
    """The elements of a name, which are not inside one another, in file order; one that cannot be parsed is rejected."""
    opening = re.compile(rf"<{name}(?=[\s>])")
    closing = f"</{name}>"
    place, line = 0, 1
    while match := opening.search(text, place):
        start = match.start()
        line += text.count("\n", place, start)
        end = text.find(closing, start)
        following = opening.search(text, start + 1)
        if end < 0 or (following and following.start() < end):
            yield Rejected(line, f"its <{name}> is not closed; the file may be cut off")
            end = following.start() if following else len(text)
        else:
            end += len(closing)
            yield _parsed(text[start:end], line, start)
        line += text.count("\n", start, end)
        place = end


def _parsed(block: str, line: int, start: int) -> Block | Rejected:
    plain = _PREFIXED_ATTRIBUTE.sub(r"\1\2", _PREFIX.sub(r"\1", block))
    plain = _ENTITY.sub(lambda entity: entity[0] if entity[1] in _OWN_ENTITIES else _character(entity[0]), plain)
    try:
        return Block(line, ElementTree.fromstring(plain), start)
    except ElementTree.ParseError as error:
        return Rejected(line, f"not XML: {shorten(str(error), 200)}")


def _character(entity: str) -> str:
    return html5.get(entity[1:], entity)


def inner(element: ElementTree.Element | None) -> str:
    """The text of an element with the tags in it, as mark-up; "" where there is none."""
    if element is None:
        return ""
    whole = ElementTree.tostring(element, encoding="unicode")
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
