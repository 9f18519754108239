"""Question sets: reading, checking against a library, choosing a part. Knows nothing of running or scoring.

A set is JSONL, one object a line: `id`, `question`; optional `history`, `gold` (paper ids or exact titles; `gold_ids` is
the same), `nuggets`, `answerable`, `also_ok`, `must_not`, `type`, `split`. Unknown fields are kept.
"""

import difflib
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.domain import Paper, Turn
from rag.errors import EvalError
from rag.text import normalise


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what a right answer is. `raw` is the set's object as it stands."""

    id: str
    question: str
    history: tuple[Turn, ...]
    raw: dict[str, Any]

    @property
    def gold(self) -> tuple[str, ...]:
        """Ids or exact titles of the papers that a right answer cites."""
        return (*self.raw.get("gold", ()), *self.raw.get("gold_ids", ()))


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set file: its cases, and the sha256 of the file."""

    path: Path
    sha256: str
    cases: tuple[Case, ...]


def load_set(path: Path) -> QuestionSet:
    """Read a set.

    Raises:
        EvalError: the file is missing or empty, or lines are wrong; all of them are named at once.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"cannot read the question set {path}: {error}") from error
    cases: list[Case] = []
    problems: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            case = _case(json.loads(line))
            if case.id in seen:
                raise ValueError(f"id {case.id!r} occurs twice")
            seen.add(case.id)
            cases.append(case)
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise EvalError(f"{path} has {len(problems)} bad lines. " + "; ".join(problems))
    if not cases:
        raise EvalError(f"{path} holds no question")
    return QuestionSet(path, hashlib.sha256(data).hexdigest(), tuple(cases))


def _case(raw: Any) -> Case:
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")
    for name in ("id", "question"):
        if not isinstance(raw.get(name), str) or not raw[name].strip():
            raise ValueError(f"no {name}")
    for name in ("gold", "gold_ids", "also_ok", "must_not"):
        if not _strings(raw.get(name, [])):
            raise ValueError(f"{name} is not a list of strings")
    nuggets = raw.get("nuggets", [])
    if not isinstance(nuggets, list) or not all(_aliases(nugget) for nugget in nuggets):
        raise ValueError("nuggets is not a list of non-empty lists of non-empty strings")
    if not isinstance(raw.get("answerable", True), bool):
        raise ValueError("answerable is neither true nor false")
    return Case(raw["id"], raw["question"], _history(raw.get("history", [])), raw)


def _strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _aliases(nugget: Any) -> bool:
    return bool(nugget) and _strings(nugget) and all(alias.strip() for alias in nugget)


def _history(turns: Any) -> tuple[Turn, ...]:
    if not isinstance(turns, list):
        raise ValueError("history is not a list")
    made = []
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant"):
            raise ValueError("a turn of history has no role user or assistant")
        if not isinstance(turn.get("content"), str):
            raise ValueError("a turn of history has no content")
        made.append(Turn(turn["role"], turn["content"]))
    return tuple(made)


def check_against(cases: Iterable[Case], papers: Sequence[Paper]) -> None:
    """Raise EvalError where a gold or also_ok paper is not in the library, with the nearest title."""
    names = paper_ids(papers)
    titles = {normalise(paper.title): paper.title for paper in papers if paper.title}
    unknown = [
        f"{case.id}: {name!r}" + _nearest(name, titles)
        for case in cases
        for name in (*case.gold, *case.raw.get("also_ok", ()))
        if resolve(name, names) is None
    ]
    if unknown:
        raise EvalError(f"{len(unknown)} papers of the set are not in the library: " + "; ".join(unknown[:20]))


def _nearest(name: str, titles: dict[str, str]) -> str:
    near = difflib.get_close_matches(normalise(name), titles, n=1)
    return f" (did you mean {titles[near[0]]!r}?)" if near else ""


def paper_ids(papers: Sequence[Paper]) -> dict[str, str]:
    """From ids and normalised titles to ids."""
    by_title = {normalise(paper.title): paper.id for paper in papers if paper.title}
    return by_title | {paper.id: paper.id for paper in papers}


def resolve(name: str, names: dict[str, str]) -> str | None:
    """The paper id that an id or exact title stands for."""
    return names.get(name) or names.get(normalise(name))


def select(cases: Sequence[Case], split: str | None, limit: int | None) -> tuple[Case, ...]:
    """The cases of a split, the first `limit` of them.

    Raises:
        EvalError: no case is left.
    """
    chosen = [case for case in cases if split is None or case.raw.get("split") == split][:limit]
    if not chosen:
        splits = sorted({str(case.raw.get("split")) for case in cases})
        raise EvalError(f"no question has split {split!r}; the set has {', '.join(splits)}")
    return tuple(chosen)
