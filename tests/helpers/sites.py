"""What stands around a window on the web: pages of other sites, and a proxy with https that serves it below a path."""

import functools
import http.client
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ELSEWHERE = "host-resolver-rules=MAP *.example 127.0.0.1"
"""A switch of Chromium: every site that ends so is on this machine."""
_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "host"}


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError, ssl.SSLError):  # a browser that goes away says nothing
            super().handle()


class _Pages(_Quiet):
    """Serves pages that a test changes as it likes, and the files of a folder."""

    def __init__(self, pages: Mapping[str, Any], folder: Path | None, *arguments: Any) -> None:
        self._pages = pages
        self._folder = folder
        super().__init__(*arguments)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        page = self._pages.get(path)
        headers: dict[str, str] = {}
        if isinstance(page, tuple):
            page, headers = page
        kind, body, status = "text/html; charset=utf-8", b"", 404
        if page is not None:
            status, body = 200, page.encode()
        elif self._folder and (file := self._folder / path.lstrip("/")).is_file():
            kinds = {".js": "text/javascript", ".css": "text/css"}
            status, body, kind = 200, file.read_bytes(), kinds.get(file.suffix, "application/octet-stream")
        # Modules are asked for from pages of other sites.
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **headers,
        }
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Proxy(_Quiet):
    """Hands requests below a path on without it, as nginx does, and answers as they come."""

    def __init__(self, to: str, path: str, *arguments: Any) -> None:
        self._to = urlsplit(to)
        self._path = path
        super().__init__(*arguments)

    def _pass(self) -> None:
        if not self.path.startswith(f"{self._path}/"):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        host = self.headers["Host"]
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        headers |= {"Host": host.rpartition(":")[0] or host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "https"}
        headers |= {"X-Forwarded-For": self.client_address[0]}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        behind = http.client.HTTPConnection(self._to.hostname or "", self._to.port, timeout=60)
        behind.request(self.command, self.path[len(self._path) :], body, headers)
        answer = behind.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {*_HOP, "date", "server"}:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while part := answer.read1(65_536):
            self.wfile.write(part)
            self.wfile.flush()
        behind.close()

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def do_OPTIONS(self) -> None:
        self._pass()


@contextmanager
def _served(handler: Any, certificate: Path | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def site(pages: Mapping[str, Any], folder: Path | None = None, certificate: Path | None = None) -> Iterator[int]:
    """The port of a server of pages: a text for each path, or a text and headers; other paths are files of the folder."""
    with _served(functools.partial(_Pages, pages, folder), certificate) as port:
        yield port


@contextmanager
def proxy(to: str, path: str, certificate: Path) -> Iterator[int]:
    """The port of a proxy with https that serves what is at `to` below this path."""
    with _served(functools.partial(_Proxy, to, path), certificate) as port:
        yield port


def self_signed(folder: Path) -> Path:
    """A certificate for this machine with its key, as one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; it makes the certificate of the proxy")
    file = folder / "certificate.pem"
    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    command = f"openssl req -x509 {key} -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost".split()
    subprocess.run([*command, "-keyout", file, "-out", folder / "c.pem"], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (folder / "c.pem").read_bytes())
    return file
