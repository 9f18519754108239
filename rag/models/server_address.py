"""The address of a server that writes: what may be shown of it, where its paths begin, and whether a proxy stands before it.

Owns: user and password in an address, what people leave out of one or write too much, and the rule that a machine nearby is reached
without the proxy. Knows nothing of requests.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from rag.core.errors import WriterFailed

_NEARBY = (".localhost", ".local", ".lan", ".internal", ".home.arpa", ".svc", ".cluster.local")
_TOO_MUCH = ("/chat/completions", "/completions", "/embeddings", "/responses", "/models", "/chat", "/generate", "/tags")
_HAS_VERSION = re.compile(r"/v\d")


def is_nearby(url: str) -> bool:
    """Whether a server stands on this machine or in its private network, where no proxy leads: a loopback or private address, a name
    of one word such as `ollama`, or one that ends in `.local`, `.internal` and the like."""
    try:
        host = (_parted(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        return not ipaddress.ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(_NEARBY))


def shown(url: str) -> str:
    """The address as it may be shown and kept: without user, password, query and fragment, which can hold secrets."""
    try:
        parts = _parted(url)
        _ = parts.port
        if _cuts_a_password(parts) or "@" in unquote(parts.path):
            return "an address that cannot be read"
        return urlunsplit((parts.scheme, _without_user(parts), parts.path, "", ""))
    except ValueError:
        return "an address that cannot be read"


@dataclass(frozen=True, slots=True)
class Address:
    """Of a server: `bases` are the addresses under which its paths may begin, the likeliest first; `query` goes after each path."""

    bases: tuple[str, ...]
    query: str = ""
    user: str = ""
    password: str = ""

    def of(self, base: str, path: str) -> str:
        """The whole address of a path, such as `/models`."""
        return base + path + (f"?{self.query}" if self.query else "")


def read_address(url: str) -> Address:
    """An address as people write it: with or without `http://`, `/v1`, a slash at its end, or the path of a single function.

    Raises:
        WriterFailed: it is no address of a web server. The message does not repeat it, since it may hold a password.
    """
    try:
        parts = _parted(url)
        port = parts.port
    except ValueError:
        port, parts = None, SplitResult("", "", "", "", "")
    odd = port == 0 or re.search(r"\s", parts.netloc) or _cuts_a_password(parts)
    if odd or parts.scheme not in ("http", "https") or not parts.hostname:
        raise WriterFailed(
            "CITEWISE_WRITER_URL is no address of a server; write it like http://127.0.0.1:8000/v1, and write @, /, ? and # in a "
            "password as %40, %2F, %3F and %23"
        )
    path = parts.path.rstrip("/")
    for function in _TOO_MUCH:
        path = path.removesuffix(function).rstrip("/")
    root = urlunsplit((parts.scheme, _without_user(parts), "", "", ""))
    return Address(
        tuple(root + candidate for candidate in _candidates(path)),
        parts.query,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _candidates(path: str) -> tuple[str, ...]:
    """The paths that an address can mean. Ollama's own functions are under /api, those of LM Studio under /api/v0 or /api/v1, those of
    the common form under /v1."""
    if _HAS_VERSION.search(path):
        return (path, "/v1") if path.startswith("/api/v") else (path,)
    if not path:
        return ("/v1", "")
    return (path, f"{path}/v1", "/v1") if path == "/api" else (path, f"{path}/v1")


def _parted(url: str) -> SplitResult:
    text = url.strip().strip("\"'").strip()
    return urlsplit(text if "://" in text else f"http://{text}")


def _cuts_a_password(parts: SplitResult) -> bool:
    """Whether a slash, question mark or hash in a password ended what is taken for the server's name."""
    return "@" in parts.path + parts.query + parts.fragment


def _without_user(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
