"""What goes to a terminal or pipe that cannot show every character, and what comes in by one.

Titles hold characters of all scripts, consoles and pipes often know a few hundred: what they cannot show becomes a question mark
for people and an escape in JSON, and never ends a command.
"""

import codecs
import io
import json
import sys
from typing import Any


def keep_printable() -> None:
    """From now on a character that stdout or stderr cannot encode becomes a question mark there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def dump_json(value: Any, indent: int | None = None) -> str:
    """The value as JSON that the stdout of this process can carry whole."""
    text = json.dumps(value, ensure_ascii=not _is_unicode(sys.stdout.encoding), indent=indent)
    # Half of a surrogate pair, which JSON can hold, is no character: no encoding has it.
    return text.encode("utf-8", "replace").decode("utf-8")


def read_stdin() -> str:
    """All of stdin as UTF-8, whatever the console's own encoding is: what is piped here comes from a file or a program.

    Raises:
        UnicodeError: it is no UTF-8.
    """
    return sys.stdin.buffer.read().decode("utf-8-sig")


def as_typed(argument: str) -> str:
    """A word of the command line as text. Where the console's encoding does not know a character, Python gives its bytes one by
    one as halves of surrogate pairs."""
    try:
        return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return argument.encode("utf-8", "replace").decode("utf-8")


def _is_unicode(encoding: str | None) -> bool:
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False
