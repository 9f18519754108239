"""The first line of a run file: everything that could move a number. Owns what is pinned; asks nothing, writes nothing."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.cases.question_set import Case, QuestionSet
from evals.runs.run import FORMAT
from rag import __version__
from rag.core.settings import Settings
from rag.models.server_address import shown
from rag.search.searcher import Searcher

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant

# Settings of windows are left out too, and how many answers are made at a time: no answer hangs on them.
_OF_WINDOWS = {"libraries", "edit", "max_upload_mb", "mcp", "space_library", "space_gpu_seconds"}
_NOT_A_SETTING = {"writer_key", "library", "cache", "data", "answers_at_once"} | _OF_WINDOWS
_LIBRARIES = ("torch", "transformers", "tokenizers", "chromadb", "llama-index-core", "numpy", "nltk", "snowballstemmer")


_PROMPTS = {"read.md": "read_prompt_sha256", "answers.md": "answers_prompt_sha256", "write.md": "write_prompt_sha256"}


def make_manifest(
    question_set: QuestionSet,
    cases: Sequence[Case],
    searcher: "Searcher | Assistant",
    settings: Settings,
    mode: str,
    selection: dict[str, Any],
    at_once: int = 1,
) -> dict[str, Any]:
    """`selection`: split, limit, sample and seed, by which `cases` were chosen from the set; `at_once`: how many are asked
    at the same time."""
    description = searcher.description
    return {
        "format": FORMAT,
        "citewise": __version__,
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--", "rag", "prompts")),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "mode": mode,
        "set": {
            "path": question_set.path.name,
            "sha256": question_set.sha256,
            "n": len(cases),
            **({"skipped": len(question_set.skipped)} if question_set.skipped else {}),
        },
        "selection": {name: value for name, value in selection.items() if name != "seed"},
        "library": {"fingerprint": searcher.library.fingerprint(), "papers": searcher.library.count()},
        "embedder": {"name": description["embedder"], "sha256": description["embedder_sha256"]},
        "reader": {"name": description["reader"], "sha256": description["reader_sha256"], "reads": description["reads"]}
        if "reader" in description
        else None,
        "writer": {"name": description["writer"], "place": description["writer_place"]}
        if "writer" in description
        else None,
        "prompts": {file: description[key] for file, key in _PROMPTS.items() if key in description},
        "settings": settings.model_dump(mode="json", exclude=_NOT_A_SETTING)
        | {"writer_url": shown(settings.writer_url) if settings.writer_url else None},
        "versions": versions(_LIBRARIES),
        "seed": selection.get("seed", 0),
        # What moves timings alone, and may change when a run goes on.
        "machine": machine(description["device"]) | {"questions_at_once": at_once},
    }


def versions(names: Sequence[str]) -> dict[str, str | None]:
    """Of the libraries; None where one is not installed."""
    there = {item.metadata["Name"].lower().replace("_", "-"): item.version for item in metadata.distributions()}
    return {name: there.get(name) for name in names}


def machine(device: str) -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "device": device,
    }


def _git(*words: str) -> str | None:
    """What git says of the code that runs; None where it was installed without its history."""
    try:
        process = subprocess.run(
            ["git", "-C", str(Path(__file__).parent.parent.parent), *words], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return process.stdout.strip() or None
