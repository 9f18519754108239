"""The tools over standard input and output: a real process, and the official client."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from rag.core.settings import PREFIX, Settings
from tests.conftest import ROOT
from tests.helpers.tools import in_a_loop, text_of

SCRIPTED = [sys.executable, "-m", "tests.helpers.scripted_tools"]
CITEWISE = [sys.executable, "-m", "rag.cli", "mcp"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def talk(command: list[str], *calls: tuple[str, Any], mode: str = "auto", **more: str) -> list[Any]:
    """What a server that this command starts gives to these calls."""
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    parameters = StdioServerParameters(command=command[0], args=command[1:], env=environment(**more), cwd=str(ROOT))

    async def main() -> list[Any]:
        with Path(os.devnull).open("w") as nowhere:
            async with Client(stdio_client(parameters, errlog=nowhere), mode=mode) as client:
                names = [tool.name for tool in (await client.list_tools()).tools]
                return [names, *[await client.call_tool(name, arguments) for name, arguments in calls]]

    found: list[Any] = in_a_loop(main)
    return found


def exchange(command: list[str], *messages: Any, **more: str) -> tuple[list[Any], str, int]:
    """What comes on standard output for these lines, as JSON each; what on standard error; and the exit code. Standard input stays open
    until every request has its answer: a client that closes it wants none."""
    wanted = {one["id"] for one in messages if isinstance(one, dict) and "id" in one}
    answers: list[Any] = []
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, stdin=PIPE, stdout=PIPE, stderr=errors, text=True, env=environment(**more), cwd=ROOT
        ) as server,
    ):
        assert server.stdin and server.stdout
        server.stdin.write("".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in messages))
        server.stdin.flush()
        while wanted - {one.get("id") for one in answers}:
            line = server.stdout.readline()
            if not line:
                break
            answers.append(json.loads(line))
        server.stdin.close()
        answers += [json.loads(line) for line in server.stdout]
        code = server.wait(60)
        errors.seek(0)
        return answers, errors.read(), code


def opened(number: int = 1) -> list[Any]:
    """What a client of an older version begins with."""
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return [
        {"jsonrpc": "2.0", "id": number, "method": "initialize", "params": about},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ]


def called(number: int, name: str, arguments: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


@pytest.mark.slow
def test_whatever_is_printed_standard_output_holds_the_protocol_alone(tmp_path: Path) -> None:
    command = [*SCRIPTED, str(tmp_path)]
    answers, said, code = exchange(command, *opened(), called(2, "ask", {"question": "How fast?"}))
    assert [one["id"] for one in answers] == [1, 2]
    assert answers[0]["result"]["serverInfo"]["name"] == "citewise"
    assert answers[1]["result"]["structuredContent"]["outcome"] == "answered"
    assert "a progress bar" in said and "from below Python" in said and "Traceback" not in said
    assert code == 0


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_official_client_gets_answers_and_errors(tmp_path: Path, mode: str) -> None:
    names, answer, wrong, paper = talk(
        [*SCRIPTED, str(tmp_path)],
        ("ask", {"question": "How fast?"}),
        ("ask", {"question": 5}),
        ("get_paper", {"paper": "cache"}),
        mode=mode,
    )
    assert names == ["ask", "search", "papers", "get_paper"]
    assert answer.structured_content["outcome"] == "answered"
    assert wrong.is_error and "must be text" in text_of(wrong)
    assert paper.structured_content["paper_id"] == "cache"


@pytest.mark.slow
def test_lines_that_are_no_protocol_end_nothing(tmp_path: Path) -> None:
    messages = [
        *opened(),
        "no JSON\n",
        "[]\n",
        {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": 5}},
        {"jsonrpc": "2.0", "id": 8, "method": "no/such"},
        "[" * 5_000 + "\n",
        called(9, "ask", ["How fast?"]),
        called(10, "ask", {"question": "How fast?"}),
    ]
    answers, said, code = exchange([*SCRIPTED, str(tmp_path)], *messages)
    by_id = {one.get("id"): one for one in answers}
    assert {by_id[n]["error"]["code"] for n in (7, 8, 9)} <= {-32601, -32602}
    assert by_id[10]["result"]["structuredContent"]["outcome"] == "answered"
    assert code == 0 and "Traceback" not in said


@pytest.mark.slow
def test_a_missing_library_is_told_to_the_client_and_on_standard_error(tmp_path: Path) -> None:
    command = [*CITEWISE, "--library", str(tmp_path / "none")]
    answers, said, code = exchange(command, *opened(), called(2, "ask", {"question": "How fast?"}))
    assert answers[1]["result"]["isError"]
    for text in (answers[1]["result"]["content"][0]["text"], said):
        assert "citewise ingest FILE" in text
    assert code == 0


@pytest.mark.slow
def test_a_wrong_setting_ends_it_with_one_line(tmp_path: Path) -> None:
    answers, said, code = exchange([*CITEWISE, "--library", str(tmp_path), "--mode", "shout"])
    assert (answers, code) == ([], 2)
    assert said.startswith("citewise: --mode") and said.count("\n") == 1


@pytest.mark.slow
def test_the_real_library_answers_a_real_client(seed_settings: Settings) -> None:
    names, answer, declined, found, listed = talk(
        [*CITEWISE, "--library", str(seed_settings.library)],
        ("ask", {"question": "How much faster is DeepCache?"}),
        ("ask", {"question": "Which vaccine works best against malaria?"}),
        ("search", {"words": "caching features", "limit": 3}),
        ("papers", {"limit": 5}),
        **{f"{PREFIX}CACHE": str(seed_settings.cache)},
    )
    told = answer.structured_content
    assert names[0] == "ask" and told["outcome"] == "answered"
    assert "DeepCache" in told["citations"][0]["title"] and "2.3" in told["citations"][0]["quote"]
    assert declined.structured_content["outcome"] in ("declined", "nearest")
    assert len(found.structured_content["papers"]) == 3
    assert listed.structured_content["total"] == 59 and listed.structured_content["next_cursor"]
