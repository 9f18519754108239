"""Conditions that a question names and the papers asked about do not: a data set, a model, a size, a number of steps, a device.

"FID of DeepCache on COCO", where its abstract gives one on ImageNet: the nearest words are shown, and the condition that does not match
is named. A condition counts as missing only where no spelling of it stands in title or abstract, so that no answer is lost to a
hyphen, a plural, an abbreviation or a typing error. Owns which words of a question are conditions, and when a text has one.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.answer import amounts, premises
from rag.answer.quoted import short_name
from rag.answer.told import Told
from rag.checking.numbers import quantities
from rag.core import lexicon
from rag.core.domain import Answer, Evidence, Paper
from rag.core.lexicon import patterns
from rag.core.sentences import sentences
from rag.core.text import STOP_WORDS, normalise, stem, words
from rag.evidence.injection import addresses_the_machine
from rag.question import kinds
from rag.question.details import MEASURES, Measure
from rag.question.follow_up import Query
from rag.question.languages import is_foreign
from rag.question.negations import naming
from rag.search.paper_names import owners

_MOST_SHOWN = 2
_MOST_PAPERS = 2
"""Papers that a question may be about; what is missing from more of them says little."""
_UNITS = frozenset({"step", "bit", "kbps", "khz", "hz", "fps"})
"""Of amounts that are conditions rather than what is asked for."""
_NO_CONDITION = lexicon.words("no_condition")
_OF_MEASURES = ("on", "for", "with", "at", "using")
"""Words before what a value is measured on."""
_MANNER = re.compile(r"-(?:based|like|style|free|driven|aware|only|level|to)\b.*", re.IGNORECASE)
_MEDIA = lexicon.words("media")
_SIZE = patterns("condition_size")
_BEFORE = patterns("condition_before")
_CAPITAL = re.compile(r"(?<![\w.-])[A-Z][\w+/-]*\w\+?")
_MORE_CAPITALS = re.compile(r"(?: v?[\d.]*\d\b| [A-Z][\w-]*){0,3}")
_NUMBERED = re.compile(r"([a-z]{3,40})v?\d{1,6}[a-z]{0,2}")
_FASTER = re.compile(r"\b(?:speed|fast|accelerat|quick)", re.IGNORECASE)
_LAST_SENTENCE = re.compile(r"(?<=[.!?:>])\s+(?=\S)")
_REACH = 24
"""Characters before a condition in which its preposition stands."""
_LIKE, _LONG_NAME = 0.8, 6
"""How like a word must be to be the same one with a typing error, and from how many letters on one is looked for."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as typed; the word before it ("on"), which is "" where it has none; and what it is where it is no name: "size", a
    "medium" such as video, or the unit of an amount ("step")."""

    text: str
    before: str = ""
    kind: str = ""


def missing(query: Query, answer: Answer, quotes: Sequence[Evidence]) -> Told | None:
    """The line and the nearest words, where the papers asked about do not name a condition of the question, or deny what it takes for
    granted; None where all fits.

    Args:
        query: the question.
        answer: the usual one; where it is declined, a condition is missed only in a paper that the question names.
        quotes: what it quotes, or would have quoted, best first.
    """
    question = query.own_words or query.typed
    if kinds.form(question) != "one" or is_foreign(question) or not quotes or _shouts(question):
        return None
    if addresses_the_machine(question) or patterns("tells_to_say").search(question.lower()):
        return None  # a name that it is told to say must not be said
    named = _asked_about(query, question, answer)
    if (told := premises.denied(question, named)) is not None:
        return told
    papers = named or tuple(dict.fromkeys(item.paper for item in quotes)) * (answer.outcome != "declined")
    if not 1 <= len(papers) <= _MOST_PAPERS or not (named or asks_value(question)):
        unknown = _named_nowhere(query, question, answer) if answer.outcome != "declined" else ""
        lead = f"No abstract found here names {unknown}. Nearest words:"
        return Told(lead, tuple(quotes[:_MOST_SHOWN]), "nearest") if unknown else None
    texts = [f"{paper.title}. {paper.abstract}" for paper in papers]
    gone = next((one for one in conditions(question) if not any(stands_in(one, text) for text in texts)), None)
    ids = {paper.id for paper in papers}
    shown = [item for item in (*quotes, *answer.evidence) if item.paper.id in ids]
    evidence = tuple({(item.paper.id, item.span): item for item in reversed(shown)}.values())[::-1][:_MOST_SHOWN]
    if gone is not None and gone.before not in _OF_MEASURES and owners(gone.text, answer.retrieved):
        return None  # it is the name of another paper here, with which this one is compared
    if gone is None:
        return amounts.not_given(question, named, evidence)
    return Told(f"{_line(gone, papers[0], question)} Nearest words:", evidence, "nearest") if evidence else None


def _named_nowhere(query: Query, question: str, answer: Answer) -> str:
    """A name of the question that none of the papers found has in any spelling; "" where each is in one of them."""
    if query.about or query.by_identifier:
        return ""
    texts = [f"{hit.paper.title}. {hit.paper.abstract}" for hit in answer.retrieved]
    names = (one for one in conditions(f" {question}") if not one.kind and kinds.names(one.text))
    return next((one.text for one in names if not any(stands_in(one, text) for text in texts)), "")


def asks_value(question: str) -> bool:
    """Whether the question asks for a number or the value of a measure."""
    return (
        kinds.asks(question, "number")
        or patterns("asks_value").search(question) is not None
        or any(measure.named.search(question) for measure in MEASURES)
    )


def _shouts(question: str) -> bool:
    """Whether it is typed in capitals, which then tell no names."""
    return any(word.isupper() and len(word) > 1 and word.lower() in STOP_WORDS for word in question.split())


def _asked_about(query: Query, question: str, answer: Answer) -> tuple[Paper, ...]:
    """The papers that a follow-up is about, or whose name the question has, but for names that it has as conditions."""
    found = [hit.paper for hit in answer.retrieved]
    if query.about:
        return tuple(paper for paper in found if paper.id in query.about)
    by_title = tuple(paper for paper in found if _has_name(question, paper))
    if by_title:
        return by_title
    plain = question
    for one in conditions(question):
        plain = plain.replace(one.text, " ") if one.before else plain
    ids = owners(plain, answer.retrieved)
    return tuple(paper for paper in found if paper.id in ids)


def _has_name(question: str, paper: Paper) -> bool:
    name = short_name(paper)
    return name != paper.title and re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", question.lower()) is not None


def conditions(question: str) -> tuple[Condition, ...]:
    """The names, sizes, media and amounts of the last sentence of a question that may be conditions, in their order, without names of
    measures."""
    plain = _LAST_SENTENCE.split(question.rstrip(" ?!."))[-1]
    plain = " " * (len(question) - len(plain)) + plain
    for measure in MEASURES:
        plain = measure.named.sub(lambda match: " " * len(match[0]), plain)
    found: dict[int, Condition] = {}
    for match in islice(_SIZE.finditer(plain), 3):
        found[match.start()] = Condition(match[0], _before(plain, match.start()), "size")
    without_sizes = _SIZE.sub(lambda match: " " * len(match[0]), plain)
    for place, name in _names(without_sizes):
        found[place] = Condition(name, _before(plain, place))
    for match in re.finditer(r"[a-z]+", without_sizes):
        if match[0] in _MEDIA and (before := _before(plain, match.start())):
            found[match.start()] = Condition(match[0], before, "medium")
    for amount in quantities(without_sizes):
        place = plain.find(amount.text)
        unit = next(iter(_UNITS & {amount.unit, *amount.units}), "")
        if unit and place >= 0 and (before := _before(plain, place)):
            found[place] = Condition(_amount(plain[place:], unit), before, unit)
    return tuple(found[place] for place in sorted(found))


def _names(question: str) -> Iterator[tuple[int, str]]:
    """Names by their form wherever they stand, and capitalised words behind a preposition, with where they begin."""
    by_form = set(kinds.names(question))
    for match in _CAPITAL.finditer(question):
        name = _MANNER.sub("", match[0])
        is_name = any(one in name for one in by_form) or (
            _before(question, match.start()) in ("on", "for", "with", "using") and not question.istitle()
        )
        known = {stem(word) for word in words(name)} <= {stem(word) for word in _NO_CONDITION}
        if is_name and match.start() and not known and len(name) > 1:
            yield match.start(), name


def _before(question: str, place: int) -> str:
    match = _BEFORE.search(question[max(0, place - _REACH) : place])
    return match[1].lower() if match else ""


def _amount(text: str, unit: str) -> str:
    """The amount as typed, up to its unit: "4 sampling steps"."""
    match = re.match(rf"\S+?(?:[ -][\w-]+){{0,2}}?[ -]?{unit}s?\b", text, re.IGNORECASE)
    return match[0] if match else text.split()[0]


def stands_in(condition: Condition, text: str) -> bool:
    """Whether a text names the condition, in any spelling."""
    if condition.kind == "size":
        return _pixels(condition.text) in {_pixels(match[0]) for match in _SIZE.finditer(text)}
    if condition.kind == "medium":
        return naming(condition.text).search(text) is not None
    if condition.kind:
        value = next((amount.value for amount in quantities(condition.text)), None)
        return value is None or re.search(rf"(?<![\d.]){value:g}(?!\.?\d)", text) is not None
    return _named(condition.text, text)


def _pixels(size: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", size))


def _named(name: str, text: str) -> bool:
    key, whole = _squeezed(name), _squeezed(text)
    for form in {key, key.removesuffix("s")}:
        before, after = r"(?<!\d)" * form[:1].isdigit(), r"(?!\d)" * form[-1:].isdigit()
        if form and re.search(before + re.escape(form) + after, whole):
            return True
    # "ImageNet-1K" where the text has "ImageNet"; but CIFAR-100 is not CIFAR-10.
    if numbered := _NUMBERED.fullmatch(key):
        base = "-?".join(numbered[1])
        return numbered[1] in whole and re.search(rf"{base}[-_]?v?\d", text, re.IGNORECASE) is None
    if any(character.isdigit() or character == "+" for character in name):
        return False
    tokens = words(text)
    if name.isupper() and _abbreviates(name.lower(), tokens):
        return True
    return len(name) >= _LONG_NAME and bool(difflib.get_close_matches(name.lower(), set(tokens), 1, _LIKE))


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", normalise(text).replace("\\times", "x"))


def _abbreviates(name: str, tokens: Sequence[str]) -> bool:
    """Whether the letters are the first ones of words in a row, the last word giving one or more: "SDXL" of "Stable Diffusion XL"."""
    for start in range(len(tokens)):
        for count in range(2, len(name) + 1):
            run = tokens[start : start + count]
            if len(run) < count or any(word[0] != letter for word, letter in zip(run, name, strict=False)):
                break
            if run[-1].startswith(name[count - 1 :]):
                return True
    return False


def _line(gone: Condition, paper: Paper, question: str) -> str:
    """Which condition does not match, and which ones of its kind the abstract has."""
    place = f"The abstract of {_called(paper, question)}".removesuffix(" of ")
    before = gone.before or ("at" if gone.kind == "size" else "for")
    measure = next((item for item in MEASURES if item.named.search(question)), None)
    texts = [span.of(paper.abstract) for span in sentences(paper.abstract)]
    of_measure = [text for text in texts if measure is not None and _gives(text, measure)]
    value = f"{_article(measure.name)} {measure.name}" if measure else ""
    for what, among in ((value, of_measure), ("results", texts)):
        others = list(dict.fromkeys(other for text in among for other in _others(gone, text, question)))
        if others:
            return f"{place} gives {what} {before} {' and '.join(others[:2])}, none {before} {gone.text}."
    return f"{place} does not name {gone.text}."


def _gives(text: str, measure: Measure) -> bool:
    """Whether a sentence gives a value of the measure."""
    named = _FASTER if measure.name == "speed-up" else measure.named
    return named.search(text) is not None and kinds.holds(text, "number")


def _called(paper: Paper, question: str) -> str:
    """What the question calls the paper: its short name, or a name that stands in it; "" where it has none."""
    name = short_name(paper)
    if name != paper.title:
        return name
    text = f"{paper.title}. {paper.abstract}"
    return next((one.text for one in conditions(f" {question}") if not one.before and one.text in text), "")


def _article(name: str) -> str:
    return "an" if name[0] in ("AEFHILMNORSX" if name[:2].isupper() else "aeioAEIO") else "a"


def _others(gone: Condition, text: str, question: str) -> Iterator[str]:
    """The conditions of the same kind in a sentence that holds a number."""
    if gone.kind == "size":
        yield from (match[0] for match in _SIZE.finditer(text))
    elif gone.kind in _UNITS:
        for amount in quantities(text):
            if gone.kind in {amount.unit, *amount.units}:
                yield _amount(text[text.find(amount.text) :], gone.kind)
    elif not gone.kind and gone.before and kinds.holds(text, "number"):
        for one in conditions(f" {text}"):
            if one.before == gone.before and not one.kind and one.text not in question:
                more = _MORE_CAPITALS.match(text, text.find(one.text) + len(one.text))
                yield one.text + (more[0] if more else "")
