"""A page of text -> its blocks, with the line each begins in, and what kind of thing a block is by its own looks.

Blocks are parted by blank lines, rules and headings, and inside a paragraph where a line was ended on purpose. Owns what a block looks
like on its own; which of them make a paper is decided where the whole page is known (`seed_page`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.core import lexicon
from rag.ingest.formats.page_labels import (
    NUMBER,
    Kind,
    is_section_name,
    label_kinds,
    labelled,
    section_names,
    section_start,
)
from rag.ingest.formats.page_names import is_names, names_in

LONG_WORDS = 40
"""A block of this weight is a paragraph; a title is lighter."""
SENTENCE_WORDS = 3
"""A lighter block is short, also where it ends with a full stop."""
UNWRAPPED = 140
"""Where a line is longer, the page is not wrapped, and each line end is meant."""

_HEAD_LINES = 5
_ROOM = 3
_FULL_LINE = 60

# Scripts without blanks between words: a character counts as a part of a word.
_IDEOGRAPH = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_WEIGHTS = (
    (re.compile(f"[{_IDEOGRAPH}]"), 0.6),
    (re.compile("[\uac00-\ud7af]"), 0.45),
    (re.compile("[\u0e00-\u0eff]"), 0.2),
)
_SPACELESS = re.compile(f"[{_IDEOGRAPH}\uac00-\ud7af\u0e00-\u0eff]+")
_NO_BLANK = re.compile(f"(?<=[{_IDEOGRAPH}]) (?=[{_IDEOGRAPH}])")
_SENTENCE_END = re.compile(r"[.…。．｡।॥۔።][\"'”’»」』)\]）]{0,3}(?:\s?\[[\d,\s-]{1,12}\])?$")
_RULE = re.compile(r"(?:\\\\(?: \(.*)?|[-=_*~#]{3,}|(?:[-*_] ){2,}[-*_])")
_HEADING = re.compile(r"#{1,6}\s+(\S.*)")
_HYPHEN = re.compile(r"\w-$")
_ONE_OF_SEVERAL = re.compile(r"(?:and|or|to|und|nor|versus)(?![\w-])|$")
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})(\S(?:.{0,400}?\S)?)\1(.*)")
_URL = re.compile(r"https?://\S")


@dataclass(frozen=True, slots=True)
class Block:
    """Words on one line as they stand on the page, the 1-based line they begin in, and what they look like.

    `label` is what stood before a colon, in lower case, and is no part of `text`; that of a section is.
    """

    line: int
    text: str
    kind: Kind
    label: str = ""

    @property
    def weight(self) -> float:
        """Its length in words."""
        return weight(self.text)


def weight(text: str) -> float:
    """The length in words; in scripts that part no words a character counts as a share of one."""
    if text.isascii():
        return len(text.split())
    spaced = len(_SPACELESS.sub(" ", text).split())
    return spaced + sum(share * len(script.findall(text)) for script, share in _WEIGHTS)


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page in order."""
    lines: list[tuple[int, str]] = []
    label: tuple[str, Kind] | None = None

    def flush() -> Iterator[Block]:
        nonlocal lines, label
        if label and (lines or label[1] == "abstract"):
            start = lines[0][0] if lines else 0
            yield Block(start, _joined(lines), label[1], label[0])
        elif lines:
            yield from _paragraph(lines)
        lines, label = [], None

    number = 0
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        line = _plain(raw)
        if not line:
            yield from flush()
        elif _RULE.fullmatch(line):
            underlines = line[0] in "=-" and len(lines) == 1 and not label and _looks(lines[0][1]) == "short"
            if underlines:
                yield Block(lines[0][0], NUMBER.sub("", lines[0][1], count=1), "title", "heading")
                lines = []
            yield from flush()
            if not underlines:
                yield Block(number, line, "rule")
        elif (marked := _marked(line)) is not None:
            yield from flush()
            yield Block(number, *marked)
        elif (found := labelled(line)) is not None and not (lines and not label and line[0].islower()):
            yield from flush()
            name, kind, rest = found
            label, lines = (name, kind), [(number, rest)]
        elif label and not _continues(label[1], raw, lines):
            yield from flush()
            lines = [(number, line)]
        else:
            lines.append((number, line))
    yield from flush()


def _plain(raw: str) -> str:
    """The line without what Markdown puts before it and around labels."""
    line = " ".join(raw.replace("\ufeff", "").split())
    if line.startswith(">"):
        line = line.lstrip("> ")
    if line[:2] in ("- ", "* ", "• ") and line[2:4] in ("**", "__"):
        line = line[2:]
    match = _EMPHASIS.match(line) if line[:1] in ("*", "_") else None
    if (match and match[3].startswith((":", "：", "."))) or (
        match and match[2].endswith((":", "：", ".")) and match[3]
    ):
        return f"{match[2]}{match[3]}"
    return line


