"""Ask every question of a set and write what came back, a line a question, as it finishes.

Owns: the run file's format (a manifest line, then result lines), the order of writing, and going on with a run that was cut short.
Knows nothing of scores. A question that fails is recorded and never stops the run.
"""

import json
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.cases.question_set import Case, paper_ids, resolve
from evals.errors import EvalError
from evals.runs.at_once import in_order
from rag.core import permissions
from rag.output import to_json
from rag.search.searcher import Searcher

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant

log = logging.getLogger(__name__)
FORMAT = 1
MODES = ("retrieve", "quote", "write")
_MAY_DIFFER = ("started", "machine")
"""Of a manifest, when a run is resumed."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run file read back."""

    path: Path
    manifest: dict[str, Any]
    lines: tuple[dict[str, Any], ...]


def check_out(out: Path, resume: bool) -> None:
    """Raise EvalError where the run file must not be written. To be asked before anything slow."""
    if out.exists() and not resume:
        raise EvalError(
            f"{out} is there already; nothing was overwritten. Go on with it by --resume, name another file, or remove it"
        )


def run_cases(
    searcher: "Searcher | Assistant",
    cases: Sequence[Case],
    out: Path,
    manifest: dict[str, Any],
    resume: bool = False,
    progress: Callable[[dict[str, Any]], None] | None = None,
    at_once: int = 1,
) -> Run:
    """Ask the cases and write the run file, or with `resume` go on with one that was cut short; `progress` gets each line.

    With `at_once` so many are asked at the same time; the file has them in their order all the same. A retrieval run takes a
    `Searcher`, any other an `Assistant`.

    Raises:
        EvalError: the file is there already, belongs to another run, or cannot be written.
    """
    check_out(out, resume)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        earlier = _continue(out, manifest, cases) if resume and out.exists() else []
        for line in earlier:
            if progress:
                progress(line)
        with open(out, "a", encoding="utf-8", opener=permissions.owner_only) as stream:
            if not stream.tell():
                stream.write(_dump({"manifest": manifest}))
                stream.flush()
            with closing(lines(searcher, cases[len(earlier) :], manifest["mode"], at_once)) as rest:
                for line in rest:
                    stream.write(_dump(line))
                    stream.flush()
                    if progress:
                        progress(line)
    except OSError as error:
        raise EvalError(f"cannot write {out}: {error.strerror or error}") from error
    return load_run(out)


def _continue(out: Path, manifest: dict[str, Any], cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What a cut-off run has already; the line in which it was cut off is removed from the file.

    Raises:
        EvalError: another set, library, model or setting made it; nothing was changed.
    """
    data = out.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        first, *earlier = [json.loads(line) for line in whole.decode("utf-8").split("\n") if line.strip()] or [None]
    except ValueError as error:
        raise EvalError(f"{out} is damaged, so it cannot be resumed: {error}. Name another file") from error
    if first is not None:
        _check_same_run(out, first, manifest)
        if [line.get("id") for line in earlier] != [case.id for case in cases[: len(earlier)]]:
            raise EvalError(f"{out} holds other questions than those to be asked; name another file")
    if len(whole) < len(data):
        with out.open("r+b") as stream:
            stream.truncate(len(whole))
    return earlier


def _check_same_run(out: Path, first: Any, manifest: dict[str, Any]) -> None:
    before = first.get("manifest") if isinstance(first, dict) else None
    if not isinstance(before, dict):
        raise EvalError(f"{out} is no run file: its first line has no manifest")
    if different := differences(before, json.loads(json.dumps(manifest))):
        raise EvalError(
            f"{out} was begun with another {different[0]}, so going on would mix two runs. Name another file, or put it back"
        )


def differences(before: Mapping[str, Any], after: Mapping[str, Any], at: str = "") -> list[str]:
    """What differs between two manifests and could move a number: "settings.max_quotes (4, now 6)"."""
    texts = []
    for name in sorted({*before, *after} - set(() if at else _MAY_DIFFER)):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            texts += differences(old, new, f"{at}{name}.")
        elif old != new:
            texts.append(f"{at}{name} ({old}, now {new})")
    return texts


def lines(
    searcher: "Searcher | Assistant", cases: Sequence[Case], mode: str, at_once: int = 1
) -> Generator[dict[str, Any], None, None]:
    """One result line a case, in their order; a failure has its message in `error`."""
    names = paper_ids(searcher.papers())
    answer = retrieve_line if mode == "retrieve" else answer_line

    def line(case: Case) -> dict[str, Any]:
        ids = {name: paper for name in case.named if (paper := resolve(name, names))}
        head = {"id": case.id, "case": case.raw, "resolved": ids}
        try:
            return head | answer(searcher, case)
        except Exception as error:
            log.warning("question %s failed: %s", case.id, error, exc_info=log.isEnabledFor(logging.DEBUG))
            return head | {"question": case.question, "error": f"{type(error).__name__}: {error}"}

    yield from in_order(line, cases, at_once)


def answer_line(assistant: Any, case: Case) -> dict[str, Any]:
    """The complete answer to a case, and under `inexact` the markers whose quote is not what the library has there."""
    answer = assistant.ask(case.question, case.history)
    stored = {paper.id: paper.abstract for paper in assistant.library.papers({c.paper.id for c in answer.citations})}
    inexact = {c.n for c in answer.citations if c.span.of(stored.get(c.paper.id, "")) != c.quote}
    return to_json.answer_json(answer) | {"inexact": sorted(inexact)}


def retrieve_line(searcher: "Searcher | Assistant", case: Case) -> dict[str, Any]:
    """Only the papers that the search gives for a case."""
    standalone = searcher.standalone(case.question, case.history)
    hits = searcher.search(standalone)
    return {
        "question": case.question,
        "standalone_question": standalone,
        "mode": "retrieve",
        "retrieved": [to_json.hit_json(hit) for hit in hits],
        "error": None,
    }


def _dump(value: dict[str, Any]) -> str:
    # Half a surrogate pair in a question must not end the run.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n"


def load_run(path: Path) -> Run:
    """Read a run file back.

    Raises:
        EvalError: it is missing, has no manifest, is of another format, or is cut off.
    """
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    except OSError as error:
        raise EvalError(f"cannot read the run {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise EvalError(
            f"{path} is damaged or was cut off in the middle of a line: {error}. Go on with it by run --resume"
        ) from error
    manifest = rows[0].get("manifest") if rows and isinstance(rows[0], dict) else None
    if not isinstance(manifest, dict):
        raise EvalError(f"{path} is no run file: its first line has no manifest")
    if manifest.get("format") != FORMAT:
        raise EvalError(f"{path} has run format {manifest.get('format')}; this citewise reads {FORMAT}")
    for number, row in enumerate(rows[1:], start=2):
        if not isinstance(row, dict) or not isinstance(row.get("case"), dict) or "id" not in row:
            raise EvalError(f"{path} line {number} is no answered question: it has no id or no case")
    total = manifest.get("set", {}).get("n", len(rows) - 1)
    if len(rows) - 1 != total:
        raise EvalError(f"{path} is incomplete: {len(rows) - 1} of {total} questions. Go on with it by run --resume")
    return Run(path, manifest, tuple(rows[1:]))
