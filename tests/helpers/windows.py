"""A window over a scripted assistant, on a free port, and a browser that looks at it.

Needs playwright and a Chromium (`CHROMIUM`, else /usr/bin/chromium); tests that use it are skipped, saying so, where one is missing.
"""

import copy
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag.answer.quoted import text_of
from rag.core.domain import Answer, AnswerSentence, Citation, Evidence, Hit, Message, Mode, Paper, Progress, Span
from rag.core.errors import QuestionError
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.core.settings import Settings
from rag.library.catalogue import Catalogue
from rag.library.choices import Kind, Names
from rag.library.overview import Overview, Topic
from tests.helpers.shelves import SOURCES, Shelf, means

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:  # tests of other things run without it
    expect = sync_playwright = None  # type: ignore[assignment]
else:
    expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = "no-sandbox disable-gpu disable-background-networking disable-component-update disable-sync no-first-run"
needs_browser = [
    pytest.mark.ui,
    pytest.mark.skipif(sync_playwright is None, reason="playwright is not installed"),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}; set CHROMIUM"),
]

HOSTILE = Paper(
    "hostile",
    'Hostile: <img src=x onerror="window.pwned=1"> ${window.pwned=1} \\xyz {{value}} `b`',
    "We show <script>window.pwned=1</script> **no bold**, $O(n)$ and ${window.pwned=1} with \\xyz [a](javascript:void).",
    url="javascript:window.pwned=1",
)
CACHE = Paper(
    "cache",
    "FastCache: Accelerating Diffusion Models for Free",
    "Diffusion models have recently gained unprecedented attention in the field of image synthesis. They are slow, "
    "which is attributed to the sequential denoising process and the cumbersome model size. We reuse the high-level "
    "features of neighbouring steps and update the low-level ones in a very cheap way. This enables a speedup factor "
    "of 2.3 for Stable Diffusion v1.5 with only a 0.05 decline in CLIP Score. No retraining is needed. Compared with "
    "pruning and distillation methods that need retraining, FastCache is better at the same throughput.",
    authors=("Ada Example", "Ben Sample", "Cleo Person", "Dan Name", "Eve Other"),
    year=2023,
    url="https://example.org/fastcache",
)
PROPAGATE = Paper(
    "propagate",
    "Faster Encoders: Rethinking the Role of the Encoder in Diffusion Models",
    "One of the key components is the U-Net for noise prediction. We omit the encoder at certain adjacent time-steps "
    "and reuse its features cyclically in the decoder. It accelerates the sampling of both models by 41% and 24%, "
    "while the quality of generation is kept. We call it Faster Encoders.",
    arxiv_id="2312.09608",
    year=2023,
)
PAPERS = (CACHE, PROPAGATE, HOSTILE)
MANY = tuple(
    Paper(
        f"p{n}",
        f"Method{n}: The {n}th Way to Sample $O(n^{{{n}}})$",
        f"We propose way number {n}. It is {n} times faster.",
    )
    for n in range(1, 41)
)


