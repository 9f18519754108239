"""Question sets: what a question may hold, checking it against a library, choosing a part. Knows nothing of runs and scores.

Fields of a question: `id`, `question`; optional `history`, `gold` (paper ids or exact titles; `gold_ids` is the same), `grades`
(paper: how relevant), `nuggets`, `answer`, `answerable`, `also_ok`, `must_not`, `expect`, `type`, `split`. Unknown fields are kept.
"""

import difflib
import hashlib
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.cases import formats
from evals.cases.expectation import check_expectation, is_facts, is_strings, papers_expected
from evals.cases.fields import LISTS, in_our_forms, renamed
from evals.errors import EvalError
from rag.core.domain import Message, Paper
from rag.core.text import normalise

_NAMED = 20
"""Most problems that one message names."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what a right answer is. `raw` is the set's object as it stands."""

    id: str
    question: str
    history: tuple[Message, ...]
    raw: dict[str, Any]

    @property
    def type(self) -> str:
        """The group that it is scored in."""
        return str(self.raw.get("type", "all"))

    @property
    def gold(self) -> tuple[str, ...]:
        """Ids or exact titles of the papers that a right answer cites."""
        return (*self.raw.get("gold", ()), *self.raw.get("gold_ids", ()))

    @property
    def papers(self) -> tuple[str, ...]:
        """Ids or exact titles of all papers that the set names as right or as not wrong."""
        graded = (name for name, grade in self.raw.get("grades", {}).items() if grade > 0)
        return tuple(dict.fromkeys((*self.gold, *self.raw.get("also_ok", ()), *graded)))

    @property
    def named(self) -> tuple[str, ...]:
        """Ids or exact titles of all papers that the set names for any reason."""
        return tuple(dict.fromkeys((*self.papers, *papers_expected(self.raw))))


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set file: its cases, the sha256 of the file, and a line for each thing in it that could not be read, with its place."""

    path: Path
    sha256: str
    cases: tuple[Case, ...]
    skipped: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What was skipped, in one line that names the first of them; "" where nothing was."""
        if not self.skipped:
            return ""
        parts = "1 part of it is skipped" if len(self.skipped) == 1 else f"{len(self.skipped)} parts of it are skipped"
        return f"{self.path}: {parts}. {_listed(self.skipped)}"


def load_set(path: Path) -> QuestionSet:
    """Read a set in any of the shapes of `evals.cases.formats`. What cannot be read is skipped and named; the rest goes in.

    Raises:
        EvalError: the file is missing, of no known shape or encoding, or no question is left in it.
    """
    data, records = formats.read(path)
    cases: list[Case] = []
    skipped: list[str] = []
    places: dict[str, str] = {}
    read = [(place, _normal(raw)) for place, raw in records]
    given = {raw["id"] for _, raw in read if isinstance(raw, dict) and isinstance(raw.get("id"), str)}
    for place, raw in read:
        try:
            case = _case(raw, _free_id(place, given))
            if case.id in places:
                raise ValueError(f"id {case.id!r} occurs twice, first at {places[case.id]}")
            places[case.id] = place
            cases.append(case)
        except ValueError as error:
            skipped.append(f"{place}: {error}")
    if skipped and not cases:
        lines = "1 bad line" if len(skipped) == 1 else f"{len(skipped)} bad lines"
        raise EvalError(f"{path} has {lines}. {_listed(skipped)}")
    if not cases:
        raise EvalError(f"{path} holds no question")
    return QuestionSet(path, hashlib.sha256(data).hexdigest(), tuple(cases), tuple(skipped))


def _listed(problems: Sequence[str]) -> str:
    more = f"; and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    return "; ".join(problems[:_NAMED]) + more


def _normal(raw: Any) -> Any:
    return in_our_forms(renamed(raw)) if isinstance(raw, dict) else raw


def _free_id(place: str, given: Collection[str]) -> str:
    """The id of a question that has none: the number of its line or item, such as `q17`."""
    number = "q" + place.rpartition(" ")[2]
    while number in given:
        number += "-"
    return number


