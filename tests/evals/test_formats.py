"""Question sets in the shapes that people have, sampling, checking against a library, sets made of saved conversations."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evals.cases import from_chat
from evals.cases.check import problems
from evals.cases.question_set import Case, QuestionSet, load_set, select
from evals.errors import EvalError
from rag.core.domain import Paper


def _file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def _beir(folder: Path, **tables: str) -> Path:
    queries = [
        {"_id": "1", "text": "How do bees dance?"},
        {"_id": 2, "text": "Who digs?"},
        {"_id": "3", "text": "Not judged"},
    ]
    _file(folder, "beir/queries.jsonl", "".join(json.dumps(query) + "\n" for query in queries))
    for split, rows in tables.items():
        _file(folder, f"beir/qrels/{split}.tsv", "query-id\tcorpus-id\tscore\n" + rows)
    return folder / "beir"


def _raws(loaded: QuestionSet) -> list[dict[str, Any]]:
    return [case.raw for case in loaded.cases]


def test_csv_has_the_same_columns_as_jsonl(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "set.csv",
        "id,question,gold,nuggets,answerable,history,grades,type\r\n"
        'a,"How fast, and why?","b1; b2",2.3x|2.3 times; free,yes,,"{""b1"": 2}",fact\r\n'
        'b,"And\nmemory?","[""A title; with a mark""]",,no,"[{""role"": ""user"", ""content"": ""Hi""}]",,\r\n'
        ",Without an id?,,,,,,\r\n",
    )
    first, second, third = _raws(load_set(path))
    assert first == {
        "id": "a",
        "question": "How fast, and why?",
        "gold": ["b1", "b2"],
        "nuggets": [["2.3x", "2.3 times"], ["free"]],
        "answerable": True,
        "grades": {"b1": 2},
        "type": "fact",
    }
    assert second["gold"] == ["A title; with a mark"]
    assert second["answerable"] is False
    assert second["history"] == [{"role": "user", "content": "Hi"}]
    assert third == {"id": "q5", "question": "Without an id?"}


@pytest.mark.parametrize(
    ("cell", "value"),
    [("WAHR", True), ("Falsch", False), ("vrai", True), ("FALSO", False), ("1.0", True), ("0", False)],
)
def test_true_and_false_are_read_as_spreadsheets_of_other_languages_write_them(
    tmp_path: Path, cell: str, value: bool
) -> None:
    [raw] = _raws(load_set(_file(tmp_path, "set.csv", f"question;answerable\r\nWhy?;{cell}\r\n")))
    assert raw["answerable"] is value


@pytest.mark.parametrize("number", ["1", "1.0"])
def test_true_as_a_number_is_true(tmp_path: Path, number: str) -> None:
    [raw] = _raws(load_set(_file(tmp_path, "set.jsonl", f'{{"question": "Why?", "answerable": {number}}}')))
    assert raw["answerable"] is True


@pytest.mark.parametrize(
    ("line", "problem"),
    [(b"\x00" * 40, "line 2: it holds NUL bytes"), (b'{"question": "M\xfcller?"}', "line 2: byte 0xfc is not UTF-8")],
)
def test_one_damaged_line_of_a_short_set_costs_that_line(tmp_path: Path, line: bytes, problem: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(b'{"question": "Why?"}\n' + line + b'\n{"question": "How?"}\n')
    loaded = load_set(path)
    assert [case.question for case in loaded.cases] == ["Why?", "How?"]
    assert problem in loaded.warning


def test_a_csv_of_bad_cells_alone_is_refused_with_all_their_lines(tmp_path: Path) -> None:
    content = "question,answerable,history\nWhy?,perhaps,\nHow?,yes,{not json\nWho?,no,,too,many\n,yes,\n"
    with pytest.raises(EvalError) as caught:
        load_set(_file(tmp_path, "set.csv", content))
    message = str(caught.value)
    assert "4 bad lines" in message
    assert "line 2: answerable is 'perhaps'; write true or false" in message
    assert "line 3: history is not JSON" in message
    assert "line 4: more cells than columns" in message
    assert "line 5: no question" in message


def test_a_csv_without_the_column_question_is_refused_with_its_columns(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no column question; the columns are id, colour"):
        load_set(_file(tmp_path, "set.csv", "id,colour\n1,Why?\n"))


def test_a_plain_list_has_a_question_a_line(tmp_path: Path) -> None:
    loaded = load_set(_file(tmp_path, "mine.txt", "﻿# my questions\nWhy?\n\n  How so?  \n"))
    assert _raws(loaded) == [{"id": "q2", "question": "Why?"}, {"id": "q4", "question": "How so?"}]


def test_a_beir_folder_gives_graded_gold_and_splits(tmp_path: Path) -> None:
    loaded = load_set(_beir(tmp_path, test="1\tb1\t2\n1\tb2\t1\n1\tb9\t0\n", dev="2\ta1\t1\n"))
    assert _raws(loaded) == [
        {"id": "2", "question": "Who digs?", "gold": ["a1"], "grades": {"a1": 1}, "split": "dev"},
        {
            "id": "1",
            "question": "How do bees dance?",
            "gold": ["b1", "b2"],
            "grades": {"b1": 2, "b2": 1, "b9": 0},
            "split": "test",
        },
    ]


def test_what_is_wrong_in_a_beir_folder_is_named_with_its_file(tmp_path: Path) -> None:
    folder = _beir(tmp_path, test="1\tb1\n7\tb1\t1\n")
    with pytest.raises(EvalError) as caught:
        load_set(folder)
    assert "qrels/test.tsv line 2: not query-id, corpus-id and score" in str(caught.value)
    assert "qrels/test.tsv: 1 judged query is not in queries.jsonl: 7" in str(caught.value)


@pytest.mark.parametrize("name", ["set.docx", "folder"])
def test_what_is_no_known_shape_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir() if name == "folder" else path.write_text("Why?", "utf-8")
    with pytest.raises(EvalError, match="BEIR folder"):
        load_set(path)


def test_claims_of_scifact_are_questions(tmp_path: Path) -> None:
    claims = [
        {
            "id": 1,
            "claim": "Bees dance.",
            "evidence": {"14": [{"sentences": [2], "label": "SUPPORT"}]},
            "cited_doc_ids": [14, 15],
        },
        {"id": 2, "claim": "Ants sing.", "evidence": {}, "cited_doc_ids": [16]},
        {"id": 3, "claim": "From the hidden test part."},
    ]
    loaded = load_set(_file(tmp_path, "claims_dev.jsonl", "".join(json.dumps(claim) + "\n" for claim in claims)))
    assert _raws(loaded) == [
        {"id": "1", "question": "Bees dance.", "gold": ["14", "15"], "answerable": True, "type": "SUPPORT"},
        {"id": "2", "question": "Ants sing.", "gold": ["16"], "answerable": False, "type": "NOT_ENOUGH_INFO"},
        {"id": "3", "question": "From the hidden test part."},
    ]


def test_records_of_pubmedqa_are_questions(tmp_path: Path) -> None:
    records = {
        "21": {"QUESTION": "Do bees dance?", "CONTEXTS": ["…"], "final_decision": "yes", "LONG_ANSWER": "They do."}
    }
    loaded = load_set(_file(tmp_path, "ori_pqal.json", json.dumps(records)))
    assert _raws(loaded) == [
        {"id": "21", "question": "Do bees dance?", "gold": ["21"], "answer": "They do.", "type": "yes"}
    ]
    more = load_set(_file(tmp_path, "other.json", json.dumps(records | {"22": {"title": "x"}, "23": "yes"})))
    assert _raws(more) == _raws(loaded)
    assert more.skipped == tuple(f"record {pmid}: no QUESTION, so not a PubMedQA record" for pmid in (22, 23))


def test_invalid_json_is_named_with_its_line(tmp_path: Path) -> None:
    lines = [json.dumps({"id": str(n), "question": "Why?"}) for n in range(16)]
    loaded = load_set(_file(tmp_path, "set.jsonl", "\n".join([*lines, '{"id": "x", ', ""])))
    assert len(loaded.cases) == 16
    assert "1 part of it is skipped. line 17: not JSON: Expecting" in loaded.warning


def _cases(*raws: dict[str, Any], folder: Path) -> tuple[Case, ...]:
    return load_set(_file(folder, "set.jsonl", "".join(json.dumps(raw) + "\n" for raw in raws))).cases


def test_a_sample_gives_each_type_its_share_and_depends_on_the_seed_alone(tmp_path: Path) -> None:
    kinds = ["fact"] * 60 + ["list"] * 30 + ["rare"] * 10
    cases = _cases(*({"id": str(n), "question": "Why?", "type": kind} for n, kind in enumerate(kinds)), folder=tmp_path)
    drawn = select(cases, sample=20, seed=1)
    assert Counter(case.type for case in drawn) == {"fact": 12, "list": 6, "rare": 2}
    assert [int(case.id) for case in drawn] == sorted(int(case.id) for case in drawn)
    assert select(cases, sample=20, seed=1) == drawn
    assert select(cases, sample=20, seed=2) != drawn
    assert select(cases, sample=1_000) == cases
    assert len(select(cases, sample=7)) == 7


PAPERS = (
    Paper("b", "Honey bees: a study", "Bees dance 2.3 times an hour."),
    Paper("a", "Ants", "Ants carry 40 grains."),
)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (
            {"gold": ["Honey bees: a stdy"]},
            "no such paper: x: 'Honey bees: a stdy' (did you mean 'Honey bees: a study'?)",
        ),
        ({"grades": {"zz": 1}}, "no such paper: x: 'zz'"),
        (
            {"gold": ["b"], "nuggets": [["2.3", "twice"], ["40"]]},
            "x: the fact '40' is in no abstract of its gold papers",
        ),
        ({"gold": ["b"], "nuggets": [["3"]]}, "x: the fact '3' is in no abstract of its gold papers"),
        ({"answerable": False, "nuggets": [["40"]]}, "x: it cannot be answered, yet has nuggets"),
        ({"nuggets": [["40"]]}, "x: it has nuggets and no gold paper that they come from"),
        ({"history": [{"role": "user", "content": "Hi"}]}, "x: its history does not end with an answer"),
    ],
    ids=["misspelt", "unknown id", "other paper's fact", "part of a number", "unanswerable", "no gold", "history"],
)
def test_what_a_set_says_of_its_library_is_checked(tmp_path: Path, raw: dict[str, Any], problem: str) -> None:
    cases = _cases({"id": "x", "question": "How often?"} | raw, folder=tmp_path)
    assert problems(cases, PAPERS) == [problem]


def test_a_set_that_is_right_has_no_problems_but_its_repeated_questions(tmp_path: Path) -> None:
    right = {"id": "x", "question": "How often?", "gold": ["Honey  Bees: A study"], "nuggets": [["2.3 times"]]}
    assert problems(_cases(right, folder=tmp_path), PAPERS) == []
    twice = _cases(right, right | {"id": "y", "question": "how OFTEN?"}, folder=tmp_path)
    assert problems(twice, PAPERS) == ["x, y: the same question"]


def _saved(folder: Path, *turns: Any) -> Path:
    return _file(folder, "talk.json", json.dumps({"citewise": "0.1.0", "turns": list(turns)}))


def test_a_saved_conversation_becomes_a_set_that_loads(tmp_path: Path) -> None:
    cited = [{"citations": [{"paper_id": "b"}, {"paper_id": "a"}]}, {"citations": [{"paper_id": "b"}]}]
    path = _saved(
        tmp_path,
        {"question": "How often?", "answer": {"answer": "“2.3” [1]", "outcome": "answered", "sentences": cited}},
        {"question": "Stopped?", "answer": None},
        {"question": "And the cost?", "answer": {"answer": "Not here.", "outcome": "declined", "sentences": []}},
    )
    assert from_chat.write_set(path, tmp_path / "set.jsonl") == 2
    first, second = load_set(tmp_path / "set.jsonl").cases
    assert (first.id, first.gold, first.history, first.raw["answerable"]) == ("talk-1", ("b", "a"), (), True)
    assert (second.id, second.gold, second.raw["answerable"]) == ("talk-3", (), False)
    assert [turn.content for turn in second.history] == ["How often?", "“2.3” [1]"]
    assert "check gold" in first.raw["todo"]


@pytest.mark.parametrize("content", ["[1, 2]", '{"turns": [{"question": 1, "answer": null}]}', "{", '{"turns": []}'])
def test_what_is_no_saved_conversation_is_refused(tmp_path: Path, content: str) -> None:
    out = tmp_path / "set.jsonl"
    with pytest.raises(EvalError, match=r"talk\.json"):
        from_chat.write_set(_file(tmp_path, "talk.json", content), out)
    assert not out.exists()


def test_a_set_that_is_there_is_not_overwritten_by_a_conversation(tmp_path: Path) -> None:
    out = _file(tmp_path, "set.jsonl", "precious")
    turn = {"question": "Why?", "answer": {"answer": "So.", "outcome": "answered", "sentences": []}}
    with pytest.raises(EvalError, match="nothing was overwritten"):
        from_chat.write_set(_saved(tmp_path, turn), out)
    assert out.read_text("utf-8") == "precious"
