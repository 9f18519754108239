"""The words by which a page says what a block is: labels such as "Title:", and the names of the parts of a structured abstract."""

import re
from functools import cache
from typing import Literal

from rag.core import lexicon
from rag.ingest.formats.page_names import names_in

Kind = Literal["rule", "title", "authors", "abstract", "section", "detail", "long", "sentence", "short"]
"""`title`: marked as one. `abstract`: begins with that label. `section`: a part of a structured abstract. `long`: a paragraph.
`sentence`: shorter, and ends as a sentence does. `short`: what titles, names and page furniture look like."""

NUMBER = re.compile(r"^(?:\[\d{1,5}\]|\(\d{1,5}\)|\d{1,5}[.)])\s+(?=\S)")
"""The number of a paper in a list."""

_RUNNING = r"(?:[A-Z][a-z]|[A-Z]\s[a-z]|\d\S*\s[a-z])"
"""How a sentence begins below a word in capitals; a title in capitals goes on in capitals."""


def labelled(line: str) -> tuple[str, Kind, str] | None:
    """The label that the line begins with, what it says of the block, and the rest of the line."""
    bare = line.rstrip(" :：").lower()
    if bare in label_kinds() and (line[-1] in ":：" or label_kinds()[bare] == "abstract"):
        return bare, label_kinds()[bare], ""
    match = label_start().match(line)
    if match is None:
        return None
    name = (match[1] or match[2] or match[3]).lower()
    kind = label_kinds()[name]
    # Only Abstract is told by a dash or by capitals alone; titles begin with "By the numbers" and "Links".
    if kind != "abstract" and not match[1] and not (name == "by" and names_in(line[match.end() :], 1)):
        return None
    return name, kind, line[match.end() :].strip()


def is_section_name(text: str) -> bool:
    return len(text) < 60 and NUMBER.sub("", text, count=1).rstrip(" :：.").lower() in section_names()


@cache
def label_kinds() -> dict[str, Kind]:
    """From the words before a colon to what they say of a block."""
    kinds: tuple[Kind, ...] = ("title", "authors", "abstract", "detail")
    return {name: kind for kind, row in zip(kinds, lexicon.table("page_labels"), strict=True) for name in row[0]}


@cache
def section_names() -> frozenset[str]:
    return frozenset(name for row in lexicon.table("page_sections") for name in row[0])


def _either(names: frozenset[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


@cache
def label_start() -> re.Pattern[str]:
    """Group 1: with a colon; 2: in brackets or with a dash; 3: in capitals alone, or By."""
    names = frozenset(label_kinds())
    abstract = frozenset(name for name, kind in label_kinds().items() if kind == "abstract")
    capitals = _either(frozenset(name.upper() for name in abstract if name.upper() != name))
    return re.compile(
        rf"(?:[【\[]?({_either(names)})[】\]]?\s?[:：]|[【\[]?({_either(abstract)})(?:[】\]]|\s?[—–.]|\s-)(?=\s|\S)"
        rf"|((?-i:(?:{capitals})(?=\s+{_RUNNING}))|by(?=\s)))\s*",
        re.IGNORECASE,
    )


@cache
def section_start() -> re.Pattern[str]:
    names = _either(section_names())
    capitals = _either(frozenset(name.upper() for name in section_names() if name.upper() != name))
    several = rf"(?:{names})(?:(?:, and |, | and | & |/)(?:{names})){{0,3}}(?:\(s\))?(?: \([^()]{{1,40}}\))?"
    in_capitals = rf"(?-i:(?:{capitals})(?:(?: AND | & |/)(?:{capitals}))?\s+(?={_RUNNING}))"
    return re.compile(
        rf"(?:\d{{1,2}}[.)]\s)?(?:{several}(?:\s?[:：—–]|\s-\s|\.\s)|[【\[](?:{names})[】\]]|{in_capitals})",
        re.IGNORECASE,
    )
