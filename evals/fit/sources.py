"""Reads sources of a training table: rows of a question, a passage in sentences, and which of these answer it.

Owns: the form of a source, which rows are one question, and which half of the data a question belongs to. Knows nothing of models.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.fit.rows import rows_of
from rag.core.text import normalise

_TEST = 5
"""One in so many groups is kept out for testing."""
_LEAST_CHARS = 20
"""Of a sentence that is looked for in other passages: a shorter one stands in many by chance."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage in sentences; `group` names what it belongs to, such as an article."""

    id: str
    title: str
    sentences: tuple[str, ...]
    group: str

    @property
    def text(self) -> str:
        """All its words, as they become an abstract."""
        return " ".join(self.sentences)

    def without(self, places: Iterable[int]) -> "Passage | None":
        """The passage without these sentences; None where none is left."""
        out = set(places)
        left = tuple(text for place, text in enumerate(self.sentences) if place not in out)
        return _passage(self.title, left, self.group) if left else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage, by its id, that a question was asked of: whether it answers it, and the places of the sentences that do; None where
    the source does not say which do."""

    passage: str
    answers: bool
    marks: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question with all passages that its source has for it, and the `split` that it is in: fit or test."""

    id: str
    text: str
    split: str
    shown: tuple[Shown, ...]

    @property
    def answering(self) -> tuple[Shown, ...]:
        """The passages that answer it."""
        return tuple(item for item in self.shown if item.answers)


@dataclass(frozen=True, slots=True)
class Source:
    """A source read: questions in the order of the file, passages by id, and how many rows could not be used."""

    name: str
    questions: tuple[Question, ...]
    passages: Mapping[str, Passage]
    unusable: int


def read_source(path: Path) -> Source:
    """The questions and passages of a source, .jsonl or .jsonl.gz.

    Rows of one question are one question with several passages. Questions that share a passage or a group are in one split.

    Raises:
        EvalError: the file cannot be read, a line is no JSON object, or no row has a question and a passage in sentences.
    """
    passages: dict[str, Passage] = {}
    shown: dict[str, list[Shown]] = {}
    texts: dict[str, str] = {}
    unusable = 0
    for row in rows_of(path):
        usable = _usable(row)
        if usable is None:
            unusable += 1
            continue
        passage, item = usable
        first = passages.setdefault(passage.id, passage)
        key = normalise(row["question"])
        texts.setdefault(key, " ".join(row["question"].split()))
        if all(other.passage != first.id for other in shown.get(key, [])):
            shown.setdefault(key, []).append(item)
    if not shown:
        raise EvalError(
            f"{path} has no row with a question, a passage and its sentences; a source has lines such as "
            '{"question": "…", "title": "", "passage": "…", "sentences": ["…"], "answer_sentences": [0], "answerable": true}'
        )
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    sets = _connected([[f"group {passages[item.passage].group}" for item in items] for items in shown.values()])
    questions = tuple(
        Question(f"{name}:{digest(key)[:10]}", texts[key], _split(of_set), tuple(items))
        for (key, items), of_set in zip(shown.items(), sets, strict=True)
    )
    return Source(name, questions, passages, unusable)


def digest(text: str) -> str:
    """A sha256, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def answer_elsewhere(source: Source, question: Question, among: Iterable[Passage]) -> set[str]:
    """Which of these passages answer the question, as far as can be told: those marked so, and those that hold a sentence that does."""
    answering = {item.passage for item in question.answering}
    said = [source.passages[item.passage].sentences[place] for item in question.answering for place in item.marks or ()]
    said = [text for text in said if len(text) >= _LEAST_CHARS]
    return {item.id for item in among if item.id in answering or any(text in item.text for text in said)}


def _usable(row: Mapping[str, Any]) -> tuple[Passage, Shown] | None:
    """The passage of a row and what it is to its question; None where it has none, or values of another kind."""
    question, sentences, marks = row.get("question"), row.get("sentences"), row.get("answer_sentences")
    if not isinstance(question, str) or not normalise(question) or not row.get("passage"):
        return None
    if not isinstance(sentences, list) or not all(isinstance(text, str) and text.strip() for text in sentences):
        return None
    if marks is not None and not (isinstance(marks, list) and all(_is_place(mark, len(sentences)) for mark in marks)):
        return None
    title = " ".join(str(row.get("title") or "").split())
    texts = tuple(" ".join(text.split()) for text in sentences)
    if not texts:
        return None
    group = str(row.get("group") or row.get("pmcid") or title)
    passage = _passage(title, texts, group)
    answers = bool(row.get("answerable", True))
    # A passage that answers by no sentence of its own has no marks: the source does not say which.
    return passage, Shown(passage.id, answers, (tuple(marks) if marks else None) if answers else ())


def _is_place(mark: object, count: int) -> bool:
    return isinstance(mark, int) and not isinstance(mark, bool) and 0 <= mark < count


def _passage(title: str, sentences: tuple[str, ...], group: str) -> Passage:
    name = f"p{digest(title + chr(10) + ' '.join(sentences))[:14]}"
    return Passage(name, title, sentences, group or name)


def _connected(names: list[list[str]]) -> list[str]:
    """Of each list the name of the set that it belongs to, where lists with a name in common are in one set."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for some in names:
        for name in some[1:]:
            one, other = sorted((root(some[0]), root(name)))
            parent[other] = one
    return [root(some[0]) for some in names]


def _split(name: str) -> str:
    return "test" if int(digest(name)[:8], 16) % _TEST == 0 else "fit"
