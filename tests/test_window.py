"""The window, driven in a real browser over a scripted assistant: what a visitor sees, clicks and gets.

Needs playwright and a Chromium (`CHROMIUM`, else /usr/bin/chromium); skipped, saying so, where one is missing.
"""

import json
import logging
import os
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from evals.from_chat import set_lines
from rag.domain import Answer, AnswerSentence, Citation, Evidence, Hit, Mode, Paper, Progress, Span, Turn
from rag.errors import LibraryMissing, QuestionError
from rag.settings import Settings

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = "no-sandbox disable-gpu disable-background-networking disable-component-update disable-sync no-first-run"

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}; set CHROMIUM"),
]

HOSTILE = Paper(
    "hostile",
    'Hostile: <img src=x onerror="window.pwned=1"> ${window.pwned=1} \\xi {{value}} `b`',
    "We show <script>window.pwned=1</script> **no bold**, $O(n)$ and ${window.pwned=1} with \\xi [a](javascript:void).",
    url="javascript:window.pwned=1",
)
CACHE = Paper(
    "cache",
    "FastCache: Accelerating Diffusion Models for Free",
    "Diffusion models have recently gained unprecedented attention in the field of image synthesis. They are slow, "
    "which is attributed to the sequential denoising process and the cumbersome model size. We reuse the high-level "
    "features of neighbouring steps and update the low-level ones in a very cheap way. This enables a speedup factor "
    "of 2.3 for Stable Diffusion v1.5 with only a 0.05 decline in CLIP Score. No retraining is needed. Compared with "
    "pruning and distillation methods that need retraining, the method is better at the same throughput.",
    authors=("Ada Example", "Ben Sample", "Cleo Person", "Dan Name", "Eve Other"),
    year=2023,
    url="https://example.org/fastcache",
)
PROPAGATE = Paper(
    "propagate",
    "Faster Encoders: Rethinking the Role of the Encoder in Diffusion Models",
    "One of the key components is the U-Net for noise prediction. We omit the encoder at certain adjacent time-steps "
    "and reuse its features cyclically in the decoder. It accelerates the sampling of both models by 41% and 24%, "
    "while the quality of generation is kept.",
    arxiv_id="2312.09608",
    year=2023,
)
PAPERS = (CACHE, PROPAGATE, HOSTILE)


@dataclass
class Scripted:
    """An assistant that answers by a script; a question that contains "hold" is read until `gate` is set."""

    shelf: tuple[Paper, ...] = PAPERS
    gate: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    histories: list[tuple[Turn, ...]] = field(default_factory=list)
    description: Mapping[str, str] = field(
        default_factory=lambda: {
            "reader": "HuggingFaceTB/SmolLM2-135M-Instruct",
            "embedder": "all-MiniLM-L6-v2",
            "device": "CPU",
            "mode": "quote",
        }
    )

    def papers(self) -> tuple[Paper, ...]:
        return self.shelf

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        return tuple(Hit(paper, 3.0 - n, {"dense": 0.6, "lexical": 9.0}) for n, paper in enumerate(self.shelf))[:limit]

    def close(self) -> None:
        pass

    def ask(self, question: str, history: Sequence[Turn] = (), mode: Mode = "auto") -> Answer:
        *_, answer = self.stream(question, history)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, question: str, history: Sequence[Turn] = (), mode: Mode = "auto") -> Iterator[Progress | Answer]:
        self.histories.append(tuple(history))
        if "too odd" in question:
            raise QuestionError("cannot take <b>this</b> question")
        if "crash" in question:
            raise ZeroDivisionError("a secret detail")
        standalone = f"{question} (about FastCache)" if history else question
        hits = self.search(question)
        answer = script(question, standalone, hits)
        yield Progress("searching", standalone)
        yield Progress("reading", standalone, hits, 0, 10)
        try:
            while "hold read" in question and not self.gate.wait(0.02):
                yield Progress("reading", standalone, hits, 3, 10)
            for n in range(1, len(answer.sentences)):
                draft = told(replace(answer, sentences=answer.sentences[:n]))
                yield Progress("answering", standalone, hits, 10, 10, draft)
                while "hold draft" in question and not self.gate.wait(0.02):
                    yield Progress("answering", standalone, hits, 10, 10, draft)
        except GeneratorExit:
            self.closed.set()
            raise
        yield answer


