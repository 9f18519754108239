"""Tags and entities of HTML, JATS and MathML in titles and abstracts -> the words that a reader would see.

Owns which tags are known and what becomes of each. What is no known tag stays as it is: comparisons, formulas in TeX, addresses in
angle brackets, and tags that hide or run something, which are shown as they stand. Time grows with the length of the text.
"""

import html
import re
from dataclasses import dataclass, field
from html.entities import html5

from rag.core import lexicon

_INLINE = lexicon.words("tags_inline")
_BLOCK = lexicon.words("tags_block")
_KNOWN = _INLINE | _BLOCK
_HEADINGS = frozenset("title h1 h2 h3 h4 h5 h6 label".split())
_FRACTION = {"mfrac": "/", "msup": "^"}
_ALONE = frozenset("p br li tr td th hr dt dd break line-break inline-graphic xref".split())
"""Tags that are often not closed. Any other one counts only where one that closes it is there too: "a<b>c" is a comparison, and
"<s>" a token of a model."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TWICE = re.compile(
    r"&amp;(?=(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp|[A-Za-z]{2,8});)", re.IGNORECASE
)
_ATTRIBUTE = r"""\s{1,9}[A-Za-z_][\w:.-]{0,40}\s?=\s?(?:"[^"<>]{0,500}"|'[^'<>]{0,500}')"""
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<prefix>(?:(?:jats|mml|m|xhtml|html|ce|xocs):)?)(?P<name>[A-Za-z][A-Za-z0-9-]{{0,20}})"
    rf"(?P<attributes>(?:{_ATTRIBUTE}){{0,12}})\s{{0,9}}(?P<void>/?)>"
)
_HIDES = re.compile(
    r"""\b(?:style\s?=\s?["'][^"':]{0,100}:|on\w{1,20}\s?=|hidden\s?=|(?:bg)?color\s?=\s?["'](?:white|transparent|\#f{3,6})"""
    r"""|(?:size|width|height|opacity)\s?=\s?["'][01]["']"""
    r"""|class\s?=\s?["'][^"']{0,40}\b(?:sr-only|hidden|visually-hidden|invisible|screen-reader\w*|d-none)\b)""",
    re.IGNORECASE,
)
_LABEL = re.compile(r"""\bLabel\s?=\s?["']([^"'<>]{1,60})["']""", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_DOCUMENT = re.compile(r"\\begin\{document\}(.{0,2000}?)\\end\{document\}", re.DOTALL)
_RAISED = re.compile(r"[-+\u2212]?[\w.+\u2212-]{1,12}")
_UNRAISED = re.compile(r"st|nd|rd|th|tm|\u00ae|\u2122|\u00a9", re.IGNORECASE)
_OWN_NAME = re.compile(
    r"^\s*(?:abstract|ABSTRACT|Abstract)"
    r"(?:\s{0,9}[:.\u2013\u2014]\s*|[ \t]{0,9}[\r\n]\s*|\s+(?=(?:We|This|In|Background|Objectives?|Purpose)\b))"
)
_OWN_HEADINGS = frozenset("abstract summary".split())


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet: its name, where its text begins in the output, and how many parts it has."""

    name: str
    start: int
    parts: int = 0


@dataclass(slots=True)
class _Text:
    """The output as far as it is made, and the elements that are open."""

    headed: bool
    out: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    math: int = 0

    def add(self, text: str) -> None:
        self.out.append(text.strip() if self.math else text)

    def open(self, name: str, attributes: str) -> None:
        if self.math and self.stack and self.stack[-1].name in _FRACTION:
            self.out.append(_FRACTION[self.stack[-1].name] if self.stack[-1].parts == 1 else "")
            self.stack[-1].parts += 1
        self.math += name == "math"
        self.stack.append(_Open(name, len(self.out)))
        label = _LABEL.search(attributes) if self.headed and name == "abstracttext" else None
        if name in _BLOCK:
            self.out.append(" ")
        if label and label[1].strip().lower() not in ("unlabelled", "unassigned"):
            self.out.append(f"{label[1].strip().upper().rstrip(':')}: ")

    def close(self, name: str) -> None:
        place = next(
            (n for n in range(len(self.stack) - 1, max(-1, len(self.stack) - 40), -1) if self.stack[n].name == name),
            None,
        )
        if place is not None:
            start = self.stack[place].start
            del self.stack[place:]
            self._finish(name, start)
        self.math -= name == "math" and self.math > 0
        if name in _BLOCK:
            self.out.append(" ")

    def _finish(self, name: str, start: int) -> None:
        if name in ("sup", "super"):
            self._replace(start, self._raised("".join(self.out[start:]).strip(), start))
        elif name in ("sub", "inf"):
            self._replace(start, "".join(self.out[start:]).strip())
        elif self.headed and (name in _HEADINGS or self._is_own_name(start)):
            self._replace(start, _heading("".join(self.out[start:])))
        elif name in ("annotation", "tex-math"):
            self._replace(start, _tex("".join(self.out[start:])))
        elif name in ("math", "inline-formula", "alternatives", "disp-formula"):
            # A formula often comes twice, as TeX and as MathML: the TeX alone is kept.
            found = "".join(self.out[start:])
            tex = re.search(r"\x02([^\x03]{1,2000})\x03", found)
            self._replace(start, f"\x02{tex[1]}\x03" if tex else found)

    def _is_own_name(self, start: int) -> bool:
        """Whether the element that begins here is the heading "Abstract" in some other tag, before any text."""
        if len(self.out) > 12:
            return False
        own = "".join(self.out[start:]).strip(" :.").lower() in _OWN_HEADINGS
        return own and not "".join(self.out[:start]).strip()

    def _replace(self, start: int, text: str) -> None:
        del self.out[start:]
        self.out.append(text)

    def _raised(self, text: str, start: int) -> str:
        before = next((piece[-1] for piece in reversed(self.out[max(0, start - 8) : start]) if piece), " ")
        stands_on = before.isalnum() or before in ")]}"
        return f"^{text}" if stands_on and _RAISED.fullmatch(text) and not _UNRAISED.fullmatch(text) else text


def without_markup(text: str, *, headed: bool = False) -> str:
    """The text with known tags and entities resolved once; `headed` is true of an abstract, whose headings are kept as "METHODS: …".

    Text without any is returned as it is.
    """
    if headed:
        text = _OWN_NAME.sub("", text, count=1)
    if "<" not in text and "&" not in text:
        return text
    text = _unescaped(_CDATA.sub("", text))
    if "<" not in text:
        return text
    closed = {match["name"].lower() for match in _TAG.finditer(text) if match["close"]}
    opened = {match["name"].lower() for match in _TAG.finditer(text) if not match["close"]}
    hiding = {match["name"].lower() for match in _TAG.finditer(text) if _HIDES.search(match["attributes"])}
    made, end = _Text(headed), 0
    for match in _TAG.finditer(text):
        name = match["name"].lower()
        if name not in _KNOWN or name in hiding or not (match["prefix"] or name in _ALONE or name in closed & opened):
            continue
        made.add(text[end : match.start()])
        end = match.end()
        if match["void"]:
            made.out.append(" " if name in _BLOCK else "")
        elif match["close"]:
            made.close(name)
        else:
            made.open(name, match["attributes"])
    made.add(text[end:])
    whole = "".join(made.out).replace("\x02", "").replace("\x03", "")
    return _OWN_NAME.sub("", whole, count=1) if headed else whole


def _unescaped(text: str) -> str:
    for _ in range(3):
        once = _TWICE.sub("&", text)
        if once == text:
            break
        text = once
    return _ENTITY.sub(lambda entity: _character(entity[0]), text)


def _character(entity: str) -> str:
    return html.unescape(entity) if entity[1] == "#" or entity[1:] in html5 else entity


def _heading(text: str) -> str:
    """A section's name, as the beginning of its text; the name "Abstract" says nothing."""
    name = " ".join(text.split()).rstrip(" :.")
    if not name or name.lower() in _OWN_HEADINGS:
        return " "
    return f" {name.upper()}: " if len(name) <= 60 else f" {name}. "


def _tex(text: str) -> str:
    document = _DOCUMENT.search(text)
    tex = (document[1] if document else text).strip()
    bare = tex.strip("$").strip()
    return f"\x02${bare}$\x03" if bare else ""
