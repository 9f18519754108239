"""The command line called in this process: as a person meets it, but without starting an interpreter and its libraries anew."""

import logging
from dataclasses import dataclass

from typer.testing import CliRunner

from rag.cli import app


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


def citewise(*arguments: str, env: dict[str, str] | None = None, text: str | None = None) -> Done:
    """Run a command; an exception that a person would see as a traceback is raised."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        result = CliRunner().invoke(app, arguments, input=text, env=env)
    finally:  # the command has set up logging for a process of its own
        root.handlers[:] = handlers
        root.setLevel(level)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)