def cite(n: int, paper: Paper, words: str) -> AnswerSentence:
    start = paper.abstract.index(words)
    return AnswerSentence(words, "quote", (Citation(n, paper, start, start + len(words)),))


def told(answer: Answer) -> Answer:
    """The answer with its text made from its sentences, as the assistant does it."""
    words = "\n\n".join(f"“{sentence.text}” [{sentence.citations[0].n}]" for sentence in answer.sentences)
    return replace(answer, text=words)


def script(question: str, standalone: str, hits: tuple[Hit, ...]) -> Answer:
    times = {"rewrite": 0.0, "retrieve": 41.0, "read": 912.0, "first_text": 960.0, "total": 990.0}
    answer = Answer(question, standalone, "quote", "answered", 0.93, "", retrieved=hits, timings_ms=times)
    if "weather" in question:
        nearest = tuple(hit.paper for hit in hits)
        text = f"Not in these abstracts. Nearest: {'; '.join(paper.title for paper in nearest)}"
        return replace(answer, outcome="declined", p_answerable=0.04, text=text, nearest=nearest)
    if "hostile" in question:
        sentences = (cite(1, HOSTILE, HOSTILE.abstract),)
    else:
        speed = "This enables a speedup factor of 2.3 for Stable Diffusion v1.5 with only a 0.05 decline in CLIP Score."
        sampling = "It accelerates the sampling of both models by 41% and 24%, while the quality of generation is kept."
        sentences = (
            cite(1, CACHE, speed),
            cite(1, CACHE, "No retraining is needed."),
            cite(2, PROPAGATE, sampling),
        )
    read = tuple(Evidence(s.citations[0].paper, Span(0, 9), 1.0, {}) for s in sentences)
    return told(replace(answer, sentences=sentences, evidence=read))


# --- the running window -----------------------------------------------------------------------------------------------


@contextmanager
def running(open_: Callable[..., Any], **settings: Any) -> Iterator[str]:
    """The address of a window over this assistant, on a free port of this machine, until the block is left."""
    from ui.app import build_app, launch_options

    demo = build_app(Settings(**settings), open_)
    demo.launch(
        server_name="127.0.0.1", server_port=_free_port(), prevent_thread_lock=True, quiet=True, **launch_options()
    )
    try:
        yield demo.local_url
    finally:
        demo.close(verbose=False)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def assistant() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def address(assistant: Scripted) -> Iterator[str]:
    with running(lambda settings, progress: assistant) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--{switch}" for switch in QUIET.split()]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page as a new visitor; afterwards no page may have had a script error or left this machine."""
    contexts, errors, hosts = [], [], set()

    def open_page(url: str, width: int = 1440, height: int = 900) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        # With a query, as an embedded Space has it: there a plain `#` link would load the page anew.
        page.goto(f"{url}?__theme=light")
        expect(page.get_by_role("textbox")).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert hosts <= {"127.0.0.1", None}  # None: data and blob addresses


def ask(page: Any, question: str) -> None:
    page.get_by_role("textbox").fill(question)
    page.get_by_role("textbox").press("Enter")


def chat(page: Any) -> Any:
    return page.get_by_role("log")


