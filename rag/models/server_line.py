"""How long one question may wait for a server that writes: cut at a limit or on Stop, whatever the server does.

Owns: the wall clock, which of the limits came, and ending a wait that another thread is in. httpx is imported inside the functions, so
that importing this module is light.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from rag.core.errors import ServerFailed, WriterFailed
from rag.models import server_words as words
from rag.models.server_address import is_nearby
from rag.models.server_clock import Alarm
from rag.models.writer import Limits

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
_AFTERWARDS_SECONDS = 0.5
"""How long a server may take for what comes after the end of an answer, which nobody needs."""
_GRACE_SECONDS = 2.0
Limit = Literal["whole", "first", "pause"]


class Line:
    """What may be waited for, for one question, until its deadline. A context manager."""

    def __init__(self, limits: Limits, stopped: threading.Event | None = None) -> None:
        self.limits = limits
        self.stopped = stopped or threading.Event()
        self.is_expired = False
        """Whether a limit has come."""
        self.limit: Limit = "whole"
        """Which limit comes next, or has come."""
        self.has_words = False
        """Whether the server has said anything of an answer, thinking included."""
        self._deadline = time.monotonic() + limits.seconds
        self._ends = self._deadline
        self._socket: socket.socket | None = None
        self.is_cut = False
        """Whether its connection was broken off, by a limit, on Stop or because the writer was closed."""
        self._lock = threading.Lock()
        self._alarm = Alarm(self._expire)

    def __enter__(self) -> "Line":
        self._deadline = time.monotonic() + self.limits.seconds
        self.rest()
        return self

    def __exit__(self, *_: object) -> None:
        self._alarm.off()

    @property
    def left(self) -> float:
        """Seconds until the deadline, at least a hundredth."""
        return max(0.01, self._deadline - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be waited for any more."""
        return self.is_expired or self.is_cut or self.stopped.is_set()

    @property
    def is_overdue(self) -> bool:
        """Whether a limit came a while ago, and something still waits that cannot be cut, such as the look-up of a name."""
        return time.monotonic() > self._ends + _GRACE_SECONDS

    def asks(self) -> None:
        """A request begins: its first word is waited for."""
        self._until(self.limits.first_seconds, "first")

    def hears(self) -> None:
        """A word has come, of an answer or of thinking: the next one is waited for."""
        self.has_words = True
        self._until(self.limits.pause_seconds, "pause")

    def rest(self) -> None:
        """Nothing is waited for but the deadline."""
        self._until(self.limits.seconds, "whole")

    def end_soon(self, seconds: float = _AFTERWARDS_SECONDS) -> None:
        """All has come that is needed."""
        self._until(seconds, "whole")

    def _until(self, seconds: float, limit: Limit) -> None:
        if self.is_expired:
            return
        now = time.monotonic()
        whole = now + seconds >= self._deadline
        self._ends, self.limit = (self._deadline, "whole") if whole else (now + seconds, limit)
        self._alarm.set(self._ends)

    def wait(self, seconds: float) -> bool:
        """Sleep so long; False where Stop or the deadline comes before."""
        if self.left < seconds:
            return False
        return not (self.stopped.wait(seconds) or self.is_expired)

    def hold(self, connection: socket.socket | None) -> None:
        """The connection that the question waits for; None where it waits for none."""
        with self._lock:
            self._socket = connection
            if self.is_cut:
                self._break()

    def cut(self) -> None:
        """Break the connection off. A thread that waits for it goes on at once, which closing it would not bring about."""
        with self._lock:
            self.is_cut = True
            self._break()

    def _break(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def timeout(self) -> Any:
        """The waits of a request; the deadline cuts a longer one."""
        import httpx

        return httpx.Timeout(self.left + 1, connect=min(CONNECT_SECONDS, self.left))

    def in_words(self) -> str:
        """The limit that came before anything of an answer did."""
        if self.limit == "first":
            return words.no_beginning_in(self.limits.first_seconds)
        if self.limit == "pause":
            return words.fell_silent_for(self.limits.pause_seconds)
        return words.no_answer_in(self.limits.seconds)

    def _expire(self) -> None:
        self.is_expired = True
        self.cut()


def proxy_variable(url: str) -> str:
    """The variable of the environment that sends requests for this address through a proxy; "" where none does."""
    if is_nearby(url):
        return ""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    names = (f"{parts.scheme}_proxy", f"{parts.scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name)), "")


def unconnected(error: Exception, line: Line, url: str) -> WriterFailed:
    """Why no connection came about, or why it broke before anything came."""
    import httpx

    log.info("no connection: %s", error)
    if line.is_expired:
        return ServerFailed(line.in_words())
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return ServerFailed(words.no_answer_in(line.limits.seconds))
    proxy = proxy_variable(url)
    if line.is_cut:
        return ServerFailed(words.DROPPED)
    if proxy and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return ServerFailed(words.not_through(proxy))
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        certificate = "certificate" in str(error).lower()
        return ServerFailed(
            f"{words.SERVER} has a certificate that is not trusted here" if certificate else words.UNREACHABLE
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return WriterFailed("CITEWISE_WRITER_URL is no address of a server; write it like http://127.0.0.1:8000/v1")
    return ServerFailed(words.DROPPED)
