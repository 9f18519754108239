"""Ask every question of a set and write what came back, a line a question, as it finishes.

Owns: the run file's format (a manifest line, then result lines) and the order of writing. Knows nothing of scoring. One
failing question is recorded and never stops the run.
"""

import json
import logging
import os
import platform
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.sets import Case, QuestionSet
from rag import __version__, jsonform
from rag.assistant import Assistant
from rag.errors import EvalError
from rag.settings import Settings

log = logging.getLogger(__name__)
FORMAT = 1
_NOT_A_SETTING = {"library", "cache", "data"}


@dataclass(frozen=True, slots=True)
class Run:
    """A run file read back."""

    path: Path
    manifest: dict[str, Any]
    lines: tuple[dict[str, Any], ...]


def run(
    assistant: Assistant,
    cases: Sequence[Case],
    out: Path,
    manifest: dict[str, Any],
    progress: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Write a new run file; `progress` gets each line as it is written.

    Raises:
        EvalError: the file is there already, or cannot be written.
    """
    if out.exists():
        raise EvalError(f"{out} is there already; nothing was overwritten. Name another file, or remove it")
    answer = retrieve_line if manifest["mode"] == "retrieve" else answer_line
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as stream:
            stream.write(_dump({"manifest": manifest}))
            for line in lines(assistant, cases, answer):
                stream.write(_dump(line))
                stream.flush()
                if progress:
                    progress(line)
    except OSError as error:
        raise EvalError(f"cannot write {out}: {error.strerror or error}") from error


def lines(
    assistant: Assistant, cases: Sequence[Case], answer: Callable[[Assistant, Case], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """One result line a case; a failure has its message in `error`."""
    for case in cases:
        head = {"id": case.id, "case": case.raw}
        try:
            yield head | answer(assistant, case)
        except Exception as error:
            log.warning("question %s failed: %s", case.id, error, exc_info=log.isEnabledFor(logging.DEBUG))
            yield head | {"question": case.question, "error": f"{type(error).__name__}: {error}"}


def answer_line(assistant: Assistant, case: Case) -> dict[str, Any]:
    """The complete answer to a case."""
    return jsonform.answer_json(assistant.ask(case.question, case.history))


def retrieve_line(assistant: Assistant, case: Case) -> dict[str, Any]:
    """Only the papers found for a case."""
    standalone = assistant.standalone(case.question, case.history)
    hits = assistant.search(standalone)
    return {
        "question": case.question,
        "standalone_question": standalone,
        "mode": "retrieve",
        "retrieved": [jsonform.hit_json(hit) for hit in hits],
        "error": None,
    }


def make_manifest(
    question_set: QuestionSet, cases: Sequence[Case], assistant: Assistant, settings: Settings, mode: str
) -> dict[str, Any]:
    """Everything that could move a number."""
    description = assistant.description
    return {
        "format": FORMAT,
        "citewise": __version__,
        "commit": _commit(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "mode": mode,
        "set": {"path": question_set.path.name, "sha256": question_set.sha256, "n": len(cases)},
        "library": {"fingerprint": assistant.library.fingerprint(), "papers": assistant.library.count()},
        "embedder": {"name": description["embedder"], "sha256": description["embedder_sha256"]},
        "reader": {"name": description["reader"], "sha256": description["reader_sha256"]},
        "writer": None,
        "prompts": {"read.md": description["prompt_sha256"]},
        "settings": settings.model_dump(mode="json", exclude=_NOT_A_SETTING),
        "seed": 0,
        "machine": {
            "cpu": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "device": description["device"],
        },
    }


def _commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() or None


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
        raise EvalError(f"{path} is damaged or was cut off in the middle of a line: {error}") from error
    manifest = rows[0].get("manifest") if rows and isinstance(rows[0], dict) else None
    if not isinstance(manifest, dict):
        raise EvalError(f"{path} is no run file: its first line has no manifest")
    if manifest.get("format") != FORMAT:
        raise EvalError(f"{path} has run format {manifest.get('format')}; this citewise reads {FORMAT}")
    expected = manifest.get("set", {}).get("n", len(rows) - 1)
    if len(rows) - 1 != expected:
        raise EvalError(f"{path} is incomplete: {len(rows) - 1} of {expected} questions. Run it again")
    return Run(path, manifest, tuple(rows[1:]))
