"""Which addresses are served, gradio's and one of our own, by which methods, to whom, and how much may be sent there. Pure.

Whatever is not in this table is not there: gradio has addresses that take files, fetch others, or write to the disk, and a new version
may bring more.
"""

import re
from dataclasses import dataclass
from typing import Literal

GET = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})
PUT = frozenset({"PUT"})
Body = Literal["none", "form", "fields", "call", "join", "beside", "lookup", "file"]


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of address. `most` is the largest body in bytes; `open` ones need no login; a `page` may be opened from other sites; for
    `programs` the password may come with each request."""

    pattern: str
    methods: frozenset[str] = GET
    body: Body = "none"
    most: int = 16_000
    open: bool = False
    page: bool = False
    programs: bool = False


API = "/gradio_api"
UPLOAD = f"{API}/upload"
ELEMENT = "/gradio.js"
"""The script of the element <gradio-app> for pages of other sites. Gradio has it, but serves it from its own servers only."""
_ID = "[^/]{1,200}"
ROUTES = (
    Route("/", open=True, page=True),
    Route("/(?:assets|static)/.{1,300}", open=True),
    Route("/(?:theme.css|robots.txt|favicon.ico|manifest.json|logout)", open=True),
    Route(ELEMENT, open=True),
    Route(f"{API}/(?:theme.css|startup-events|login_check|user|app_id)", open=True),
    Route("/config"),
    Route(f"{API}/(?:info|openapi.json|token|queue/data|queue/status)"),
    Route(f"{API}/heartbeat/{_ID}"),
    Route(f"{API}/call/(?:v2/)?{_ID}/{_ID}"),
    Route("/login", POST, "form", open=True),
    Route(f"{API}/(?:cancel|reset)", POST, "fields"),
    Route(f"{API}/queue/join", POST, "join", 1_000_000),
    Route(f"{API}/call/(?:v2/)?{_ID}", POST, "call", 1_000_000),
    # Beside the queue, for what does not stand in it: stopping.
    Route(f"{API}/run/predict", POST, "beside"),
    # A browser keeps at most 5 MB, and a whole conversation is sent to be reopened.
    Route(f"{API}/component_server", POST, "lookup", 6_000_000),
    # Ours: gradio never sees it. Its own limit is looked at where the file is taken.
    Route("/citewise/upload", PUT, "file", 10**14),
    # For programs that speak MCP: calls, what is told to them meanwhile, and the end of a session.
    Route("/mcp", POST, "lookup", 1_000_000, programs=True),
    Route("/mcp", frozenset({"GET", "DELETE"}), programs=True),
)
_PATTERNS = [(re.compile(route.pattern), route) for route in ROUTES]
NOWHERE = Route("")
"""What an unknown address counts as."""


def routes_of(path: str) -> list[Route]:
    """The routes at this path, one for each set of methods; none where there is nothing."""
    path = path.rstrip("/") or "/"
    return [route for pattern, route in _PATTERNS if pattern.fullmatch(path)]


def inside(root: str, around: str, path: str) -> tuple[str, str]:
    """The path inside the window, and the one that is handed on: before that stands the path of the app `around` it.

    `root` is the path of the window, where a proxy or a server has left it there.
    """
    bare = _below(around, path)
    if bare == path:
        bare = _below(root, path)
    return bare, around + bare if around.startswith("/") else bare


def _below(root: str, path: str) -> str:
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :] or "/"
    return path
