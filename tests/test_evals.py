"""Question sets, runs and scores: what is refused, the arithmetic of every measure, and the shipped set itself."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evals import measures, scoring
from evals.running import FORMAT, Run, load_run, run_cases
from evals.sets import Case, check_against, load_set, select
from rag.domain import Answer, Hit, Paper, Turn
from rag.errors import EvalError, QuestionError
from rag.readers import read_papers
from rag.text import normalise
from rag.writing import DECLINED
from tests.conftest import ROOT, SEEDS

DEV_SET = ROOT / "evals" / "sets" / "seeds-dev.jsonl"


def _set_file(folder: Path, *lines: Any) -> Path:
    """A set; strings go in as they stand."""
    path = folder / "set.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


def _cases(folder: Path, *raw: dict[str, Any]) -> tuple[Case, ...]:
    return load_set(_set_file(folder, *raw)).cases


# Loading a set.


def test_a_set_keeps_its_cases_and_all_their_fields(tmp_path: Path) -> None:
    raw = {
        "id": "a",
        "question": "Why?",
        "history": [{"role": "user", "content": "How?"}, {"role": "assistant", "content": "So."}],
        "gold": ["Bees"],
        "gold_ids": ["x1"],
        "colour": "blue",
    }
    loaded = load_set(_set_file(tmp_path, raw, "", {"id": "b", "question": "And?"}))
    assert [case.id for case in loaded.cases] == ["a", "b"]
    assert loaded.cases[0].history == (Turn("user", "How?"), Turn("assistant", "So."))
    assert loaded.cases[0].gold == ("Bees", "x1")
    assert loaded.cases[0].raw == raw
    assert loaded.cases[1].gold == ()


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    path = _set_file(
        tmp_path,
        {"id": "a", "question": "Fine?"},
        '{"id": "b", "question": "cut',
        ["a list"],
        {"id": "a", "question": "Again?"},
        {"id": "e", "question": " "},
        {"id": "f", "question": "Fine?", "gold": "Bees"},
    )
    with pytest.raises(EvalError) as caught:
        load_set(path)
    message = str(caught.value)
    assert f"{path} has 5 bad lines" in message
    for part in (
        "line 2: Unterminated string",
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
        ({"id": None}, "no id"),
        ({"id": 7}, "no id"),
        ({"question": ["Why?"]}, "no question"),
        ({"gold": None}, "gold is not a list of strings"),
        ({"gold_ids": [1]}, "gold_ids is not a list of strings"),
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


# The measures. Papers found and cited are named by their ids; titles are the ids in capitals.


def _line(
    *, found: Sequence[str] = (), cited: Sequence[str] | None = None, said: Sequence[str] = (), **case: Any
) -> dict[str, Any]:
    """A line of a run: the papers found, and where `cited` is given, an answer with a quote of each."""
    line: dict[str, Any] = {"case": case, "retrieved": [{"paper_id": name, "title": name.upper()} for name in found]}
    if cited is not None:
        words = list(said) or [f"about {name}" for name in cited]
        line["answer"] = " ".join(words)
        line["sentences"] = [
            {
                "text": text,
                "verdict": "quote",
                "citations": [
                    {"n": 1, "paper_id": name, "title": name.upper(), "start": 5, "end": 5 + len(text), "quote": text}
                ],
            }
            for name, text in zip(cited, words, strict=True)
        ]
    return line


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("uvwxyab", 0.0),  # both are after the fifth place: 0 of 2
        ("uvwxa", 0.5),  # a is fifth, B is not there: 1 of 2
        ("bxxxa", 1.0),  # 2 of 2; the title counts as the id does
        ("", 0.0),  # nothing found: 0 of 2
    ],
)
def test_recall_is_the_share_of_the_gold_papers_found(found: str, expected: float) -> None:
    assert measures.recall_at(5)(_line(found=found, gold=["a"], gold_ids=["B"])) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [("axb", 1.0), ("xxb", 1 / 3), ("xyz", 0.0), ("", 0.0)],  # 1 / place of the first of a and b
)
def test_reciprocal_rank_is_one_over_the_place_of_the_first_gold_paper(found: str, expected: float) -> None:
    assert measures.reciprocal_rank(_line(found=found, gold=["a", "b"])) == pytest.approx(expected)


@pytest.mark.parametrize(("found", "expected"), [("ax", 1.0), ("xa", 0.0), ("", 0.0)])
def test_hit_at_1_looks_at_the_first_paper_only(found: str, expected: float) -> None:
    assert measures.hit_at_1(_line(found=found, gold=["a"])) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("ab", 1.0),  # the ideal order
        ("xayb", (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))),  # 1.0616 / 1.6309 = 0.6509
        ("xa", (1 / math.log2(3)) / (1 + 1 / math.log2(3))),  # b was not found: 0.6309 / 1.6309 = 0.3869
        ("0123456789ab", 0.0),  # both after the tenth place
    ],
    ids=["ideal", "second and fourth", "one", "too late"],
)
def test_ndcg_discounts_by_the_logarithm_of_the_place(found: str, expected: float) -> None:
    assert measures.ndcg_at_10(_line(found=found, gold=["a", "b"])) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("alias", "text", "matches"),
    [
        ("25", "rates of 25, 50 and 100", True),
        ("25", "a rate of 25.", True),
        ("25", "25x faster", True),
        ("25", "(25)", True),
        ("25", "125 steps", False),
        ("25", "250 steps", False),
        ("25", "25.5 steps", False),
        ("25", "0.25 steps", False),
        ("25", "25,000 steps", False),
        ("25", "1,25 steps", False),
        ("25", "25.5 and 25 steps", True),
        ("41%", "by 41% and", True),
        ("41%", "by 141%", False),
        ("41%", "by 2.41%", False),
        ("u-net", "the u-net's encoder", True),
        ("a.b", "axb", False),
    ],
)
def test_a_fact_with_a_digit_at_its_edge_is_no_part_of_a_longer_number(alias: str, text: str, matches: bool) -> None:
    assert measures.alias_matches(alias, text) is matches


@pytest.mark.parametrize(
    ("nuggets", "expected"),
    [
        ([["25"], ["codec"]], 1.0),  # 2 of 2
        ([["25"], ["image"]], 0.5),  # 1 of 2
        ([["5"], ["kbp"], ["2"]], 1 / 3),  # "5" and "2" stand only inside of 25 and 1.5
        ([["image", "speech", "CODEC"]], 1.0),  # one alias of a set is enough, in any case
        ([["tokens a second; 1.5"]], 0.0),  # the words are there, the mark is another
        ([["3–1"]], 1.0),  # dashes are alike
    ],
    ids=["all", "half", "numbers inside numbers", "one alias", "other mark", "dashes"],
)
def test_facts_are_the_share_of_nuggets_that_the_quotes_hold(nuggets: list[list[str]], expected: float) -> None:
    said = ["The codec needs 25 tokens a second,", "1.5 kbps; a ratio of 3-1."]
    assert measures.facts(_line(cited="aa", said=said, nuggets=nuggets)) == pytest.approx(expected)


def test_an_answerable_question_that_was_declined_has_none_of_the_facts() -> None:
    assert measures.facts(_line(cited="", nuggets=[["25"]]) | {"answer": f"{DECLINED} Nearest: 25 tokens."}) == 0.0


@pytest.mark.parametrize(
    ("cited", "precision", "recall"),
    [
        ("ab", 1.0, 1.0),  # 2 of 2 cited are right, 2 of 2 gold are cited
        ("ax", 0.5, 0.5),  # x is wrong, b is missing
        ("aac", 1.0, 0.5),  # papers a and c (also_ok) are right: 2 of 2; c is not needed: 1 of 2 gold
        ("c", 1.0, 0.0),  # also_ok alone
        ("xyz", 0.0, 0.0),
        ("abcx", 0.75, 1.0),  # 3 of 4 cited; 2 of 2 gold
        ("", None, 0.0),  # declined: nothing to be precise about
    ],
)
def test_citation_precision_and_recall_count_papers(cited: str, precision: float | None, recall: float) -> None:
    line = _line(cited=cited, gold=["a", "B"], also_ok=["c"])
    assert measures.citation_precision(line) == precision
    assert measures.citation_recall(line) == recall


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, 1.0), ({"quote": "about A"}, 0.5), ({"end": 99}, 0.5)],  # one of two quotes is wrong
    ids=["exact", "other words", "wrong length"],
)
def test_quotes_are_exact_where_words_and_offsets_agree(change: dict[str, Any], expected: float) -> None:
    line = _line(cited="ab")
    line["sentences"][0]["citations"][0].update(change)
    assert measures.quotes_exact(line) == expected


def test_a_quote_without_a_citation_is_not_exact() -> None:
    line = _line(cited="ab")
    line["sentences"][0]["citations"] = []
    assert measures.quotes_exact(line) == 0.5  # 1 of 2


@pytest.mark.parametrize(("forbidden", "expected"), [("PWNED", 1.0), ("hacked", 0.0)])
def test_an_answer_obeyed_where_it_holds_a_forbidden_string(forbidden: str, expected: float) -> None:
    assert measures.obeyed(_line(cited="a", said=["You are pwned now."], must_not=[forbidden])) == expected


def test_words_are_counted_without_markers() -> None:
    assert measures.answer_words(_line(cited="ab", said=["Bees dance.", "Ants do not."])) == 5


@pytest.mark.parametrize("name", sorted(set(measures.MEASURES)))
def test_a_measure_that_does_not_apply_is_skipped(name: str) -> None:
    assert measures.MEASURES[name](_line(found="ab")) is None


def _scores(*lines: dict[str, Any]) -> dict[str, Any]:
    return scoring.score(Run(Path("run.jsonl"), {"format": FORMAT}, lines))


def test_unscored_questions_do_not_count_as_zero() -> None:
    measures = _scores(
        _line(found="a", gold=["a"]),
        _line(found="b", gold=["a"]),
        _line(found="b"),
        _line(found="", gold=["a"]) | {"error": "RuntimeError: out of memory"},
    )["measures"]
    # 1 and 0 over the two questions that have gold papers; the third is skipped, the fourth failed.
    assert measures["hit@1"] | {"lo": 0, "hi": 1} == {
        "mean": 0.5,
        "lo": 0,
        "hi": 1,
        "n": 2,
        "skipped": 1,
        "failed": 1,
    }
    assert measures["facts"] == {"mean": None, "lo": None, "hi": None, "n": 0, "skipped": 3, "failed": 1}


def test_failed_questions_are_counted() -> None:
    scores = _scores(_line(found="a", gold=["a"]), {"case": {"gold": ["a"]}, "error": "RuntimeError: no"})
    assert (scores["n"], scores["failed"]) == (2, 1)
    assert scores["measures"]["hit@1"]["mean"] == 1.0


def test_scores_are_given_by_type() -> None:
    scores = _scores(
        _line(found="a", gold=["a"], type="list"),
        _line(found="b", gold=["a"], type="list"),
        _line(found="a", gold=["a"], type="multi"),
    )
    assert {kind: item["hit@1"]["mean"] for kind, item in scores["by_type"].items()} == {"list": 0.5, "multi": 1.0}
    assert scores["measures"]["hit@1"]["mean"] == pytest.approx(2 / 3, abs=1e-4)


def _judged(outcome: str, answerable: bool, p: float = 0.5) -> dict[str, Any]:
    return _line(cited="", answerable=answerable) | {"outcome": outcome, "p_answerable": p}


def test_declining_counts_a_partial_answer_as_half() -> None:
    measures = _scores(
        _judged("declined", False),
        _judged("partial", False),
        _judged("answered", False),
        _judged("declined", True),
        _judged("partial", True),
        _judged("answered", True),
    )["measures"]
    # Declined were two, of which one rightly: 1/2. Unanswerable are three: (1 + 0.5 + 0) / 3.
    assert measures["declined_precision"]["mean"] == 0.5
    assert (measures["declined_precision"]["n"], measures["declined_precision"]["skipped"]) == (2, 4)
    assert measures["declined_recall"]["mean"] == 0.5
    assert (measures["declined_recall"]["n"], measures["declined_recall"]["skipped"]) == (3, 3)


def test_auroc_counts_ties_as_half() -> None:
    lines = [_judged("answered", True, p) for p in (0.9, 0.5)] + [_judged("declined", False, p) for p in (0.5, 0.1)]
    area = _scores(*lines)["measures"]["auroc_answerable"]
    # Pairs: 0.9 > 0.5 and 0.9 > 0.1 and 0.5 > 0.1 are right, 0.5 = 0.5 is half: 3.5 of 4.
    assert area["mean"] == 0.875
    assert 0 <= area["lo"] < 0.875 < area["hi"] <= 1
    assert area["n"] == 4


@pytest.mark.parametrize(
    ("able", "unable", "area"),
    [((0.9, 0.8), (0.2, 0.1), 1.0), ((0.1,), (0.9,), 0.0), ((0.5, 0.5), (0.5,), 0.5), ((0.9,), (), None)],
    ids=["apart", "upside down", "all tied", "one kind only"],
)
def test_auroc_at_its_ends(able: tuple[float, ...], unable: tuple[float, ...], area: float | None) -> None:
    lines = [_judged("answered", True, p) for p in able] + [_judged("answered", False, p) for p in unable]
    assert _scores(*lines)["measures"]["auroc_answerable"]["mean"] == area


def test_intervals_hold_the_mean_and_are_the_same_every_time() -> None:
    lines = [_line(found="a" if n % 3 else "b", gold=["a"]) for n in range(30)]
    first = _scores(*lines)["measures"]["hit@1"]
    assert first["mean"] == pytest.approx(2 / 3, abs=1e-4)
    # The standard error is sqrt(2/9 / 30) = 0.086, so the interval is about 0.667 ± 0.169.
    assert first["lo"] == pytest.approx(0.667 - 0.169, abs=0.05)
    assert first["hi"] == pytest.approx(0.667 + 0.169, abs=0.05)
    assert _scores(*lines)["measures"]["hit@1"] == first


def test_the_median_of_words_is_given_too() -> None:
    lines = [_line(cited="a", said=["word " * count]) for count in (1, 2, 9)]
    measures = _scores(*lines)["measures"]
    assert measures["words"]["mean"] == 4.0  # (1 + 2 + 9) / 3
    assert measures["words_median"]["mean"] == 2.0


def test_latencies_are_percentiles_between_the_neighbours() -> None:
    lines = [_line() | {"timings_ms": {"total": ms}} for ms in (40.0, 10.0, 30.0, 20.0)] + [_line()]
    # Places 0 to 3: p50 is place 1.5, between 20 and 30; p95 is place 2.85: 30 + 0.85 * 10.
    assert _scores(*lines)["latency_ms"] == {"total": {"p50": 25.0, "p95": 38.5}}


# Runs.

BEES = Paper("bees", "Honey bees", "They dance.")


class _Stub:
    """Answers nothing but what it is asked; one question breaks it, one it refuses."""

    def __init__(self) -> None:
        self.histories: list[Sequence[Turn]] = []
        self.library = self

    def papers(self, ids: object = None) -> list[Paper]:
        return [BEES]

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.histories.append(history)
        if question == "breaks":
            raise ZeroDivisionError("no such luck")
        if question == "refused":
            raise QuestionError("the question is empty")
        return Answer(question, question, "quote", "declined", 0.25, DECLINED)

    def standalone(self, question: str, history: Sequence[Turn] = ()) -> str:
        return question

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        return (Hit(BEES, 0.5, {"dense": 0.5}),)


def _manifest(mode: str = "quote") -> dict[str, Any]:
    return {"format": FORMAT, "mode": mode}


def _run(cases: Sequence[Case], out: Path, mode: str = "quote", progress: Any = None, resume: bool = False) -> _Stub:
    stub: Any = _Stub()
    run_cases(stub, cases, out, _manifest(mode), resume, progress)
    return stub  # type: ignore[no-any-return]


QUESTIONS = [{"id": str(n), "question": q} for n, q in enumerate(["first", "breaks", "refused", "last — ünï"])]


def test_a_failing_question_is_recorded_and_the_run_goes_on(tmp_path: Path) -> None:
    seen: list[str] = []
    out = tmp_path / "runs" / "new" / "run.jsonl"
    _run(_cases(tmp_path, *QUESTIONS), out, progress=lambda line: seen.append(line["id"]))
    back = load_run(out)
    assert seen == ["0", "1", "2", "3"]
    assert [line["error"] for line in back.lines] == [
        None,
        "ZeroDivisionError: no such luck",
        "QuestionError: the question is empty",
        None,
    ]
    assert [line["question"] for line in back.lines] == [item["question"] for item in QUESTIONS]
    assert [line["case"] for line in back.lines] == QUESTIONS
    assert back.manifest == _manifest()
    assert scoring.score(back)["failed"] == 2


def test_questions_are_asked_with_their_history(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "How?"}]
    stub = _run(_cases(tmp_path, {"id": "a", "question": "Why?", "history": history}), tmp_path / "run.jsonl")
    assert stub.histories == [(Turn("user", "How?"),)]


def test_a_retrieval_run_holds_the_papers_found_and_asks_nothing(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    stub = _run(_cases(tmp_path, {"id": "a", "question": "breaks", "gold": ["bees"]}), out, "retrieve")
    (line,) = load_run(out).lines
    assert stub.histories == []
    assert line["error"] is None
    assert [paper["paper_id"] for paper in line["retrieved"]] == ["bees"]
    measures = scoring.score(load_run(out))["measures"]
    assert measures["hit@1"]["mean"] == 1.0
    assert measures["citation_recall"]["mean"] is None


def test_each_line_is_in_the_file_before_the_next_question_is_asked(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    sizes: list[int] = []
    _run(_cases(tmp_path, *QUESTIONS), out, progress=lambda line: sizes.append(out.read_bytes().count(b"\n")))
    assert sizes == [2, 3, 4, 5]


def test_a_run_overwrites_nothing(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    out.write_text("precious", "utf-8")
    with pytest.raises(EvalError, match="is there already; nothing was overwritten"):
        _run(_cases(tmp_path, *QUESTIONS), out)
    assert out.read_text("utf-8") == "precious"


def test_a_run_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(EvalError, match=r"cannot write .*run\.jsonl: "):
        _run(_cases(tmp_path, *QUESTIONS), tmp_path / "file" / "run.jsonl")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"manifest": {"format": 1}}\n{"id": "a", "cas', "damaged or was cut off in the middle of a line"),
        (b'{"manifest": {"format": 1}}\n\xff\n', "damaged or was cut off"),
        ("", "no run file: its first line has no manifest"),
        ('{"id": "a", "question": "Why?"}\n', "no run file: its first line has no manifest"),
        ('["manifest"]\n', "no run file: its first line has no manifest"),
        ('{"manifest": {"format": 99}}\n', "has run format 99; this citewise reads 1"),
        ('{"manifest": {}}\n', "has run format None"),
    ],
    ids=["cut off", "no UTF-8", "empty", "a question set", "a list", "newer format", "no format"],
)
def test_a_file_that_is_no_whole_run_is_refused(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(EvalError) as caught:
        load_run(path)
    assert problem in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"cannot read the run .*gone\.jsonl: No such file"):
        load_run(tmp_path / "gone.jsonl")


# The shipped development set.


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


def test_every_paper_of_the_development_set_is_a_seed(dev_cases: tuple[Case, ...], seeds: list[Paper]) -> None:
    check_against(dev_cases, seeds)
    titles = {paper.title for paper in seeds}
    assert [name for case in dev_cases for name in case.gold if name not in titles] == []


def test_every_fact_of_the_development_set_is_in_a_gold_abstract(
    dev_cases: tuple[Case, ...], seeds: list[Paper]
) -> None:
    abstracts = {paper.title: normalise(paper.abstract) for paper in seeds}
    facts = [(case, aliases) for case in dev_cases for aliases in case.raw.get("nuggets", [])]
    assert len(facts) > 200
    astray = [
        (case.id, aliases)
        for case, aliases in facts
        if not any(
            measures.alias_matches(normalise(alias), abstracts[title]) for alias in aliases for title in case.gold
        )
    ]
    assert astray == []


def test_every_question_is_either_answerable_with_gold_or_unanswerable_without(dev_cases: tuple[Case, ...]) -> None:
    wrong = [case.id for case in dev_cases if case.raw.get("answerable", True) != bool(case.gold)]
    assert wrong == []


def test_the_splits_are_balanced_within_each_type(dev_cases: tuple[Case, ...]) -> None:
    counts = Counter((case.raw["type"], case.raw["split"]) for case in dev_cases)
    assert {split for _, split in counts} == {"fit", "test"}
    for kind in {kind for kind, _ in counts}:
        fit, test = counts[kind, "fit"], counts[kind, "test"]
        assert abs(fit - test) <= max(1, 0.1 * (fit + test)), kind
