"""Votes on answers: what is kept of them, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import FileNotWritten, VoteRefused
from rag.output.to_json import answer_json
from tests.helpers.windows import Scripted
from ui.session import feedback


def test_a_vote_keeps_what_it_says_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    answer = answer_json(Scripted().ask("How fast?"))
    feedback.keep(
        file, {"vote": "down", "note": "no", "question": "How fast?", "answer": answer, "who": "me", "ip": "1"}
    )
    line = json.loads(file.read_text("utf-8"))
    assert set(line) == {"time", "vote", "note", "question", "mode", "outcome", "answer", "cited"}
    cited = [{"citations": [{"paper_id": "p" * 10_000 + str(n)}, 7]} for n in range(10_000)]
    huge = {"mode": "m" * 10_000, "outcome": ["o"] * 10_000, "answer": "a" * 10**6, "sentences": [*cited, 7]}
    feedback.keep(tmp_path / "huge.jsonl", {"vote": "up", "question": "q", "answer": huge})
    assert (tmp_path / "huge.jsonl").stat().st_size < 40_000


def test_a_vote_that_is_taken_back_is_a_line_more(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    for vote in ("up", "withdrawn"):
        feedback.keep(file, {"vote": vote, "question": "q", "answer": {"answer": "a"}})
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(line["vote"], line["question"], line["answer"]) for line in lines] == [
        ("up", "q", "a"),
        ("withdrawn", "q", "a"),
    ]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {},
        {"vote": "sideways", "question": "q", "answer": {}},
        {"vote": "up", "question": "q"},
        {"vote": "up", "question": "q", "answer": {}, "note": "x" * 1_001},
    ],
)
def test_what_is_no_vote_is_refused(tmp_path: Path, sent: Any) -> None:
    with pytest.raises(VoteRefused, match="this is no vote"):
        feedback.keep(tmp_path / "feedback.jsonl", sent)
    assert not (tmp_path / "feedback.jsonl").exists()


def test_a_vote_that_cannot_be_kept_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vote = {"vote": "up", "question": "q", "answer": {}}
    with pytest.raises(FileNotWritten, match="could not be kept"):
        feedback.keep(tmp_path / "nowhere" / "feedback.jsonl", vote)
    monkeypatch.setattr(feedback, "_MOST_BYTES", 200)
    feedback.keep(tmp_path / "feedback.jsonl", vote)
    with pytest.raises(FileNotWritten, match="is full"):
        feedback.keep(tmp_path / "feedback.jsonl", vote)


def test_one_address_cannot_fill_the_file_for_all(tmp_path: Path) -> None:
    file, shares = tmp_path / "feedback.jsonl", feedback.Shares()
    largest = {"vote": "up", "note": "n" * 1_000, "question": "∞" * 20_000, "answer": {"answer": "∞" * 20_000}}
    with pytest.raises(VoteRefused, match="too many votes came from your address"):
        for _ in range(1_000):
            feedback.keep(file, largest, shares, "1.2.3.4")
    assert 1_800_000 < file.stat().st_size <= 2_000_000
    feedback.keep(file, largest, shares, "5.6.7.8")


def test_votes_are_read_by_the_owner_only_and_half_characters_are_no_error(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    feedback.keep(file, {"vote": "up", "question": "q", "answer": {"answer": "half \udcff"}})
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text("utf-8"))["answer"] == "half ?"
