"""Many ask at once: whose turn it is, what they are told meanwhile, and how a question leaves the line."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.helpers.tools import in_a_loop
from tests.helpers.windows import Scripted, answered, ask, expect, needs_browser, served, turn
from ui.session.line import Line, Place

pytestmark = needs_browser
PATIENCE = 15.0


@pytest.fixture
def assistant() -> Iterator[Scripted]:
    one = Scripted()
    yield one
    one.gate.set()


@pytest.fixture
def window(assistant: Scripted, library_folder: Path) -> Iterator[Any]:
    with served(lambda settings, progress: assistant, library=library_folder) as demo:
        yield demo


def join(url: str, question: str, session: str | None = None) -> str:
    """Ask as a program; the name of the event."""
    body = {"data": [question, None]} | ({"session_hash": session} if session else {})
    request = urllib.request.Request(
        f"{url}gradio_api/call/ask", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
        return str(json.load(reply)["event_id"])


def answer_of(url: str, event: str) -> str:
    """What comes of it."""
    with urllib.request.urlopen(f"{url}gradio_api/call/ask/{event}", timeout=60) as reply:
        return str(reply.read().decode())


def waiting(demo: Any) -> list[str]:
    """The questions that wait, in the order in which they will be answered."""
    line = demo._queue.event_queue_per_concurrency_id["model"].queue
    return [(event.data.event_data or {}).get("question") or event.data.data[0] for event in list(line)]


def until(what: Callable[[], bool]) -> None:
    """Wait for something that no page shows."""
    ticks, never = PATIENCE / 0.01, threading.Event()
    while not what():
        ticks -= 1
        assert ticks > 0
        never.wait(0.01)


def test_one_who_floods_does_not_hold_up_the_others(window: Any, assistant: Scripted) -> None:
    url = window.local_url
    join(url, "hold read first", "flood")
    until(lambda: assistant.times("hold read first") == 1)
    for n in range(5):
        join(url, f"flood {n}", "flood")
    others = ["nameless 0", "nameless 1", "ada's", "eve's"]
    events = [join(url, question, question[:3] if "'" in question else None) for question in others]
    order = ["nameless 0", "ada's", "eve's", "flood 0", "nameless 1", "flood 1", "flood 2", "flood 3", "flood 4"]
    assert waiting(window) == order
    assistant.gate.set()
    with ThreadPoolExecutor(len(events)) as readers:
        replies = list(readers.map(lambda event: answer_of(url, event), events))
    for question, reply in zip(others, replies, strict=True):
        assert f'"question": {json.dumps(question)}' in reply
    until(lambda: assistant.times("flood 4") == 1)
    assert [question for question, _, _ in assistant.asked if question in order] == order


@pytest.mark.slow
def test_a_full_line_says_so_and_when_to_come_back(
    window: Any, assistant: Scripted, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, page = window.local_url, visit(window.local_url)
    answer_of(url, join(url, "something to time"))
    monkeypatch.setattr("ui.session.line.MOST_WAITING", 2)
    events = [join(url, "hold read first")]
    until(lambda: assistant.times("hold read first") == 1)
    events += [join(url, f"waits {n}") for n in range(2)]
    full = "2 questions wait already, and no more are taken. Try again in a few seconds"
    assert full in answer_of(url, join(url, "one too many"))
    ask(page, "one too many as well")
    expect(turn(page).locator(".cw-state")).to_contain_text(f"Not answered {full}.")
    assert assistant.times("one too many") + assistant.times("one too many as well") == 0
    assistant.gate.set()
    for event in events:
        assert '"outcome"' in answer_of(url, event)
    turn(page).get_by_role("button", name="Ask this question again").click()
    answered(page)


@pytest.mark.slow
def test_a_place_in_the_line_is_shown_and_given_up(window: Any, assistant: Scripted, visit: Any) -> None:
    url = window.local_url
    page, other = visit(url), visit(url, 390, 844, "dark")
    answer_of(url, join(url, "something to time"))
    event = join(url, "hold read first")
    until(lambda: assistant.times("hold read first") == 1)
    ask(page, "the page's")
    expect(turn(page).locator(".cw-state")).to_contain_text("Waiting: 1 ahead of you, a few seconds")
    expect(page.locator("#cw-panel-body")).to_have_text("Waiting …")
    ask(other, "the other page's")
    expect(turn(other).locator(".cw-state")).to_contain_text("Waiting: 2 ahead of you, a few seconds")
    assert waiting(window) == ["the page's", "the other page's"]
    page.get_by_role("button", name="Stop").click()
    expect(turn(page).locator(".cw-state")).to_contain_text("Stopped")
    until(lambda: waiting(window) == ["the other page's"])
    expect(turn(other).locator(".cw-state")).to_contain_text("Waiting: 1 ahead of you")
    ask(page, "the page's next")
    until(lambda: waiting(window) == ["the other page's", "the page's next"])
    other.close()
    until(lambda: waiting(window) == ["the page's next"])
    assistant.gate.set()
    answered(page)
    answer_of(url, event)
    assert assistant.times("the page's") == assistant.times("the other page's") == 0


@pytest.mark.slow
def test_what_was_answered_before_does_not_wait(assistant: Scripted, library_folder: Path, visit: Any) -> None:
    with served(lambda settings, progress: assistant, library=library_folder, answer_cache=100) as demo:
        url, page = demo.local_url, visit(demo.local_url)
        answer_of(url, join(url, "known to a program"))
        ask(page, "known to a page")
        answered(page)
        event = join(url, "hold read first", "first")
        until(lambda: assistant.times("hold read first") == 1)
        join(url, "not known", "other")
        for question in ("known to a program", "known to a page"):
            assert '"cached"' in answer_of(url, join(url, question))
        page.get_by_role("button", name="New chat").click()
        ask(page, "known to a page")
        answered(page, 0)
        expect(page.locator("#cw-panel")).to_contain_text("Answered before")
        turn(page).get_by_text("Why this answer").click()
        expect(turn(page)).to_contain_text("the same was answered before, in 0.99 s")
        assert waiting(demo) == ["not known"]
        # Others of the same words are not known: of some of the papers, or as a follow-up.
        ask(page, "known to a program")
        until(lambda: waiting(demo) == ["not known", "known to a program"])
        assistant.gate.set()
        answered(page, 1)
        answer_of(url, event)
        assert assistant.times("known to a page") == 1
        assert demo._queue.event_queue_per_concurrency_id["model"].current_concurrency == 0


def test_nobody_lets_the_question_of_somebody_else_leave_the_line(window: Any, assistant: Scripted) -> None:
    line = Line(window, "model")
    said: list[str] = []
    parts = {
        "_id": "1",
        "session_hash": "ada",
        "data": SimpleNamespace(event_data={"run": "run1"}, data=[]),
        "fn": SimpleNamespace(api_name="_answer", api_visibility="private"),
        "request": SimpleNamespace(headers={}, client=SimpleNamespace(host="127.0.0.1")),
    }
    event: Any = type("Event", (), parts)()
    line._waiting.append(event)
    line._begin = lambda event: said.append(event._id)  # type: ignore[method-assign,assignment]

    async def leave() -> None:
        await line.leave("run1", "eve")
        assert line.place_of("run1") == Place(0, None) and said == []
        await line.leave("run1", "ada")
        assert line.place_of("run1") is None and said == ["1"]

    in_a_loop(leave)
