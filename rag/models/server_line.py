"""The connections to a server that writes: through a proxy or not, and cut at the deadline or on Stop, whatever the server does.

Owns: the client, the wall clock, and ending a wait that another thread is in. httpx is imported inside the functions, so that
importing this module is light.
"""

import contextlib
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from rag.core.errors import WriterFailed
from rag.models import server_words as words
from rag.models.server_address import Address, is_nearby

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
_OPENED = ("connect_tcp.complete", "connect_unix_socket.complete")
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def open_client(address: Address, key: str | None) -> Any:
    """A client that sends user and password, else the key, opens a connection a request, and reaches what is nearby without a proxy.

    Raises:
        WriterFailed: the key, a proxy of the environment or its file of certificates cannot be used.
    """
    import httpx

    nearby = is_nearby(address.bases[0])
    secure = address.bases[0].startswith("https:")
    limits = httpx.Limits(max_keepalive_connections=0)
    headers = {"accept": "text/event-stream, application/json"}
    key = (key or "").strip()
    if key:
        if not (key.isascii() and key.isprintable()):
            raise WriterFailed("CITEWISE_WRITER_KEY holds characters that no key has; copy it again")
        headers["authorization"] = f"Bearer {key}"
    auth = httpx.BasicAuth(address.user, address.password) if address.user or address.password else None
    try:
        # A file of certificates in the environment counts nearby too, a proxy does not. Where nothing is encrypted, none is read, since
        # that takes time; a context without any trusts nobody.
        trusted: Any = True if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        transport = httpx.HTTPTransport(verify=trusted, limits=limits, trust_env=secure) if nearby else None
        return httpx.Client(transport=transport, limits=limits, headers=headers, auth=auth, trust_env=not nearby)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        names = " or ".join(name for name in _PROXY_VARIABLES if os.environ.get(name)) or "the environment"
        raise WriterFailed(
            f"the proxy that {names} names cannot be used; unset it, name an http:// proxy, or put the server's host into NO_PROXY"
        ) from error
    except OSError as error:
        names = " or ".join(name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name))
        raise WriterFailed(
            f"the certificates that {names or 'the environment'} names cannot be read; unset it or correct it"
        ) from error


class Line:
    """The connections of one question, until its deadline. A context manager."""

    def __init__(self, seconds: float, stopped: threading.Event | None = None) -> None:
        self.seconds = seconds
        self.stopped = stopped or threading.Event()
        self.is_expired = False
        """Whether the deadline has come."""
        self._deadline = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._is_cut = False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> "Line":
        self._deadline = time.monotonic() + self.seconds
        self.end_in(self.seconds)
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()

    @property
    def left(self) -> float:
        """Seconds until the deadline, at least a hundredth."""
        return max(0.01, self._deadline - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be waited for any more."""
        return self.is_expired or self.stopped.is_set()

    def end_in(self, seconds: float) -> None:
        """Wait so many seconds from now, at most until the deadline, whatever was said before."""
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(min(seconds, self.left), self._expire)
        self._timer.daemon = True
        self._timer.start()

    def wait(self, seconds: float) -> bool:
        """Sleep so long; False where Stop or the deadline comes before."""
        if self.left < seconds:
            return False
        return not (self.stopped.wait(seconds) or self.is_expired)

    def cut(self) -> None:
        """Break the connections off. A thread that waits for one of them goes on at once, which closing it would not bring about."""
        with self._lock:
            self._is_cut = True
            for opened in self._sockets:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(opened, socket.SHUT_RDWR)

    def extensions(self) -> dict[str, Any]:
        """What a request needs, so that its connection belongs to this line."""
        return {"trace": self._trace}

    def timeout(self) -> Any:
        """The waits of a request; the deadline cuts a longer one."""
        import httpx

        return httpx.Timeout(self.left + 1, connect=min(CONNECT_SECONDS, self.left))

    def _expire(self) -> None:
        self.is_expired = True
        self.cut()

    def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        if not name.endswith(_OPENED):
            return
        opened = info["return_value"].get_extra_info("socket")
        if isinstance(opened, socket.socket):
            with self._lock:
                self._sockets.append(opened)
            if self._is_cut:
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


def why_unconnected(error: Exception, line: Line, url: str) -> str:
    """Why no connection came about, or why it broke before anything came."""
    import httpx

    log.info("no connection: %s", error)
    if line.is_expired or isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return words.no_answer_in(line.seconds)
    proxy = proxy_variable(url)
    if proxy and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return words.not_through(proxy)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        certificate = "certificate" in str(error).lower()
        return f"{words.SERVER} has a certificate that is not trusted here" if certificate else words.UNREACHABLE
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return "CITEWISE_WRITER_URL is no address of a server; write it like http://127.0.0.1:8000/v1"
    return f"{words.SERVER} closed the connection without an answer; look at its log"
