"""Chroma servers on loopback, started for real: they are stopped, killed, started again and lose their data."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("chroma")


class ChromaRun:
    """`chroma run` with a folder of its own, always on the same port. Start it, and stop it in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "ChromaRun":
        """Start it unless it runs, and wait until it listens."""
        if self._process is not None:
            return self
        command = [PROGRAM, "run", "--path", self.folder, "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder.parent,
            env={"HOME": str(self.folder.parent), "NO_COLOR": "1"},
        )
        said: list[str] = []
        assert self._process.stdout
        for line in self._process.stdout:
            said.append(line)
            if "listening on address" in line:
                break
        else:
            raise AssertionError(f"chroma run has ended: {''.join(said)[-2_000:]}")
        threading.Thread(target=self._process.stdout.read, daemon=True).start()
        self._wait_for_it()  # it says so before it does
        return self

    def _wait_for_it(self) -> None:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def stop(self, *, kill: bool = False) -> None:
        """End it, in good order or by SIGKILL."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self, *, kill: bool = False) -> None:
        """Stop it and start it again on the same data."""
        self.stop(kill=kill)
        self.start()

    def lose_data(self) -> None:
        """Stop it, and start it on an empty folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.start()
