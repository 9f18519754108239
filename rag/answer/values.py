"""Values of a measure over all papers, as printed, sorted; papers that give more or fewer of something than a number.

Owns: which number of a sentence is the value, and what is said of values that were not measured alike. Numbers are read by
`rag.checking.numbers`.
"""

import re
from collections.abc import Sequence

from rag.answer.told import MOST_LISTED, Told, evidence, sentences_of
from rag.checking.numbers import Quantity, quantities
from rag.core.domain import Evidence, Hit, Paper
from rag.core.escaping import counted
from rag.library.store import Library
from rag.question.details import Measure
from rag.question.extremes import Extreme, Threshold, joined, noun_stems

_CANDIDATES = 300
_AFTER, _BEFORE = 60, 40
"""Characters after and before the name of a measure in which its value may stand."""
_SIZE = re.compile(r"\d+\s*(?:[x\u00d7*]|times)\s*\d+(?:\s*(?:[x\u00d7*]|times)\s*\d+)?", re.IGNORECASE)
_FACTOR = re.compile(r"(\d+(?:\.\d+)?)\s*-?\s*(?:times\b|\u00d7|x\b|-?fold\b)", re.IGNORECASE)
_SPEED = re.compile(r"\b(?:speed|fast|accelerat|quick)", re.IGNORECASE)
_CLAUSE = re.compile(r"[;()]|\.\s|,\s(?=(?:and|while|with|but|which)\b)")
_VALUE = re.compile(r"(?<![\w.-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|-\w)(?:\s?%)?")
_CHANGED = re.compile(
    r"\b(?:by|(?:reduc|decreas|increas|improv|gain|drop|declin|lower|better|rais)\w*)\W+(?:\w+\W+){0,2}$", re.IGNORECASE
)
_OTHER_SET = re.compile(r"\bon (?:the )?(?-i:[A-Z])\w+", re.IGNORECASE)
_ALIKE = (
    "These are values as printed in abstracts; they were not measured alike, and what only the papers give is not here"
)


def sorted_values(asked: Extreme, hits: Sequence[Hit], library: Library, *, only: bool = False) -> Told:
    """The values of a measure, one sentence a paper, the end that is asked for first; `only` among the papers found."""
    measure = asked.measure
    found = {hit.paper.id: hit.paper for hit in hits}
    named = {} if only else library.lexical([*_spellings(measure), *asked.conditions], _CANDIDATES)
    found |= {paper.id: paper for paper in library.papers([paper_id for paper_id in named if paper_id not in found])}
    rated: list[tuple[float, Evidence]] = []
    naming: list[Evidence] = []
    for paper, spans in sentences_of(found.values(), library):
        best: tuple[float, Evidence] | None = None
        for span in spans:
            text = span.of(paper.abstract)
            if not _fits(text, paper, asked):
                continue
            if measure.named.search(text):
                naming.append(evidence(paper, span))
            values = factors(text) if measure.name == "speed-up" else values_in(text, measure)
            if values:
                value = min(values) if asked.low_first else max(values)
                if best is None or (value < best[0]) == asked.low_first:
                    best = (value, evidence(paper, span))
        if best:
            rated.append(best)
    order = "lowest" if asked.low_first else "highest"
    on = f" on {', '.join(asked.conditions)}" if asked.conditions else ""
    if not rated:
        lead = f"No abstract here gives a value of {measure.name}{on} that could be compared."
        return Told(f"{lead} Nearest words:", tuple(naming[:2]), "nearest") if naming else Told(lead, (), "declined")
    rated.sort(key=lambda item: (item[0] if asked.low_first else -item[0], item[1].paper.id))
    unnamed = sum(not _names_all(item.paper, asked) for _, item in rated)
    note = f", {unnamed} without naming {', '.join(asked.conditions)}" if asked.conditions and unnamed else ""
    gives = "gives" if len(rated) == 1 else "give"
    lead = f"{counted(len(rated), 'paper')} {gives} a value of {measure.name}{note}, {order} first. {_ALIKE}:"
    return Told(lead, tuple(item for _, item in rated[:MOST_LISTED]))


def _spellings(measure: Measure) -> list[str]:
    if measure.name == "speed-up":
        return ["speedup", "speed", "faster", "accelerate", "acceleration", "times"]
    return [measure.name.lower()]


