"""A server with mounted windows ends when it is told to, also while pages are open."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import ROOT
from tests.helpers.windows import answered, ask, free_port, needs_browser

pytestmark = [*needs_browser, pytest.mark.slow]
HERE = "http://127.0.0.1"
APP = """
import sys
from fastapi import FastAPI
import uvicorn
from rag.core.settings import Settings
from tests.helpers.windows import Scripted
from ui.app import mount

class Shelf(Scripted):
    def close(self):
        print("closed", flush=True)

app = FastAPI()
mount(app, "/papers", Settings(), open_=lambda settings, progress: Shelf())
mount(app, "/more", Settings(), open_=lambda settings, progress: Shelf())
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_while_pages_are_open(look: Any, tmp_path: Path, sign: int) -> None:
    port = free_port()
    (tmp_path / "own.py").write_text(APP)
    around = os.environ | {"PYTHONPATH": str(ROOT)}
    served = subprocess.Popen(
        [sys.executable, tmp_path / "own.py", str(port)], stdout=subprocess.PIPE, text=True, env=around, cwd=tmp_path
    )
    try:
        address = f"{HERE}:{port}"
        until_it_answers(f"{address}/papers/gradio_api/app_id", served)
        for path in ("/papers/", "/more/"):
            page = look(address + path)
            ask(page, "How fast?")
            answered(page)
        served.send_signal(sign)
        said, _ = served.communicate(timeout=20)
        assert said.split() == ["closed", "closed"]
    finally:
        served.kill()


def until_it_answers(url: str, served: subprocess.Popen[str]) -> None:
    while served.poll() is None:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            continue
    raise AssertionError("the server has ended")
