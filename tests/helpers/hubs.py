"""The Hugging Face hub as far as datasets are downloaded from it, on loopback."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

COMMIT = "c" * 40


@dataclass
class Hub:
    """Where it is, and its datasets: by owner/name the files with their content. `refuses` gives another status to every request."""

    url: str = ""
    datasets: dict[str, dict[str, bytes]] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=lambda: {"main": COMMIT})
    gated: set[str] = field(default_factory=set)
    refuses: int = 0
    asked: list[str] = field(default_factory=list)


@contextmanager
def hub() -> Iterator[Hub]:
    """Such a hub, until the block is left."""
    running = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            running.asked.append(path)
            if running.refuses:
                return self._reply(running.refuses, b"{}")
            parts = path.strip("/").split("/")
            of_api = parts[0] == "api"
            name = "/".join(parts[2:4] if of_api else parts[1:3])
            files = running.datasets.get(name)
            if files is None:
                return self._refuse(401, "RepoNotFound")
            if name in running.gated:
                return self._refuse(403, "GatedRepo")
            rest = parts[4:] if of_api else parts[3:]
            revision = rest[1] if len(rest) > 1 else "main"
            commit = running.revisions.get(revision, revision)
            if commit not in running.revisions.values():
                return self._refuse(404, "RevisionNotFound")
            if not of_api:
                return self._file(files.get("/".join(rest[2:])), commit)
            if rest[:1] == ["tree"]:
                listed = [
                    {"type": "file", "path": file, "size": len(data), "oid": _etag(data)}
                    for file, data in files.items()
                ]
                return self._reply(200, json.dumps(listed).encode())
            siblings = [{"rfilename": file, "size": len(data)} for file, data in files.items()]
            return self._reply(200, json.dumps({"id": name, "sha": commit, "siblings": siblings}).encode())

        def do_HEAD(self) -> None:
            self.do_GET()

        def _file(self, data: bytes | None, commit: str) -> None:
            if data is None:
                return self._refuse(404, "EntryNotFound")
            return self._reply(200, data, ETag=f'"{_etag(data)}"', X_Repo_Commit=commit)

        def _refuse(self, status: int, why: str) -> None:
            self._reply(status, b"{}", X_Error_Code=why)

        def _reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for header, value in headers.items():
                self.send_header(header.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()


def _etag(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


@contextmanager
def hub_instead(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Hub]:
    """Such a hub in the place of the real one, with this folder for what is downloaded."""
    with hub() as running:
        for name, value in (
            ("ENDPOINT", running.url),
            ("HUGGINGFACE_CO_URL_TEMPLATE", running.url + "/{repo_id}/resolve/{revision}/{filename}"),
            ("HF_HUB_OFFLINE", False),
            ("HF_HUB_CACHE", str(cache)),
        ):
            monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
        yield running