def test_answer_streams_and_its_chip_jumps_to_the_card(visit: Any, address: str, assistant: Scripted) -> None:
    assistant.gate.clear()
    page = visit(address, height=400)  # so low that the second card is out of view
    ask(page, "hold draft: how much faster is it?")
    expect(chat(page)).to_contain_text("Answering …")
    expect(chat(page)).to_contain_text("“This enables a speedup factor of 2.3")
    expect(chat(page)).not_to_contain_text("41% and 24%")
    assistant.gate.set()
    expect(chat(page)).to_contain_text("✓ 2 papers, exact words")
    expect(page.locator("mark")).to_have_count(3)
    card = page.get_by_label("Source 2")
    expect(card.locator("mark")).to_have_text(re.compile("^It accelerates .* is kept.$"))
    expect(card.get_by_role("link")).to_have_attribute("href", "https://arxiv.org/abs/2312.09608")
    expect(card).not_to_be_in_viewport()
    page.get_by_role("link", name="[2]").click()
    expect(card).to_be_in_viewport()
    expect(chat(page)).to_contain_text("✓ 2 papers, exact words")  # still the same page
    expect(page.locator("#cw-panel")).to_contain_text("Searched 3 papers, 0.04 s · read 3 sentences, 0.9 s")


def test_found_papers_are_shown_while_sentences_are_read(visit: Any, address: str, assistant: Scripted) -> None:
    assistant.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(chat(page)).to_contain_text("Found 3 papers. Reading sentence 3 of 10 …")
    expect(page.locator(".cw-found")).to_have_count(3)
    assistant.gate.set()
    expect(page.locator(".cw-found")).to_have_count(0)


@pytest.mark.parametrize(
    ("where", "seen", "left"),
    [
        ("hold read", "Reading sentence 3", "Stopped."),
        ("hold draft", "Answering …", "Stopped; the answer is incomplete."),
    ],
)
def test_stop_ends_the_work_and_keeps_what_is_there(
    visit: Any, address: str, assistant: Scripted, where: str, seen: str, left: str
) -> None:
    assistant.gate.clear()
    assistant.closed.clear()
    page = visit(address)
    ask(page, f"{where} for ever")
    expect(chat(page)).to_contain_text(seen)
    page.get_by_role("button", name="Stop").click()
    expect(chat(page)).to_contain_text(left)
    assert assistant.closed.wait(20)
    if where == "hold draft":
        expect(chat(page)).to_contain_text("speedup factor of 2.3")
    ask(page, "and now?")
    expect(chat(page)).to_contain_text("✓ 2 papers, exact words")


def test_a_saved_conversation_becomes_lines_of_a_question_set(
    visit: Any, address: str, assistant: Scripted, tmp_path: Path
) -> None:
    page = visit(address)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("body")).to_contain_text("There is no answer to save yet.")
    for question in ("how much faster is it?", "and the other one?"):
        ask(page, question)
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        expect(chat(page).get_by_text("✓ 2 papers, exact words").last).to_be_visible()
    expect(chat(page).get_by_text("✓ 2 papers, exact words")).to_have_count(2)
    with page.expect_download() as started:
        page.get_by_role("button", name="Save").click()
    assert started.value.suggested_filename.startswith("citewise-20")
    started.value.save_as(tmp_path / "talk.json")
    first, second = set_lines(tmp_path / "talk.json")
    assert (first["id"], first["question"], first["gold"]) == (
        "talk-1",
        "how much faster is it?",
        ["cache", "propagate"],
    )
    assert [turn["role"] for turn in second["history"]] == ["user", "assistant"]
    assert second["answerable"] is True


def test_new_chat_ends_the_work_and_forgets(visit: Any, address: str, assistant: Scripted) -> None:
    assistant.gate.clear()
    page = visit(address)
    ask(page, "hold draft for ever")
    expect(chat(page)).to_contain_text("Answering …")
    page.get_by_role("button", name="New chat").click()
    expect(chat(page)).to_contain_text("Ask about these 3 papers")
    expect(page.locator(".cw-card")).to_have_count(0)
    ask(page, "and now?")
    expect(chat(page)).to_contain_text("✓ 2 papers, exact words")
    assert assistant.histories[-1] == ()