def _case(raw: Any, free_id: str) -> Case:
    if isinstance(raw, ValueError):
        raise raw
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")
    raw = {"id": free_id} | raw
    for name in ("id", "question"):
        if not isinstance(raw.get(name), str) or not raw[name].strip():
            raise ValueError(f"no {name}")
    for name in LISTS:
        if not is_strings(raw.get(name, [])):
            raise ValueError(f"{name} is not a list of strings")
    if not is_facts(raw.get("nuggets", [])):
        raise ValueError("nuggets is not a list of non-empty lists of non-empty strings")
    if not isinstance(raw.get("answerable", True), bool):
        raise ValueError("answerable is neither true nor false")
    if not isinstance(raw.get("answer", ""), str):
        raise ValueError("answer is not text")
    grades = raw.get("grades", {})
    if not isinstance(grades, dict) or not all(type(grade) is int for grade in grades.values()):
        raise ValueError("grades is not an object of paper: whole number")
    check_expectation(raw.get("expect", {}))
    return Case(raw["id"], raw["question"], _history(raw.get("history", [])), raw)


def _history(turns: Any) -> tuple[Message, ...]:
    if not isinstance(turns, list):
        raise ValueError("history is not a list")
    messages = []
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant"):
            raise ValueError("a turn of history has no role user or assistant")
        if not isinstance(turn.get("content"), str):
            raise ValueError("a turn of history has no content")
        if not is_strings(turn.get("cited", [])):
            raise ValueError("cited in a turn of history is not a list of paper ids")
        messages.append(Message(turn["role"], turn["content"], tuple(turn.get("cited", ()))))
    return tuple(messages)


def check_against(cases: Iterable[Case], papers: Sequence[Paper]) -> None:
    """Raise EvalError where a paper that the set names is not in the library, with the nearest title."""
    if unknown := unknown_papers(cases, papers):
        more = f"; and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise EvalError(
            f"{len(unknown)} papers of the set are not in the library: " + "; ".join(unknown[:_NAMED]) + more
        )


def unknown_papers(cases: Iterable[Case], papers: Sequence[Paper]) -> list[str]:
    """One line for each paper named that is not there. A grade of 0 or less needs no paper: it says that none is right."""
    names = paper_ids(papers)
    titles = {normalise(paper.title): paper.title for paper in papers if paper.title}
    return [
        f"{case.id}: {name!r}" + _nearest(name, titles)
        for case in cases
        for name in case.named
        if resolve(name, names) is None
    ]


def _nearest(name: str, titles: dict[str, str]) -> str:
    # An id is near to no title, and looking takes a second in a large library.
    near = difflib.get_close_matches(normalise(name), titles, n=1) if " " in name.strip() else []
    return f" (did you mean {titles[near[0]]!r}?)" if near else ""


def paper_ids(papers: Sequence[Paper]) -> dict[str, str]:
    """From ids, ids given up in a merge, and normalised titles to ids."""
    by_title = {normalise(paper.title): paper.id for paper in papers if paper.title}
    by_alias = {alias: paper.id for paper in papers for alias in paper.aliases}
    return by_title | by_alias | {paper.id: paper.id for paper in papers}


def resolve(name: str, names: Mapping[str, str]) -> str | None:
    """The paper id that an id or exact title stands for."""
    return names.get(name) or names.get(normalise(name))


def select(
    cases: Sequence[Case], split: str | None = None, limit: int | None = None, sample: int | None = None, seed: int = 0
) -> tuple[Case, ...]:
    """The cases of a split; of these a sample, each `type` with its share; of these the first `limit`. In the set's order.

    Raises:
        EvalError: no case is left.
    """
    of_split = [case for case in cases if split is None or case.raw.get("split") == split]
    if not of_split:
        splits = sorted({str(case.raw.get("split")) for case in cases})
        raise EvalError(f"no question has split {split!r}; the set has {', '.join(splits)}")
    return tuple((of_split if sample is None else _stratified(of_split, sample, seed))[:limit])


def _stratified(cases: Sequence[Case], size: int, seed: int) -> list[Case]:
    """Largest remainders decide which types get the places that are left over."""
    by_type: dict[str, list[Case]] = {}
    for case in cases:
        by_type.setdefault(case.type, []).append(case)
    share = {kind: min(size, len(cases)) * len(members) / len(cases) for kind, members in by_type.items()}
    places = {kind: int(part) for kind, part in share.items()}
    short = min(size, len(cases)) - sum(places.values())
    for kind in sorted(share, key=lambda kind: (places[kind] - share[kind], kind))[:short]:
        places[kind] += 1
    draw = random.Random(seed)
    ids = {case.id for kind in sorted(by_type) for case in draw.sample(by_type[kind], places[kind])}
    return [case for case in cases if case.id in ids]
