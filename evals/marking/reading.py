"""A person reads the answers of a run, one by one, and marks them by `rubric.md`; the marks go into the lab log.

Owns: what a rubric file is, how the marks are asked for, what the log's entry says. Knows nothing of keyboards or screens: asking
and showing are handed in. Answers, titles and questions come from strangers, so no control character of theirs is shown.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from evals.errors import EvalError
from evals.runs.run import Run
from rag.core.text import clean

POINTS = ("0", "1", "2")
SEND = ("no", "yes")
LOWEST = 5
_SECTION = re.compile(r"^## ", re.MULTILINE)
_ITEM = re.compile(r"^- (\w+): (.+)$")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~])")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to mark: its name, what is meant, and its levels ("0" to "2", or "no" and "yes") with what each means."""

    name: str
    meaning: str
    levels: tuple[tuple[str, str], ...]
    examples: tuple[str, ...] = ()

    @property
    def overall(self) -> bool:
        """Whether it asks for yes or no instead of points."""
        return self.allowed == SEND

    @property
    def allowed(self) -> tuple[str, ...]:
        """The levels that can be given, lowest first."""
        return tuple(sorted(level for level, _ in self.levels))

    def explained(self) -> str:
        """What `?` shows."""
        levels = (f"  {level}: {meaning}" for level, meaning in self.levels)
        return "\n".join((f"{self.name}: {self.meaning}", *levels, *(f"  {example}" for example in self.examples)))


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


def load_rubric(path: Path) -> tuple[Criterion, ...]:
    """The criteria of a rubric: one a `## ` section; what stands before the first is for people only.

    Raises:
        EvalError: the file cannot be read, or a section is no criterion, or yes or no is not asked exactly once.
    """
    rubric = tuple(_criterion(path, section) for section in _SECTION.split(_text(path, "the rubric"))[1:])
    if len({criterion.name for criterion in rubric}) < len(rubric):
        raise EvalError(f"{path} has two sections of the same name")
    if sum(criterion.overall for criterion in rubric) != 1 or len(rubric) < 2:
        raise EvalError(f"{path} must have sections with levels 0, 1 and 2, and exactly one with yes and no")
    return rubric


def _criterion(path: Path, section: str) -> Criterion:
    name, *lines = [line.strip() for line in section.splitlines() if line.strip()]
    items = [match.groups() for line in lines if (match := _ITEM.match(line))]
    levels = tuple((key, text) for key, text in items if key in (*POINTS, *SEND))
    made = Criterion(
        name,
        " ".join(line for line in lines if not line.startswith("- ")),
        levels,
        tuple(f"{key}: {text}" for key, text in items if key not in (*POINTS, *SEND)),
    )
    if made.allowed not in (POINTS, SEND):
        raise EvalError(f"{path}: section {name!r} needs lines '- 2: …', '- 1: …', '- 0: …', or '- yes: …', '- no: …'")
    return made


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
        show("\n" + "\n".join(_shown(line, f"{place} of {len(run.lines)}")))
        if line.get("error"):
            continue
        try:
            given = [(criterion, _asked(criterion, ask, show)) for criterion in rubric]
        except _Skip:
            continue
        except _Stop:
            break
        note = _said(ask, "Note, or Enter: ")
        points = tuple((criterion.name, int(level)) for criterion, level in given if not criterion.overall)
        send = any(level == "yes" for criterion, level in given if criterion.overall)
        marks.append(Mark(line["id"], str(line["case"].get("type", "")), points, send, "" if note == "q" else note))
        if note == "q":
            break
    return tuple(marks)


def _said(ask: Callable[[str], str], prompt: str) -> str:
    try:
        return clean(ask(prompt))
    except EOFError:  # Ctrl-D must not lose what was marked.
        return "q"


def _asked(criterion: Criterion, ask: Callable[[str], str], show: Callable[[str], None]) -> str:
    while True:
        said = _said(ask, f"{criterion.name} [{'/'.join(criterion.allowed)}]: ").lower()
        if said == "q":
            raise _Stop
        if not said:
            raise _Skip
        meant = {"y": "yes", "n": "no"}.get(said, said)
        if meant in criterion.allowed:
            return meant
        show(criterion.explained() if said == "?" else f"{said!r} is none of {', '.join(criterion.allowed)}")


def _shown(line: Mapping[str, Any], place: str) -> Iterator[str]:
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


def append_to_log(log: Path, run: Run, marks: Sequence[Mark], reader: str, date: str) -> None:
    """Put an entry with the marks above the log's newest one; the file is replaced as a whole or not at all.

    Raises:
        EvalError: nothing was marked, or the log cannot be read or written; nothing is written then.
    """
    if not marks:
        raise EvalError(f"no answer was marked; {log} is as it was")
    before = _text(log, "the log")
    first = _SECTION.search(before)
    head, tail = (before[: first.start()], before[first.start() :]) if first else (before, "")
    entry = "\n".join(_entry(run, marks, reader, date))
    _replace(log, f"{head.rstrip()}\n\n{entry}\n" + (f"\n{tail}" if tail else ""))


def _entry(run: Run, marks: Sequence[Mark], reader: str, date: str) -> Iterator[str]:
    made = run.manifest.get
    of_set, library, commit = made("set") or {}, made("library") or {}, str(made("commit") or "unknown")[:12]
    yield f"## {_plain(date)} Answers read by {_plain(reader)}"
    yield ""
    yield _plain(
        f"{len(marks)} of {len(run.lines)} answers to {of_set.get('path')}, mode {made('mode')}, on {library.get('papers')} papers; "
        f"commit {commit}{' with changes' if made('changed') else ''}. Marks by rubric.md."
    )
    yield from ("", "| 0 to 2 | mean | 0 | 1 | 2 |", "|---|--:|--:|--:|--:|")
    for place, (name, _) in enumerate(marks[0].points):
        given = [mark.points[place][1] for mark in marks]
        counts = " | ".join(str(given.count(int(level))) for level in POINTS)
        yield f"| {_plain(name)} | {fmean(given):.2f} | {counts} |"
    sent = sum(mark.send for mark in marks)
    yield from ("", f"Would be sent to a colleague: {sent} of {len(marks)} ({sent / len(marks):.2f}).")
    lowest = sorted((mark for mark in marks if not mark.send), key=lambda mark: mark.total)[:LOWEST]
    if lowest:
        yield from ("", "The lowest of those that would not:", "")
    for mark in lowest:
        about = f"{mark.id} ({mark.type})" if mark.type else mark.id
        yield _plain(f"- {about}, {mark.total} of {2 * len(mark.points)}" + (f": {mark.note}" if mark.note else ""))


def _plain(text: str) -> str:
    """One line that Markdown shows as it stands: ids, names and notes may hold anything."""
    return _MARKDOWN.sub(r"\\\1", clean(text))


def _text(path: Path, what: str) -> str:
    try:
        # Bytes, so that line endings stay as they are.
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"cannot read {what} {path}: {error}") from error


def _replace(log: Path, text: str) -> None:
    real = log.resolve()  # A log that is a link stays one.
    temporary = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=real.parent, prefix=f".{real.name}.", delete=False) as stream:
            temporary = Path(stream.name)
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(real, temporary)
        temporary.replace(real)
    except OSError as error:
        if temporary:
            temporary.unlink(missing_ok=True)
        raise EvalError(f"cannot write the log {log}: {error.strerror or error}") from error
