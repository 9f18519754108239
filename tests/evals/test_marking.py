"""Answers read by a person: what is shown and asked, and what the log gets."""

import os
from pathlib import Path
from typing import Any

import pytest

from evals.errors import EvalError
from evals.marking.dialogue import Mark, read_run
from evals.marking.log import append_to_log
from evals.marking.rubric import Criterion
from evals.runs.run import Run

RUBRIC = (
    Criterion("Clear", "One understands it.", (("2", "all"), ("1", "half"), ("0", "none")), ("Good: yes.",)),
    Criterion("Short", "It is short.", (("2", "very"), ("1", "so so"), ("0", "no"))),
    Criterion("Send", "Would you send it?", (("yes", "as it is"), ("no", "not yet"))),
)
LOG = "# Lab log\n\nNewest first.\n\n## 2026-01-01 Older\n\nText.\n\n## 2025-01-01 Oldest\n"


def _line(name: str, answer: str = "“Bees make honey.” [1]", **fields: Any) -> dict[str, Any]:
    citation = {"n": 1, "title": "Honey bees", "paper_id": "bees"}
    case = {"id": name, "question": "What do bees make?", "gold": ["Honey bees"], "type": "fact"}
    line = {"id": name, "case": case | fields.pop("case", {}), "question": "What do bees make?", "answer": answer}
    return line | {"sentences": [{"text": answer, "citations": [citation]}], "error": None} | fields


def _run(*lines: dict[str, Any], **manifest: Any) -> Run:
    made = {
        "mode": "quote",
        "set": {"path": "reading.jsonl", "n": len(lines)},
        "library": {"papers": 4},
        "commit": "a" * 40,
    }
    return Run(Path("run.jsonl"), made | manifest, lines)


class _Person:
    """Types what it was told to, then ends the input; remembers what was shown and asked."""

    def __init__(self, *typed: str) -> None:
        self.typed = list(typed)
        self.shown: list[str] = []
        self.prompts: list[str] = []

    def ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self.typed:
            raise EOFError
        return self.typed.pop(0)

    @property
    def screen(self) -> str:
        return "\n".join(self.shown)

    def read(self, *lines: dict[str, Any]) -> tuple[Mark, ...]:
        return read_run(_run(*lines), RUBRIC, self.ask, self.shown.append)


# Asking.


def test_each_answer_gets_a_mark_for_each_criterion_and_a_note() -> None:
    marks = _Person("2", "1", "yes", "fine", "0", "0", "n", "").read(_line("a"), _line("b"))
    assert marks == (
        Mark("a", "fact", (("Clear", 2), ("Short", 1)), True, "fine"),
        Mark("b", "fact", (("Clear", 0), ("Short", 0)), False, ""),
    )


def test_enter_skips_an_answer_whole_even_when_it_was_half_marked() -> None:
    marks = _Person("", "2", "", "1", "1", "y", "").read(_line("a"), _line("b"), _line("c"))
    assert [mark.id for mark in marks] == ["c"]


@pytest.mark.parametrize("last", [("q",), ("2", "q"), ("2", "1", " Q "), ()])
def test_q_or_the_end_of_the_input_stops_and_keeps_what_was_marked(last: tuple[str, ...]) -> None:
    person = _Person("2", "2", "yes", "", *last)
    assert [mark.id for mark in person.read(_line("a"), _line("b"), _line("c"))] == ["a"]
    assert "--- 3 of 3" not in person.screen


def test_q_for_a_note_keeps_the_answer_just_marked() -> None:
    assert _Person("2", "2", "yes", "q").read(_line("a"), _line("b")) == (
        Mark("a", "fact", (("Clear", 2), ("Short", 2)), True, ""),
    )


def test_a_question_mark_explains_the_criterion_and_asks_again() -> None:
    person = _Person("?", "2", "2", "yes", "")
    assert len(person.read(_line("a"))) == 1
    assert "Clear: One understands it.\n  2: all\n  1: half\n  0: none\n  Good: yes." in person.shown


