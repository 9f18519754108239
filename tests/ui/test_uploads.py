"""Files on their way to the library: what the gate takes, what it refuses unread, and what stays of it."""

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.core.errors import UploadRefused
from rag.core.settings import Settings
from ui.gate import uploads as gate
from ui.gate.door import Door
from ui.gate.names import Names
from ui.gate.uploads import UploadGate
from ui.session import uploads as waiting
from ui.session.limits import RateLimit, caller
from ui.session.uploads import Uploads

ADA, BEN = "ada-" * 6, "ben-" * 6
SLOW = b"never comes"
ADDRESS = "/citewise/upload"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    monkeypatch.setattr(waiting.private, "new_folder", lambda: tmp_path / "uploads")
    made = Uploads(Clock())
    yield made
    if made._timer:
        made._timer.cancel()


def held(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "uploads").glob("*")) if (tmp_path / "uploads").exists() else []


def put(
    uploads: Uploads | None,
    parts: list[bytes | None],
    method: str = "PUT",
    most: int = 1_000,
    app: Any = None,
    files: UploadGate | None = None,
    **headers: str,
) -> tuple[int, Any, int]:
    """Status and answer of an upload of these parts (None: the connection ends), and how many of them were read."""
    app = app or SimpleNamespace(auth=None)
    door = Door(app, Names.of(Settings(), "127.0.0.1"), "", caller, RateLimit(2), files or UploadGate(uploads, most))
    given = {"host": "localhost", "content-type": "application/octet-stream", "x-citewise-visitor": ADA}
    given |= {"x-citewise-name": "papers.ris"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {"type": "http", "method": method, "path": ADDRESS, "app": app, "client": ("127.0.0.1", 1)}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in given.items() if value]
    sent: list[Any] = []
    read = 0

    async def receive() -> Any:
        nonlocal read
        part = parts[read]
        read += 1
        if part == SLOW:
            await asyncio.Event().wait()
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": read < len(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(door(scope, receive, send))
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:])), read


def test_a_file_that_comes_whole_waits_for_its_visitor_alone(uploads: Uploads, tmp_path: Path) -> None:
    status, answer, _ = put(uploads, [b"TY  - ", b"JOUR"])
    assert (status, answer["name"], answer["size"]) == (200, "papers.ris", 10)
    (file,) = uploads.of(ADA, [answer["file"]])
    assert file.path.read_bytes() == b"TY  - JOUR"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    with pytest.raises(UploadRefused, match="no longer on the server"):
        uploads.of(BEN, [answer["file"]])
    assert uploads.of(BEN) == []


def test_a_file_of_two_gigabytes_is_refused_before_anything_is_read_and_the_limit_is_named(
    uploads: Uploads, tmp_path: Path
) -> None:
    status, answer, read = put(uploads, [b"x"] * 9, most=100_000_000, content_length="2000000000")
    assert (status, read, held(tmp_path)) == (413, 0, [])
    assert "2,000 MB" in answer["error"] and "at most 100 MB" in answer["error"]


def test_a_file_that_does_not_say_its_size_is_read_as_far_as_the_limit_and_nothing_is_left(
    uploads: Uploads, tmp_path: Path
) -> None:
    status, answer, read = put(uploads, [b"x" * 400] * 100)
    assert (status, read, held(tmp_path)) == (413, 3, [])
    assert "too large" in answer["error"]


def test_a_file_that_is_cut_off_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    status, _, _ = put(uploads, [b"half of ", None], content_length="16")
    assert (status, held(tmp_path), uploads.of(ADA)) == (400, [], [])


