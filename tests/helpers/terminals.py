"""A program in a pseudo-terminal of a given width, and what a person would see of it."""

import os
import re
import struct
import subprocess
import sys
from collections.abc import Mapping

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown_in_a_terminal(code: str, width: int, env: Mapping[str, str] | None = None) -> str:
    """What this Python code prints in a terminal of `width` columns; colours are left out, line ends are `\\n`."""
    return _COLOURS.sub("", raw_in_a_terminal(code, width, env)).replace("\r\n", "\n")


def raw_in_a_terminal(code: str, width: int, env: Mapping[str, str] | None = None) -> str:
    """The same with everything that the terminal gets."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {"PATH": "", "TERM": "xterm", "PYTHONUTF8": "1", **(env or {})}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as run:
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(ours)
    assert run.returncode == 0, b"".join(parts)
    return b"".join(parts).decode()
