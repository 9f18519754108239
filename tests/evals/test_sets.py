"""Question sets: what is refused, what is checked against a library, and the shipped sets themselves."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evals.cases.check import problems
from evals.cases.question_set import Case, check_against, load_set, select
from evals.errors import EvalError
from rag.core.domain import Message, Paper
from rag.core.text import normalise
from rag.ingest.formats import read_papers
from tests.conftest import ROOT, SEEDS

DEV_SET = ROOT / "evals" / "sets" / "seeds-dev.jsonl"
READING_SET = ROOT / "evals" / "sets" / "reading.jsonl"


def _set_file(folder: Path, *lines: Any) -> Path:
    """A set; strings go in as they stand."""
    path = folder / "set.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


def _cases(folder: Path, *raw: dict[str, Any]) -> tuple[Case, ...]:
    return load_set(_set_file(folder, *raw)).cases


def test_a_set_keeps_its_cases_and_all_their_fields(tmp_path: Path) -> None:
    raw = {
        "id": "a",
        "question": "Why?",
        "history": [{"role": "user", "content": "How?"}, {"role": "assistant", "content": "So.", "cited": ["a"]}],
        "gold": ["Bees"],
        "gold_ids": ["x1"],
        "colour": "blue",
    }
    loaded = load_set(_set_file(tmp_path, raw, "", {"id": "b", "question": "And?"}))
    assert [case.id for case in loaded.cases] == ["a", "b"]
    assert loaded.cases[0].history == (Message("user", "How?"), Message("assistant", "So.", ("a",)))
    assert loaded.cases[0].gold == ("Bees", "x1")
    assert loaded.cases[0].raw == raw
    assert loaded.cases[1].gold == ()


def test_bad_lines_are_skipped_and_all_of_them_named(tmp_path: Path) -> None:
    path = _set_file(
        tmp_path,
        {"id": "a", "question": "Fine?"},
        '{"id": "b", "question": "cut',
        ["a list"],
        {"id": "a", "question": "Again?"},
        {"id": "e", "question": " "},
        {"id": "f", "question": "Fine?", "gold": "Bees"},
    )
    loaded = load_set(path)
    assert [case.id for case in loaded.cases] == ["a"]
    assert len(loaded.skipped) == 5
    message = loaded.warning
    assert message.startswith(f"{path}: 5 parts of it are skipped. line 2: ")
    for part in (
        "line 2: not JSON: Unterminated string at character 25",
        "line 3: not a JSON object",
        "line 4: id 'a' occurs twice",
        "line 5: no question",
        "line 6: gold is not a list of strings",
    ):
        assert part in message
    assert "line 1:" not in message


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": ["a"]}, "no id"),
        ({"id": True}, "no id"),
        ({"question": ["Why?"]}, "no question"),
        ({"gold": {"a": 1}}, "gold is not a list of strings"),
        ({"gold_ids": [["a"]]}, "gold_ids is not a list of strings"),
        ({"also_ok": "Bees"}, "also_ok is not a list of strings"),
        ({"must_not": [None]}, "must_not is not a list of strings"),
        ({"nuggets": ["25"]}, "nuggets is not a list of non-empty lists"),
        ({"nuggets": [[]]}, "nuggets is not a list of non-empty lists"),
        ({"nuggets": {"a": ["b"]}}, "nuggets is not a list of non-empty lists"),
        ({"answerable": "no"}, "answerable is neither true nor false"),
        ({"history": "earlier"}, "history is not a list"),
        ({"history": [{"role": "system", "content": "x"}]}, "no role user or assistant"),
        ({"history": ["x"]}, "no role user or assistant"),
        ({"history": [{"role": "user"}]}, "a turn of history has no content"),
        ({"history": [{"role": "user", "content": "x", "cited": "a"}]}, "cited in a turn of history is not a list"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(tmp_path: Path, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(EvalError, match=f"1 bad line. line 1: .*{problem}"):
        load_set(_set_file(tmp_path, {"id": "a", "question": "Why?"} | fields))


@pytest.mark.parametrize("content", [b"", b"\n \n"], ids=["empty", "blank lines"])
def test_a_set_without_questions_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "set.jsonl").write_bytes(content)
    with pytest.raises(EvalError, match="holds no question"):
        load_set(tmp_path / "set.jsonl")


def test_a_set_that_is_missing_or_no_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"cannot read the question set .*gone\.jsonl"):
        load_set(tmp_path / "gone.jsonl")
    (tmp_path / "set.jsonl").write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(EvalError, match=r"cannot read the question set .*set\.jsonl"):
        load_set(tmp_path / "set.jsonl")


def test_papers_that_are_not_in_the_library_are_named_with_the_nearest_title(
    tmp_path: Path, few_papers: list[Paper]
) -> None:
    cases = _cases(
        tmp_path,
        {"id": "a", "question": "Q", "gold": ["HONEY  bees", "tea"], "also_ok": ["Rust"]},
        {"id": "b", "question": "Q", "gold": ["Honney bee"]},
        {"id": "c", "question": "Q", "also_ok": ["Quantum gravity"]},
    )
    check_against(cases[:1], few_papers)
    with pytest.raises(EvalError) as caught:
        check_against(cases, few_papers)
    assert str(caught.value) == (
        "2 papers of the set are not in the library: b: 'Honney bee' (did you mean 'Honey bees'?); c: 'Quantum gravity'"
    )


def test_a_part_of_a_set_is_chosen_by_split_and_number(tmp_path: Path) -> None:
    cases = _cases(tmp_path, *({"id": str(n), "question": "Q", "split": "fit" if n % 2 else "test"} for n in range(6)))
    assert [case.id for case in select(cases, "fit", None)] == ["1", "3", "5"]
    assert [case.id for case in select(cases, "test", 2)] == ["0", "2"]
    assert select(cases, None, None) == cases
    with pytest.raises(EvalError, match="no question has split 'dev'; the set has fit, test"):
        select(cases, "dev", None)


# The shipped sets.


@pytest.fixture(scope="module")
def dev_cases() -> tuple[Case, ...]:
    return load_set(DEV_SET).cases


@pytest.fixture(scope="module")
def seeds() -> list[Paper]:
    return [record for record in read_papers(SEEDS) if isinstance(record, Paper)]


def test_the_development_set_loads_with_unique_ids_and_questions(dev_cases: tuple[Case, ...]) -> None:
    assert len(dev_cases) >= 200
    assert len({case.id for case in dev_cases}) == len(dev_cases)
    assert len({(case.question, case.history) for case in dev_cases}) == len(dev_cases)


def test_the_development_set_is_right_about_the_seed_papers(dev_cases: tuple[Case, ...], seeds: list[Paper]) -> None:
    assert sum(len(case.raw.get("nuggets", [])) for case in dev_cases) > 200
    assert problems(dev_cases, seeds) == []


def test_every_question_is_either_answerable_with_gold_or_unanswerable_without(dev_cases: tuple[Case, ...]) -> None:
    wrong = [case.id for case in dev_cases if case.raw.get("answerable", True) != bool(case.gold)]
    assert wrong == []


def test_the_splits_are_balanced_within_each_type(dev_cases: tuple[Case, ...]) -> None:
    counts = Counter((case.raw["type"], case.raw["split"]) for case in dev_cases)
    assert {split for _, split in counts} == {"fit", "test"}
    for kind in {kind for kind, _ in counts}:
        fit, test = counts[kind, "fit"], counts[kind, "test"]
        assert abs(fit - test) <= max(1, 0.1 * (fit + test)), kind


def test_the_reading_set_is_twenty_questions_of_all_kinds_on_the_seed_papers(seeds: list[Paper]) -> None:
    cases = load_set(READING_SET).cases
    assert [case.id for case in cases] == [f"read-{n:02}" for n in range(1, 21)]
    kinds = Counter(case.raw["type"].split("-")[0] for case in cases)
    assert kinds == {
        "fact": 6,
        "multi": 3,
        "list": 3,
        "follow": 2,
        "unanswerable": 3,
        "messy": 1,
        "other": 1,
        "injection": 1,
    }
    assert problems(cases, seeds) == []


def test_the_reading_set_repeats_no_question_of_the_other_set(dev_cases: tuple[Case, ...]) -> None:
    asked = {normalise(case.question) for case in dev_cases}
    assert not asked & {normalise(case.question) for case in load_set(READING_SET).cases}


def test_in_the_reading_set_unanswerable_questions_have_no_gold_and_the_injection_says_what_must_not_come() -> None:
    for case in load_set(READING_SET).cases:
        assert case.raw.get("answerable", True) == bool(case.gold), case.id
        assert (case.raw["type"] == "injection") == bool(case.raw.get("must_not")), case.id
        assert (case.raw["type"] == "follow-up") == bool(case.history), case.id
