"""The repository laid out and started as a Hugging Face Space does it: a clean clone that cannot be written, an environment of
requirements.txt and the gradio of README's front matter, the variables of a Space, a hub cache as `preload_from_hub` leaves it, and no
way out of the machine.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path

from rag.core.settings import DEFAULT_EMBEDDER, DEFAULT_READER
from rag.models.find import find_model
from rag.models.published import PUBLISHED
from tests.conftest import ROOT
from tests.helpers.windows import free_port
from tests.space import apart

PYTHON = os.environ.get("SPACE_TEST_PYTHON")
"""A Python that has everything already, such as one of another version; else an environment is made."""
_IMPORTED = "gradio spaces torch transformers chromadb llama_index.core llama_index.vector_stores.chroma scipy".split()
_PATIENCE_SECONDS = 300.0
_REFUSES = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is; `made_in` says how many seconds the environment took, None where one was given."""

    checkout: Path
    python: Path
    home: Path
    made_in: float | None


def lay_out(folder: Path, cache: Path) -> Layout:
    """Lay it out in an empty folder, which is a minute's or two's work."""
    home = folder / "home"
    preload(home / ".cache" / "huggingface" / "hub", cache)
    start = time.monotonic()
    python = Path(PYTHON) if PYTHON else make_environment(folder / "environment")
    return Layout(clone(folder / "app"), python, home, None if PYTHON else time.monotonic() - start)


def clone(folder: Path) -> Path:
    """What git has of this tree, changes that are not committed included; nothing in it can be written."""
    changed = _output("git", "stash", "create")
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", changed or "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    return folder


def front_matter() -> dict[str, str]:
    """The lines of README's front matter."""
    text = (ROOT / "README.md").read_text("utf-8").split("---")[1]
    return {name: value.strip().strip('"') for name, value in re.findall(r"^(\w+):[ ]*(.*)$", text, re.MULTILINE)}


def preloaded() -> dict[str, tuple[list[str], str | None]]:
    """By model what front matter preloads: its files, and the commit that is named."""
    text = (ROOT / "README.md").read_text("utf-8").split("---")[1].partition("preload_from_hub:")[2]
    lines = [line.split() for line in re.findall(r"^\s+- (.+)$", text, re.MULTILINE)]
    return {name: (files.split(","), more[0] if more else None) for name, files, *more in lines}


def make_environment(folder: Path) -> Path:
    """What a Space installs, at the versions that were tested together; the torch that runs here, since others are gigabytes."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-compile"]
    torch = version("torch").partition("+")[0]
    wanted = [f"torch=={torch}", f"gradio=={front_matter()['sdk_version']}", "spaces", "-r", "requirements.txt"]
    subprocess.run([*pip, "-c", "constraints.txt", *wanted], cwd=ROOT, check=True)
    # Compiles what is needed, where pip would compile ten times as much.
    subprocess.run([str(python), "-c", f"import {', '.join(_IMPORTED)}"], cwd=folder, check=True, capture_output=True)
    return python


def preload(hub: Path, cache: Path) -> None:
    """A hub cache with the files that front matter names, as far as they are on this machine: those of the wheels."""
    for name in (DEFAULT_EMBEDDER, DEFAULT_READER):
        repository = hub / f"models--{name.replace('/', '--')}"
        snapshot = repository / "snapshots" / PUBLISHED[name].revision
        source = find_model(name, cache).folder
        for file in preloaded()[name][0]:
            if (source / file).is_file():
                (snapshot / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / file, snapshot / file)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(PUBLISHED[name].revision)


@dataclass
class Running:
    """A Space that runs: its address, its process and log, whether it has no network and folders that cannot be written, and the
    seconds from the start until something and until the window was seen."""

    url: str
    pid: int
    log: Path
    is_apart: bool
    seen_after: float = 0.0
    served_after: float = 0.0

    def memory(self) -> tuple[int, int]:
        """Bytes that it holds now, and the most that it ever held."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        now, most = (int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) for name in ("VmRSS", "VmHWM"))
        return now * 1024, most * 1024

    def told(self) -> str:
        """What it has printed."""
        return self.log.read_text("utf-8", "replace")


def can_be_apart() -> bool:
    """Whether this machine lets a process be without network."""
    return subprocess.run(apart.WORKS, capture_output=True).returncode == 0 if shutil.which("unshare") else False


@contextmanager
def started(
    layout: Layout, temporary: Path, variables: Mapping[str, str] | None = None, *, alone: bool = True
) -> Iterator[Running]:
    """`app.py` as a Space runs it, until the block is left; it ends by SIGTERM, as a Space does.

    Args:
        layout: what is started.
        temporary: the folder for temporary files, which outlasts a restart as that of a Space does not.
        variables: more of them, or others.
        alone: without network, where this machine can do that.
    """
    temporary.mkdir(exist_ok=True)
    port = free_port()
    log = temporary.parent / f"{temporary.name}.log"
    command = [str(layout.python), front_matter()["app_file"]]
    is_apart = alone and can_be_apart()
    meeting = temporary.parent / f"{port}.socket"
    if is_apart:
        folders = [str(layout.checkout), str(layout.home)]
        command = [*apart.APART, sys.executable, apart.__file__, str(meeting), str(port), *folders, "--", *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=layout.checkout,
            env={
                name: value for name, value in _environment(layout, temporary, port, variables or {}).items() if value
            },
            stdout=subprocess.PIPE if is_apart else output,
            stderr=output,
        )
    try:
        start = time.monotonic()
        pid, port = (_met(process, meeting), _relayed(meeting)) if is_apart else (process.pid, port)
        running = Running(f"http://127.0.0.1:{port}", pid, log, is_apart)
        _wait(running, process, start)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def _environment(layout: Layout, temporary: Path, port: int, variables: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(layout.home),
        "TMPDIR": str(temporary),
        "SYSTEM": "spaces",
        "SPACE_ID": "owner/citewise",
        "SPACE_AUTHOR_NAME": "owner",
        "SPACE_REPO_NAME": "citewise",
        "SPACE_HOST": "127.0.0.1",
        "ACCELERATOR": "none",
        "CPU_CORES": "2",
        "MEMORY": "16Gi",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_ALLOW_FLAGGING": "never",
        "HF_HUB_OFFLINE": "1",
        # Where this machine lets nobody be without network, what would go out goes here, where nobody listens.
        "http_proxy": _REFUSES,
        "https_proxy": _REFUSES,
        **variables,
    }


def _met(process: "subprocess.Popen[bytes]", meeting: Path) -> int:
    """The id of the process that is apart, which by then can be met."""
    assert process.stdout
    line = process.stdout.readline()
    assert line and meeting.exists(), "the command did not start apart"
    return int(line)


def _relayed(meeting: Path) -> int:
    """A port of this machine that leads to what is apart."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=apart.relay, args=(listener, apart.Connect(str(meeting))), daemon=True).start()
    return int(listener.getsockname()[1])


def _wait(running: Running, process: "subprocess.Popen[bytes]", start: float) -> None:
    """Until the window is served, as a visitor would find it."""
    while process.poll() is None and time.monotonic() - start < _PATIENCE_SECONDS:
        with suppress(OSError, HTTPException), urllib.request.urlopen(running.url, timeout=5) as answer:
            after = time.monotonic() - start
            running.seen_after = running.seen_after or after
            if not answer.headers.get("x-citewise-opening"):
                running.served_after = after
                return
        time.sleep(0.02)
    raise AssertionError(f"the Space did not start:\n{running.told()}")


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder: what must not change."""
    return {
        path.relative_to(folder).as_posix(): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
    }


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
