"""The report: one file that needs nothing else, shows strangers' text literally, and says what is in the run."""

import os
import re
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from evals.errors import EvalError
from evals.report.charts import SHARE, Axis, Interval, Series, dots, lines, rounded_axis, trend
from evals.report.markup import Range, esc, link, marked
from evals.report.page import page, write_report
from evals.report.questions import FAILURES, failures
from evals.report.sources import places, shelf
from evals.runs.run import Run
from rag.core.domain import Paper

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror="alert(1)">'
BEES = Paper("bees", "Honey bees", "Bees make honey. They dance for 40 minutes to tell where flowers are.")
TEA = Paper("tea", "Green tea", "Green tea is steeped at 70 degrees. Longer is bitter.", url="https://example.org/tea")
HOSTILE = Paper(
    "x", f"Title {SCRIPT}{IMAGE}", f"We show {SCRIPT} and {IMAGE} & more. Another one.", url="javascript:alert(1)"
)
PAPERS = (BEES, TEA, HOSTILE)
MANIFEST: dict[str, Any] = {
    "format": 1,
    "citewise": "0.1.0",
    "commit": "0123456789abcdef",
    "started": "2026-01-02T03:04:05+00:00",
    "mode": "quote",
    "set": {"path": "small.jsonl", "sha256": "aa", "n": 1},
    "library": {"fingerprint": "fedcba9876543210", "papers": 3},
    "embedder": {"name": "embedder-1", "sha256": "bb"},
    "reader": {"name": "reader-1", "sha256": "cc"},
    "writer": None,
    "machine": {"device": "cpu"},
}


def answered(name: str, paper: Paper, quote: str, **changes: Any) -> dict[str, Any]:
    """A line whose answer quotes these words of the paper; `changes` go into the line, those of `case` into the case."""
    start = paper.abstract.index(quote)
    cited = {
        "n": 1,
        "paper_id": paper.id,
        "title": paper.title,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    }
    found = [paper, *(other for other in PAPERS if other != paper)]
    case = {"id": name, "question": f"What of {name}?", "gold": [paper.title], "type": "plain"}
    case |= changes.pop("case", {})
    return {
        "id": name,
        "case": case,
        "question": case["question"],
        "standalone_question": case["question"],
        "mode": "quote",
        "outcome": "answered",
        "p_answerable": 0.9,
        "answer": f"“{quote}” [1]",
        "sentences": [{"text": quote, "verdict": "quote", "citations": [cited]}],
        "dropped": [],
        "missing": [],
        "nearest": [],
        "retrieved": [
            {"paper_id": p.id, "title": p.title, "score": 3.0 - n, "parts": {"dense": 0.5, "lexical": 2.0}}
            for n, p in enumerate(found)
        ],
        "timings_ms": {"rewrite": 0, "retrieve": 20, "read": 500, "first_text": 510, "total": 520},
        "error": None,
    } | changes


def declined(name: str, **changes: Any) -> dict[str, Any]:
    """A line of a question that was declined."""
    return (
        answered(name, BEES, "Bees make honey.", case=changes.pop("case", {}))
        | {
            "outcome": "declined",
            "p_answerable": 0.1,
            "answer": "No abstract here answers this.",
            "sentences": [],
        }
        | changes
    )


def failing(name: str) -> dict[str, Any]:
    """A line of a question that failed."""
    case = {"id": name, "question": "Why?", "gold": ["bees"], "nuggets": [["40 minutes"]]}
    return {"id": name, "case": case, "question": "Why?", "error": f"ValueError: no {SCRIPT}"}


def make_run(*items: dict[str, Any], name: str = "run.jsonl", **manifest: Any) -> Run:
    return Run(Path(name), MANIFEST | manifest, tuple(deepcopy(items)))


def some_run() -> Run:
    return make_run(
        answered("honey", BEES, "Bees make honey."),
        answered("tea", TEA, "Longer is bitter.", case={"type": "odd one", "nuggets": [["70 degrees"], ["bitter"]]}),
        declined("off", case={"question": "What of the weather?", "gold": [], "answerable": False, "type": "off"}),
        failing("broken"),
    )