@pytest.mark.parametrize("typed", ["3", "yes", "-1", "２", "1.5"])
def test_what_is_no_level_is_asked_for_again(typed: str) -> None:
    person = _Person(typed, "1", "1", "no", "")
    (mark,) = person.read(_line("a"))
    assert mark.points == (("Clear", 1), ("Short", 1))
    assert f"{typed!r} is none of 0, 1, 2" in person.shown


def test_points_are_no_answer_to_the_question_whether_to_send() -> None:
    person = _Person("1", "1", "2", "yes", "")
    assert person.read(_line("a"))[0].send
    assert "'2' is none of no, yes" in person.shown


# Showing.


def test_the_reader_sees_question_answer_sources_and_what_would_be_right() -> None:
    person = _Person()
    person.read(_line("a", "“One.” [1]\n\n“Two.” [1]", case={"gold": ["Ants", "Green tea"]}))
    assert "--- 1 of 1: a fact" in person.screen
    assert "Question: What do bees make?" in person.screen
    assert "\n“One.” [1]\n\n“Two.” [1]\n" in person.screen
    assert "[1] Honey bees" in person.screen
    assert "Right would be: Ants; Green tea" in person.screen
    assert "Asked as" not in person.screen


def test_a_follow_up_is_shown_with_what_was_said_before_and_how_it_was_asked() -> None:
    person = _Person()
    history = [{"role": "user", "content": "Tell me of bees"}]
    person.read(_line("a", standalone_question="What do bees make in summer?", case={"history": history}))
    assert "user: Tell me of bees" in person.screen
    assert "Asked as: What do bees make in summer?" in person.screen


def test_an_unanswerable_question_says_so() -> None:
    person = _Person()
    person.read(_line("a", "Not in these abstracts.", sentences=[], case={"answerable": False, "gold": []}))
    assert "Right would be: the abstracts do not say." in person.screen


def test_a_question_that_failed_is_shown_and_not_asked_about() -> None:
    person = _Person("2", "2", "yes", "")
    marks = person.read({"id": "a", "case": {}, "question": "Why?", "error": "QuestionError: too long"}, _line("b"))
    assert "It failed: QuestionError: too long" in person.screen
    assert [mark.id for mark in marks] == ["b"]


def test_control_characters_from_strangers_never_reach_the_terminal() -> None:
    bad = "x\x1b]0;owned\x07\x1b[2J\u202ey"
    person = _Person("\x1b[A", "2", "2", "yes", f"note{bad}")
    sentences = [{"text": bad, "citations": [{"n": 1, "title": bad, "paper_id": "a"}]}]
    case = {"gold": [bad], "type": bad, "history": [{"role": "user", "content": bad}]}
    (mark,) = person.read(_line("a", bad, question=bad, standalone_question=bad + "2", sentences=sentences, case=case))
    for text in (person.screen, *person.prompts, mark.note):
        assert not any(character in text for character in "\x1b\x07\u202e")


def test_a_run_of_papers_only_has_nothing_to_read() -> None:
    with pytest.raises(EvalError, match="no answers to read; run the set with --mode quote"):
        _Person().read({"id": "a", "case": {}, "question": "Why?", "retrieved": [], "error": None})


# The log.


def _mark(name: str, points: int, send: bool, note: str = "") -> Mark:
    return Mark(name, "fact", (("Clear", points), ("Short", 2)), send, note)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "LOG.md"
    path.write_bytes(LOG.encode())
    return path


