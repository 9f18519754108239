"""A person reads the answers of a run, one by one, and marks them by a rubric.

Owns: what is shown of an answer, and how its marks are asked for. Knows nothing of keyboards or screens: asking and showing are handed
in. Answers, titles and questions come from strangers, so no control character of theirs is shown.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evals.errors import EvalError
from evals.marking.rubric import Criterion
from evals.runs.run import Run
from rag.core.text import clean


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader thinks of one answer: points by criterion in the rubric's order, whether to send it, a note."""

    id: str
    type: str
    points: tuple[tuple[str, int], ...]
    send: bool
    note: str = ""

    @property
    def total(self) -> int:
        """All points together."""
        return sum(points for _, points in self.points)


class _Skip(Exception):
    """The reader leaves this answer unmarked."""


class _Stop(Exception):
    """The reader has had enough."""


def read_run(
    run: Run, rubric: tuple[Criterion, ...], ask: Callable[[str], str], show: Callable[[str], None]
) -> tuple[Mark, ...]:
    """Show the answers in the run's order and ask for each mark; an answer counts only when all its marks are given.

    Enter skips an answer, `?` explains a criterion, `q` (or the end of the input) stops and keeps what was marked.

    Raises:
        EvalError: the run holds papers only, so that there is nothing to read.
    """
    if not any("answer" in line for line in run.lines):
        raise EvalError(f"{run.path} holds no answers to read; run the set with --mode quote")
    show("Enter skips an answer, ? explains a mark, q stops and keeps what was marked.")
    marks: list[Mark] = []
    for place, line in enumerate(run.lines, start=1):
        show("\n" + "\n".join(_text(line, f"{place} of {len(run.lines)}")))
        if line.get("error"):
            continue
        try:
            levels = [(criterion, _level(criterion, ask, show)) for criterion in rubric]
        except _Skip:
            continue
        except _Stop:
            break
        note = _typed(ask, "Note, or Enter: ")
        points = tuple((criterion.name, int(level)) for criterion, level in levels if not criterion.overall)
        send = any(level == "yes" for criterion, level in levels if criterion.overall)
        marks.append(Mark(line["id"], str(line["case"].get("type", "")), points, send, "" if note == "q" else note))
        if note == "q":
            break
    return tuple(marks)


def _typed(ask: Callable[[str], str], prompt: str) -> str:
    try:
        return clean(ask(prompt))
    except EOFError:  # Ctrl-D must not lose what was marked.
        return "q"


def _level(criterion: Criterion, ask: Callable[[str], str], show: Callable[[str], None]) -> str:
    while True:
        text = _typed(ask, f"{criterion.name} [{'/'.join(criterion.allowed)}]: ").lower()
        if text == "q":
            raise _Stop
        if not text:
            raise _Skip
        level = {"y": "yes", "n": "no"}.get(text, text)
        if level in criterion.allowed:
            return level
        show(criterion.explanation() if text == "?" else f"{text!r} is none of {', '.join(criterion.allowed)}")


def _text(line: Mapping[str, Any], place: str) -> Iterator[str]:
    case = line["case"]
    yield clean(f"--- {place}: {line['id']} {case.get('type', '')}")
    for turn in case.get("history", []):
        yield clean(f"    {turn['role']}: {turn['content']}")
    yield clean(f"Question: {line['question']}")
    if line.get("error"):
        yield clean(f"It failed: {line['error']}")
        return
    if line.get("standalone_question", line["question"]) != line["question"]:
        yield clean(f"Asked as: {line['standalone_question']}")
    # Line by line, for cleaning folds white space and paragraphs are part of what is judged.
    yield from ("", *(clean(part) for part in line["answer"].split("\n")), "")
    cited = {item["n"]: item["title"] for sentence in line["sentences"] for item in sentence["citations"]}
    yield from (clean(f"[{n}] {title}") for n, title in sorted(cited.items()))
    if not case.get("answerable", True):
        yield "Right would be: the abstracts do not say."
    elif gold := [*case.get("gold", []), *case.get("gold_ids", [])]:
        yield clean("Right would be: " + "; ".join(map(str, gold)))
