"""Question sets as people and programs save them: spreadsheets, data frames, public sets. What cannot be read is skipped and named."""

import gzip
import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import evals
from evals.__main__ import app
from evals.cases.question_set import QuestionSet, load_set
from evals.errors import EvalError
from evals.runs import session
from rag.core.domain import Paper


def _load(folder: Path, content: str | bytes, name: str = "set.csv") -> QuestionSet:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_set(path)


def _asked(questions: QuestionSet) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(case.id, case.question, case.gold) for case in questions.cases]


TWO = [("q1", "Which prune, and which not?", ("Bees: a study",)), ("q2", "Why?", ())]
TABLE = 'id,question,gold\r\nq1,"Which prune, and which not?",Bees: a study\r\nq2,Why?,\r\n'


# Tables.


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        b"\xff\xfe" + TABLE.encode("utf-16-le"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        gzip.compress(TABLE.encode()),
        b"\r\n" + TABLE.encode() + b",,\r\n,,\r\n  , ,\r\n\r\n",
        TABLE.replace("\r\n", "\n").encode(),
        b"id;question;gold\r\nq1;Which prune, and which not?;Bees: a study\r\nq2;Why?;\r\n;;\r\n",
        b'sep=;\r\n"id";"question";"gold"\r\n"q1";"Which prune, and which not?";"Bees: a study"\r\n"q2";"Why?"\r\n',
        b"\xff\xfe"
        + "id\tquestion\tgold\r\nq1\tWhich prune, and which not?\tBees: a study\r\nq2\tWhy?\r\n".encode("utf-16-le"),
        b"id|question|gold\nq1|Which prune, and which not?|Bees: a study\nq2|Why?|\n",
        b'ID , Question,GOLD\nq1,"Which prune, and which not?",Bees: a study\nq2,Why?,\n',
        b'QID,Query,Gold\nq1,"Which prune, and which not?",Bees: a study,,,\nq2,Why?,\n',
        b"Question ID;Text;gold;\nq1;Which prune, and which not?;Bees: a study;\nq2;Why?;;\n",
    ],
    ids=[
        "commas",
        "byte order mark",
        "UTF-16 LE",
        "UTF-16 BE",
        "gzip",
        "empty rows around",
        "Unix line ends",
        "semicolons",
        "Excel's line of the delimiter",
        "tabs in UTF-16",
        "pipes",
        "headers with capitals and blanks",
        "other names and empty cells",
        "a column without a name",
    ],
)
def test_a_table_is_read_however_a_spreadsheet_saves_it(tmp_path: Path, content: bytes) -> None:
    questions = _load(tmp_path, content)
    assert _asked(questions) == TWO
    assert questions.skipped == ()


def test_lists_in_a_table_of_semicolons_stand_in_quotation_marks(tmp_path: Path) -> None:
    questions = _load(tmp_path, 'question;gold;nuggets;answerable\nWhy?;"a; b";"2.3x|2.3 times; free";1\n')
    assert questions.cases[0].gold == ("a", "b")
    assert questions.cases[0].raw["nuggets"] == [["2.3x", "2.3 times"], ["free"]]
    assert questions.cases[0].raw["answerable"] is True


def test_a_quotation_mark_that_is_not_closed_costs_its_row(tmp_path: Path) -> None:
    rows = "".join(f'q{n},"How, {n}?"\n' for n in range(300))
    questions = _load(tmp_path, f'id,question\nbad,"never closed\n{rows}')
    assert len(questions.cases) == 300
    assert questions.skipped == ("line 2: a quotation mark in it is not closed",)


def test_a_bad_row_costs_itself(tmp_path: Path) -> None:
    questions = _load(tmp_path, "question,answerable\nWhy?,yes\nHow?,perhaps\nWho, and when?,no,\nWhat?,no\n")
    assert [case.question for case in questions.cases] == ["Why?", "What?"]
    assert [line.split(":")[0] for line in questions.skipped] == ["line 3", "line 4"]


