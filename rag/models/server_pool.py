"""The connections to a server that writes: kept open for the next answer, each used by one answer at a time.

Owns: the client, whether a proxy stands before the server, and which socket a request runs over, so that it can be cut. httpx is
imported inside the functions, so that importing this module is light.
"""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rag.core.errors import WriterFailed
from rag.models.server_address import Address, is_nearby
from rag.models.server_line import Line

_MOST_IDLE = 64
_KEPT_SECONDS = 20.0
"""How long a connection is kept that nobody uses; most servers close theirs later than that, or at once."""
_OPENED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


class Lane:
    """One connection, opened where there is none yet or the server has closed it since."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.is_reused = False
        """Whether the last request went over a connection that was there before."""
        self._socket: socket.socket | None = None
        self._line: Line | None = None

    def send(self, method: str, url: str, line: Line, body: Any = None) -> Any:
        """The response, whose body is still to be read.

        Raises:
            httpx.HTTPError, httpx.InvalidURL, OSError: there is none.
        """
        self.is_reused = self._socket is not None
        request = self.client.build_request(
            method, url, json=body, timeout=line.timeout(), extensions={"trace": self._trace}
        )
        return self.client.send(request, stream=True)

    def begin(self, line: Line) -> None:
        """The line is cut where it should end before it is over."""
        self._line = line
        line.hold(self._socket)

    def end(self, line: Line) -> None:
        """What happens to the line does not concern this connection any more."""
        self._line = None
        line.hold(None)

    def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        if name.endswith(_OPENED):
            opened = info["return_value"].get_extra_info("socket")
            self._socket = opened if isinstance(opened, socket.socket) else None
            self.is_reused = False
            if self._line:
                self._line.hold(self._socket)


class Pool:
    """Lanes to one server. `open_` makes a client of one connection."""

    def __init__(self, open_: Callable[[], Any]) -> None:
        self._open = open_
        self._idle = [Lane(open_())]
        self._busy: dict[int, tuple[Lane, Line]] = {}
        self._is_closed = False
        self._lock = threading.Lock()

    @contextmanager
    def lane(self, line: Line) -> Iterator[Lane]:
        """A lane that nobody else uses, the one that was used last if there are several."""
        with self._lock:
            lane = self._idle.pop() if self._idle else None
        lane = lane or Lane(self._open())
        lane.begin(line)
        with self._lock:
            self._busy[id(lane)] = lane, line
        try:
            yield lane
        finally:
            lane.end(line)
            with self._lock:
                del self._busy[id(lane)]
                keep = not self._is_closed and len(self._idle) < _MOST_IDLE
                if keep:
                    self._idle.append(lane)
            if not keep:
                lane.client.close()

    def close(self) -> None:
        """Close what is idle, and cut what is in use."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            lines = [line for _, line in self._busy.values()]
        for lane in idle:
            lane.client.close()
        for line in lines:
            line.cut()


def client_opener(address: Address, key: str | None) -> Callable[[], Any]:
    """What makes clients that send user and password, else the key, and reach what is nearby without a proxy.

    Raises:
        WriterFailed: the key or the file of certificates of the environment cannot be used. The opener itself raises it where a proxy
            of the environment cannot be used.
    """
    import httpx

    nearby = is_nearby(address.bases[0])
    secure = address.bases[0].startswith("https:")
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEPT_SECONDS)
    # Packed bodies are not asked for: a small one may unpack to more than the memory holds.
    headers = {"accept": "text/event-stream, application/json", "accept-encoding": "identity"}
    key = (key or "").strip()
    if key:
        if not (key.isascii() and key.isprintable()):
            raise WriterFailed("CITEWISE_WRITER_KEY holds characters that no key has; copy it again")
        headers["authorization"] = f"Bearer {key}"
    auth = httpx.BasicAuth(address.user, address.password) if address.user or address.password else None
    try:
        # A file of certificates in the environment counts nearby too, a proxy does not. Where nothing is encrypted, none is read, since
        # that takes time; a context without any trusts nobody.
        trusted = httpx.create_ssl_context() if secure or not nearby else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except OSError as error:
        names = " or ".join(name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name))
        raise WriterFailed(
            f"the certificates that {names or 'the environment'} names cannot be read; unset it or correct it"
        ) from error

    def opened() -> Any:
        transport = httpx.HTTPTransport(verify=trusted, limits=limits, trust_env=secure) if nearby else None
        try:
            return httpx.Client(
                transport=transport, verify=trusted, limits=limits, headers=headers, auth=auth, trust_env=not nearby
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            names = " or ".join(name for name in _PROXY_VARIABLES if os.environ.get(name)) or "the environment"
            raise WriterFailed(
                f"the proxy that {names} names cannot be used; unset it, name an http:// proxy, or put the server's host into NO_PROXY"
            ) from error

    return opened