class Parsed(HTMLParser):
    """What a browser makes of a page: its elements, the texts in `<mark>`, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[str] = []
        self.texts: list[str] = []
        self._in_mark = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_mark = tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._in_mark:
            self.marks.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def attributes(self, tag: str, name: str) -> list[str]:
        return [attrs[name] or "" for found, attrs in self.elements if found == tag and name in attrs]


# The page.


def test_the_page_asks_nobody_for_anything() -> None:
    text = page([some_run()], PAPERS)
    parsed = Parsed(text)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in parsed.elements}
    assert not [attrs for _, attrs in parsed.elements if "src" in attrs]
    assert "@import" not in text
    assert "url(" not in text
    others = [href for href in parsed.attributes("a", "href") if not href.startswith("#")]
    assert set(others) == {"https://example.org/tea"}
    assert "default-src 'none'" in parsed.attributes("meta", "content")[0]


def test_hostile_text_shows_literally_wherever_it_comes_from() -> None:
    line = answered(
        f"id {IMAGE}",
        HOSTILE,
        f"We show {SCRIPT} and {IMAGE} & more.",
        case={"question": f"Q {SCRIPT}", "type": f"type {IMAGE}", "nuggets": [[SCRIPT]], "must_not": [SCRIPT, IMAGE]},
        standalone_question=f"standalone {IMAGE}",
        missing=[SCRIPT],
        dropped=[{"text": IMAGE, "reason": SCRIPT}],
    )
    line["case"]["history"] = [{"role": IMAGE, "content": SCRIPT}]
    run = make_run(line, failing("broken"), name=f"{IMAGE}.jsonl", mode=SCRIPT, commit=IMAGE, set={"path": SCRIPT})
    text = page([run, run], PAPERS)
    parsed = Parsed(text)
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    assert "img" not in {tag for tag, _ in parsed.elements}
    assert not [attrs for _, attrs in parsed.elements if any(name.startswith("on") for name in attrs)]
    assert "javascript:" not in "".join(parsed.attributes("a", "href"))
    assert f"type {IMAGE}" in parsed.attributes("details", "data-type")
    assert f"Q {SCRIPT}" in parsed.text


def test_characters_that_nobody_can_see_or_send_do_not_reach_the_file(tmp_path: Path) -> None:
    line = answered("odd", BEES, "Bees make honey.", case={"question": "half \ud800 turned \u202e null \x00 end"})
    write_report([make_run(line)], PAPERS, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "half \ufffd turned  null  end" in text


def test_the_marked_words_are_the_quoted_ones() -> None:
    parsed = Parsed(page([make_run(answered("honey", BEES, "They dance for 40 minutes"))], PAPERS))
    assert parsed.marks == ["They dance for 40 minutes"]


def test_words_that_are_not_where_they_are_cited_are_shown_apart_and_called_not_exact() -> None:
    line = answered("honey", BEES, "Bees make honey.")
    line["sentences"][0]["citations"][0]["start"] += 2
    assert failures(line, shelf(PAPERS)) == ["inexact"]
    parsed = Parsed(page([make_run(line)], PAPERS))
    assert parsed.marks == []
    assert "These words are not at the place that is cited" in parsed.text
    assert [tag for tag, _ in parsed.elements].count("blockquote") == 1


def test_without_papers_the_quotes_are_shown_without_their_abstracts() -> None:
    parsed = Parsed(page([some_run()], ()))
    assert parsed.marks == []
    assert [tag for tag, _ in parsed.elements].count("blockquote") == 2
    assert "They dance" not in parsed.text


def test_facts_are_marked_in_the_right_papers_and_said_to_be_found_or_missed() -> None:
    line = answered("tea", TEA, "Longer is bitter.", case={"nuggets": [["70 degrees"], ["bitter", "sour"]]})
    parsed = Parsed(page([make_run(line)], PAPERS))
    assert parsed.marks == ["Longer is bitter.", "70 degrees", "bitter"]
    assert [text for text in parsed.texts if text in ("found", "missed")] == ["missed", "found"]


def test_markers_link_to_the_card_of_their_paper_but_not_where_the_paper_wrote_them() -> None:
    paper = Paper("p", "P", "As shown [1] before. More.")
    parsed = Parsed(page([make_run(answered("a", paper, "As shown [1] before."))], [paper]))
    links = [href for href in parsed.attributes("a", "href") if href.startswith("#")]
    assert links == ["#q-1-1"]
    assert "q-1-1" in parsed.attributes("article", "id")


def test_the_head_says_what_was_measured() -> None:
    text = Parsed(page([some_run()], PAPERS)).text
    for said in (
        "small.jsonl",
        "4 questions, 1 failed",
        "3 papers, fedcba987654",
        "quote",
        "embedder-1",
        "reader-1",
        "commit 0123456789ab",
        "2026-01-02T03:04:05+00:00",
    ):
        assert said in text


def test_what_was_not_measured_is_a_dash_and_breaks_nothing() -> None:
    line = declined("off", p_answerable=None, timings_ms={}, retrieved=[])
    line["case"] = {"id": "off", "question": "Q"}
    run = replace(make_run(line), manifest={})
    parsed = Parsed(page([run], ()))
    assert "1 of 1 shown" in parsed.text
    assert "Nothing in this run to measure hit@1" in parsed.text


def test_a_run_without_answers_is_reported() -> None:
    full = answered("honey", BEES, "Bees make honey.", case={"nuggets": [["honey"]]})
    line = {name: full[name] for name in ("id", "case", "question", "standalone_question", "retrieved", "error")}
    parsed = Parsed(page([make_run(line, mode="retrieve", reader=None)], PAPERS))
    assert "Only papers were asked for, no answer." in parsed.text
    assert "found at place 1" in parsed.text
    assert "missed" not in parsed.texts
    assert 'id="declined"' not in page([make_run(line)], PAPERS)


def test_a_failed_question_is_shown_with_its_error() -> None:
    parsed = Parsed(page([make_run(failing("broken"))], PAPERS))
    assert parsed.attributes("details", "data-kinds") == ["failed"]
    assert f"ValueError: no {SCRIPT}" in parsed.texts
    assert "missed" not in parsed.texts
    assert "not found" not in parsed.texts


def test_the_trend_is_there_only_for_more_than_one_run() -> None:
    assert 'id="trend"' not in page([some_run()], PAPERS)
    before = make_run(answered("honey", BEES, "Bees make honey."), name="before.jsonl", set={"sha256": "other"})
    text = Parsed(page([before, some_run()], PAPERS)).text
    assert "1. before.jsonl" in text
    assert "2. run.jsonl" in text
    assert text.count("another set") == 1


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        (answered("a", BEES, "Bees make honey."), []),
        (answered("a", BEES, "Bees make honey.", case={"gold": ["Green tea"]}), ["first", "other"]),
        (answered("a", BEES, "Bees make honey.", case={"gold": ["Ants"]}), ["first", "unfound", "other"]),
        (answered("a", BEES, "Bees make honey.", case={"nuggets": [["40 minutes"]]}), ["fact"]),
        (answered("a", BEES, "Bees make honey.", case={"must_not": ["HONEY"]}), ["obeyed"]),
        (answered("a", BEES, "Bees make honey.", case={"gold": [], "answerable": False}), ["answered"]),
        (answered("a", BEES, "Bees make honey.", inexact=[1]), ["inexact"]),
        (declined("a"), ["declined"]),
        (failing("a"), ["failed"]),
    ],
)
def test_what_went_wrong_with_a_question_is_named(line: dict[str, Any], kinds: list[str]) -> None:
    assert failures(line, shelf(PAPERS)) == kinds
    assert set(kinds) <= set(FAILURES)


# Writing.


def test_a_report_is_never_written_over_a_file(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text("mine", "utf-8")
    with pytest.raises(EvalError, match="nothing was overwritten"):
        write_report([some_run()], PAPERS, out)
    assert out.read_text("utf-8") == "mine"


def test_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no run to report"):
        write_report([], PAPERS, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file", "utf-8")
    with pytest.raises(EvalError, match=r"cannot write .*report\.html"):
        write_report([some_run()], PAPERS, tmp_path / "folder" / "report.html")


def test_a_folder_that_may_not_be_written_is_named(unprivileged: Callable[[], Any]) -> None:
    run = some_run()
    page([run], PAPERS)  # so that all modules are imported before rights are given up
    with tempfile.TemporaryDirectory() as folder:  # outside of pytest's private folders
        Path(folder).chmod(0o555)
        try:
            with unprivileged(), pytest.raises(EvalError, match=r"cannot write .*: Permission denied"):
                write_report([run], PAPERS, Path(folder) / "report.html")
        finally:
            Path(folder).chmod(0o755)


# Parts.


def test_overlapping_ranges_become_one_mark_and_ranges_outside_are_cut() -> None:
    assert marked("abcdef", [Range(1, 3), Range(2, 4), Range(5, 99)]) == "a<mark>bcd</mark>e<mark>f</mark>"
    assert marked("a<b", [Range(1, 2)]) == "a<mark>&lt;</mark>b"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "http://[x", "https://a b", None]
)
def test_only_plain_web_addresses_become_links(url: str | None) -> None:
    assert link("title", url) == "title"


def test_facts_are_found_in_text_that_is_not_normalised() -> None:
    text = "A  Speed–Up of 2.3times, not 12.3times; ﬁne\u00a0TUNING"
    assert [text[start:end] for start, end in places("speed-up OF", text)] == ["Speed–Up of"]
    assert [start for start, _ in places("2.3times", text)] == [text.index("2.3times")]
    assert [text[start:end] for start, end in places("fine tuning", text)] == ["ﬁne\u00a0TUNING"]
    assert places("absent", text) == []


HOSTILE_LABEL = f"{IMAGE} & \x0b"


@pytest.mark.parametrize(
    "chart",
    [
        dots(HOSTILE_LABEL, [Interval(HOSTILE_LABEL, 0.5, 0.2, 0.7, "3"), Interval("b", None), Interval("c", 1.0)]),
        dots("none", []),
        lines(
            "a",
            [Series(HOSTILE_LABEL, [(1, 0.5), (2, None), (3, 1.0)], [0.4, None, 0.9], [0.6, None, 1.0])],
            Axis(1, 3, (1, 2)),
        ),
        lines("b", [Series("p", [(0, None)]), Series("r", [(0, 0.5)], steps=True)], SHARE, markers=[(IMAGE, 0.9)]),
        trend(HOSTILE_LABEL, [None, 0.5, 0.7], ["one", HOSTILE_LABEL, "three"]),
        trend("none", [None], ["one"]),
        trend("empty", [], []),
    ],
)
def test_charts_are_well_formed_and_say_what_they_show(chart: str) -> None:
    root = ElementTree.fromstring(chart)
    assert root.tag == "svg"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == root.findtext("title")
    assert not re.search(r"nan|inf\b|None", chart)


def test_a_dot_stands_where_its_value_is() -> None:
    root = ElementTree.fromstring(dots("a", [Interval("low", 0.0), Interval("middle", 0.5), Interval("high", 1.0)]))
    low, middle, high = (float(dot.attrib["cx"]) for dot in root.iter("circle"))
    assert middle == pytest.approx((low + high) / 2)
    assert low < high


@pytest.mark.parametrize(("top", "high"), [(0.0, 1.0), (0.7, 0.8), (1.0, 1.0), (83.0, 100.0), (1200.0, 1500.0)])
def test_an_axis_ends_at_a_round_number_above_all_values(top: float, high: float) -> None:
    assert rounded_axis([top]).high == pytest.approx(high)


def test_escaped_text_is_safe_in_an_attribute() -> None:
    assert esc("<a href='x\"'>&") == "&lt;a href=&#x27;x&quot;&#x27;&gt;&amp;"


# In a browser.

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = "no-sandbox disable-gpu disable-background-networking disable-component-update disable-sync no-first-run"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; set CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--{switch}" for switch in QUIET.split()]
        )
        yield chromium
        chromium.close()


@pytest.mark.ui
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_the_screen_and_its_questions_can_be_filtered(browser: Any, tmp_path: Path, width: int) -> None:
    from playwright.sync_api import expect

    wide = answered("wide", HOSTILE, f"We show {SCRIPT}", case={"question": "w" * 400, "type": "t" * 80})
    run = make_run(*some_run().lines, wide)
    write_report([run, run], PAPERS, tmp_path / "report.html")
    page_ = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page_.on("pageerror", lambda error: complaints.append(str(error)))
    page_.on("console", lambda message: complaints.append(message.text))  # a broken policy is told there
    page_.goto((tmp_path / "report.html").as_uri())
    questions, count = page_.locator("details.question:visible"), page_.get_by_role("status")

    expect(count).to_have_text("5 of 5 shown")
    page_.get_by_role("button", name="Open all shown").click()
    expect(page_.get_by_role("button", name="Close all shown")).to_be_visible()
    assert page_.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page_.get_by_role("combobox", name="What went wrong").select_option(label="fact missing (1)")
    expect(count).to_have_text("1 of 5 shown")
    expect(questions).to_contain_text("What of tea?")
    page_.get_by_role("combobox", name="What went wrong").select_option("")
    page_.get_by_role("combobox", name="Type").select_option("odd one")
    expect(questions).to_have_count(1)
    page_.get_by_role("combobox", name="Type").select_option("")
    page_.get_by_role("searchbox", name="Text").fill("WEATHER what")
    expect(count).to_have_text("1 of 5 shown")
    expect(questions).to_contain_text("What of the weather?")
    assert complaints == []
    page_.close()


@pytest.mark.ui
def test_without_scripts_the_page_is_a_plain_list(browser: Any, tmp_path: Path) -> None:
    write_report([some_run()], PAPERS, tmp_path / "report.html")
    context = browser.new_context(java_script_enabled=False)
    page_ = context.new_page()
    page_.goto((tmp_path / "report.html").as_uri())
    assert page_.locator("details.question:visible").count() == 4
    assert not page_.locator("#filter").is_visible()
    page_.get_by_text("What of tea?").first.focus()
    page_.keyboard.press("Tab")
    page_.locator("summary").first.press("Enter")
    assert page_.locator("details.question[open]").count() == 1
    context.close()