# Encodings.


@pytest.mark.parametrize("name", ["set.csv", "set.jsonl", "set.txt"])
def test_another_encoding_is_refused_in_one_line_with_the_command_that_converts(tmp_path: Path, name: str) -> None:
    content = "id,question\r\nq1,What is Schrödinger’s bridge?\r\n".encode("cp1252")
    with pytest.raises(EvalError) as caught:
        _load(tmp_path, content, name)
    message = str(caught.value)
    assert "it is not UTF-8: byte 0xf6 in line 2" in message
    stem, _, suffix = name.partition(".")
    assert f"iconv -f cp1252 -t utf-8 {name} > {stem}.utf8.{suffix}" in message
    assert "\n" not in message and "codec" not in message


def test_utf16_without_its_mark_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="iconv -f utf-16le"):
        _load(tmp_path, TABLE.encode("utf-16-le"))


@pytest.mark.parametrize("name", ["set.csv", "set.jsonl", "set.txt"])
def test_one_bad_byte_among_many_lines_costs_its_line(tmp_path: Path, name: str) -> None:
    line = {"set.csv": "How?", "set.jsonl": '{"question": "How?"}', "set.txt": "How?"}[name]
    lines = [line.encode()] * 30
    lines[12] = lines[12].replace(b"How", b"H\xf6w")
    questions = _load(tmp_path, b"\n".join([b"question", *lines] if name == "set.csv" else lines), name)
    assert len(questions.cases) == 29
    [skipped] = questions.skipped
    assert "byte 0xf6 is not UTF-8" in skipped


# Values.


def test_numbers_are_ids_and_null_and_nan_mean_that_a_field_is_not_there(tmp_path: Path) -> None:
    content = """{"id": 1, "question": "What is DeepCache?", "gold": ["DeepCache"]}
{"id": 2, "question": "What?", "gold": null, "nuggets": null, "answer": NaN, "answerable": null, "history": null, "x": NaN}
{"id": 3.0, "question": "Which?", "gold": [7, 8.0], "grades": {"7": 1.0, "8": null}, "split": 1, "also_ok": null}
{"question": "Who?"}
{"id": null, "question": "When?"}
{"id": NaN, "question": "Where?", "history": [{"role": "user", "content": "Hi", "cited": null}]}
"""
    questions = _load(tmp_path, content, "set.jsonl")
    assert questions.skipped == ()
    assert [case.id for case in questions.cases] == ["1", "2", "3", "q4", "q5", "q6"]
    assert questions.cases[1].raw == {"id": "2", "question": "What?"}
    assert questions.cases[2].gold == ("7", "8")
    assert questions.cases[2].raw["grades"] == {"7": 1}
    assert questions.cases[5].history[0].content == "Hi"
    json.dumps([case.raw for case in questions.cases], allow_nan=False)


def test_a_number_that_is_taken_is_no_id_of_another_question(tmp_path: Path) -> None:
    questions = _load(tmp_path, '{"question": "One?"}\n{"id": "q1", "question": "Two?"}\n', "set.jsonl")
    assert [case.id for case in questions.cases] == ["q1-", "q1"]


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": 1, "question": "Why?"}, {"id": 2, "question": "How?"}]',
        '{"questions": [{"id": 1, "question": "Why?"}, {"id": 2, "question": "How?"}]}',
        '{"version": "1", "data": [{"ID": 1, "Question": "Why?"}, {"ID": 2, "Question": "How?"}]}',
        '{"id": {"0": 1, "1": 2}, "question": {"0": "Why?", "1": "How?"}, "gold": {"0": null, "1": null}}',
        '{"id": [1, 2], "question": ["Why?", "How?"]}',
        '{"id": 1, "question": "Why?"}\n{"id": 2, "question": "How?"}\n',
    ],
    ids=["list", "below questions", "below data", "columns by index", "columns", "lines"],
)
def test_json_is_read_in_the_shapes_that_programs_write(tmp_path: Path, content: str) -> None:
    assert _asked(_load(tmp_path, content, "set.json")) == [("1", "Why?", ()), ("2", "How?", ())]


