"""The command that opens the window: `citewise chat`."""

from typing import Annotated, Literal

import typer

from rag.cli_options import (
    DeviceOption,
    LibrariesOption,
    ModeOption,
    closed_libraries,
    exits_with_one_line,
    settings_over,
)
from rag.core.environment import is_loopback
from rag.core.errors import LibraryMissing
from rag.core.settings import Settings

HostOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="Address to listen on; 127.0.0.1 is this machine only, 0.0.0.0 every network."
    ),
]
PortOption = Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port to listen on; 0 takes a free one.")]


AuthOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME:PASSWORD|@FILE",
        help="Ask visitors for this name and password. From a file, or as CITEWISE_AUTH, it does not show in the list of processes.",
    ),
]
RootPathOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATH", help="Path below which a proxy serves the window, such as /papers, or its whole address."
    ),
]
AllowHostOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,…", help="Other names by which the window may be called; sites whose pages may call it."
    ),
]
TrustedProxyOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS,…", help="Addresses of proxies that say whom they ask for (X-Forwarded-For)."),
]
EditOption = Annotated[
    Literal["auto", "on", "off"] | None,
    typer.Option(
        help="Whether the window may add and remove papers. auto, the default: yes where only this machine reaches it, or with --auth."
    ),
]
MaxUploadOption = Annotated[
    int | None,
    typer.Option("--max-upload-mb", metavar="MB", help="Largest file that the window takes; 100 unless told."),
]
McpOption = Annotated[
    bool | None,
    typer.Option(
        "--mcp", show_default=False, help="Also answer programs that speak MCP, at the address /mcp of the window."
    ),
]


@exits_with_one_line
def chat(
    library: LibrariesOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 7860,
    auth: AuthOption = None,
    root_path: RootPathOption = None,
    allow_host: AllowHostOption = None,
    trusted_proxy: TrustedProxyOption = None,
    edit: EditOption = None,
    max_upload_mb: MaxUploadOption = None,
    mode: ModeOption = None,
    device: DeviceOption = None,
    mcp: McpOption = None,
) -> None:
    """Open the chat window, for a browser.

    It is at http://127.0.0.1:7860 unless told otherwise. Ctrl-C ends it. Conversations stay in the browser; votes on answers go to
    feedback.jsonl in the library's folder.

    \b
    Examples:
      citewise chat --library my-library --port 8000
      citewise chat --library physics --library biology
    """
    behind = {"root_path": root_path, "allow_host": allow_host, "trusted_proxy": trusted_proxy}
    editing = {"edit": edit, "max_upload_mb": max_upload_mb}
    settings = settings_over(library, mode=mode, device=device, auth=auth, mcp=mcp, **behind, **editing)
    _check_libraries(settings, host)
    if settings.auth is None and not is_loopback(host):
        typer.echo(
            f"citewise: warning: {host} is open to others and there is no --auth: whoever reaches this address can ask, read the "
            "whole library and use this machine's time. Set --auth NAME:PASSWORD, and put https in front of it: plain http shows "
            "names and passwords to everybody on the way.",
            err=True,
        )
    from ui.app import launch

    launch(settings, host=host, port=port)


def _check_libraries(settings: Settings, host: str) -> None:
    """What cannot be opened is told before anything loads. Where there is none yet, papers can be added in the window.

    Raises:
        LibraryError: the only one cannot be opened, or there is none and papers cannot be added.
    """
    try:
        for problem in closed_libraries(settings).values():
            typer.echo(f"citewise: warning: {problem}", err=True)
    except LibraryMissing:
        from rag.library.several import shelves_of
        from ui.app import may_edit

        first, *others = shelves_of(settings)
        if others or first.folder.is_file() or not may_edit(settings, host):
            raise
        typer.echo(f"There is no library in {first.folder.absolute()} yet. Add papers in the window.", err=True)