@dataclass
class Scripted:
    """An assistant that answers by a script; a question that contains "hold" is read until `gate` is set."""

    shelf: tuple[Paper, ...] = PAPERS
    gate: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, tuple[Message, ...], tuple[Mode, int | None]]] = field(default_factory=list)
    """Questions with what was said before and the wishes for the answer; those that the window asks silently are among them."""
    filters: list[tuple[str, PaperFilter]] = field(default_factory=list)
    """The same questions with the papers that were asked."""
    of: PaperFilter = EVERY_PAPER
    real: Shelf = field(default_factory=Shelf)
    description: Mapping[str, str] = field(
        default_factory=lambda: {
            "reader": "HuggingFaceTB/SmolLM2-135M-Instruct",
            "embedder": "all-MiniLM-L6-v2",
            "device": "cpu",
            "mode": "quote",
            "mode_reason": "no writer is set up",
        }
    )

    def times(self, question: str) -> int:
        """How often it was asked."""
        return sum(asked == question for asked, _, _ in self.asked)

    def filter_of(self, question: str) -> PaperFilter:
        """The papers it was asked of when it was last asked."""
        return next(chosen for asked, chosen in reversed(self.filters) if asked == question)

    def history_of(self, question: str) -> tuple[Message, ...]:
        """What was said before it when it was last asked."""
        return next(history for asked, history, _ in reversed(self.asked) if asked == question)

    def wish_of(self, question: str) -> tuple[Mode, int | None]:
        """How it was to be answered when it was last asked."""
        return next(wish for asked, _, wish in reversed(self.asked) if asked == question)

    @property
    def revision(self) -> int:
        return 1

    @property
    def state(self) -> int:
        return self.revision

    def comes_again(self, answer: Answer) -> bool:
        return True

    @property
    def catalogue(self) -> Catalogue:
        return self.real.catalogue(self.shelf)

    def papers(self, ids: Iterable[str] | None = None) -> tuple[Paper, ...]:
        wanted = None if ids is None else set(ids)
        return tuple(paper for paper in self.shelf if wanted is None or paper.id in wanted)

    def find_papers(self, words: str, limit: int) -> tuple[int, tuple[Paper, ...]]:
        found = [paper for paper in self.shelf if all(word in str(paper).lower() for word in words.lower().split())]
        return len(found), tuple(found[:limit])

    notice = ""

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        return tuple(Hit(paper, 3.0 - n, {"dense": 0.6, "lexical": 9.0}) for n, paper in enumerate(self.shelf))[:limit]

    def similar(self, paper_id: str, limit: int = 5) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.search("") if hit.paper.id != paper_id)[:limit]

    def told(self, question: str) -> Answer | None:
        return None

    def respelled(self, words: str) -> str:
        return words.replace("enncoder", "encoder") if "enncoder" in words else ""

    def over(self, chosen: PaperFilter) -> "Scripted":
        part = copy.copy(self)
        part.shelf = tuple(paper for paper in self.shelf if means(chosen, paper))
        part.of = chosen
        return part

    def count(self, chosen: PaperFilter) -> int:
        return sum(means(chosen, paper) for paper in self.shelf)

    def names(self, kind: Kind, words: str, limit: int) -> Names:
        named = {
            "authors": lambda p: p.authors,
            "venues": lambda p: [p.venue],
            "sources": lambda p: SOURCES.get(p.id, ()),
        }
        counts = Counter(name for paper in self.shelf for name in named[kind](paper) if name)  # type: ignore[no-untyped-call]
        found = [item for item in counts.most_common() if words.lower() in item[0].lower()]
        return Names(tuple(found[:limit]), len(found), len(counts))

    def overview(self) -> Overview:
        topics = (Topic("diffusion models", 2), Topic("U-Net", 1)) if self.shelf else ()
        return Overview(len(self.shelf), topics, None, ((2021, 1), (2023, 2)) if self.shelf else (), 0)

    def close(self) -> None:
        pass

    def ask(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Answer:
        *_, answer = self.stream(question, history)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Iterator[Progress | Answer]:
        self.asked.append((question, tuple(history), (mode, most_papers)))
        self.filters.append((question, self.of))
        if "too odd" in question:
            raise QuestionError("cannot take <b>this</b> question")
        if "crash" in question:
            raise ZeroDivisionError("a secret detail")
        standalone = f"{question} (about FastCache)" if history else question
        hits = self.search(question)
        about = ("cache",) if history and "about it" in question else ()
        answer = replace(script(question, standalone, hits), about=about)
        yield Progress("searching", standalone)
        yield Progress("reading", standalone, hits, 0, 10, about=about)
        try:
            while "hold read" in question and not self.gate.wait(0.02):
                yield Progress("reading", standalone, hits, 3, 10)
            for n in range(1, len(answer.sentences)):
                draft = with_text(replace(answer, sentences=answer.sentences[:n]))
                yield Progress("answering", standalone, hits, 10, 10, draft)
                while "hold draft" in question and not self.gate.wait(0.02):
                    yield Progress("answering", standalone, hits, 10, 10, draft)
        except GeneratorExit:
            self.closed.set()
            raise
        yield answer


def cite(n: int, paper: Paper, words: str) -> AnswerSentence:
    start = paper.abstract.index(words)
    return AnswerSentence(words, "quote", (Citation(n, paper, Span(start, start + len(words))),))


def with_text(answer: Answer) -> Answer:
    """The answer with its text made from its sentences, as the assistant does it."""
    return replace(answer, text=text_of(answer.sentences, missing=answer.missing))


SPEED = "This enables a speedup factor of 2.3 for Stable Diffusion v1.5 with only a 0.05 decline in CLIP Score."
SAMPLING = "It accelerates the sampling of both models by 41% and 24%, while the quality of generation is kept."


def script(question: str, standalone: str, hits: tuple[Hit, ...]) -> Answer:
    times = {"rewrite": 0.0, "retrieve": 41.0, "read": 912.0, "first_text": 960.0, "total": 990.0}
    answer = Answer(question, standalone, "quote", "answered", 0.93, "", retrieved=hits, timings_ms=times)
    if "weather" in question:
        nearest = tuple(hit.paper for hit in hits)
        text = f"Not found in these abstracts. Nearest papers: {'; '.join(paper.title for paper in nearest)}."
        return replace(answer, outcome="declined", p_answerable=0.04, text=text, nearest=nearest)
    if "GPU" in question:
        shown, lead = (
            (cite(1, CACHE, SPEED),),
            "Not in the abstract of FastCache: the hardware that was used. Nearest words:",
        )
        text = text_of(shown, lead=lead)
        return replace(
            answer, outcome="nearest", p_answerable=0.2, text=text, sentences=shown, notice=lead, threshold=0.4
        )
    if "hostile" in question:
        sentences: tuple[AnswerSentence, ...] = (cite(1, HOSTILE, HOSTILE.abstract),)
    elif "all of them" in question:
        sentences = tuple(cite(n, paper, f"We propose way number {n}.") for n, paper in enumerate(MANY, 1))
    else:
        sentences = (cite(1, CACHE, SPEED), cite(1, CACHE, "No retraining is needed."), cite(2, PROPAGATE, SAMPLING))
    if "partly" in question:
        answer = replace(answer, outcome="partial", missing=("its cost in dollars",))
    read = [Evidence(s.citations[0].paper, _span(s), 1.0, {"likelihood": -1.5}) for s in sentences]
    if sentences[0].citations[0].paper is CACHE:
        start = CACHE.abstract.index("We reuse")
        read.append(Evidence(CACHE, Span(start, CACHE.abstract.index(" This enables")), 0.5, {"likelihood": -2.5}))
    return with_text(replace(answer, sentences=sentences, evidence=tuple(read)))


def _span(sentence: AnswerSentence) -> Span:
    return sentence.citations[0].span


# --- the running window -----------------------------------------------------------------------------------------------


@contextmanager
def served(open_: Callable[..., Any], port: int | None = None, **settings: Any) -> Iterator[Any]:
    """A window over this assistant as gradio knows it, on a port of this machine, until the block is left. It keeps no answers unless
    that is asked for: a script counts how often it is asked."""
    from ui.app import build_app, launch_options

    settings = {"answer_cache": 0} | settings
    demo = build_app(Settings(**settings), open_)
    options = launch_options(Settings(**settings)) | {"prevent_thread_lock": True, "quiet": True}
    demo.launch(server_name="127.0.0.1", server_port=port or free_port(), **options)
    try:
        yield demo
    finally:
        demo.close(verbose=False)


@contextmanager
def running(*arguments: Any, **settings: Any) -> Iterator[str]:
    """The address of such a window."""
    with served(*arguments, **settings) as demo:
        yield demo.local_url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def address(scripted: Scripted, library_folder: Path) -> Iterator[str]:
    with running(lambda settings, progress: scripted, library=library_folder) as url:
        yield url


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, until the block is left."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--{switch}" for switch in QUIET.split()]
        )
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page as a new visitor, or (`context=page.context`) as another tab of one; afterwards no page may have had a script
    error or left this machine."""
    contexts, errors, hosts = [], [], set()

    def open_page(url: str, width: int = 1440, height: int = 900, theme: str = "light", context: Any = None) -> Any:
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)  # a page that loads on a busy machine
        page.on("pageerror", lambda error: errors.append(f"{error} {getattr(error, 'stack', '')}"))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        # With a query, as an embedded Space has it: there a plain `#` link would load the page anew.
        page.goto(f"{url}{'&' if '?' in url else '?'}__theme={theme}")
        listening(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == [], errors
    assert hosts <= {"127.0.0.1", None}, hosts  # None: data and blob addresses


def box(page: Any) -> Any:
    return page.get_by_role("textbox", name="Your question")


def listening(page: Any) -> None:
    """Wait until the page hears what is typed: its scripts begin in the frame after the one that shows the box."""
    # The box, which a library without papers does not have.
    expect(page.locator("#cw-box:visible, .cw-nothing:visible").first).to_be_visible()
    page.evaluate("() => new Promise(requestAnimationFrame)")


@contextmanager
def looked_up(page: Any, name: str) -> Iterator[None]:
    """A block in which the page sends the server a look-up of this name (`ui.session.lookups`), and whose end waits for the answer.

    What the server knows may change only then: a look-up that is still on its way would see the change too early.
    """

    def answers(response: Any) -> bool:
        request = response.request
        return "component_server" in request.url and request.post_data_json["fn_name"] == name

    with page.expect_response(answers):
        yield


def ask(page: Any, question: str) -> None:
    listening(page)
    box(page).fill(question)
    box(page).press("Enter")


def chat(page: Any) -> Any:
    return page.get_by_role("log")


def turn(page: Any, n: int = -1) -> Any:
    return page.locator(".cw-turn").nth(n)


def answered(page: Any, n: int = -1) -> None:
    """Wait until the turn has its whole answer."""
    expect(turn(page, n).locator(".cw-state")).to_contain_text(ANSWERED)


ANSWERED = "2 papers, exact words"
KEY_TO_FRAME = """() => {
    window.late = [];
    document.getElementById('cw-box').addEventListener('input', (event) => {
        requestAnimationFrame(() => late.push(performance.now() - event.timeStamp));
    });
}"""
"""Collects in `late` the milliseconds from each key typed into the question box to the next frame."""
