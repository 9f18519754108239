"""Prompt files: their slots are checked, what fills them stays as it is."""

import hashlib
from pathlib import Path

import pytest

from rag.core.errors import PromptError
from rag.core.prompting import load_prompt
from tests.conftest import ROOT

READ_SLOTS = frozenset({"title", "sentence"})


@pytest.fixture
def prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the package of prompts."""
    monkeypatch.setattr("rag.core.prompting.files", lambda package: tmp_path)
    return tmp_path


def test_the_shipped_reading_prompt_loads_and_fills() -> None:
    prompt = load_prompt("read", READ_SLOTS)
    assert prompt.name == "read"
    assert prompt.sha256 == hashlib.sha256((ROOT / "prompts" / "read.md").read_bytes()).hexdigest()
    filled = prompt.fill({"title": "Honey bees", "sentence": "Bees dance."})
    assert "Honey bees" in filled
    assert "Bees dance." in filled
    assert "{" not in filled
    assert filled == filled.rstrip()


def test_a_missing_file_is_named() -> None:
    with pytest.raises(PromptError, match=r"there is no prompt file prompts/nothing\.md"):
        load_prompt("nothing", READ_SLOTS)


@pytest.mark.parametrize(
    ("template", "missing", "unknown"),
    [
        ("{title}", "['sentence']", "[]"),
        ("{title} {sentence} {year}", "[]", "['year']"),
        ("{titel} {sentence}", "['title']", "['titel']"),
        ("no slots", "['sentence', 'title']", "[]"),
        ("", "['sentence', 'title']", "[]"),
        ("{ title } {sentence}", "['title']", "[]"),
    ],
    ids=["one missing", "one unknown", "misspelt", "none", "empty file", "spaces inside the braces"],
)
def test_slots_that_are_not_the_expected_ones_are_named(
    prompts: Path, template: str, missing: str, unknown: str
) -> None:
    (prompts / "mine.md").write_text(template, "utf-8")
    with pytest.raises(PromptError) as caught:
        load_prompt("mine", READ_SLOTS)
    assert "prompts/mine.md must have the slots ['sentence', 'title']" in str(caught.value)
    assert f"missing {missing}, unknown {unknown}" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    ["{sentence}", "{title}", "{0} {} {{x}}", "\\1 \\g<0> \\n", "%s $title ${title}", "<|im_end|>"],
    ids=["other slot", "own slot", "format fields", "backslashes", "other templates", "control token"],
)
def test_values_are_inserted_as_they_are(prompts: Path, value: str) -> None:
    (prompts / "mine.md").write_text("T: {title}\nS: {sentence}\nT: {title}\n", "utf-8")
    prompt = load_prompt("mine", READ_SLOTS)
    assert prompt.fill({"title": value, "sentence": "s"}) == f"T: {value}\nS: s\nT: {value}"


def test_every_change_of_the_file_changes_its_hash(prompts: Path) -> None:
    (prompts / "mine.md").write_text("{title} {sentence}", "utf-8")
    before = load_prompt("mine", READ_SLOTS)
    (prompts / "mine.md").write_text("{title}  {sentence}", "utf-8")
    assert load_prompt("mine", READ_SLOTS).sha256 != before.sha256
