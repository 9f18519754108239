"""The training table: what the assistant made of many questions, a line each, with all signals and what is true.

Owns: the form of a line, and going on with a table that was cut short. Each source has libraries of its own papers, made by the real
ingest and kept. Knows nothing of fitting.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.fit.shelves import Asking, Shelf, askings
from evals.fit.sources import Source, digest
from evals.fit.within import within
from evals.runs.run import differences
from rag.answer.assistant import Assistant
from rag.core.domain import Answer, Evidence, Span
from rag.core.text import clean
from rag.evidence.roles import RoleModel, role_sentences
from rag.ingest.formats.markup import without_markup

log = logging.getLogger(__name__)
FORMAT = 1
_ROUND = 100
"""Questions of one source before the next source has its turn, so that a table that is not done has something of each."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """What makes a library of a file of papers in a folder, what opens the assistant over it, and the model of the roles."""

    ingest: Callable[[Path, Path], None]
    open: Callable[[Path], Assistant]
    roles: RoleModel


@dataclass(frozen=True, slots=True)
class _Own:
    """The papers of an asking as its library has them: ids, and per paper the spans that answer; None where the source does not say."""

    ids: tuple[str, ...]
    marks: Mapping[str, tuple[Span, ...] | None]


def plan_table(sources: Sequence[Source], each: int, seed: int, distractors: int) -> list[tuple[Source, Asking]]:
    """All askings in the order in which they are made: by rounds, each source a part of a round."""
    places: dict[tuple[str, str], int] = {}
    planned = []
    for place, source in enumerate(sources):
        for asking in askings(source, each, seed, distractors):
            number = places.setdefault(
                (source.name, asking.question.id), len([key for key in places if key[0] == source.name])
            )
            planned.append(((number // _ROUND, place, asking.shelf.name != "whole"), (source, asking)))
    return [item for _, item in sorted(planned, key=lambda pair: pair[0])]


def make_table(
    planned: Sequence[tuple[Source, Asking]],
    parts: Parts,
    work: Path,
    out: Path,
    manifest: Mapping[str, Any],
    resume: bool,
    progress: Callable[[], None],
) -> None:
    """Ask everything planned and write the table, or with `resume` go on with one that was cut short; `progress` is called for each
    line, also for those that are there already.

    Raises:
        EvalError: the table is there already, was begun with something else, or cannot be written.
    """
    check_out(out, resume)
    try:
        work.mkdir(parents=True, exist_ok=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        done = _continue(out, manifest, [asking.id for _, asking in planned]) if resume and out.exists() else 0
        for _ in range(done):
            progress()
        with out.open("a", encoding="utf-8") as stream:
            if not stream.tell():
                _write(stream, {"table": dict(manifest)})
            for row in _lines(planned[done:], parts, work):
                _write(stream, row)
                progress()
    except OSError as error:
        raise EvalError(f"cannot write the table {out} or the folder {work}: {error.strerror or error}") from error


def check_out(out: Path, resume: bool) -> None:
    """Raise EvalError where the table must not be written."""
    if out.exists() and not resume:
        raise EvalError(f"{out} is there already; go on with it by --resume, name another file, or remove it")


def _write(stream: Any, row: Row) -> None:
    stream.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n")
    stream.flush()


def _continue(out: Path, manifest: Mapping[str, Any], ids: Sequence[str]) -> int:
    """How many lines are there already; a line that was cut off is removed.

    Raises:
        EvalError: the table was begun with something else, or is damaged; nothing was changed.
    """
    data = out.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        first, *rows = [json.loads(line) for line in whole.decode("utf-8").split("\n") if line] or [None]
    except ValueError as error:
        raise EvalError(f"{out} is damaged, so it cannot be gone on with: {error}. Name another file") from error
    if first is not None:
        if not isinstance(first, dict) or not isinstance(first.get("table"), dict):
            raise EvalError(f"{out} is no training table: its first line does not say how it was made")
        if different := differences(first["table"], json.loads(json.dumps(manifest))):
            raise EvalError(f"{out} was begun with another {different[0]}. Name another file, or put it back")
        if [row.get("id") for row in rows] != list(ids[: len(rows)]):
            raise EvalError(f"{out} holds other questions than those to be asked; name another file")
    if len(whole) < len(data):
        with out.open("r+b") as stream:
            stream.truncate(len(whole))
    return len(rows)


def _lines(planned: Sequence[tuple[Source, Asking]], parts: Parts, work: Path) -> Iterator[Row]:
    for (name, _), some in groupby(planned, key=lambda item: (item[0].name, item[1].shelf.name)):
        of_library = list(some)
        folder = _library(name, of_library[0][1].shelf, parts, work)
        with closing(parts.open(folder)) as assistant:
            asked = _Asker(assistant, parts.roles)
            for _, asking in of_library:
                yield {"source": name, "library": folder.name, **asked.line(asking)}


def _library(source: str, shelf: Shelf, parts: Parts, work: Path) -> Path:
    """The folder of the library of these papers, made where it is not there; what is in its name tells one text from another."""
    records = [{"id": item.id, "title": item.title, "abstract": item.text} for item in shelf.passages]
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    folder = work / f"{source}-{shelf.name}-{digest(text)[:8]}"
    papers = folder.with_suffix(".jsonl")
    if not papers.exists() or papers.read_text("utf-8") != text:
        papers.write_text(text, "utf-8")
    parts.ingest(folder, papers)
    return folder


class _Asker:
    """Asks of one library."""

    def __init__(self, assistant: Assistant, roles: RoleModel) -> None:
        self._sure = assistant.at_limits(0.0, 0.0)
        self._roles = roles
        self._embedder = assistant.description.get("embedder_sha256", "")
        self._papers = {paper.id: paper for paper in assistant.papers()}
        # Records of one text are one paper, which is known by the ids of both.
        self._ids = {name: paper.id for paper in self._papers.values() for name in (paper.id, *paper.aliases)}

    def line(self, asking: Asking) -> Row:
        """What came of one question; a failure has its message in `error`."""
        head = {
            "id": asking.id,
            "split": asking.question.split,
            "kind": asking.kind,
            "question": asking.question.text,
            "answerable": asking.answerable,
        }
        own = self._own(asking)
        if own is None:
            return head | {"error": "its passage is not in the library word for word"}
        try:
            row = self._told(self._asked(asking).ask(asking.question.text, mode="quote"), own)
            marked = any(own.marks.values())
            if marked and asking.near and not any(sentence["holds"] for sentence in row["sentences"]):
                # Some questions make sense only where it is known which text they are about.
                row["near"] = self._told(self._among(asking.near).ask(asking.question.text, mode="quote"), own)
            return head | row
        except Exception as error:
            log.warning("question %s failed: %s", asking.id, error, exc_info=log.isEnabledFor(logging.DEBUG))
            return head | {"error": f"{type(error).__name__}: {error}"}

    def _own(self, asking: Asking) -> _Own | None:
        """None where no passage that it is about is in the library, or none has the sentences that answer."""
        marks: dict[str, tuple[Span, ...] | None] = {}
        passages = {item.id: item for item in asking.shelf.passages}
        lost = 0
        for name, places in asking.own:
            paper = self._papers.get(self._ids.get(name, ""))
            if paper is None:
                lost += 1
                continue
            spans = None if places is None else _spans(paper.abstract, [passages[name].sentences[i] for i in places])
            lost += bool(places) and spans is None
            before = marks.get(paper.id, ())
            marks[paper.id] = None if spans is None or before is None else tuple(sorted({*before, *spans}, key=_start))
        return None if lost and lost == len(asking.own) else _Own(tuple(marks), marks)

    def _asked(self, asking: Asking) -> Assistant:
        if not asking.out:
            return self._sure
        out = {self._ids.get(name) for name in asking.out}
        return within(self._sure, tuple(paper_id for paper_id in self._papers if paper_id not in out))

    def _among(self, passages: Iterable[str]) -> Assistant:
        ids = {self._ids[name] for name in passages if name in self._ids}
        return within(self._sure, tuple(sorted(ids)))

    def _told(self, answer: Answer, own: _Own) -> Row:
        first = answer.retrieved[0].paper.id if answer.retrieved else None
        read = [item for item in answer.evidence if "paper" in item.parts]
        quoted = {(citation.paper.id, citation.span) for citation in answer.citations}
        return {
            "outcome": answer.outcome,
            "p_answerable": answer.p_answerable,
            "first": first,
            "own": list(own.ids),
            "own_first": first in own.ids,
            "marks": {name: spans and [[span.start, span.end] for span in spans] for name, spans in own.marks.items()},
            "signals": dict(answer.signals),
            "sentences": self._sentences(read, own, quoted),
            "ms": round(answer.timings_ms.get("total", 0.0)),
        }

    def _sentences(self, read: Sequence[Evidence], own: _Own, quoted: set[tuple[str, Span]]) -> list[Row]:
        known: dict[str, Any] = {}
        rows = []
        for item in read:
            if item.paper.id not in known:
                sentences, vectors = self._sure.library.sentences([item.paper.id])
                spans = [sentence.span for sentence in sentences]
                known[item.paper.id] = role_sentences(self._roles, item.paper, spans, vectors, self._embedder)
            told = next((one for one in known[item.paper.id] if one.span == item.span), None)
            is_own = item.paper.id in own.ids
            rows.append(
                {
                    "paper": item.paper.id,
                    "own": is_own,
                    "span": [item.span.start, item.span.end],
                    "text": item.text,
                    "place": told.place if told else None,
                    "of": len(known[item.paper.id]),
                    "words": len(item.text.split()),
                    "holds": _holds(item.span, own.marks[item.paper.id]) if is_own else False,
                    "quoted": (item.paper.id, item.span) in quoted,
                    "score": item.score,
                    "parts": dict(item.parts),
                    "roles": {name: round(value, 4) for name, value in told.roles.items()} if told else {},
                }
            )
        return rows


def _start(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _spans(abstract: str, sentences: Sequence[str]) -> tuple[Span, ...] | None:
    """Where these sentences stand, as the ingest cleans them; None where one does not."""
    found = []
    for text in sentences:
        words = clean(without_markup(text))
        start = abstract.find(words) if words else -1
        if start < 0:
            return None
        found.append(Span(start, start + len(words)))
    return tuple(found)


def _holds(span: Span, marks: Sequence[Span] | None) -> bool | None:
    """Whether it has half of the shorter of the two in common with a marked one; None where the source does not say."""
    if marks is None:
        return None
    return any(
        2 * (min(span.end, mark.end) - max(span.start, mark.start)) >= min(span.end - span.start, mark.end - mark.start)
        for mark in marks
    )
