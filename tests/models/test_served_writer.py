"""What `doctor` and run files tell of a server that writes."""

import re
from typing import Any

import pytest

from rag.core.settings import Settings
from rag.doctor import _checked, _writer
from tests.helpers.servers import refuses, says, serving

THREE = {"data": [{"id": "nomic-embed-text:latest"}, {"id": "llama3.2:latest"}, {"id": "qwen3:8b"}]}
ALL = "serves nomic-embed-text:latest (does not chat), llama3.2:latest, qwen3:8b"


def _told(models: Any, writer: str = "auto") -> tuple[bool, str]:
    with serving(says("It is."), models) as server:
        url = server.url.replace("//", "//bob:hunter2@")
        found = _checked("writer", lambda: _writer(Settings(writer_url=url, writer=writer)))
    assert "hunter2" not in found.detail
    return found.ok, re.sub(r"http://127\.0\.0\.1:\d+/v1", "S", found.detail)


@pytest.mark.parametrize(
    ("models", "writer", "told"),
    [
        (THREE, "auto", (True, f"S {ALL}; llama3.2:latest writes: the first of them that can chat")),
        (["m"], "auto", (True, "S serves m; m writes: the only one")),
        (THREE, "qwen3:8b", (True, f"S {ALL}; qwen3:8b writes, as CITEWISE_WRITER says")),
        (THREE, "llama3.2", (True, f"S {ALL}; llama3.2 writes, as CITEWISE_WRITER says")),
        (THREE, "gpt", (False, f"S {ALL}, not gpt; set CITEWISE_WRITER to one that it serves")),
        (
            ["bge-m3"],
            "auto",
            (False, "S serves bge-m3 (does not chat); load one there that can chat, or name one by CITEWISE_WRITER"),
        ),
        ([], "auto", (False, "S serves no model; load one there that can chat, or name one by CITEWISE_WRITER")),
        (refuses(404, "no"), "m", (True, "S does not tell its models; m is asked, as CITEWISE_WRITER says")),
    ],
)
def test_doctor_lists_the_servers_models_and_tells_which_writes_and_why(
    models: Any, writer: str, told: tuple[bool, str]
) -> None:
    assert _told(models, writer) == told


@pytest.mark.parametrize(
    "models", [None, 5, "no", {"data": 5}, refuses(200, "<html>"), refuses(401, "no"), refuses(500, {"error": "CUDA"})]
)
def test_doctor_tells_of_any_other_list_in_a_sentence(models: Any) -> None:
    answer = models if callable(models) else refuses(200, models)
    ok, said = _told(answer)
    assert not ok
    assert said.startswith("S: the server that writes")
    assert "Error" not in said
