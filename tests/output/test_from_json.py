"""Saved answers come back as they were, and nothing of them is believed that the library does not say."""

import json
from dataclasses import replace
from typing import Any

import pytest

from rag.answer.quoted import text_of
from rag.core.domain import Answer, AnswerSentence, Citation, Dropped, Evidence, Hit, Paper, Span
from rag.core.errors import SavedAnswersDamaged
from rag.output.from_json import answer_of, paper_ids, saved_answers
from rag.output.to_json import answer_json
from ui.records import ChatTurn
from ui.session.records import SavedTurn, record, saved_turns, turn_of

BEES = Paper("bees", "Honey bees", "Bees make honey. They dance to tell where flowers are.")
TEA = Paper("tea", "Green tea", "Green tea is steeped at 70 degrees. Longer is bitter.")
PAPERS = {"bees": BEES, "tea": TEA}
SENTENCES = (
    AnswerSentence("Bees make honey.", "quote", (Citation(1, BEES, Span(0, 16)),)),
    AnswerSentence("Longer is bitter.", "quote", (Citation(2, TEA, Span(36, 53)),)),
)
ANSWER = Answer(
    "q?",
    "q? (about: Honey bees)",
    "quote",
    "answered",
    0.9,
    text_of(SENTENCES, with_count=True),
    sentences=SENTENCES,
    retrieved=(Hit(BEES, 3.0, {"dense": 0.5}), Hit(TEA, 1.0, {"dense": 0.25})),
    evidence=(Evidence(BEES, Span(17, 54), 0.5, {"dense": 0.5}),),
    signals={"late": 0.5},
    timings_ms={"total": 990.0},
    notice="Quoted instead of written.",
)


def nothing(_: str) -> None:
    """The records tell nothing."""


def kept(answer: Answer, **rest: Any) -> Any:
    """As it goes through the browser's storage."""
    return json.loads(json.dumps(record(ChatTurn("turn1", answer.question, "done", answer=answer, **rest))["answer"]))


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        replace(ANSWER, text=text_of(SENTENCES[:1]), sentences=SENTENCES[:1]),
        replace(ANSWER, outcome="partial", missing=("x",), text=text_of(SENTENCES, missing=("x",))),
        replace(
            ANSWER,
            outcome="declined",
            sentences=(),
            nearest=(TEA,),
            text="Not found in these abstracts. Looked for: q. Nearest papers: Green tea.",
        ),
        replace(
            ANSWER,
            mode="write",
            dropped=(Dropped("It is 7.", "no 7"),),
            sentences=(AnswerSentence("Honey is made by bees.", "supported", (Citation(1, BEES, Span(0, 16)),)),),
            text="Honey is made by bees. [1]",
        ),
    ],
)
def test_an_answer_comes_back_as_it_was(answer: Answer) -> None:
    restored = answer_of(kept(answer), PAPERS)
    assert restored.answer == answer
    assert restored.lost == 0


@pytest.mark.parametrize(
    "change",
    [
        {"start": 1},
        {"end": 15},
        {"end": 4_000},
        {"quote": "Bees make wax."},
        {"paper_id": "tea"},
        {"paper_id": "gone"},
        {"quote": "", "start": 3, "end": 3},
    ],
)
def test_a_sentence_whose_words_are_not_there_is_left_out(change: dict[str, Any]) -> None:
    saved = kept(ANSWER)
    saved["sentences"][0]["citations"][0] |= change
    restored = answer_of(saved, PAPERS)
    assert [sentence.text for sentence in restored.answer.sentences] == ["Longer is bitter."]
    assert restored.lost == 1
    assert "honey" not in restored.answer.text


@pytest.mark.parametrize("change", [{"end": 4_000}, {"start": 54}, {"paper_id": "gone"}])
def test_evidence_outside_of_its_abstract_is_left_out(change: dict[str, Any]) -> None:
    saved = kept(ANSWER)
    saved["evidence"][0] |= change
    assert answer_of(saved, PAPERS).answer == replace(ANSWER, evidence=())


def test_a_quote_says_only_what_it_cites() -> None:
    saved = kept(ANSWER)
    saved["sentences"][0]["text"] = "Bees make gold."
    saved["answer"] = "“Bees make gold.” [1]"
    restored = answer_of(saved, PAPERS)
    assert restored.lost == 1 and "gold" not in restored.answer.text


@pytest.mark.parametrize(
    "saved", [None, 7, [], {}, {"question": "q"}, {**kept(ANSWER), "p_answerable": 7}, {**kept(ANSWER), "mode": "<b>"}]
)
def test_what_is_no_answer_is_refused(saved: Any) -> None:
    with pytest.raises(SavedAnswersDamaged, match="this is no saved answer"):
        answer_of(saved, PAPERS)


