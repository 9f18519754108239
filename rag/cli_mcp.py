"""The command that offers libraries to programs with a language model: `citewise mcp`."""

import sys

import typer

from rag.cli_options import (
    DeviceOption,
    LibrariesOption,
    ModeOption,
    closed_libraries,
    exits_with_one_line,
    settings_over,
)
from rag.core.errors import CitewiseError


@exits_with_one_line
def mcp(library: LibrariesOption = None, mode: ModeOption = None, device: DeviceOption = None) -> None:
    """Offer a library to a program with a language model, over MCP.

    The program (a desktop assistant, an editor, an agent) starts this command itself and talks to it on standard input and output. It
    gets the tools ask, search, papers and get_paper, and with several libraries also libraries. Nothing is changed by them.

    \b
    In the program's settings, most often a file of JSON:
      {"mcpServers": {"citewise": {
        "command": "/path/to/.venv/bin/citewise",
        "args": ["mcp", "--library", "/path/to/library"]}}}

    Write whole paths there: such programs start it in a folder of their own. What goes wrong is told to the program, and on standard
    error. The models are loaded in the background, which takes some seconds; the first question waits for them.

    For programs on other machines: citewise chat --mcp, which answers at the address /mcp of the window.

    \b
    Examples:
      citewise mcp --library my-library
      citewise mcp --library physics --library biology
    """
    settings = settings_over(library, mode=mode, device=device)
    try:
        problems = closed_libraries(settings)
    except CitewiseError as error:
        problems = {"": error}  # a program that is told so can tell it to its user
    for problem in problems.values():
        typer.echo(f"citewise: {problem}", err=True)
    if sys.stdin is not None and sys.stdin.isatty():
        typer.echo(
            "citewise: waiting for a program that speaks MCP on standard input; citewise mcp --help says how to set it up. "
            "Ctrl-C ends this.",
            err=True,
        )
    from ui.mcp.stdio import serve

    serve(settings)