def test_the_entry_stands_between_the_introduction_and_the_newest_one(log: Path) -> None:
    marks = [_mark("a", 2, True), _mark("b", 0, False, "wrong paper"), _mark("c", 1, False)]
    append_to_log(log, _run(*map(_line, "abcd")), marks, "Ada", "2026-02-03")
    assert log.read_text("utf-8") == (
        "# Lab log\n\nNewest first.\n\n## 2026-02-03 Answers read by Ada\n\n"
        "3 of 4 answers to reading.jsonl, mode quote, on 4 papers; commit aaaaaaaaaaaa. Marks by rubric.md.\n\n"
        "| 0 to 2 | mean | 0 | 1 | 2 |\n|---|--:|--:|--:|--:|\n"
        "| Clear | 1.00 | 1 | 1 | 1 |\n| Short | 2.00 | 0 | 0 | 3 |\n\n"
        "Would be sent to a colleague: 1 of 3 (0.33).\n\n"
        "The lowest of those that would not:\n\n"
        "- b (fact), 2 of 4: wrong paper\n- c (fact), 3 of 4\n\n"
        "## 2026-01-01 Older\n\nText.\n\n## 2025-01-01 Oldest\n"
    )


def test_only_the_five_lowest_are_named(log: Path) -> None:
    marks = [_mark(f"m{n}", 2 if n < 3 else 0, False) for n in range(7)]
    append_to_log(log, _run(_line("a")), marks, "Ada", "2026-02-03")
    assert [line[2:4] for line in log.read_text("utf-8").splitlines() if line.startswith("- ")] == [
        "m3",
        "m4",
        "m5",
        "m6",
        "m0",
    ]


def test_a_log_without_entries_gets_its_first(log: Path) -> None:
    log.write_text("# Lab log\n\nNewest first.\n", "utf-8")
    append_to_log(log, _run(_line("a")), [_mark("a", 2, True)], "Ada", "2026-02-03")
    text = log.read_text("utf-8")
    assert text.startswith("# Lab log\n\nNewest first.\n\n## 2026-02-03 Answers read by Ada\n")
    assert text.endswith("1 of 1 (1.00).\n")


def test_notes_and_names_cannot_change_the_log_s_markup(log: Path) -> None:
    marks = [_mark("a|b", 0, False, "see\n## Heading `x` <b>[link](y)</b>")]
    append_to_log(log, _run(_line("a")), marks, "Ada\n## Eve", "2026-02-03")
    lines = log.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("## ")] == [
        "## 2026-02-03 Answers read by Ada \\#\\# Eve",
        "## 2026-01-01 Older",
        "## 2025-01-01 Oldest",
    ]
    assert "- a\\|b (fact), 2 of 4: see \\#\\# Heading \\`x\\` \\<b\\>\\[link\\](y)\\</b\\>" in lines


def test_a_run_with_uncommitted_changes_is_told_apart(log: Path) -> None:
    append_to_log(log, _run(_line("a"), changed=True), [_mark("a", 2, True)], "Ada", "2026-02-03")
    assert "commit aaaaaaaaaaaa with changes." in log.read_text("utf-8")


def test_nothing_is_written_where_nothing_was_marked(log: Path) -> None:
    with pytest.raises(EvalError, match="no answer was marked"):
        append_to_log(log, _run(_line("a")), [], "Ada", "2026-02-03")
    assert log.read_text("utf-8") == LOG


def test_a_log_that_is_missing_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"cannot read the log .*none\.md"):
        append_to_log(tmp_path / "none.md", _run(_line("a")), [_mark("a", 2, True)], "Ada", "2026-02-03")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_write_leaves_the_log_as_it_was(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EvalError, match=r"cannot write the log .*No space left"):
        append_to_log(log, _run(_line("a")), [_mark("a", 2, True)], "Ada", "2026-02-03")
    assert log.read_text("utf-8") == LOG
    assert list(log.parent.iterdir()) == [log]


def test_a_log_behind_a_link_stays_behind_it_and_keeps_its_permissions(log: Path) -> None:
    log.chmod(0o640)
    link = log.parent / "link.md"
    link.symlink_to(log)
    append_to_log(link, _run(_line("a")), [_mark("a", 2, True)], "Ada", "2026-02-03")
    assert link.is_symlink()
    assert "read by Ada" in log.read_text("utf-8")
    assert log.stat().st_mode & 0o777 == 0o640
