"""Numbers in sentences, with their units and signs: does every number that one sentence gives stand in another?

Owns: how numbers and units are written ("2.3times" = "2.3×" = "2.3-fold", "1,000" = "1k", "half" = "50%"), and what counts as the
same. Pure functions on strings. A digit inside a name (CIFAR-10, GPT-2, v1.5) belongs to the name, not here.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rag.core.text import stem

_NUMBER = re.compile(
    r"(?<![A-Za-z\d.])(?<![A-Za-z]-)(?P<sign>(?<![\w)])[-+])?\$?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e(?P<exponent>[-+]?\d+))?"
    r"(?:\s*(?:10\s*)?\^\s*\{?(?P<power>-?\d+)\}?)?"
    r"(?:(?P<scale>[kKMB](?![A-Za-z])|(?:\s|-)(?:thousand|million|billion)s?\b))?"
)
_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_WORDS = {
    name: float(value)
    for value, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
    )
} | {"twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "hundred": 100.0, "thousand": 1e3, "dozen": 12.0}
_SHARES = {"half": 0.5, "halves": 0.5, "halved": 0.5, "third": 1 / 3, "quarter": 0.25, "tenth": 0.1}
_TIMES = {"twice": 2.0, "double": 2.0, "doubles": 2.0, "doubled": 2.0, "twofold": 2.0, "threefold": 3.0, "triple": 3.0}
_TIMES |= {"triples": 3.0, "tripled": 3.0, "thrice": 3.0, "tenfold": 10.0, "fourfold": 4.0, "fivefold": 5.0}

_UNITS = {
    "%": "% percent percents pct",
    "point": "point points pp",
    "x": "x × times fold time-fold",
    "ms": "ms millisecond milliseconds",
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years",
    "kb": "kb kilobyte kilobytes",
    "mb": "mb megabyte megabytes",
    "gb": "gb gigabyte gigabytes",
    "tb": "tb terabyte terabytes",
    "kbps": "kbps",
    "mbps": "mbps",
    "bit": "bit bits",
    "byte": "byte bytes",
    "step": "step steps iteration iterations nfe nfes",
    "fps": "fps",
    "hz": "hz",
    "khz": "khz",
    "db": "db decibel decibels",
    "mm": "mm",
    "cm": "cm",
    "m": "metre metres meter meters",
    "km": "km",
    "mg": "mg",
    "kg": "kg",
    "layer": "layer layers",
    "epoch": "epoch epochs",
    "gpu": "gpu gpus",
    "token": "token tokens",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_AFTER = re.compile(r"[ \t]*[-–]?[ \t]*(%|×|[A-Za-z]+)")
_TOKEN = re.compile(r"%|×|[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]+")
_UNIT_REACH = 30
"""Characters after a number in which the source may name its unit ("10 reverse process steps")."""
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
    """A number in a text: `value` with scale words applied; `unit`, one of the known ones or ""; `units`, the known ones
    named shortly after it; `noun`, the stem of the word after it; `frame`: "change" (by 5, a reduction of 5) or
    "value" (to 5, a score of 5)
    where the words before it tell; `text` as written; `loose`, where it is a small number written as a word."""

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
    found = [_of_digits(text, match) for match in _NUMBER.finditer(text)]
    for match in _WORD.finditer(text):
        word = match.group().lower()
        joined = text[match.start() - 1 : match.start()] == "-" or text[match.end() : match.end() + 1] == "-"
        if word in _TIMES:
            found.append(_made(text, match.start(), match.end(), _TIMES[word], "x", False))
        elif word in _SHARES and not joined:
            found.append(_made(text, match.start(), match.end(), _SHARES[word] * 100, "%", True))
        elif word in _WORDS and word not in ("one", "zero"):
            found.append(_made(text, match.start(), match.end(), _WORDS[word], "", True))
    return tuple(found)


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
    return _made(text, match.start("digits"), match.end(), value, "", False, match["sign"] == "-")


def _made(text: str, start: int, end: int, value: float, unit: str, loose: bool, negative: bool = False) -> Quantity:
    after = _AFTER.match(text, end)
    word = after.group(1).lower() if after else ""
    reach = re.split(r"[,;()]|\band\b|\d", text[end : end + _UNIT_REACH])[0]
    near = [token.lower() for token in _TOKEN.findall(reach)]
    before = text[max(0, start - 40) : start]
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
        text=text[start:end].strip(),
    )


def _same_value(asked: Quantity, given: Quantity) -> bool:
    if abs(asked.value - given.value) <= 1e-6 * max(1.0, abs(given.value)):
        return True
    # A share may be written as a part of one.
    return (asked.unit == "%" and abs(asked.value / 100 - given.value) < 1e-9) or (
        given.unit == "%" and abs(given.value / 100 - asked.value) < 1e-9
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
    for asked in quantities(sentence):
        same = [other for other in given if _same_value(asked, other)]
        if not same:
            in_a_name = asked.text.replace(",", "").lstrip("0") in digits and not asked.unit
            if not in_a_name:
                lists["counts" if asked.loose else "missing"].append(asked.text)
            continue
        kind = _worst(asked, same)
        if kind:
            lists[kind].append(asked.text)
    return NumberConflicts(**{name: tuple(values) for name, values in lists.items()})


def _worst(asked: Quantity, same: Sequence[Quantity]) -> str:
    def wrong_unit(other: Quantity) -> bool:
        known = other.units
        return bool(asked.unit) and asked.unit not in known and (bool(known) or asked.unit not in ("x", "step"))

    if all(wrong_unit(other) for other in same):
        return "units"
    if all(asked.negative and not other.negative for other in same):
        return "units"
    fitting = [other for other in same if not wrong_unit(other)]
    if asked.frame and all(other.frame and other.frame != asked.frame for other in fitting):
        return "frames"
    if asked.noun and not asked.unit and all(other.nouns and asked.noun not in other.nouns for other in fitting):
        return "nouns"
    return ""