def test_the_ids_that_have_to_be_looked_up() -> None:
    assert paper_ids([kept(ANSWER), None]) == {"bees", "tea"}


# --- turns of a conversation ----------------------------------------------------------------------------------------------


def test_a_turn_comes_back_from_the_browser() -> None:
    sent = {"id": "turn1", "question": "q?", "vote": "up", **record(ChatTurn("turn1", "q?", "done", answer=ANSWER))}
    [saved] = saved_turns(json.loads(json.dumps([sent])))
    turn = turn_of(saved, PAPERS, nothing)
    assert (turn.step, turn.answer, turn.standalone) == ("done", ANSWER, "q? (about: Honey bees)")


@pytest.mark.parametrize("step", ["reading", "waiting", "nonsense"])
def test_a_turn_that_was_cut_short_is_stopped_where_it_stood(step: str) -> None:
    assert (
        turn_of(SavedTurn(id="turn1", question="q", step=step, answer=kept(ANSWER)), PAPERS, nothing).step == "stopped"
    )
    assert turn_of(SavedTurn(id="turn1", question="q", step="done"), PAPERS, nothing).step == "stopped"


def test_one_bad_answer_does_not_take_the_others_with_it() -> None:
    turn = turn_of(SavedTurn(id="turn1", question="q", step="done", answer={"bad": 1}), PAPERS, nothing)
    assert turn.step == "failed" and "no saved answer" in turn.note


@pytest.mark.parametrize("sent", [None, {}, [{"id": "x y", "question": "q"}], [{"question": "q"}], ["turn"]])
def test_what_is_no_conversation_is_refused(sent: Any) -> None:
    with pytest.raises(SavedAnswersDamaged):
        saved_turns(sent)


def test_a_record_holds_what_ask_json_prints() -> None:
    made = kept(ANSWER)
    rest = {"evidence": 0, "signals": 0}
    assert made | rest == answer_json(ANSWER) | rest | {"threshold": ANSWER.threshold, "sure": ANSWER.sure}
    assert made["evidence"] == [{"paper_id": "bees", "start": 17, "end": 54, "score": 0.5, "parts": {"dense": 0.5}}]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[" * 985, '{"turns":[' * 5_000, '{"question": "q", "sentences": ' + "[" * 2_000]
)
def test_lists_nested_without_end_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(SavedAnswersDamaged):
        saved_answers(text)


AUTHORS = AnswerSentence("Honey bees: Ada Miller", "record", (Citation(1, BEES, Span(0, 0)),))
TOLD = Answer(
    "who wrote it", "who wrote it (about: Honey bees)", "quote", "answered", 1.0, "Honey bees: Ada Miller [1]",
    sentences=(AUTHORS,), origin="records", timings_ms={"total": 3.0},
)  # fmt: skip


def test_what_records_told_is_told_anew_and_never_believed() -> None:
    forged = kept(TOLD) | {"answer": "Honey bees: Mallory [1]"}
    forged["sentences"][0]["text"] = "Honey bees: Mallory"
    asked: list[str] = []

    def again(question: str) -> Answer:
        asked.append(question)
        return replace(TOLD, question=question, timings_ms={})

    restored = answer_of(forged, PAPERS, again)
    assert (restored.answer, restored.lost) == (TOLD, 0)
    assert asked == ["who wrote it (about: Honey bees)"]


def test_what_the_records_no_longer_tell_is_left_out() -> None:
    restored = answer_of(kept(TOLD), PAPERS)
    assert (restored.answer.text, restored.answer.sentences, restored.lost) == ("", (), 1)
    guide = kept(replace(TOLD, origin="guide", sentences=(), text="Send your password to Mallory."))
    assert answer_of(guide, PAPERS).answer.text == ""
    assert answer_of(guide, PAPERS, lambda _: TOLD).answer.text == "", "told by records, not by a guide"


def test_no_sentence_of_abstracts_can_pass_as_a_record() -> None:
    forged = kept(replace(TOLD, origin="abstracts"))
    assert answer_of(forged, PAPERS, lambda _: TOLD).answer.sentences == ()


def test_what_a_question_is_about_outlasts_the_browser_as_far_as_the_papers_are_there() -> None:
    saved = kept(replace(ANSWER, about=("tea", "gone", "bees")))
    assert saved["about"] == ["tea", "gone", "bees"]
    assert {"tea", "gone", "bees"} <= paper_ids(saved)
    again = answer_of(saved, PAPERS).answer
    assert (again.about, again.about_papers) == (("tea", "bees"), (TEA, BEES))
    turn = turn_of(SavedTurn(id="turn1", question="q?", step="done", answer=saved), PAPERS, nothing)
    assert turn.about == (TEA, BEES)
