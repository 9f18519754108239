"""Numbers in sentences, with their units and signs: does every number that one sentence gives stand in another?

Owns: how numbers and units are written ("2.3times" = "2.3×" = "2.3-fold", "1,000" = "1k", "half" = "50%"), and what counts as the
same. Pure functions on strings. A digit inside a name (CIFAR-10, GPT-2, v1.5) belongs to the name, not here.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rag.core import lexicon
from rag.core.domain import Span
from rag.core.text import stem

_NUMBER = re.compile(
    r"(?<![A-Za-z\d.])(?<![A-Za-z]-)(?P<sign>(?<![\w)])[-+])?\$?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e(?P<exponent>[-+]?\d+))?"
    r"(?:\s*(?:10\s*)?\^\s*\{?(?P<power>-?\d+)\}?)?"
    r"(?:(?P<scale>[kKMB](?![A-Za-z])|(?:\s|-)(?:thousand|million|billion)s?\b))?"
)
_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_AS_WORDS = {word: float(value) for ((value,), spellings) in lexicon.table("number_words") for word in spellings}
_SHARES = {word: float(value) for ((value,), spellings) in lexicon.table("share_words") for word in spellings}
_FACTORS = {word: float(value) for ((value,), spellings) in lexicon.table("factor_words") for word in spellings}
_UNIT_OF = {spelling: spellings[0] for (spellings,) in lexicon.table("units") for spelling in spellings}
_AFTER = re.compile(r"[ \t]*[-–]?[ \t]*(%|×|[A-Za-z]+)")
_TOKEN = re.compile(r"%|×|[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]+")
_UNIT_REACH = 30
"""Characters after a number in which the source may name its unit ("10 reverse process steps")."""
_FRAME_REACH = 40
"""Characters before a number in which words tell whether it is a change or a value."""
_CHANGE = re.compile(
    r"\b(?:by|(?:reduc|decreas|increas|improve|gain|drop|declin|sav|prun|cut|boost|speed-?up)\w*(?: of)?)\s+"
    r"(?:(?:about|around|nearly|almost|roughly|approximately|some|up to|as much as|a|an|only|more than|over)\s+)*$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"(?<!up )(?<!compared )(?<!close )(?<!equal )(?<!according )\bto\s+(?:(?:about|around|only|just|a|an)\s+)*$"
    r"|\b(?:fid|fid-50k|scores?|accuracy|value|rate|bleu|psnr|ssim)(?: score)?\s*(?:of|is|=|:|was)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    `value` has scale words applied. `unit` is one of the known ones or "", `units` are the known ones named shortly after it. `noun` is
    the stem of the word after it, `nouns` are those of the words shortly after it. `frame` is "change" (by 5, a reduction of 5) or
    "value" (to 5, a score of 5) where the words before it tell. `loose` is a number written as a word. `text` is as written.
    """

    value: float
    unit: str
    units: frozenset[str]
    noun: str
    nouns: frozenset[str]
    frame: str
    negative: bool
    loose: bool
    text: str


def quantities(text: str) -> tuple[Quantity, ...]:
    """The numbers of a text in order of their kind: digits first, then words."""
    text = _plain(text)
    numbers = [_of_digits(text, match) for match in _NUMBER.finditer(text)]
    for match in _WORD.finditer(text):
        word = match.group().lower()
        joined = text[match.start() - 1 : match.start()] == "-" or text[match.end() : match.end() + 1] == "-"
        place = Span(*match.span())
        if word in _FACTORS:
            numbers.append(_quantity(text, place, _FACTORS[word], unit="x"))
        elif word in _SHARES and not joined:
            numbers.append(_quantity(text, place, _SHARES[word] * 100, unit="%", loose=True))
        elif word in _AS_WORDS:
            numbers.append(_quantity(text, place, _AS_WORDS[word], loose=True))
    return tuple(numbers)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("\\times", "×").replace("\\%", "%")
    text = re.sub(r"[\u2010-\u2015]", "-", text)
    return re.sub(r"(?<=\d)\s*[x×]\s*(?=\d)", " by-by ", text)  # 256x256 is two numbers, no factor