def test_a_list_under_the_name_of_lines_is_read(tmp_path: Path) -> None:
    content = '[\n{"id": 1, "question": "Why?"},\n{"id": 2, "question": "How?"}\n]\n'
    assert _asked(_load(tmp_path, content, "set.jsonl")) == [("1", "Why?", ()), ("2", "How?", ())]


def test_papers_are_no_questions(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"2 bad lines\. line 1: no question"):
        _load(tmp_path, '{"_id": "1", "title": "T", "text": "A."}\n{"title": "T", "abstract": "A."}\n', "corpus.jsonl")


# Public sets.


def _beir(folder: Path, queries: str, **tables: str) -> QuestionSet:
    (folder / "qrels").mkdir(parents=True)
    (folder / "queries.jsonl").write_text(queries, "utf-8")
    for name, table in tables.items():
        (folder / "qrels" / name.replace("_", ".")).write_text(table, "utf-8")
    return load_set(folder)


QUERIES = '\ufeff{"_id": "PLAIN-1", "text": "Do bees dance?"}\n{"_id": "PLAIN-3", "text": "Do ants?"}\n'
QRELS = "query-id\tcorpus-id\tscore\nPLAIN-1\tb1\t1.0\nPLAIN-2\tb1\t1\nPLAIN-1\tb2\t0\n"


@pytest.mark.parametrize(
    "table",
    [
        QRELS,
        QRELS.replace("\n", "\r\n"),
        "\ufeff" + QRELS,
        QRELS.replace("1.0", "1"),
        "PLAIN-1\t0\tb1\t1\nPLAIN-2\t0\tb1\t1\nPLAIN-1\t0\tb2\t0\n",
        "PLAIN-1 Q0 b1 1\nPLAIN-2 Q0 b1 1\nPLAIN-1 Q0 b2 0\n",
    ],
    ids=["scores 1.0", "Windows line ends", "byte order mark", "as published", "TREC with tabs", "TREC with blanks"],
)
def test_judgements_of_a_query_that_is_not_there_are_counted_and_the_rest_is_asked(tmp_path: Path, table: str) -> None:
    questions = _beir(tmp_path / "nf", QUERIES, test_tsv=table)
    assert _asked(questions) == [("PLAIN-1", "Do bees dance?", ("b1",))]
    assert questions.cases[0].raw["grades"] == {"b1": 1, "b2": 0}
    assert questions.skipped == ("qrels/test.tsv: 1 judged query is not in queries.jsonl: PLAIN-2",)


def test_many_queries_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    table = "q\td\ts\nPLAIN-1\tb1\t1\n" + "".join(f"X-{n}\tb1\t1\n" for n in range(2_000))
    questions = _beir(tmp_path / "nf", QUERIES, test_tsv=table)
    assert len(questions.cases) == 1
    assert questions.warning.count("\n") == 0 and len(questions.warning) < 400
    assert "2000 judged queries are not in queries.jsonl: X-0, X-1, X-2, X-3, X-4 and 1995 more" in questions.warning


def test_a_bad_query_costs_itself(tmp_path: Path) -> None:
    bad = 'not json\n{"_id": "x"}\n{"_id": "y", "text": null}\n{"_id": 7, "text": "Seven?"}\n'
    questions = _beir(tmp_path / "nf", QUERIES + bad, test_tsv="q\td\ts\nPLAIN-1\tb1\t1\n7\tb1\t1\nPLAIN-3\tb1\tmuch\n")
    assert [case.id for case in questions.cases] == ["PLAIN-1", "7"]
    assert len(questions.skipped) == 4


