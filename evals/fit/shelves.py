"""Which questions of a source are asked, of which papers, and what is true of each asking.

Owns: the sample, the distractors, and the questions that nothing answers: with the answering passages left out, and with the answering
sentences cut out. Knows nothing of libraries and models.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from evals.fit.sources import Passage, Question, Source, answer_elsewhere

Kind = Literal["own", "left_out", "no_answer", "cut"]
"""How a question is asked: of all papers; of those that do not answer it; where the source has none that answers it; and of a passage
without the sentences that answer it."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The papers of one library; `name` tells it from the other libraries of its source."""

    name: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as it is asked of one shelf.

    `own` are the passages it is about, with the places of the sentences that answer it (None: not known which); `out` are the passages
    left out of the search, `near` are those that it is asked of once more where nothing that is read is known to answer it: its own and
    the others of their groups.
    """

    id: str
    question: Question
    kind: Kind
    shelf: Shelf
    own: tuple[tuple[str, tuple[int, ...] | None], ...]
    out: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()

    @property
    def answerable(self) -> bool:
        """Whether the papers asked answer it."""
        return self.kind == "own"


def askings(source: Source, each: int, seed: int, distractors: int) -> list[Asking]:
    """Every asking of a sample of the source's questions.

    Args:
        source: questions and passages.
        each: how many questions are taken, by chance.
        seed: what chance begins with; a smaller sample is a part of a larger one.
        distractors: how many other passages of the source are papers too; half of them are of the same groups, as far as there are so
            many.
    """
    questions = sorted(source.questions, key=lambda item: _chance(seed, item.id))[:each]
    about = {item.passage for question in questions for item in question.shown}
    others = _distractors(source, about, seed, distractors)
    whole = Shelf("whole", tuple(source.passages[name] for name in [*sorted(about), *others]))
    cut = _cut(source, questions, seed)
    short = Shelf("cut", (*cut.values(), *(source.passages[name] for name in others[: distractors // 2])))
    made = []
    for question in questions:
        made += _of_whole(source, question, whole)
        if question.id in cut:
            out = answer_elsewhere(source, question, short.passages)
            own = ((cut[question.id].id, ()),)
            made.append(Asking(f"{question.id}:cut", question, "cut", short, own, frozenset(out)))
    return made


def _of_whole(source: Source, question: Question, whole: Shelf) -> list[Asking]:
    others = tuple((item.passage, ()) for item in question.shown if not item.answers)
    if not question.answering:
        return [Asking(f"{question.id}:no_answer", question, "no_answer", whole, others)]
    own = tuple((item.passage, item.marks) for item in question.answering)
    out = answer_elsewhere(source, question, whole.passages)
    groups = {source.passages[item.passage].group for item in question.answering}
    near = frozenset(item.id for item in whole.passages if item.group in groups)
    return [
        Asking(f"{question.id}:own", question, "own", whole, own, near=near),
        Asking(f"{question.id}:left_out", question, "left_out", whole, others, frozenset(out)),
    ]


def _distractors(source: Source, about: Iterable[str], seed: int, count: int) -> list[str]:
    taken = set(about)
    groups = {source.passages[name].group for name in taken}
    rest = sorted(set(source.passages) - taken, key=lambda name: _chance(seed, name))
    near = [name for name in rest if source.passages[name].group in groups][: count // 2]
    far = [name for name in rest if name not in set(near)][: count - len(near)]
    # By turns, so that a part of them has both.
    return sorted([*near, *far], key=lambda name: _chance(seed + 1, name))


def _cut(source: Source, questions: Sequence[Question], seed: int) -> dict[str, Passage]:
    """By question a passage without its answering sentences: of half of those that have one, and each passage once."""
    made: dict[str, Passage] = {}
    used: set[str] = set()
    for question in questions:
        if int(_chance(seed, f"cut {question.id}")[:8], 16) % 2:
            continue
        for item in question.answering:
            if item.passage in used or not item.marks:
                continue
            passage = source.passages[item.passage].without(item.marks)
            if passage is not None:
                used.add(item.passage)
                made[question.id] = passage
                break
    return made


def _chance(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
