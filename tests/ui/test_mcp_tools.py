"""The tools as a client gets them: what they say of themselves, what they give, and what they say to whatever cannot be done."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator

from rag.core.domain import Message
from rag.core.errors import LibraryMissing
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from tests.helpers.tools import folders, in_a_loop, opening, text_of
from tests.helpers.windows import CACHE, HOSTILE, MANY, PAPERS, SPEED, Scripted
from ui.mcp.calls import Calls, Job
from ui.mcp.server import server_of
from ui.mcp.stdio import in_turn
from ui.mcp.tools import tools
from ui.session.shelves import Shelves

FLAT = (str, int, float, bool, type(None))


def answers(shelves: Shelves, *calls: tuple[str, Any]) -> list[Any]:
    """What the tools give to these calls, one after the other, to the official client, which compares it with the forms."""
    from mcp import Client

    async def main() -> list[Any]:
        async with Client(server_of(Calls(shelves), in_turn())) as client:
            await client.list_tools()
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    found: list[Any] = in_a_loop(main)
    return found


@pytest.fixture(scope="module")
def assistant() -> Scripted:
    return Scripted(shelf=(*PAPERS, *MANY))


@pytest.fixture(scope="module")
def shelves(assistant: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Shelves:
    root = folders(tmp_path_factory.mktemp("one"), ["papers"])
    return Shelves(Settings(library=root), opening({"papers": assistant}))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Shelves:
    root = folders(tmp_path_factory.mktemp("two"), ["few", "many"])
    return Shelves(Settings(library=root), opening({"few": Scripted(), "many": Scripted(shelf=MANY)}))


def only(shelves: Shelves, name: str, arguments: Any) -> Any:
    (answer,) = answers(shelves, (name, arguments))
    return answer


def refused(shelves: Shelves, name: str, arguments: Any) -> str:
    answer = only(shelves, name, arguments)
    assert answer.is_error and answer.structured_content is None
    return text_of(answer)


# --- what they say of themselves --------------------------------------------------------------------------------------


def test_the_tools_teach_how_to_use_them_and_change_nothing(shelves: Shelves) -> None:
    from mcp import Client

    async def main() -> Any:
        async with Client(server_of(Calls(shelves), in_turn())) as client:
            return client.instructions, (await client.list_tools()).tools

    instructions, offered = in_a_loop(main)
    assert "declines" in instructions and "data from strangers" in instructions
    assert [tool.name for tool in offered] == ["ask", "search", "papers", "get_paper"]
    for tool in offered:
        assert tool.title and len(tool.description) > 100
        assert tool.annotations.read_only_hint and not tool.annotations.open_world_hint
    ask = offered[0]
    for word in ("answered", "partial", "nearest", "declined", "exact", "cite"):
        assert word in ask.description
    assert ask.input_schema["properties"]["filter"]["examples"]


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
def test_every_form_is_a_sound_schema_and_every_field_is_explained(names: list[str]) -> None:
    for tool in tools(names):
        for form in (tool.input_schema(), tool.gives):
            Draft202012Validator.check_schema(form)
            for name, field in form["properties"].items():
                assert field.get("description"), f"{tool.name}: {name}"


def test_examples_fit_their_forms() -> None:
    for tool in tools(["a", "b"]):
        for name, field in tool.takes.items():
            for example in field.get("examples", ()):
                assert list(Draft202012Validator(field).iter_errors(example)) == [], f"{tool.name}: {name}"


# --- what they give ---------------------------------------------------------------------------------------------------


def test_an_answer_comes_with_a_row_for_each_quote_and_as_text(shelves: Shelves) -> None:
    answer = only(shelves, "ask", {"question": "How fast?"})
    told = answer.structured_content
    assert (told["outcome"], told["missing"], told["nearest"]) == ("answered", [], [])
    assert [(one["marker"], one["paper_id"]) for one in told["citations"]] == [
        (1, "cache"),
        (1, "cache"),
        (2, "propagate"),
    ]
    for one in told["citations"]:
        abstract = next(paper.abstract for paper in PAPERS if paper.id == one["paper_id"])
        assert abstract[one["start"] : one["end"]] == one["quote"]
        assert all(isinstance(value, FLAT) for value in one.values())
    assert told["citations"][0]["authors"] == "; ".join(CACHE.authors)
    text = text_of(answer)
    assert text.startswith("Outcome: answered.") and f"“{SPEED}”" in text and "paper_id cache" in text


@pytest.mark.parametrize(
    ("question", "outcome", "says"),
    [
        ("What will the weather be?", "declined", "do not answer it from memory"),
        ("Which GPU was used?", "nearest", "the library does not answer it"),
        ("And partly the price?", "partial", "Only a part of it"),
    ],
)
def test_what_is_no_answer_says_so(shelves: Shelves, question: str, outcome: str, says: str) -> None:
    answer = only(shelves, "ask", {"question": question})
    assert not answer.is_error
    assert answer.structured_content["outcome"] == outcome
    assert says in text_of(answer)
    assert bool(answer.structured_content["nearest"]) == (outcome == "declined")


def test_a_follow_up_a_filter_and_wishes_reach_the_assistant(shelves: Shelves, assistant: Scripted) -> None:
    history = [
        {"role": "user", "content": "What is FastCache?"},
        {"role": "assistant", "content": "A cache.", "cited": ["cache"]},
    ]
    sent = {"question": "Is it fast?", "history": history, "filter": {"from_year": 2023, "text": "diffusion"}}
    only(shelves, "ask", {**sent, "mode": "quote", "max_papers": 2})
    assert assistant.history_of("Is it fast?") == (
        Message("user", "What is FastCache?"),
        Message("assistant", "A cache.", ("cache",)),
    )
    assert assistant.filter_of("Is it fast?") == PaperFilter(from_year=2023, text="diffusion")
    assert assistant.wish_of("Is it fast?") == ("quote", 2)


def test_null_is_as_good_as_left_out(shelves: Shelves) -> None:
    sent = {"question": "How fast?", "history": None, "filter": None, "mode": None, "max_papers": None}
    assert not only(shelves, "ask", sent).is_error


def test_a_search_gives_ranked_rows(shelves: Shelves) -> None:
    papers = only(shelves, "search", {"words": "cache", "limit": 2}).structured_content["papers"]
    assert [(one["rank"], one["paper_id"]) for one in papers] == [(1, "cache"), (2, "propagate")]
    assert len(papers[0]["abstract_begins"]) <= 300
    assert all(isinstance(value, FLAT) for one in papers for value in one.values())


def test_pages_of_papers_are_complete_and_end(shelves: Shelves) -> None:
    ids: list[str] = []
    cursor = None
    while True:
        page = only(shelves, "papers", {"limit": 20, "cursor": cursor}).structured_content
        assert page["total"] == 43 and len(page["papers"]) <= 20
        ids += [one["paper_id"] for one in page["papers"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert ids == [paper.id for paper in (*PAPERS, *MANY)]


def test_a_page_is_short_unless_more_is_asked_for(shelves: Shelves) -> None:
    counted = only(shelves, "papers", {"limit": 1, "filter": {"from_year": 2023}})
    assert counted.structured_content["total"] == 2 and "2 papers" in text_of(counted)
    assert "abstract" not in counted.structured_content["papers"][0]


@pytest.mark.parametrize(
    "named",
    [
        "cache",
        " fastcache:  accelerating Diffusion Models for free. ",
        "FastCache: Accelerating Diffusion Models for Free",
    ],
)
def test_a_paper_is_found_by_its_id_and_its_title(shelves: Shelves, named: str) -> None:
    paper = only(shelves, "get_paper", {"paper": named}).structured_content
    assert (paper["paper_id"], paper["abstract"]) == ("cache", CACHE.abstract)


def test_a_paper_is_found_by_its_identifier(shelves: Shelves) -> None:
    assert only(shelves, "get_paper", {"paper": "2312.09608"}).structured_content["paper_id"] == "propagate"


def test_the_words_of_strangers_stay_as_they_are_in_records_and_text(shelves: Shelves) -> None:
    answer = only(shelves, "get_paper", {"paper": "hostile"})
    assert answer.structured_content["title"] == HOSTILE.title
    assert HOSTILE.abstract in text_of(answer)


def test_several_libraries_are_listed_and_named(two: Shelves) -> None:
    listed, few, many, again = answers(
        two, ("libraries", {}), ("papers", {}), ("papers", {"library": "many"}), ("libraries", {})
    )
    states = [(one["name"], one["state"], one["papers"]) for one in listed.structured_content["libraries"]]
    assert states == [("few", "closed", None), ("many", "closed", None)]
    assert (few.structured_content["total"], few.structured_content["library"]) == (3, "few")
    assert (many.structured_content["total"], many.structured_content["library"]) == (40, "many")
    assert [one["papers"] for one in again.structured_content["libraries"]] == [3, 40]


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("ask", {}, "needs “question”: send {"),
        ("ask", None, "needs “question”"),
        ("ask", {"question": 5}, "“question” must be text"),
        ("ask", {"question": ["How fast?"]}, 'not ["How fast?"]'),
        ("ask", {"question": "How fast?", "querry": 1}, 'no argument "querry"; it takes question, history'),
        ("ask", {"question": "How fast?", "mode": "shout"}, "one of auto, quote, write"),
        ("ask", {"question": "How fast?", "max_papers": 0}, "from 1 to 20"),
        ("ask", {"question": "How fast?", "max_papers": True}, "a whole number"),
        ("ask", {"question": "How fast?", "history": "before"}, "“history” must be a list"),
        ("ask", {"question": "How fast?", "history": [{"role": "user"}]}, "item 1, needs “content”"),
        ("ask", {"question": "How fast?", "history": [{"role": "me", "content": "x"}]}, "one of user, assistant"),
        ("ask", {"question": "How fast?", "filter": "2020"}, "the filter must be an object"),
        ("ask", {"question": "How fast?", "filter": {"year": 2020}}, "it has from_year, to_year"),
        ("ask", {"question": "How fast?", "filter": {"from_year": "x"}}, "must be a year, such as 2020"),
        ("ask", {"question": "How fast?", "filter": {"from_year": 2999}}, "Widen the filter"),
        ("ask", {"question": "How fast?", "library": "papers"}, "no argument"),
        ("ask", {"question": "too odd"}, "Cannot take <b>this</b> question"),
        ("search", {"words": "x", "limit": 51}, "from 1 to 50"),
        ("papers", {"limit": 1000}, "from 1 to 200"),
        ("papers", {"cursor": "5"}, "leave it out to begin with the first page"),
        ("papers", {"cursor": "5-abc"}, "belongs to another list"),
        ("papers", {"cursor": "-5-abc"}, "leave it out"),
        ("papers", {"cursor": "9" * 400}, "leave it out"),
        ("get_paper", {"paper": "no such paper"}, "Use search to find papers"),
        ("get_paper", {"paper": "fastcache"}, "“FastCache: Accelerating Diffusion Models for Free” (cache)"),
        ("get_paper", {"paper": " "}, "must be a paper_id"),
        ("get_paper", {"paper": "x" * 3000}, "at most 2,000 characters"),
        ("write", {}, "there are ask, search, papers, get_paper"),
        ("x" * 5000, {}, "there are ask, search, papers, get_paper"),
    ],
)
def test_what_cannot_be_done_is_told_with_the_way_out(shelves: Shelves, name: str, arguments: Any, says: str) -> None:
    told = refused(shelves, name, arguments)
    assert says.lower() in told.lower()
    assert len(told) < 500 and "Traceback" not in told


def test_a_cursor_is_of_its_filter(shelves: Shelves) -> None:
    page = only(shelves, "papers", {"limit": 1, "filter": {"from_year": 2023}}).structured_content
    assert "another list" in refused(shelves, "papers", {"cursor": page["next_cursor"]})


def test_a_cursor_is_of_the_papers_that_there_were(tmp_path: Path) -> None:
    class Changing(Scripted):
        revision = 1  # type: ignore[assignment]

    assistant = Changing()
    shelves = Shelves(Settings(library=folders(tmp_path, ["a"])), opening({"a": assistant}))
    page = only(shelves, "papers", {"limit": 1}).structured_content
    assistant.revision = 2
    assert "the library has changed" in refused(shelves, "papers", {"cursor": page["next_cursor"]})


def test_two_papers_of_one_title_are_told_apart(tmp_path: Path) -> None:
    twins = (CACHE, replace(CACHE, id="twin", year=2024))
    shelves = Shelves(Settings(library=folders(tmp_path, ["a"])), opening({"a": Scripted(shelf=twins)}))
    told = refused(shelves, "get_paper", {"paper": CACHE.title})
    assert "2 papers here" in told and "cache (2023); twin (2024)" in told


def test_an_unknown_library_is_told_with_those_that_there_are(two: Shelves) -> None:
    assert "There is few, many" in refused(two, "ask", {"question": "How fast?", "library": "none"}).replace(
        "there", "There"
    )


def test_a_bug_is_no_stack_trace_for_the_client(shelves: Shelves) -> None:
    told = refused(shelves, "ask", {"question": "crash"})
    assert "Something went wrong" in told and "secret" not in told


def test_a_library_that_is_missing_is_told_and_tried_again(tmp_path: Path) -> None:
    there: list[Scripted] = []

    def open_(settings: Settings, progress: Any) -> Scripted:
        if not there:
            raise LibraryMissing("there is no library; make one: citewise ingest FILE")
        return there[0]

    shelves = Shelves(Settings(library=tmp_path), open_)
    assert "citewise ingest" in refused(shelves, "ask", {"question": "How fast?"})
    there.append(Scripted())
    assert not only(shelves, "ask", {"question": "How fast?"}).is_error


# --- while it is done -------------------------------------------------------------------------------------------------


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Shelves, Scripted]]:
    """An assistant that reads until its gate is set."""
    assistant = Scripted()
    yield Shelves(Settings(library=folders(tmp_path, ["a"])), opening({"a": assistant})), assistant
    assistant.gate.set()


def test_the_client_is_told_how_far_it_is_and_a_cancelled_call_stops_the_work(held: tuple[Shelves, Scripted]) -> None:
    from mcp import Client

    shelves, assistant = held
    notes: list[tuple[float, str]] = []

    async def main() -> None:
        async with Client(server_of(Calls(shelves), in_turn())) as client:
            reading = anyio.Event()

            async def told(progress: float, total: float | None, message: str | None) -> None:
                notes.append((progress, message or ""))
                if "3 of 10 sentences" in (message or ""):
                    reading.set()

            async with anyio.create_task_group() as group:
                group.start_soon(ask, client, told)
                with anyio.fail_after(10):
                    await reading.wait()
                group.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(assistant.closed.wait, 10)
            answer = await client.call_tool("ask", {"question": "How fast?"})
            assert not answer.is_error

    async def ask(client: Any, told: Any) -> None:
        await client.call_tool("ask", {"question": "hold read"}, progress_callback=told)

    in_a_loop(main)
    assert [step for step, _ in notes] == sorted({step for step, _ in notes})


def test_questions_wait_for_each_other_and_looking_does_not(held: tuple[Shelves, Scripted]) -> None:
    from mcp import Client

    shelves, assistant = held
    done: list[str] = []

    async def main() -> None:
        async with Client(server_of(Calls(shelves), in_turn())) as client:
            waits = anyio.Event()

            async def told(progress: float, total: float | None, message: str | None) -> None:
                if "before this one" in (message or ""):
                    waits.set()

            async def call(name: str, arguments: dict[str, Any]) -> None:
                await client.call_tool(name, arguments, progress_callback=told)
                done.append(name)

            async with anyio.create_task_group() as group:
                group.start_soon(call, "ask", {"question": "hold read"})
                with anyio.fail_after(10):
                    while not assistant.asked:
                        await anyio.lowlevel.checkpoint()
                    group.start_soon(call, "search", {"words": "cache"})
                    await waits.wait()
                    await call("papers", {})
                assistant.gate.set()

    in_a_loop(main)
    assert done == ["papers", "ask", "search"]


def test_who_comes_when_many_wait_already_is_told_at_once() -> None:
    gate = threading.Event()

    def work(job: Job) -> Any:
        gate.wait(10)
        return None

    async def main() -> None:
        from rag.core.errors import TooManyRequests

        turn = in_turn(most=2)
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(turn, Job(work), True, None)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(TooManyRequests, match="2 questions wait"):
                await turn(Job(work), True, None)
            await turn(Job(lambda job: None), False, None)  # type: ignore[arg-type, return-value]
            gate.set()

    in_a_loop(main)
