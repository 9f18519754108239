"""Sources of training tables: what is one question, what is asked of which papers, and files that are none."""

import gzip
from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.fit.shelves import askings
from evals.fit.sources import read_source
from tests.evals.test_table import ANTS, BEES, ROWS, row, write


def test_rows_of_one_question_are_one_question_with_several_passages(tmp_path: Path) -> None:
    source = read_source(
        write(
            tmp_path / "s.jsonl", [row("Why dance?", BEES, [1]), row("why  dance?", ANTS), row("Why dance?", BEES, [1])]
        )
    )
    (question,) = source.questions
    assert [item.marks for item in question.shown] == [(1,), ()]
    assert len(question.answering) == 1


def test_what_shares_a_passage_or_a_group_is_in_one_split_and_a_fifth_is_kept_out(tmp_path: Path) -> None:
    rows = [row(f"Question {n}?", [f"Sentence {n // 2} of passage."], [0], group=f"paper {n // 4}") for n in range(800)]
    questions = read_source(write(tmp_path / "s.jsonl", rows)).questions
    splits = [{question.split for question in questions[n : n + 4]} for n in range(0, 800, 4)]
    assert all(len(of_group) == 1 for of_group in splits)
    assert 0.12 < sum(of_group == {"test"} for of_group in splits) / len(splits) < 0.28
    # A question with a passage of two groups ties both.
    tied = [*rows, *(row("All?", [f"Sentence {n} of passage."], [0], group=f"paper {n // 2}") for n in range(400))]
    assert len({question.split for question in read_source(write(tmp_path / "t.jsonl", tied)).questions}) == 1


def test_questions_are_asked_with_and_without_what_answers_them(tmp_path: Path) -> None:
    source = read_source(write(tmp_path / "s.jsonl"))
    asked = askings(source, 9, 0, 0)
    assert {item.kind for item in asked} == {"own", "left_out", "no_answer", "cut"}
    assert sum(item.answerable for item in asked) == 3
    for item in asked:
        if item.kind == "left_out":
            assert item.out == {shown.passage for shown in item.question.answering}
        if item.kind == "cut":
            (name, _), passages = item.own[0], {one.id: one for one in item.shelf.passages}
            place = item.question.answering[0].marks
            assert (
                place
                and source.passages[item.question.answering[0].passage].sentences[place[0]] not in passages[name].text
            )
    assert [item.id for item in asked] == [item.id for item in askings(source, 9, 0, 0)]


def test_a_passage_that_holds_the_answering_sentence_is_left_out_too(tmp_path: Path) -> None:
    window = (BEES[1], "Something else follows it here.")
    source = read_source(write(tmp_path / "s.jsonl", [ROWS[0], row("Another?", window)]))
    (left_out,) = (item for item in askings(source, 9, 0, 0) if item.kind == "left_out")
    assert left_out.out == set(source.passages)


def test_a_smaller_sample_is_a_part_of_a_larger_one_and_distractors_are_other_passages(tmp_path: Path) -> None:
    source = read_source(write(tmp_path / "s.jsonl"))
    few, all_of = (askings(source, each, 0, 1) for each in (1, 4))
    assert {item.question.id for item in few} < {item.question.id for item in all_of}
    assert len(few[0].shelf.passages) == 2


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "no row with a question"),
        (b'{"claim": "Bees dance.", "evidence": "They do."}\n', "no row with a question"),
        (b'{"question": "Why?", "passage": null, "sentences": ["A."]}\n', "no row with a question"),
        (b'{"question": "Why?", "passage": "A.", "sentences": ["A."], "answer_sentences": [3]}\n', "no row with"),
        (b'{"question": "Why?"\n', "line 1 cannot be read as JSON"),
        (b'{"question": "Why?"}\n[1]\n', "line 2 is no JSON object"),
        (b"\xff\xfe\n", "not in UTF-8"),
    ],
)
def test_a_bad_source_is_named_with_what_is_wrong(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "bad.jsonl").write_bytes(data)
    with pytest.raises(EvalError, match=rf"bad\.jsonl.*{says}"):
        read_source(tmp_path / "bad.jsonl")


@pytest.mark.parametrize("data", [b"no gzip", gzip.compress(b'{"question": "Why?"}\n' * 99)[:-20]])
def test_a_source_that_is_no_whole_gzip_file_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.jsonl.gz").write_bytes(data)
    with pytest.raises(EvalError, match=r"bad\.jsonl\.gz cannot be read"):
        read_source(tmp_path / "bad.jsonl.gz")
    with pytest.raises(EvalError, match="cannot be read"):
        read_source(tmp_path / "missing.jsonl")


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    source = read_source(write(tmp_path / "s.jsonl", [*ROWS, {"question": "Why?", "passage": None}]))
    assert (source.unusable, len(source.questions)) == (1, 4)