def test_scifact_as_published_is_read_and_a_damaged_claim_costs_itself(tmp_path: Path) -> None:
    claims = [
        {
            "id": 1,
            "claim": "Bees dance.",
            "evidence": {"14": [{"sentences": [2], "label": "SUPPORT"}]},
            "cited_doc_ids": [14],
        },
        {"id": 2, "claim": "Ants sing.", "evidence": {}, "cited_doc_ids": [16]},
        {"id": 3, "claim": "Moles fly.", "evidence": {"9": [{"sentences": [1]}]}, "cited_doc_ids": None},
        {"id": 4, "claim": None, "evidence": {}},
        {"id": 5, "claim": "Of the hidden part."},
    ]
    questions = _load(tmp_path, "".join(json.dumps(claim) + "\n" for claim in claims), "claims_dev.jsonl")
    assert _asked(questions) == [
        ("1", "Bees dance.", ("14",)),
        ("2", "Ants sing.", ("16",)),
        ("3", "Moles fly.", ("9",)),
        ("5", "Of the hidden part.", ()),
    ]
    assert [case.raw.get("type") for case in questions.cases] == ["SUPPORT", "NOT_ENOUGH_INFO", "NOT_ENOUGH_INFO", None]
    assert questions.skipped == ("line 4: no question",)


def test_pubmedqa_as_published_is_read_in_both_its_forms(tmp_path: Path) -> None:
    record = {"QUESTION": "Do bees dance?", "CONTEXTS": ["…"], "LABELS": ["METHODS"], "LONG_ANSWER": "They do."}
    by_pmid = {"21": record | {"final_decision": "yes", "YEAR": "2011"}, "22": {"QUESTION": None}, "23": "maybe"}
    hub = {"pubid": 21, "question": "Do bees dance?", "context": {}, "long_answer": "They do.", "final_decision": "yes"}
    expected = {"id": "21", "question": "Do bees dance?", "gold": ["21"], "answer": "They do.", "type": "yes"}
    first = _load(tmp_path, json.dumps(by_pmid), "ori_pqal.json")
    assert [case.raw for case in first.cases] == [expected]
    assert [line.split(":")[0] for line in first.skipped] == ["record 22", "record 23"]
    second = _load(tmp_path, json.dumps(hub) + "\n", "pqa.jsonl")
    assert [case.raw for case in second.cases] == [expected]


# What the commands do with it.


@pytest.fixture
def half_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(session, "papers_of", lambda settings: [Paper("b", "Honey bees", "They dance.")])
    path = tmp_path / "set.jsonl"
    path.write_text('{"question": "Why?", "gold": ["b"]}\nnot json\n', "utf-8")
    return path


def test_check_names_what_cannot_be_read_and_exits_with_1(half_bad: Path) -> None:
    done = CliRunner().invoke(app, ["check", str(half_bad)])
    assert done.exit_code == 1
    assert done.stdout.startswith("cannot be read: line 2: ")
    assert "1 thing is wrong; 1 question can be asked" in done.stderr


def test_a_notebook_is_warned_and_goes_on(half_bad: Path) -> None:
    assert len(evals.load(half_bad).skipped) == 1
    with pytest.warns(UserWarning, match="1 part of it is skipped"), pytest.raises(EvalError, match="no mode"):
        evals.run(half_bad, library=half_bad.parent, out=half_bad.parent / "run.jsonl", mode="none")
    with warnings.catch_warnings(), pytest.raises(EvalError, match="no mode"):
        warnings.simplefilter("error")
        half_bad.write_text('{"question": "Why?"}\n', "utf-8")
        evals.run(half_bad, library=half_bad.parent, out=half_bad.parent / "run.jsonl", mode="none")


def _stub(*_: Any, **__: Any) -> Any:
    raise EvalError("the models are not asked here")


def test_run_says_in_one_line_what_is_skipped_and_goes_on(half_bad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "open_assistant", _stub)
    done = CliRunner().invoke(app, ["run", str(half_bad), "--out", str(half_bad.parent / "run.jsonl")])
    warning, refusal = done.stderr.strip().split("\n")
    assert "1 part of it is skipped. line 2: " in warning
    assert "the models are not asked here" in refusal
