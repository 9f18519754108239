"""The questions of a run, as the page lists them: what was asked and answered, with its sources, and what went wrong.

Owns the kinds of failure, and what is known of one question.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evals.report.marks import Pieces
from evals.report.sources import (
    Fact,
    GoldPaper,
    Papers,
    Source,
    citations,
    facts,
    gold_papers,
    holds,
    quoted_sources,
)
from evals.scores import measures
from evals.scores.expected import unmet
from evals.scores.measures import Line
from evals.scores.summary import DECLINED, answerable, kind_of
from rag.core.domain import Span

FAILURES: dict[str, str] = {
    "failed": "failed",
    "first": "wrong paper first",
    "unfound": "no right paper found",
    "fact": "fact missing",
    "other": "other paper cited",
    "declined": "declined though answerable",
    "answered": "answered though unanswerable",
    "inexact": "not exact",
    "unsupported": "unsupported sentence",
    "obeyed": "obeyed an injection",
    "unexpected": "not as expected",
}
FINE = "fine"
_MARKER = re.compile(r"\[(\d+)\]")


def failures(line: Line, papers: Papers) -> list[str]:
    """The kinds of failure of a question, by the same measures that are in the table."""
    if line.get("error"):
        return ["failed"]
    wrong = {
        "first": measures.hit_at_1(line) == 0,
        "unfound": measures.recall_at(10)(line) == 0,
        "fact": _below_one(measures.facts(line)),
        "other": _below_one(measures.citation_precision(line)),
        "declined": answerable(line) and line.get("outcome") in DECLINED,
        "answered": not answerable(line) and line.get("outcome") in ("answered", "partial"),
        "inexact": _below_one(measures.quotes_exact(line)) or not all(holds(item, papers) for item in citations(line)),
        "unsupported": bool(measures.unsupported(line)),
        "obeyed": measures.obeyed(line) == 1,
        "unexpected": bool(unmet(line)),
    }
    return [kind for kind, is_so in wrong.items() if is_so]


def _below_one(value: float | None) -> bool:
    return value is not None and value < 1


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a run. `answer` is its text in pieces, each with whether it is the number of a source; `signals` are the names
    of the parts that the scores of the papers found are made of; `unmet` says what was expected of the answer and does not hold."""

    place: int
    line: Line
    type: str
    question: str
    failures: list[str]
    answer: Pieces
    sources: list[Source]
    facts: list[Fact]
    gold: list[GoldPaper]
    gold_ids: list[str]
    signals: list[str]
    unmet: list[str]


def questions(lines: Sequence[Line], papers: Papers) -> list[Question]:
    """The questions in the run's order."""
    return [_question(place, line, papers) for place, line in enumerate(lines, start=1)]


def _question(place: int, line: Line, papers: Papers) -> Question:
    return Question(
        place,
        line,
        kind_of(line),
        str(line.get("question") or line["case"].get("question", "")),
        failures(line, papers),
        with_markers(line) if "answer" in line else [],
        quoted_sources(place, line, papers),
        facts(line),
        gold_papers(line, papers),
        measures.gold(line),
        list(dict.fromkeys(name for hit in line.get("retrieved") or [] for name in hit.get("parts") or {})),
        unmet(line),
    )


def with_markers(line: Line) -> Pieces:
    """The answer's text cut at its markers; a `[1]` within quoted words is the paper's, not ours."""
    text, numbers = line["answer"], {item["n"] for item in citations(line)}
    quotes: list[Span] = []
    position = 0
    for item in citations(line):
        start = text.find(item["quote"], position)
        if start >= 0:
            position = start + len(item["quote"])
            quotes.append(Span(start, position))
    parts: Pieces = []
    position = 0
    for match in _MARKER.finditer(text):
        if int(match[1]) in numbers and not any(span.start <= match.start() < span.end for span in quotes):
            parts += [(text[position : match.start()], False), (match[1], True)]
            position = match.end()
    return [*parts, (text[position:], False)]


def failure_choices(items: Sequence[Question]) -> list[tuple[str, str]]:
    """The kinds of failure that occur, each with its name and how often it does."""
    counts = Counter(kind for item in items for kind in item.failures or [FINE])
    names = FAILURES | {FINE: "nothing wrong"}
    return [(kind, f"{name} ({counts[kind]})") for kind, name in names.items() if counts[kind]]


def type_choices(items: Sequence[Question]) -> list[tuple[str, str]]:
    """The types of question, each with how many there are."""
    return [(kind, f"{kind} ({count})") for kind, count in sorted(Counter(item.type for item in items).items())]
