"""Saved answers -> answers again, every citation resolved anew in the library at hand.

Owns the reading of the JSON that `rag.output.to_json` writes, from a browser's storage or a file. None of it is trusted. What no
longer resolves to exact words of an abstract is left out and counted. Knows nothing of files.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from rag.answer import quoted
from rag.core.domain import (
    Answer,
    AnswerSentence,
    Citation,
    Dropped,
    Evidence,
    Hit,
    Mode,
    Origin,
    Outcome,
    Paper,
    Span,
    Verdict,
    Withheld,
)
from rag.core.errors import SavedAnswersDamaged

_MOST = 200
"""Items of one list of an answer; no answer of ours has more."""
_Scores = Annotated[dict[str, float], BeforeValidator(lambda value: value or {})]


class _Cited(BaseModel):
    n: int = Field(ge=1, le=_MOST)
    paper_id: str
    start: int = Field(ge=0)
    end: int
    quote: str


class _Sentence(BaseModel):
    text: str
    verdict: Verdict
    citations: list[_Cited] = Field(max_length=_MOST)


class _Paper(BaseModel):
    paper_id: str
    score: float = 0.0
    parts: _Scores = {}


class _Read(BaseModel):
    paper_id: str
    start: int = Field(ge=0)
    end: int
    score: float
    parts: _Scores = {}


class _Dropped(BaseModel):
    text: str
    reason: str


class _Withheld(BaseModel):
    paper_id: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    reason: str


class _Answer(BaseModel):
    question: str
    standalone_question: str
    about: list[str] = Field([], max_length=_MOST)
    mode: Mode = "quote"
    outcome: Outcome
    p_answerable: float = Field(ge=0, le=1)
    answer: str
    sentences: list[_Sentence] = Field(max_length=_MOST)
    dropped: list[_Dropped] = Field([], max_length=_MOST)
    missing: list[str] = Field([], max_length=_MOST)
    origin: Origin = "abstracts"
    withheld: list[_Withheld] = Field([], max_length=_MOST)
    nearest: list[_Paper] = Field([], max_length=_MOST)
    retrieved: list[_Paper] = Field([], max_length=_MOST)
    evidence: list[_Read] = Field([], max_length=_MOST)
    signals: _Scores = {}
    timings_ms: _Scores = {}
    notice: str = ""
    threshold: float = Field(0.0, ge=0, le=1)
    sure: float = Field(0.0, ge=0, le=1)


@dataclass(frozen=True, slots=True)
class Restored:
    """An answer as far as it still resolves; `lost` sentences do not."""

    answer: Answer
    lost: int = 0


def paper_ids(saved: Any) -> set[str]:
    """The ids of all papers that saved answers name, however deep they stand."""
    if isinstance(saved, Mapping):
        own = {saved["paper_id"]} if isinstance(saved.get("paper_id"), str) else set()
        about = saved.get("about")
        own |= {item for item in about if isinstance(item, str)} if isinstance(about, list) else set()
        return own.union(*map(paper_ids, saved.values()))
    return set().union(*map(paper_ids, saved)) if isinstance(saved, list) else set()


def saved_answers(text: str) -> list[tuple[str, Any]]:
    """Questions and their saved answers (None where there is none): of a conversation that the window saved, of `ask --json`, one or
    a line each, or of a run file of the evals.

    Raises:
        SavedAnswersDamaged: the text is none of these.
    """
    try:
        values = [_parsed(text)]
    except ValueError:
        try:
            values = [_parsed(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise SavedAnswersDamaged(f"this is neither JSON nor lines of JSON: {error}") from error
    turns: list[tuple[str, Any]] = []
    for item in values:
        if isinstance(item, dict) and isinstance(item.get("turns"), list):
            turns += [
                (str(turn.get("question", "")), turn.get("answer")) for turn in item["turns"] if isinstance(turn, dict)
            ]
        elif isinstance(item, dict) and "sentences" in item:
            turns.append((str(item.get("question", "")), item))
    if not turns:
        raise SavedAnswersDamaged(
            "there are no answers in it: save a conversation in the window, or use answers of ask --json"
        )
    return turns


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("lists or objects are nested too deeply in each other") from None


Told = Callable[[str], Answer | None]


def _nothing_told(_: str) -> None:
    return None


def answer_of(saved: Any, papers: Mapping[str, Paper], told: Told = _nothing_told) -> Restored:
    """The answer that `jsonform.answer_json` (with or without `why_json`) was made of.

    Args:
        saved: the parsed JSON.
        papers: the library's papers by id; those that are not in it count as gone.
        told: the answer that the records give to a question. What they are said to have told is told anew, never believed.

    Raises:
        SavedAnswersDamaged: it is no saved answer.
    """
    try:
        data = _Answer.model_validate(saved)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "the answer"
        raise SavedAnswersDamaged(f"this is no saved answer: {where}: {problem['msg']}") from error
    if data.origin != "abstracts":
        return _told_anew(data, told)
    sentences = [sentence for sentence in (_sentence(item, papers) for item in data.sentences) if sentence]
    nearest = _papers((item.paper_id for item in data.nearest), papers)
    answer = Answer(
        question=data.question,
        standalone_question=data.standalone_question,
        mode=data.mode,
        outcome=data.outcome,
        p_answerable=data.p_answerable,
        text="",
        sentences=tuple(sentences),
        dropped=tuple(Dropped(item.text, item.reason) for item in data.dropped),
        missing=tuple(data.missing),
        nearest=nearest,
        retrieved=tuple(
            Hit(papers[item.paper_id], item.score, item.parts) for item in data.retrieved if item.paper_id in papers
        ),
        evidence=tuple(
            Evidence(papers[item.paper_id], Span(item.start, item.end), item.score, item.parts)
            for item in data.evidence
            if item.paper_id in papers and item.start < item.end <= len(papers[item.paper_id].abstract)
        ),
        signals=data.signals,
        timings_ms=data.timings_ms,
        notice=data.notice,
        threshold=data.threshold,
        sure=data.sure,
        origin=data.origin,
        withheld=tuple(
            Withheld(papers[item.paper_id], Span(item.start, item.end), item.reason)
            for item in data.withheld
            if item.paper_id in papers and item.start < item.end <= len(papers[item.paper_id].abstract)
        ),
        about=tuple(paper_id for paper_id in data.about if paper_id in papers),
    )
    return Restored(_with_text(answer, data.answer), len(data.sentences) - len(sentences))


def _told_anew(data: _Answer, told: Told) -> Restored:
    """The answer that the records give now; without one nothing of the saved text is shown."""
    again = told(data.standalone_question)
    if again is None or again.origin != data.origin:
        empty = Answer(
            data.question, data.standalone_question, "quote", "answered", data.p_answerable, "", origin=data.origin
        )
        return Restored(empty, max(1, len(data.sentences)))
    same = replace(
        again,
        question=data.question,
        standalone_question=data.standalone_question,
        timings_ms=data.timings_ms,
        about=tuple(data.about),
    )
    return Restored(same)


def _sentence(item: _Sentence, papers: Mapping[str, Paper]) -> AnswerSentence | None:
    """The sentence with its citations, or None where one of them does not resolve."""
    if item.verdict == "record":
        return _without_abstract(item, papers)
    citations = [
        Citation(c.n, papers[c.paper_id], Span(c.start, c.end)) for c in item.citations if c.paper_id in papers
    ]
    exact = [c.quote == saved.quote != "" for c, saved in zip(citations, item.citations, strict=False)]
    if not citations or len(citations) < len(item.citations) or not all(exact):
        return None
    if item.verdict == "quote" and item.text != citations[0].quote:
        return None
    return AnswerSentence(item.text, item.verdict, tuple(citations))


def _without_abstract(item: _Sentence, papers: Mapping[str, Paper]) -> AnswerSentence | None:
    """That a paper has no abstract here, where it still has none; nothing else of what records are said to have told."""
    cited = [Citation(c.n, papers[c.paper_id], Span(0, 0)) for c in item.citations if c.paper_id in papers]
    told = AnswerSentence(item.text, "record", tuple(cited))
    holds = len(cited) == 1 and not cited[0].paper.abstract and quoted.is_without_abstract(told)
    return told if holds else None


def _with_text(answer: Answer, text: str) -> Answer:
    """With its text made anew from what resolves; the saved text says only whether it counted its papers, or began with its
    notice."""
    lead = answer.notice if answer.notice and text.startswith(answer.notice) else ""
    if answer.outcome == "declined":
        return replace(answer, text=lead or quoted.declined_text(answer.nearest, answer.question))
    if any(sentence.verdict == "supported" for sentence in answer.sentences):
        return replace(answer, text=quoted.written_text(answer.sentences, answer.missing))
    has_count = re.match(r"\d+ papers?:\n", text) is not None
    return replace(answer, text=quoted.text_of(answer.sentences, has_count, answer.missing, lead))


def _papers(ids: Iterable[str], papers: Mapping[str, Paper]) -> tuple[Paper, ...]:
    return tuple(papers[paper_id] for paper_id in ids if paper_id in papers)