def test_a_file_that_comes_too_slowly_leaves_nothing(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PART_SECONDS", 0.01)
    assert put(uploads, [b"a", SLOW])[0] == 408
    assert held(tmp_path) == []


def test_a_disk_that_is_full_is_said_and_nothing_is_left(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    status, answer, _ = put(uploads, [b"abc"])
    assert status == 400 and "No space left" in answer["error"] and uploads.of(ADA) == []


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"content_type": "multipart/form-data"}, 415, "application/octet-stream"),
        ({"content_type": ""}, 415, "application/octet-stream"),
        ({"x_citewise_visitor": ""}, 400, "Load it again"),
        ({"x_citewise_visitor": "short"}, 400, "Load it again"),
        ({"x_citewise_visitor": "../../../../../etc/passwd"}, 400, "Load it again"),
        ({"host": "evil.example"}, 421, "not called"),
        ({"origin": "https://evil.example"}, 403, "another site"),
        ({"sec_fetch_site": "cross-site"}, 403, "another site"),
        ({"content_length": "x"}, 413, "too large"),
    ],
)
def test_who_may_not_send_a_file_is_refused_unread(
    headers: dict[str, str], status: int, said: str, uploads: Uploads, tmp_path: Path
) -> None:
    got, answer, read = put(uploads, [b"abc"], **headers)
    assert (got, read, held(tmp_path)) == (status, 0, [])
    assert said in str(answer)


def test_other_methods_are_refused(uploads: Uploads) -> None:
    assert [put(uploads, [b"abc"], method=method)[0] for method in ("POST", "GET", "DELETE")] == [405] * 3


def test_without_the_password_no_file_is_read(uploads: Uploads, tmp_path: Path) -> None:
    app = SimpleNamespace(auth=("ada", "secret"), cookie_id="x", tokens={})
    status, _, read = put(uploads, [b"abc"], app=app)
    assert (status, read, held(tmp_path)) == (401, 0, [])


def test_where_papers_cannot_be_added_no_file_is_read_and_the_way_out_is_told() -> None:
    status, answer, read = put(None, [b"abc"])
    assert (status, read) == (403, 0)
    assert "--edit on" in answer["error"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C%3A%5Cpapers%5Cmy%20export.ris", "my export.ris"),
        ("%E8%AB%96%E6%96%87.bib", "論文.bib"),
        ("a%0Ab%00.ris", "a b.ris"),
        ("", "file"),
        ("%2F", "file"),
        ("x" * 900, "x" * 199 + "…"),
    ],
)
def test_a_name_is_shown_and_never_a_path(name: str, shown: str, uploads: Uploads, tmp_path: Path) -> None:
    status, answer, _ = put(uploads, [b"abc"], x_citewise_name=name)
    assert (status, answer["name"]) == (200, shown)
    assert [path.name for path in held(tmp_path)] == [answer["file"]]


def test_only_so_many_files_of_a_visitor_and_so_many_bytes_wait(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_FILES", 2)
    assert [put(uploads, [b"a"])[0] for _ in range(3)] == [200, 200, 400]
    assert put(uploads, [b"a" * 1_000], x_citewise_visitor=BEN)[0] == 200, "another visitor has a count of their own"
    monkeypatch.setattr(waiting, "_TIMES", 1)
    status, answer, _ = put(uploads, [b"a"], x_citewise_visitor=BEN)
    assert status == 400 and "as many uploaded files as it may" in answer["error"]


def test_files_go_after_an_hour_and_when_they_are_taken_back(uploads: Uploads, tmp_path: Path) -> None:
    first = put(uploads, [b"a"])[1]["file"]
    put(uploads, [b"b"])
    uploads.remove(uploads.of(ADA, [first]))
    assert len(held(tmp_path)) == 1
    uploads._clock.now = waiting.KEEP_SECONDS  # type: ignore[attr-defined]
    assert uploads.of(ADA) == [] and held(tmp_path) == []


def test_only_so_many_uploads_of_one_address_a_minute_are_taken(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = UploadGate(uploads, 1_000)
    monkeypatch.setattr(one, "_rate", RateLimit(1))
    assert [put(uploads, [b"a"], files=one)[0] for _ in range(2)] == [200, 429]


def test_only_so_many_files_come_at_once(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MOST_AT_ONCE", 0)
    status, answer, read = put(uploads, [b"a"])
    assert (status, read) == (503, 0) and "on their way already" in answer["error"]
