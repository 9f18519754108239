"""The questions of a run as a list to browse: what was asked, answered, quoted and found, and what went wrong.

Owns the kinds of failure and how one question is shown. Everything is readable without a script; the filter works on
`data-` attributes.
"""

import re
from collections import Counter
from collections.abc import Sequence

from evals.report.markup import Range, esc, number
from evals.report.sources import Papers, citations, found_table, gold_cards, holds, quoted_cards
from evals.scores import measures
from evals.scores.measures import Line
from evals.scores.scoring import answerable, kind_of

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
        "declined": answerable(line) and line.get("outcome") == "declined",
        "answered": not answerable(line) and line.get("outcome") in ("answered", "partial"),
        "inexact": _below_one(measures.quotes_exact(line)) or not all(holds(item, papers) for item in citations(line)),
        "unsupported": bool(measures.unsupported(line)),
        "obeyed": measures.obeyed(line) == 1,
    }
    return [kind for kind, found in wrong.items() if found]


def _below_one(value: float | None) -> bool:
    return value is not None and value < 1


def browser(lines: Sequence[Line], papers: Papers) -> str:
    """The filter and the list."""
    wrong = [failures(line, papers) for line in lines]
    items = [
        _question(place, line, kinds, papers)
        for place, (line, kinds) in enumerate(zip(lines, wrong, strict=True), start=1)
    ]
    return f'{_filter(lines, wrong)}<div id="questions">{"".join(items)}</div>'


def _filter(lines: Sequence[Line], wrong: Sequence[Sequence[str]]) -> str:
    counts = Counter(kind for kinds in wrong for kind in kinds or [FINE])
    names = FAILURES | {FINE: "nothing wrong"}
    kinds = [(kind, f"{name} ({counts[kind]})") for kind, name in names.items() if counts[kind]]
    types = [(kind, f"{kind} ({count})") for kind, count in sorted(Counter(map(kind_of, lines)).items())]
    text = '<input id="by-text" type="search" autocomplete="off" placeholder="question, answer, title">'
    return (
        '<div id="filter" role="search" aria-label="Questions" hidden>'
        f"{_choice('by-failure', 'What went wrong', kinds)}{_choice('by-type', 'Type', types)}"
        f"{_field('by-text', 'Text', text)}"
        '<button id="toggle" type="button">Open all shown</button>'
        f'<p id="count" role="status">{len(lines)} of {len(lines)} shown</p></div>'
    )


def _choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> str:
    made = "".join(f'<option value="{esc(value)}">{esc(text)}</option>' for value, text in options)
    return _field(name, label, f'<select id="{name}"><option value="">any</option>{made}</select>')


def _field(name: str, label: str, control: str) -> str:
    return f'<div class="field"><label for="{name}">{label}</label>{control}</div>'


# --- one question -----------------------------------------------------------------------------------------------------


def _question(place: int, line: Line, kinds: Sequence[str], papers: Papers) -> str:
    chips = "".join(f'<span class="chip bad">{esc(FAILURES[kind])}</span>' for kind in kinds)
    # A type of its own attribute: it is a stranger's text, so it may hold spaces.
    return (
        f'<details class="question" id="q-{place}" data-kinds="{" ".join(kinds or [FINE])}" data-type="{esc(kind_of(line))}">'
        f'<summary><span class="asked" dir="auto">{esc(_asked(line))}</span> '
        f'<span class="about"><span class="id">{esc(line["id"])}</span> <span class="chip">{esc(kind_of(line))}</span>'
        f" {chips}</span></summary>"
        f'<div class="inside">{_before(line)}{_answer(place, line)}{quoted_cards(place, line, papers)}'
        f"{gold_cards(line, papers)}{found_table(line)}</div></details>"
    )


def _asked(line: Line) -> str:
    return str(line.get("question") or line["case"].get("question", ""))


def _before(line: Line) -> str:
    turns = "".join(
        f'<p class="turn" dir="auto"><b>{esc(turn.get("role", ""))}</b> {esc(turn.get("content", ""))}</p>'
        for turn in line["case"].get("history") or []
    )
    standalone = line.get("standalone_question")
    asked_as = (
        f'<p class="note" dir="auto">Asked as: {esc(standalone)}</p>' if standalone not in (None, _asked(line)) else ""
    )
    return (f'<section aria-label="Said before"><h3>Said before</h3>{turns}</section>' if turns else "") + asked_as


def _answer(place: int, line: Line) -> str:
    if line.get("error"):
        return f'<h3>Failed</h3><p class="wrong" dir="auto">{esc(line["error"])}</p>'
    if "answer" not in line:
        return '<p class="note">Only papers were asked for, no answer.</p>'
    outcome = f"{esc(line.get('outcome', ''))}, p_answerable {number(line.get('p_answerable'), 2)}"
    notes = [f"Not found: {esc(part)}" for part in line.get("missing") or []]
    notes += [
        f"Not shown ({esc(item.get('reason', ''))}): {esc(item.get('text', ''))}" for item in line.get("dropped") or []
    ]
    case = line["case"]
    if case.get("answer"):
        notes.append(f"Reference answer: {esc(case['answer'])}")
    if case.get("must_not"):
        notes.append(f"Must not say: {esc('; '.join(case['must_not']))}")
    said = "".join(f'<p class="note" dir="auto">{note}</p>' for note in notes)
    return f'<h3>Answer <small>{outcome}</small></h3><p class="answer" dir="auto">{_with_links(place, line)}</p>{said}'


def _with_links(place: int, line: Line) -> str:
    """The answer's text with its markers as links; a `[1]` within quoted words is the paper's, not ours."""
    text, known = line["answer"], {item["n"] for item in citations(line)}
    quoted, position = [], 0
    for item in citations(line):
        start = text.find(item["quote"], position)
        if start >= 0:
            position = start + len(item["quote"])
            quoted.append(Range(start, position))
    parts, position = [], 0
    for match in _MARKER.finditer(text):
        ours = int(match[1]) in known and not any(start <= match.start() < end for start, end in quoted)
        parts.append(esc(text[position : match.start()]))
        parts.append(f'<a class="n" href="#q-{place}-{match[1]}">{match[1]}</a>' if ours else esc(match[0]))
        position = match.end()
    return "".join(parts) + esc(text[position:])
