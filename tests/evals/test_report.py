"""The report: one file that needs nothing else, shows strangers' text literally, and says what is in the run."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.errors import EvalError
from evals.report.page import page, write_report
from evals.report.questions import FAILURES, failures
from evals.report.sources import shelf
from rag.core.domain import Paper
from tests.evals.reports import (
    BEES,
    HOSTILE,
    IMAGE,
    PAPERS,
    SCRIPT,
    TEA,
    Parsed,
    answered,
    declined,
    failing,
    make_run,
    some_run,
)

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