def _fits(text: str, paper: Paper, asked: Extreme) -> bool:
    """Whether a sentence is not about another condition than the one asked for."""
    if not asked.conditions or all(_has(text, name) for name in asked.conditions):
        return True
    return _OTHER_SET.search(text) is None


def _names_all(paper: Paper, asked: Extreme) -> bool:
    return all(_has(f"{paper.title} {paper.abstract}", name) for name in asked.conditions)


def _has(text: str, name: str) -> bool:
    squeezed = re.sub(r"[\W_]+", "", name.lower()).replace("times", "x")
    return squeezed in re.sub(r"[\W_]+", "", text.lower().replace("times", "x"))


def values_in(text: str, measure: Measure) -> list[float]:
    """The values that a sentence gives of a measure, without changes ("by 0.2") and sizes of images."""
    values: list[float] = []
    plain = _SIZE.sub(lambda match: " " * len(match[0]), text)
    for match in measure.named.finditer(plain):
        after = _CLAUSE.split(plain[match.end() : match.end() + _AFTER])[0]
        after = re.sub(r"^-?\d+k\b", lambda item: " " * len(item[0]), after, flags=re.IGNORECASE)  # FID-50k
        here = [
            _number(item[0])
            for item in _VALUE.finditer(after)
            if not _CHANGED.search(plain[: match.start()][-25:] + " ") and not _CHANGED.search(after[: item.start()])
        ]
        if not here:
            before = _CLAUSE.split(plain[max(0, match.start() - _BEFORE) : match.start()])[-1]
            last = list(_VALUE.finditer(before))[-1:]
            here = [_number(item[0]) for item in last if not _changed_before(before, item)]
        values += here
    return values


def _changed_before(before: str, item: re.Match[str]) -> bool:
    return (
        _CHANGED.search(before[: item.start()]) is not None or re.search(r"\bin\W*$", before[item.end() :]) is not None
    )


def _number(text: str) -> float:
    return float(re.sub(r"[,%\s]", "", text))


def factors(text: str) -> list[float]:
    """The factors by which something is sped up in a sentence."""
    if not _SPEED.search(text):
        return []
    return [float(match[1]) for match in _FACTOR.finditer(_SIZE.sub(" ", text))]


def with_number(asked: Threshold, hits: Sequence[Hit], library: Library, *, only: bool = False) -> Told:
    """The papers whose abstract gives a number of the things on the right side of the one asked for; `only` among those found."""
    least = next(iter(quantities(asked.number)), None)
    nouns = noun_stems(asked.noun)
    found = {hit.paper.id: hit.paper for hit in hits}
    words = joined(asked.noun).lower().split()
    named = {} if only else library.lexical([*words, *asked.noun.lower().split()], _CANDIDATES)
    found |= {paper.id: paper for paper in library.papers([paper_id for paper_id in named if paper_id not in found])}
    fitting: list[tuple[float, Evidence]] = []
    for paper, spans in sentences_of(found.values(), library):
        for span in spans:
            values = [number.value for number in _of(quantities(joined(span.of(paper.abstract))), nouns)]
            right = [value for value in values if least is not None and asked.holds(value, least.value)]
            if right:
                fitting.append((max(right), evidence(paper, span)))
                break
    left_out = "what is not printed as a number is not counted"
    if not fitting:
        return Told(f"No abstract here prints {asked.wording}; {left_out}.", (), "declined")
    fitting.sort(key=lambda item: (-item[0], item[1].paper.id))
    prints = "prints" if len(fitting) == 1 else "print"
    lead = f"{counted(len(fitting), 'paper')} {prints} {asked.wording} in the abstract; {left_out}:"
    return Told(lead, tuple(item for _, item in fitting[:MOST_LISTED]))


def _of(numbers: Sequence[Quantity], nouns: Sequence[str]) -> list[Quantity]:
    """The numbers of the things named: those right before the noun, else those with it a few words on."""
    of_things = [number for number in numbers if nouns and number.unit not in ("%", "x")]
    right = [number for number in of_things if number.noun == nouns[-1]]
    return right or [number for number in of_things if nouns[-1] in number.nouns]