def test_hostile_papers_and_questions_are_only_text(visit: Any, address: str) -> None:
    page = visit(address)
    marks = ["<b>x</b>", "**y**", "[z](javascript:alert(1))", "# h", "1. li", "- li", "`c`", "$x$", "${1}", "www.a.org"]
    ask(page, "hostile " + " ".join(marks) + " \\xi https://example.org <script>window.pwned=1</script>")
    expect(chat(page)).to_contain_text("✓ 1 paper, exact words")
    question = page.get_by_test_id("user")
    expect(question).to_have_text(f"hostile {' '.join(marks)} \\xi https://example.org <script>window.pwned=1</script>")
    assert question.locator("a, b, strong, em, code, li, h1, script").count() == 0
    expect(page.get_by_test_id("bot")).to_contain_text(HOSTILE.abstract)
    card = page.get_by_label("Source 1")
    expect(card.get_by_role("heading")).to_contain_text(HOSTILE.title)
    expect(card.locator("mark")).to_have_text(HOSTILE.abstract)
    assert card.locator("img, script, a").count() == 0
    assert page.evaluate("window.pwned") is None


def test_declined_shows_the_nearest_papers(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "What will the weather be?")
    expect(chat(page)).to_contain_text("Not in these abstracts. Nearest: FastCache")
    expect(chat(page)).to_contain_text("Declined")
    expect(page.locator("#cw-panel")).to_contain_text("Nearest papers")
    expect(page.locator(".cw-card")).to_have_count(3)
    expect(page.get_by_text("We reuse the high-level")).to_be_hidden()
    page.get_by_text("Abstract", exact=True).first.click()
    expect(page.get_by_text("We reuse the high-level")).to_be_visible()


def test_follow_up_says_how_it_was_asked_and_old_chips_find_old_cards(
    visit: Any, address: str, assistant: Scripted
) -> None:
    page = visit(address)
    ask(page, "How fast?")
    expect(chat(page)).to_contain_text("✓ 2 papers, exact words")
    expect(chat(page)).not_to_contain_text("Asked as")
    ask(page, "hostile, and that?")
    expect(chat(page)).to_contain_text("Asked as: hostile, and that? (about FastCache)")
    user, answer = assistant.histories[-1]
    assert user == Turn("user", "How fast?")
    assert answer.content.startswith("“This enables a speedup factor of 2.3")
    expect(page.locator(".cw-older")).not_to_have_attribute("open", "")
    page.get_by_role("link", name="[2]").click()
    expect(page.locator("#src-1-2")).to_be_in_viewport()
    expect(page.locator("#src-1-2")).to_contain_text("Faster Encoders")


def test_examples_can_be_clicked(visit: Any, address: str) -> None:
    page = visit(address)
    page.get_by_role("button", name="What is FastCache and what does it improve?").click()
    expect(page.get_by_test_id("user")).to_have_text("What is FastCache and what does it improve?")
    expect(chat(page)).to_contain_text("✓ 2 papers, exact words")


def test_errors_are_told_and_the_next_question_works(visit: Any, address: str, caplog: Any) -> None:
    page = visit(address)
    ask(page, "too odd")
    expect(chat(page)).to_contain_text("cannot take <b>this</b> question")
    with caplog.at_level(logging.ERROR, "ui"):
        ask(page, "crash")
        expect(chat(page)).to_contain_text("Something went wrong while answering; details are in the log.")
    assert "a secret detail" not in page.content()
    assert "a secret detail" in caplog.text
    ask(page, "x" * 4001)
    expect(chat(page)).to_contain_text("This question has 4,001 characters; at most 4,000 are accepted.")
    expect(page.get_by_role("textbox")).to_have_value("x" * 4001)
    ask(page, "and now?")
    expect(chat(page)).to_contain_text("✓ 2 papers, exact words")