def _marked(line: str) -> tuple[str, Kind, str] | None:
    """A heading, or a line that is bold as a whole: a title, the word Abstract, or the name of a section."""
    heading = _HEADING.fullmatch(line)
    bold = _EMPHASIS.fullmatch(line) if line[:1] in ("*", "_") else None
    if heading:
        text = heading[1].rstrip("#").rstrip()
    elif bold and not bold[3].strip(" :："):
        text = bold[2]
    else:
        return None
    inner = _EMPHASIS.fullmatch(text)
    text = inner[2] if inner and not inner[3] else text
    text = NUMBER.sub("", text, count=1).strip()
    bare = text.rstrip(" :：.").lower()
    if bare in label_kinds():
        kind = label_kinds()[bare]
        return ("", kind, bare) if kind == "abstract" else (text, "detail", bare)
    if bare in section_names():
        return f"{text.rstrip(' :：.')}:", "section", "heading"
    if found := labelled(text):
        return found[2], found[1], found[0]
    if bold and len(bold[1]) == 1 and not heading:  # italics are no title
        return text, _looks(text), ""
    if weight(text) >= LONG_WORDS:
        return text, "long", ""
    return text, "title", "heading"


def _continues(kind: Kind, raw: str, lines: list[tuple[int, str]]) -> bool:
    """Whether a line goes on with what was labelled before it."""
    if kind == "abstract" or not lines[-1][1] or (kind != "title" and not lines[0][1]):
        return True
    indented = raw[:1] in (" ", "\t")
    wrapped = len(lines[-1][1]) >= 50 and len(raw.strip()) <= UNWRAPPED
    if kind == "authors" and lines[-1][1].endswith((",", "，", " and")):
        return True
    return indented or (kind in ("title", "authors") and wrapped and not (kind == "title" and names_in(raw, 2)))


def _paragraph(lines: list[tuple[int, str]]) -> Iterator[Block]:
    """A run of lines without a blank one: one block, or several where lines were ended on purpose."""
    if _width(lines) > UNWRAPPED:
        yield from _unwrapped(lines)
        return
    start = 0
    while start < min(len(lines) - 1, _HEAD_LINES) and _stands_alone(lines, start):
        yield _block(*lines[start])
        start += 1
    yield _block(lines[start][0], _joined(lines[start:]))


def _unwrapped(lines: list[tuple[int, str]]) -> Iterator[Block]:
    """A block a line, where lines are as long as paragraphs; a short line that hangs goes on in the next."""
    part: list[tuple[int, str]] = []
    for line in lines:
        if part and (len(part[-1][1]) > UNWRAPPED or not _hangs(part[-1][1], line[1])):
            yield _block(part[0][0], _joined(part))
            part = []
        part.append(line)
    yield _block(part[0][0], _joined(part))


def _stands_alone(lines: list[tuple[int, str]], start: int) -> bool:
    """Whether a line at the head of a hard-wrapped paragraph is a title, a line of authors, or another line of its own."""
    here, following = lines[start][1], lines[start + 1][1]
    if is_section_name(here) or (start and is_names(here)):
        return True
    if len(here) < 100 and lexicon.patterns("page_details").match(here):
        return True
    # The next word would have had room in it, so the line was ended on purpose.
    if _hangs(here, following) or ends_sentence(here) or here.endswith((",", ";")):
        return False
    room = _width(lines[start + 1 :]) - len(here) - 1 - len(following.split()[0])
    rest = _joined(lines[start + 1 :])
    # Below a full line the rest of a title may look like two names.
    listed = len(here) < _FULL_LINE or "," in following or ";" in following
    return (listed and is_names(following)) or (
        room >= _ROOM and weight(rest) >= SENTENCE_WORDS and ends_sentence(rest)
    )


def _width(lines: list[tuple[int, str]]) -> int:
    return max(len(text) for _, text in lines)


def _hangs(line: str, following: str) -> bool:
    """Whether a line cannot end there: the next one goes on in lower case, or its last word asks for more."""
    last = line.split()[-1].lower()
    return following[:1].islower() or line.endswith((":", "-", "–")) or last in lexicon.words("dull_in_keys") | {"&"}


def _joined(lines: list[tuple[int, str]]) -> str:
    """The lines as one: a hyphen at the end of a line goes on without a blank, unless it is one of several, as in "pre- and post-"."""
    texts = [text for _, text in lines if text]
    whole = "".join(
        text if _HYPHEN.search(text) and not _ONE_OF_SEVERAL.match(after) else f"{text} "
        for text, after in pairwise([*texts, ""])
    )
    return _NO_BLANK.sub("", whole).strip()


def _block(line: int, text: str) -> Block:
    if is_section_name(text):
        return Block(line, f"{text.rstrip(' :：.')}:", "section", "heading")
    if section_start().match(text):
        return Block(line, text, "section")
    kind = _looks(text)
    number = NUMBER.match(text)
    if kind in ("short", "sentence") and number and not lexicon.patterns("page_details").match(text):
        return Block(line, text[number.end() :], kind, "number")
    return Block(line, text, kind)


def _looks(text: str) -> Kind:
    heavy = weight(text)
    if heavy >= LONG_WORDS:
        return "long"
    if lexicon.patterns("page_details").match(text):
        return "detail"
    if is_names(text):
        return "authors"
    if heavy >= SENTENCE_WORDS and ends_sentence(text):
        return "sentence"
    return "detail" if _URL.search(text) else "short"


def ends_sentence(text: str) -> bool:
    """Whether a text ends with a full stop, also in quotation marks, brackets or before a citation."""
    # A title may ask or exclaim; only a full stop says that a short block is a sentence.
    return bool(_SENTENCE_END.search(text[-20:]))
