"""Turns as the browser gets and keeps them: what goes there with each state, and a kept turn read back.

Owns that form. What comes back is not trusted: `rag.output.from_json` resolves every citation anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from rag.core.domain import Answer, Paper
from rag.core.errors import RequestRefused, SavedAnswersDamaged
from rag.output import to_json
from rag.output.from_json import Told, answer_of
from ui.records import ChatTurn, Loading, TurnId, standalone_if_other
from ui.session.choosing import kept, kept_choice
from ui.views.turn import turn_parts

_MOST_TURNS = 500
_MOST_DRAWN = 32_000_000
"""Characters in which a conversation is drawn again. Answers take 37,000, so that this many turns of them take 19 million."""
_DRAFT = (
    "question",
    "standalone_question",
    "about",
    "mode",
    "outcome",
    "p_answerable",
    "answer",
    "sentences",
    "missing",
)


class SavedTurn(BaseModel):
    """A turn as a browser sends it back; other fields are the page's own."""

    id: TurnId
    question: str
    step: str = "stopped"
    note: str = ""
    answer: dict[str, Any] | None = None
    of: Any = None


def record(turn: ChatTurn) -> dict[str, Any]:
    """What the browser keeps of a turn: its step, which papers it was asked of, and its answer as `citewise ask --json --why` prints
    it, without the words of the sentences read, which the library has."""
    answer = None
    if turn.answer is not None:
        why = to_json.why_json(turn.answer)
        read = [{name: value for name, value in item.items() if name != "text"} for item in why["evidence"]]
        answer = to_json.answer_json(turn.answer) | why | {"evidence": read}
    return {"step": turn.step, "note": turn.note, "answer": answer, "of": kept(turn.of)}


def frame(turn: ChatTurn, loading: Loading) -> dict[str, Any]:
    """What a page gets of a turn: what to draw (see `ui.views.turn.turn_parts`) and, once it has ended, the record to keep.

    While an answer grows there is a `draft` instead: the sentences drawn so far, all that is left to keep where the end never comes.
    """
    searched = turn.of.papers if turn.of else loading.papers
    parts = {"parts": turn_parts(turn, searched, loading.description or {})}
    if not turn.running:
        return parts | {"record": record(turn)}
    return parts if turn.answer is None else parts | {"draft": draft(turn.answer)}


def frames(turns: Iterable[ChatTurn], loading: Loading) -> list[dict[str, Any]]:
    """The frames of a kept conversation.

    Raises:
        RequestRefused: they would be far more than what a browser keeps can come to.
    """
    drawn, size = [], 0
    for turn in turns:
        drawn.append(frame(turn, loading))
        size += _characters(drawn[-1])
        if size > _MOST_DRAWN:
            raise RequestRefused("this conversation is too large to be shown again; start a new one")
    return drawn


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list | tuple) else 0


def draft(answer: Answer) -> dict[str, Any]:
    """The least that `rag.output.from_json` makes an answer of: what it says and cites, and which papers were found for it."""
    whole = to_json.answer_json(answer)
    hits = [{"paper_id": hit.paper.id, "score": hit.score} for hit in answer.retrieved]
    return {name: whole[name] for name in _DRAFT} | {"retrieved": hits}


def saved_turns(sent: Any) -> list[SavedTurn]:
    """The turns that a browser sent, the last ones where there are very many.

    Raises:
        SavedAnswersDamaged: they are none.
    """
    if not isinstance(sent, list):
        raise SavedAnswersDamaged("the page sent no conversation")
    try:
        return [SavedTurn.model_validate(item) for item in sent[-_MOST_TURNS:]]
    except ValidationError as error:
        raise SavedAnswersDamaged(
            f"the conversation kept in this browser cannot be read: {error.errors()[0]['msg']}"
        ) from error


def turn_of(saved: SavedTurn, papers: Mapping[str, Paper], told: Told) -> ChatTurn:
    """The turn as far as it still resolves; one whose answer cannot be read says so. `told` is what the records say to a question."""
    step = saved.step if saved.step in ("done", "failed") else "stopped"
    turn = ChatTurn(saved.id, saved.question, step=step, note=saved.note, of=kept_choice(saved.of))  # type: ignore[arg-type]
    if saved.answer is None:
        return turn if step != "done" else replace(turn, step="stopped", note="")
    try:
        restored = answer_of(saved.answer, papers, told)
    except SavedAnswersDamaged as error:
        return replace(turn, step="failed", note=str(error))
    answer = restored.answer
    return replace(
        turn,
        note="",
        standalone=standalone_if_other(saved.question, answer.standalone_question),
        hits=answer.retrieved,
        answer=answer,
        lost=restored.lost,
        about=answer.about_papers,
    )
