"""The first line of a run file holds no secret."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evals.cases.question_set import load_set
from evals.runs.manifest import make_manifest
from rag.core.settings import Settings


@pytest.mark.parametrize(
    ("url", "kept"), [("http://bob:hunter2@127.0.0.1:8000/v1?key=hunter2", "http://127.0.0.1:8000/v1"), (None, None)]
)
def test_a_run_file_holds_the_writers_address_without_user_and_password(
    tmp_path: Path, url: str | None, kept: str | None
) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "q1", "question": "What is it?"}\n', "utf-8")
    questions = load_set(path)
    searcher: Any = SimpleNamespace(
        library=SimpleNamespace(fingerprint=lambda: "f", count=lambda: 1),
        description={"embedder": "e", "embedder_sha256": "0", "device": "cpu"},
    )
    settings = Settings(writer_url=url, writer_key="hunter2")
    manifest = make_manifest(questions, questions.cases, searcher, settings, "write", {})
    assert manifest["settings"]["writer_url"] == kept
    assert "hunter2" not in json.dumps(manifest)
