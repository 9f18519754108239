"""The memory of a window that many people ask at once, in a process of its own, over HTTP.

`WINDOW_MEMORY_MINUTES=10` makes it longer, and prints the memory at each minute.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.core.domain import Paper
from tests.conftest import ROOT
from tests.helpers.windows import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc"),
]
USERS = 20
MOST_MB = 1_500
MINUTES = float(os.environ.get("WINDOW_MEMORY_MINUTES", "0"))
_FORMS = ("What is {}?", "How does {} work and what does it achieve?", "Which papers are like {}?", "Who wrote {}?")


@pytest.fixture
def window(seed_library: Path, cache: Path) -> Iterator[tuple[str, int]]:
    """The address and the process of a real window."""
    port = free_port()
    command = [sys.executable, "-m", "rag.start", "chat", "--library", str(seed_library), "--port", str(port)]
    settings = {**os.environ, "CITEWISE_CACHE": str(cache)}
    with subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert "is open" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def test_many_people_do_not_make_it_grow_without_end(
    window: tuple[str, int], seed_papers: list[Paper], capsys: pytest.CaptureFixture[str]
) -> None:
    address, pid = window
    names = [paper.title.partition(":")[0] for paper in seed_papers]
    questions = [form.format(name) for name in names for form in _FORMS]
    ends, curve, answered = time.monotonic() + MINUTES * 60, [_memory(pid)], 0
    with ThreadPoolExecutor(USERS) as users:
        while answered < USERS or time.monotonic() < ends:
            some = [questions[(answered + n) % len(questions)] for n in range(USERS)]
            replies = list(users.map(lambda question: ask(address, question), some))
            assert [one for one in replies if '"answer"' not in one and "a minute" not in one] == []
            answered += sum('"answer"' in one for one in replies)
            curve.append(_memory(pid))
    if MINUTES:
        with capsys.disabled():
            print(f"\n{answered} answers; MB after every {USERS}: {curve}; peak {_memory(pid, 'VmHWM')}")
    assert _memory(pid, "VmHWM") < MOST_MB


def ask(address: str, question: str) -> str:
    """What the server says: an answer, or that questions come too fast, which a longer run meets."""
    body, kind = json.dumps({"data": [question, None]}).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}/gradio_api/call/ask", body, kind)) as reply:
        event = json.load(reply)["event_id"]
    with urllib.request.urlopen(f"{address}/gradio_api/call/ask/{event}", timeout=300) as reply:
        return str(reply.read().decode())


def _memory(pid: int, name: str = "VmRSS") -> int:
    """Megabytes of a process."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024
