"""By which names the window may be called, and from whose pages. Pure.

A page of another site can send requests to this machine, and by a name of its own that leads here (DNS rebinding) it could even read
the answers. A browser tells both: by the Host it asks for, and by Origin and Sec-Fetch-Site.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rag.core.environment import is_loopback
from rag.core.settings import Settings

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one window. `strict`: only these and, beyond loopback, numeric addresses are answered."""

    known: frozenset[str]
    allowed: frozenset[str]
    strict: bool
    loopback: bool

    @classmethod
    def of(cls, settings: Settings, host: str | None, space_host: str = "") -> "Names":
        """Those of a window that listens on `host`; on a Space also the one it has there."""
        allowed = frozenset(filter(None, (_name(name) for name in (settings.allow_host or "").split(","))))
        loopback = host is not None and is_loopback(host)
        bound = _bracketed(host) if host else ""
        known = {*_LOOPBACK, bound.lower(), space_host.lower(), *allowed} - {""}
        return cls(frozenset(known), allowed, loopback or bool(allowed), loopback)

    def answer_to(self, host: str) -> bool:
        """Whether a request with this Host is for us."""
        name, _ = _split(host)
        if not name:
            return False
        numeric = name.startswith("[") or name.replace(".", "").isdigit()
        return not self.strict or name in self.known or (numeric and not self.loopback)

    def allow(self, origin: str) -> bool:
        """Whether pages of this origin or at this address may use the window as its own page does."""
        return _split(origin.partition("://")[2].partition("/")[0])[0] in self.allowed

    def is_foreign(self, headers: Mapping[str, str]) -> bool:
        """Whether a browser sent this for a page of another site. Programs say nothing of the kind."""
        origin = headers.get("origin", "")
        # Style sheets are asked for without an Origin; no script can make up a Referer of another site.
        if self.allow(origin or headers.get("referer", "")):
            return False
        site = headers.get("sec-fetch-site", "")
        if site:  # no script can set it, so it holds also where a proxy has changed the Host
            return site not in ("same-origin", "none")
        return bool(origin) and not any(
            _is_of(origin, headers[name]) for name in ("host", "x-forwarded-host") if headers.get(name)
        )


def _is_of(origin: str, host: str) -> bool:
    """Whether a page of this origin was served under this Host. A Host without a port may have lost it in a proxy."""
    scheme, _, rest = origin.partition("://")
    name, port = _split(rest)
    expected, expected_port = _split(host.split(",")[0])
    if not name or name != expected:
        return False
    default = _DEFAULT_PORTS.get(scheme, "")
    return not expected_port or (port or default) == expected_port


def _split(host: str) -> tuple[str, str]:
    """Name and port; no name where it is none."""
    match = _HOST.fullmatch(host.strip().lower())
    return (match[1].rstrip("."), match[2] or "") if match else ("", "")


def _name(allowed: str) -> str:
    """The name in what somebody wrote as one: with its scheme, port or path perhaps."""
    return _split(allowed.strip().rpartition("://")[2].partition("/")[0])[0]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
