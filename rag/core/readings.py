r"""How a reader knows what TeX has left in a text outside its formulas: `62\%` is 62%, `2.3times` is 2.3×, `\textbf{new}` is new.

Owns which left-overs are certain; whatever could be anything else stays as it stands ("10~20", "sim2real"). The words that are stored,
quoted, searched and exported stay exact: a reading is for those who show a text and can show its exact words too.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from rag.core import lexicon
from rag.core.accents import COMMAND, character
from rag.core.domain import Span
from rag.core.formulas import formulas

_DEEPEST = 3
_WITHIN = r"(?:[^{}]|\{[^{}]{0,200}\}){0,400}"
"""What may stand in braces: braces of its own too, one inside the other no more."""
_SPLIT = {r"\b{eta}": "β", r"\k{appa}": "κ", r"\r{ho}": "ρ", r"\c{hi}": "χ", r"\d{elta}": "δ"}
"""Names of letters of which arXiv took the beginning for an accent."""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ADDRESS = re.compile(r"https?://[^\s{}]{1,500}|www\.[^\s{}]{1,500}")
_DISPLAYED = re.compile(
    r"\\\[.{1,800}?\\\]|\\begin\{[a-z*]{1,20}\}.{1,800}?\\end\{[a-z*]{1,20}\}|\$\s[^$]{1,400}\s\$", re.DOTALL
)
"""Formulas that `formulas` does not tell from other words; to read a part of one would help nobody."""
_ANY = re.compile(r"[\\~]|``|---|\d(?:--|times|\^|\$|pm\d)|sim\d|10\^")
_QUOTED = re.compile(r"(?<!`)(?P<open>``)(?!`)[^`]{1,300}?(?P<close>'')(?!')")
_FIXED = {
    "times": "×", "about": "∼", "either": "±", "degree": "°", "formula_degree": "°", "range": "–", "dash": "—", "apostrophe": "'",
    "tilde": " ", "tie": " ", "thin": "\u202f", "space": " ",
}  # fmt: skip
_ALSO_IN_ADDRESSES = frozenset({"times", "about", "either", "range", "dash", "tilde", "power", "bare_power"})


@cache
def _symbols() -> dict[str, str]:
    return {name: sign for (sign,), names in lexicon.table("tex_symbols") for name in names}


@cache
def _leftover() -> re.Pattern[str]:
    names = "|".join(sorted(_symbols(), key=len, reverse=True))
    return re.compile(
        rf"""
          \\(?:emph|text(?:it|bf|tt|sc|rm|sf|up|sl|md|normal)?|underline|uline|mbox) \{{ (?P<styled> {_WITHIN} ) \}}
        | \{{ \\(?:em|it|bf|sc|tt|sf|sl|rm|bfseries|itshape) [ ] {{1,3}} (?P<switched> {_WITHIN} ) \}}
        | \\textcolor \{{ [\w!]{{1,30}} \}} \{{ (?P<coloured> {_WITHIN} ) \}}
        | \\href \{{ [^{{}}\s]{{1,400}} \}} \{{ (?P<linked> {_WITHIN} ) \}}
        | \\url \{{ (?P<address> [^{{}}\s]{{1,400}} ) \}}
        | \$? \\unicode \{{ x(?P<formula_code> [0-9A-Fa-f]{{2,5}} ) \}} \$?
        | (?P<split> {"|".join(map(re.escape, _SPLIT))} )
        | (?<=[A-Za-z]) (?P<apostrophe> \\' ) (?= (?:s|t|d|m|re|ll|ve)\b )
        | \$ \{{? \\(?P<formula_sign> {names} ) (?![A-Za-z]) (?:\{{\}})? \}}? \$
        | (?<=\w) (?P<formula_degree> \$ \^ (?: \{{\\circ\}} | \\circ ) \$ )
        | (?<=\w) \$ \^ \{{? (?P<formula_power> \d{{1,2}} ) \}}? \$
        | (?<=\w) \$ _ \{{? (?P<formula_index> \d{{1,2}} ) \}}? \$
        | (?P<accent> (?! \\['Hvurckdb]\s ) (?:{COMMAND.pattern}) )
        | \\(?P<escaped> [%&#_$] )
        | \{{ \\(?P<grouped_sign> {names}|deg ) \}}
        | \\(?P<sign> {names} ) (?![A-Za-z]) (?: \{{\}} | (?<=\\ie)\. | (?<=\\eg)\. | (?<=\\etal)\. )?
        | (?<=\d) (?P<degree> \^ (?: \{{\\circ\}} | \\circ (?![A-Za-z]) | circ (?![A-Za-z]) ) | \\deg (?![A-Za-z]) )
        | (?<=\d) (?P<times> times ) (?![A-Za-z_])
        | (?<![\w\\-]) (?P<about> sim ) (?= \d[\d.,]{{0,8}} (?: \\?% | times(?![a-z]) | \\times ) )
        | (?<=\.\d) (?P<either> pm ) (?= \d{{1,3}}\.\d )
        | (?<=\d) \^ \{{ (?P<ordinal> th|st|nd|rd ) \}}
        | (?<=(?<!\d)10) \^ (?: \{{ (?P<power> -?\d{{1,3}} ) \}} | (?P<bare_power> -?\d{{1,3}} ) (?![\w.}}]) )
        | (?<=\d) (?P<range> -- ) (?=\d)
        | (?<=[\w,.;:!?)%"']) (?P<dash> --- ) (?=[\w(“"'`\\])
        | (?<=[A-Za-z.,]) (?P<tilde> ~ ) (?=[\w\\$(]) | (?<=\d) (?P<tie> ~ ) (?=\\)
        | (?<=\d) (?P<thin> \\, ) (?=[A-Za-z\d%\\])
        | (?<=[.,;:)]) (?P<space> \\[ ] )
        """,
        re.VERBOSE,
    )


@lru_cache(maxsize=4_096)
def readings(text: str) -> tuple[tuple[Span, str], ...]:
    r"""Each certain left-over's place and how it is read, in order; none overlap. Of formulas only those are read that
    are one sign or a raised or lowered number (`$\times$`, `CO$_2$`)."""
    return tuple(_readings(text, 0)) if _ANY.search(text) else ()


def as_read(text: str) -> str:
    """The text with its left-overs as they are read."""
    return _as_read(text, 0)


def _readings(text: str, depth: int) -> Iterator[tuple[Span, str]]:
    found = [(match.span(), _words(match, depth), match.lastgroup or "") for match in _leftover().finditer(text)]
    for pair in _QUOTED.finditer(text):
        found += [(pair.span("open"), "“", ""), (pair.span("close"), "”", "")]
    if not found:
        return
    told = [span for span, _ in formulas(text)]
    alone = [Span(*place) for place, _, kind in found if kind.startswith("formula")]
    # Without the dollars of those, none of which begins another formula.
    masked = "".join("x" if mark else one for one, mark in zip(text, _covered(text, told + alone), strict=True))
    apart = _covered(text, [Span(*match.span()) for match in _DISPLAYED.finditer(masked)])
    closed = _covered(text, told, apart)
    closed_or_address = _covered(text, [Span(*match.span()) for match in _ADDRESS.finditer(text)], closed)
    position = 0
    for (start, end), words, kind in sorted(found):
        within = apart if kind.startswith("formula") else closed_or_address if kind in _ALSO_IN_ADDRESSES else closed
        if start >= position and within.find(1, start, end) < 0:
            yield Span(start, end), words
            position = end


def _covered(text: str, spans: Sequence[Span], also: bytearray | None = None) -> bytearray:
    """Per character of the text 1 where one of the spans covers it, or where `also` has it."""
    covered = bytearray(len(text) if also is None else also)
    for span in spans:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    return covered


def _as_read(text: str, depth: int) -> str:
    pieces, position = [], 0
    for span, words in _readings(text, depth) if depth <= _DEEPEST else ():
        pieces += [text[position : span.start], words]
        position = span.end
    return "".join([*pieces, text[position:]])


def _words(match: re.Match[str], depth: int) -> str:
    kind = match.lastgroup or ""
    words = match[kind]
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in ("styled", "switched", "coloured", "linked"):
        return _as_read(words, depth + 1)
    if kind in ("sign", "grouped_sign", "formula_sign"):
        return _symbols().get(words, "°")
    if kind in ("power", "bare_power", "formula_power"):
        return words.translate(_RAISED)
    if kind == "formula_index":
        return words.translate(_LOWERED)
    if kind == "formula_code":
        sign = chr(int(words, 16))
        return sign if sign.isprintable() else match[0]
    if kind == "accent":
        return character(match["grouped"] or match["bare"])
    return _SPLIT[words] if kind == "split" else words
