"""The connections to a Chroma server: with limits of time and size that hold whatever the server does. Knows nothing of libraries.

It is imported where a server is named only, since httpx takes a moment.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping

import httpx

CONNECT_SECONDS = 3.0
_MOST_BYTES = 1 << 30
"""Of one reply: the ids of tens of millions of passages."""


class _Bounded(httpx.SyncByteStream):
    """The body of a reply, which breaks off where it takes too long as a whole, or never ends."""

    def __init__(self, inner: httpx.SyncByteStream, request: httpx.Request, deadline: float) -> None:
        self._inner, self._request, self._deadline = inner, request, deadline

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._inner:
            size += len(piece)
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the reply does not end", request=self._request)
            if size > _MOST_BYTES:
                raise httpx.ReadError("the reply is too long", request=self._request)
            yield piece

    def close(self) -> None:
        self._inner.close()


class _Transport(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + self._seconds
        response = self._inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Bounded(response.stream, request, deadline)
        return response

    def close(self) -> None:
        self._inner.close()


def open_session(
    url: str, headers: Mapping[str, str], seconds: float, look: Callable[[httpx.Response], None], *, nearby: bool
) -> httpx.Client:
    """A client whose requests take at most about `seconds` each.

    Args:
        url: of the server.
        headers: sent with each request.
        seconds: see above.
        look: gets the head of each reply, and may raise.
        nearby: whether it is reached without the proxies of the environment.

    Raises:
        OSError, ValueError, ImportError: the certificates or the proxy that the environment names cannot be used.
    """
    secure = url.startswith("https:")
    # Where nothing is encrypted no certificates are read, which takes time; a context without any trusts nobody.
    verify: bool | ssl.SSLContext = True if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(
        headers=dict(headers),
        timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
        event_hooks={"response": [look]},
        transport=_Transport(httpx.HTTPTransport(verify=verify, trust_env=secure), seconds) if nearby else None,
        trust_env=not nearby,
    )