def _of_digits(text: str, match: re.Match[str]) -> Quantity:
    value = float(match["digits"].replace(",", ""))
    if match["exponent"]:
        value *= 10.0 ** min(30, max(-30, int(match["exponent"])))
    if match["power"]:
        value = value ** min(30, max(-30, int(match["power"])))
    if match["scale"]:
        value *= _SCALES[match["scale"].strip(" -").rstrip("s").lower()]
    return _quantity(text, Span(match.start("digits"), match.end()), value, negative=match["sign"] == "-")


def _quantity(
    text: str, place: Span, value: float, unit: str = "", loose: bool = False, negative: bool = False
) -> Quantity:
    """The number at a place, with what the words around it tell."""
    after = _AFTER.match(text, place.end)
    word = after.group(1).lower() if after else ""
    reach = re.split(r"[,;()]|\band\b|\d", text[place.end : place.end + _UNIT_REACH])[0]
    near = [token.lower() for token in _TOKEN.findall(reach)]
    before = text[max(0, place.start - _FRAME_REACH) : place.start]
    frame = "change" if _CHANGE.search(before) else "value" if _VALUE.search(before) else ""
    return Quantity(
        value=value,
        unit=unit or _UNIT_OF.get(word, ""),
        units=frozenset({_UNIT_OF[token] for token in near if token in _UNIT_OF} | ({unit} if unit else set())),
        noun=stem(word) if word.isalpha() and word not in _UNIT_OF else "",
        nouns=frozenset(map(stem, near)),
        frame=frame,
        negative=negative,
        loose=loose,
        text=place.of(text).strip(),
    )


def _same_value(claim: Quantity, given: Quantity) -> bool:
    if abs(claim.value - given.value) <= 1e-6 * max(1.0, abs(given.value)):
        return True
    # A share may be written as a part of one.
    return (claim.unit == "%" and abs(claim.value / 100 - given.value) < 1e-9) or (
        given.unit == "%" and abs(given.value / 100 - claim.value) < 1e-9
    )


@dataclass(frozen=True, slots=True)
class NumberConflicts:
    """What is wrong with the numbers of a sentence: `missing` from the source; `units` that differ; `frames`, a change
    for a value; `counts`, numbers as words that the source does not give; `nouns`, of something else. Each as written."""

    missing: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()


def number_conflicts(sentence: str, source: str) -> NumberConflicts:
    """Compare the numbers of a sentence with those of its source (evidence and title)."""
    given = quantities(source)
    digits = {match.group().lstrip("0").rstrip(".") for match in re.finditer(r"\d+(?:\.\d+)?", source.replace(",", ""))}
    lists: dict[str, list[str]] = {"missing": [], "units": [], "frames": [], "counts": [], "nouns": []}
    for claim in quantities(sentence):
        same = [other for other in given if _same_value(claim, other)]
        in_a_name = claim.text.replace(",", "").lstrip("0") in digits and not claim.unit
        absent = "" if in_a_name else "counts" if claim.loose else "missing"
        kind = _conflict_with(claim, same) if same else absent
        if kind:
            lists[kind].append(claim.text)
    return NumberConflicts(**{name: tuple(values) for name, values in lists.items()})


def _conflict_with(claim: Quantity, same: Sequence[Quantity]) -> str:
    """What is wrong with a number whose value the source has: "units", "frames", "nouns", or "" where one of them fits."""
    fitting = [other for other in same if not _wrong_unit(claim, other)]
    if not fitting or all(claim.negative and not other.negative for other in same):
        return "units"
    if claim.frame and all(other.frame and other.frame != claim.frame for other in fitting):
        return "frames"
    if claim.noun and not claim.unit and all(other.nouns and claim.noun not in other.nouns for other in fitting):
        return "nouns"
    return ""


def _wrong_unit(claim: Quantity, other: Quantity) -> bool:
    """Whether the source gives the number with other units only. Factors and steps are often left without one."""
    return bool(claim.unit) and claim.unit not in other.units and (bool(other.units) or claim.unit not in ("x", "step"))
