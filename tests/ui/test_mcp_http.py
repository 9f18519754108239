"""The tools at the address of a window: behind its door, in its line, and for several clients at once."""

import base64
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest

from tests.helpers.tools import folders, in_a_loop, opening, text_of
from tests.helpers.windows import MANY, Scripted, running

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
BEGIN = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.fixture(scope="module")
def assistant() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def window(assistant: Scripted, library_folder: Path) -> Iterator[str]:
    with running(lambda settings, progress: assistant, library=library_folder, mcp=True) as url:
        yield url


def client(url: str, mode: str = "auto", **headers: str) -> Any:
    """The official client of a window's tools."""
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    if not headers:
        return Client(f"{url}mcp", mode=mode)
    return Client(streamable_http_client(f"{url}mcp", http_client=create_mcp_http_client(headers=headers)), mode=mode)


def sent(url: str, body: Any, path: str = "mcp", method: str = "POST", **headers: str) -> tuple[int, str]:
    """What a plain request gets: status and body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url + path, data, {**accept, **named}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=15) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_gets_tools_answers_and_errors(window: str, mode: str) -> None:
    async def main() -> list[Any]:
        async with client(window, mode) as one:
            names = [tool.name for tool in (await one.list_tools()).tools]
            asked = await one.call_tool("ask", {"question": "How fast?"})
            wrong = await one.call_tool("ask", {"question": 5})
            return [names, asked, wrong, await one.call_tool("papers", {"limit": 1})]

    names, asked, wrong, papers = in_a_loop(main)
    assert names == ["ask", "search", "papers", "get_paper"]
    assert asked.structured_content["outcome"] == "answered" and "Outcome: answered" in text_of(asked)
    assert wrong.is_error and "must be text" in text_of(wrong)
    assert papers.structured_content["total"] == 3


def test_clients_and_visitors_wait_in_one_line(window: str, assistant: Scripted) -> None:
    from gradio_client import Client as Visitor

    assistant.gate.clear()
    done: list[str] = []

    async def main() -> None:
        async with client(window) as one, client(window, "legacy") as other:
            places: list[str] = []
            waiting = anyio.Event()

            async def told(progress: float, total: float | None, message: str | None) -> None:
                places.append(message or "")
                if "2 questions before this one" in places[-1]:
                    waiting.set()

            async def call(by: Any, question: str) -> None:
                await by.call_tool("ask", {"question": question}, progress_callback=told)
                done.append(question)

            async with anyio.create_task_group() as group:
                group.start_soon(call, one, "hold read first")
                with anyio.fail_after(15):
                    while assistant.times("hold read first") == 0:
                        await anyio.sleep(0.01)
                    visitor = await anyio.to_thread.run_sync(lambda: Visitor(window, verbose=False))
                    job = visitor.submit("the visitor", api_name="/ask")
                    while job.status().rank is None:
                        await anyio.sleep(0.01)
                    group.start_soon(call, other, "last")
                    await waiting.wait()
                    assert assistant.times("last") == assistant.times("the visitor") == 0
                    assistant.gate.set()
                await anyio.to_thread.run_sync(job.result)

    in_a_loop(main)
    assert done == ["hold read first", "last"]
    asked = [question for question, _, _ in assistant.asked]
    assert asked.index("the visitor") < asked.index("last")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_cancelled_call_stops_the_work_and_frees_the_line(window: str, assistant: Scripted, mode: str) -> None:
    async def main() -> None:
        async with client(window, mode) as one:
            for waits in (False, True):
                assistant.gate.clear()
                assistant.closed.clear()
                question = f"hold read {mode} {waits}"
                async with anyio.create_task_group() as group:
                    group.start_soon(one.call_tool, "ask", {"question": question})
                    with anyio.fail_after(15):
                        while assistant.times(question) == 0:
                            await anyio.sleep(0.01)
                    if waits:  # one that has not begun goes as well
                        group.start_soon(one.call_tool, "ask", {"question": f"never {mode}"})
                        await anyio.sleep(0)
                    group.cancel_scope.cancel()
                assert await anyio.to_thread.run_sync(assistant.closed.wait, 10)
            with anyio.fail_after(15):
                assert not (await one.call_tool("ask", {"question": "How fast?"})).is_error

    in_a_loop(main)
    assert assistant.times(f"never {mode}") == 0


def test_pages_of_other_sites_and_other_names_are_refused(window: str) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        assert sent(window, BEGIN, **headers)[0] == 403
    assert sent(window, BEGIN, Host="evil.example")[0] == 421


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no JSON", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        (b"{}", 400),
        (b"\xff\xfe", 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": 5}', 400),
        (CALL, 400),
    ],
)
def test_bodies_that_are_no_protocol_are_refused_in_words(window: str, body: Any, status: int) -> None:
    got, text = sent(window, body)
    assert got == status and "Traceback" not in text
    assert sent(window, BEGIN)[0] == 200


def test_a_body_that_is_too_large_is_refused_before_it_is_read(window: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(window).netloc, timeout=15)
    connection.request("POST", "/mcp", headers={"Content-Type": "application/json", "Content-Length": "1000001"})
    answer = connection.getresponse()
    assert answer.status == 413 and b"1,000,000 bytes" in answer.read()
    connection.close()


def test_other_forms_and_methods_are_refused(window: str) -> None:
    assert sent(window, BEGIN, Content_Type="text/plain")[0] == 415
    assert sent(window, BEGIN, method="PUT")[0] == 405
    assert sent(window, BEGIN, path="mcp/other")[0] == 404
    assert sent(window, BEGIN, Mcp_Session_Id="made-up")[0] == 404
    assert sent(window, b"", method="DELETE", Mcp_Session_Id="x" * 500)[0] in (400, 404)


def test_without_the_switch_the_address_says_how_to_open_it(address: str) -> None:
    status, text = sent(address, BEGIN)
    assert status == 404 and "--mcp" in text


@pytest.mark.slow
def test_with_a_password_programs_send_it_with_each_request(library_folder: Path) -> None:
    def basic(words: str) -> str:
        return f"Basic {base64.b64encode(words.encode()).decode()}"

    with running(lambda settings, progress: Scripted(), library=library_folder, mcp=True, auth="ada:se:cret") as url:
        status, text = sent(url, BEGIN)
        assert status == 401 and "Authorization: Basic" in text
        for wrong in ("Basic !", "Bearer x", basic("ada:wrong"), basic("eve:se:cret"), basic("ada")):
            assert sent(url, BEGIN, Authorization=wrong)[0] == 401
        # The password opens nothing else, where a browser might send it for a page of another site.
        assert sent(url, {"data": ["How fast?"]}, "gradio_api/call/ask", Authorization=basic("ada:se:cret"))[0] == 401

        async def main() -> Any:
            async with client(url, Authorization=basic("ada:se:cret")) as one:
                return await one.call_tool("ask", {"question": "How fast?"})

        assert in_a_loop(main).structured_content["outcome"] == "answered"
        tries = [sent(url, BEGIN, Authorization=basic("ada:wrong"))[0] for _ in range(12)]
        assert tries[-1] == 429


@pytest.mark.slow
def test_questions_of_programs_count_as_those_of_visitors(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.app.QUESTIONS_A_MINUTE", 2)
    with running(lambda settings, progress: Scripted(), library=library_folder, mcp=True) as url:

        async def main() -> list[Any]:
            async with client(url) as one:
                asked = [await one.call_tool("ask", {"question": "How fast?"}) for _ in range(3)]
                return [*asked, await one.call_tool("papers", {})]

        *asked, papers = in_a_loop(main)
    assert [one.is_error for one in asked] == [False, False, True] and not papers.is_error
    assert "Try again in" in text_of(asked[2])


@pytest.mark.slow
def test_several_libraries_are_tools_too(tmp_path: Path) -> None:
    root = folders(tmp_path, ["few", "many"])
    with running(opening({"few": Scripted(), "many": Scripted(shelf=MANY)}), library=root, mcp=True) as url:

        async def main() -> list[Any]:
            async with client(url) as one:
                return [
                    (await one.call_tool(*call)).structured_content
                    for call in (("libraries", {}), ("papers", {"library": "many", "limit": 1}))
                ]

        libraries, papers = in_a_loop(main)
    assert [one["name"] for one in libraries["libraries"]] == ["few", "many"]
    assert papers["total"] == 40


@pytest.mark.slow
def test_many_clients_at_once_all_get_their_answers(window: str) -> None:
    async def main() -> int:
        good = 0

        async def one_of_many(n: int) -> None:
            nonlocal good
            async with client(window, ("auto", "legacy")[n % 2]) as one:
                answer = await one.call_tool("papers", {"limit": 1})
                good += not answer.is_error

        async with anyio.create_task_group() as group:
            for n in range(20):
                group.start_soon(one_of_many, n)
        return good

    assert in_a_loop(main) == 20