def test_phone_has_one_column_and_no_sideways_scrolling(visit: Any, address: str) -> None:
    page = visit(address, width=390, height=844)
    ask(page, "hostile " + "longword" * 40)
    expect(chat(page)).to_contain_text("✓ 1 paper, exact words")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("textbox")).to_be_in_viewport(ratio=1)
    page.get_by_role("textbox").hover()
    page.mouse.wheel(0, 5000)
    expect(page.get_by_text("Searched 3 papers")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="[1]").click()
    expect(page.get_by_label("Source 1")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.get_by_role("textbox")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("textbox")).to_be_focused()


def test_page_is_there_while_models_load_and_the_question_waits(visit: Any) -> None:
    loaded = threading.Event()

    def open_slowly(settings: Settings, progress: Callable[[str], None]) -> Scripted:
        progress("Loading the reader")
        assert loaded.wait(30)
        return Scripted()

    with running(open_slowly) as url:
        page = visit(url)
        expect(page.get_by_role("status").first).to_have_text("Loading the reader …")
        ask(page, "already?")
        expect(page.get_by_test_id("bot")).to_have_text("Loading the reader …")
        loaded.set()
        expect(chat(page)).to_contain_text("✓ 2 papers, exact words")
        expect(page.locator("#cw-top")).to_contain_text("3 papersSmolLM2-135M-Instruct · CPU · quote")


def test_failed_loading_says_what_to_do_and_can_be_tried_again(visit: Any) -> None:
    outcomes: list[Any] = [LibraryMissing("no library in <nowhere>: run `citewise ingest FILE`"), Scripted(shelf=())]

    def open_(settings: Settings, progress: Callable[[str], None]) -> Scripted:
        outcome = outcomes.pop(0) if outcomes else Scripted()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    with running(open_, library="shelf") as url:
        page = visit(url)
        expect(chat(page)).to_contain_text("no library in <nowhere>: run `citewise ingest FILE`")
        page.get_by_role("button", name="Try again").click()
        expect(chat(page)).to_contain_text("This library is empty")
        expect(chat(page)).to_contain_text("citewise ingest FILE --library shelf")
        page.get_by_role("button", name="Try again").click()
        expect(chat(page)).to_contain_text("Ask about these 3 papers")
        expect(page.get_by_role("button", name="Try again")).to_be_hidden()


# --- the endpoints ----------------------------------------------------------------------------------------------------


def test_endpoints_give_the_records_as_json(address: str, assistant: Scripted) -> None:
    from gradio_client import Client

    from rag.jsonform import answer_json, hit_json, paper_json

    client = Client(address, verbose=False)
    assert client.predict("How fast?", api_name="/ask") == as_json(answer_json(assistant.ask("How fast?")))
    history = [{"role": "user", "content": "one"}, {"role": "assistant", "content": [{"type": "text", "text": "two"}]}]
    client.predict("How fast?", history, api_name="/ask")
    assert assistant.histories[-1] == (Turn("user", "one"), Turn("assistant", "two"))
    found = {"question": "cache", "papers": as_json([hit_json(hit) for hit in assistant.search("cache")])}
    assert client.predict("cache", api_name="/search") == found
    assert client.predict(api_name="/papers") == as_json([paper_json(paper) for paper in PAPERS])
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/ask", "/search", "/papers"}


def test_endpoint_tells_expected_errors_only(address: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(address, verbose=False)
    with pytest.raises(AppError, match="cannot take <b>this</b> question"):
        client.predict("too odd", api_name="/ask")
    with pytest.raises(AppError) as unexpected:
        client.predict("crash", api_name="/ask")
    assert "secret" not in str(unexpected.value)


def test_endpoint_over_plain_http(address: str) -> None:
    def read(path: str, body: object = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{address}gradio_api/call/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=15) as response:
            text: str = response.read().decode()
            return text

    event = json.loads(read("ask", {"data": ["How fast?", None]}))["event_id"]
    stream = read(f"ask/{event}")
    assert stream.startswith("event: complete")
    [answer] = json.loads(stream.split("data: ", 1)[1].splitlines()[0])
    assert answer["outcome"] == "answered"


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))
