"""Pairs of records that are of one paper or of two, and what the ingest makes of them: `python -m evals merges`.

Owns the form of a pair and the counting. Decides nothing itself: records are read and grouped by the code of the ingest.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.groups import Found, grouped

_FIELDS: dict[str, type] = {"id": str, "kind": str, "same": bool, "one": dict, "other": dict}


@dataclass(frozen=True, slots=True)
class MergePair:
    """Two records, whether they are of one paper, and what kind of pair it is."""

    id: str
    kind: str
    same: bool
    one: Entry
    other: Entry


@dataclass(frozen=True, slots=True)
class MergeVerdict:
    """A pair, and why the ingest makes one paper of it: None where it does not. `refused`: it takes in one record alone, because the
    other has the same id."""

    pair: MergePair
    reason: str | None
    refused: bool

    @property
    def is_false(self) -> bool:
        """Whether two papers were made one."""
        return self.reason is not None and not self.pair.same

    @property
    def is_missed(self) -> bool:
        """Whether one paper was left two."""
        return self.reason is None and self.pair.same


def load_merge_pairs(path: Path) -> list[MergePair]:
    """The pairs of a `.jsonl` file with a line {"id", "kind", "same", "one", "other"} each; the records are as in `corpus.jsonl`.

    Raises:
        EvalError: the file or a line cannot be read, two pairs have one id, or there is no pair.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise EvalError(f"{path} cannot be read: {error}") from error
    pairs = [_pair(f"{path}, line {number}", line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not pairs:
        raise EvalError(f"{path} holds no pairs")
    seen: set[str] = set()
    for pair in pairs:
        if pair.id in seen:
            raise EvalError(f"{path}: two pairs have the id {pair.id!r}")
        seen.add(pair.id)
    return pairs


def _pair(place: str, line: str) -> MergePair:
    try:
        raw = json.loads(line)
    except ValueError as error:
        raise EvalError(f"{place}: not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise EvalError(f"{place}: not an object; a pair has the fields {', '.join(_FIELDS)}")
    for name, kind in _FIELDS.items():
        if not isinstance(raw.get(name), kind):
            raise EvalError(f"{place}: {name!r} must be {_SAID[kind]}, not {raw.get(name)!r}")
    one, other = (_entry(f"{place}, {name}", raw[name]) for name in ("one", "other"))
    return MergePair(raw["id"], raw["kind"], raw["same"], one, other)


_SAID = {str: "a text", bool: "true or false", dict: "a record"}


def _entry(place: str, record: dict[str, Any]) -> Entry:
    entry = entry_of(record, 1)
    if isinstance(entry, Rejected):
        raise EvalError(f"{place}: {entry.reason}")
    return entry


def decide(pairs: Sequence[MergePair]) -> list[MergeVerdict]:
    """What becomes of each pair whose records stand in two files that are taken in at once."""
    return [_verdict(pair) for pair in pairs]


def _verdict(pair: MergePair) -> MergeVerdict:
    records = [Found(Path("one.jsonl"), pair.one), Found(Path("other.jsonl"), pair.other)]
    groups, conflicts = grouped(records, {})
    reason = groups[0].reasons[1] if len(groups[0].members) > 1 else None
    return MergeVerdict(pair, reason, bool(conflicts))


def merges_summary(verdicts: Sequence[MergeVerdict]) -> dict[str, Any]:
    """What `evals merges` reports: how many pairs, false merges and missed ones, for all and per kind, and which they are."""
    kinds = dict.fromkeys(item.pair.kind for item in verdicts)
    return {
        **_counts(verdicts),
        "by_kind": {kind: _counts([item for item in verdicts if item.pair.kind == kind]) for kind in kinds},
        "false_merges": [verdict_json(item) for item in verdicts if item.is_false],
        "missed_merges": [verdict_json(item) for item in verdicts if item.is_missed],
    }


def _counts(verdicts: Sequence[MergeVerdict]) -> dict[str, int]:
    return {
        "n": len(verdicts),
        "same": sum(item.pair.same for item in verdicts),
        "false": sum(item.is_false for item in verdicts),
        "missed": sum(item.is_missed for item in verdicts),
        "refused": sum(item.refused for item in verdicts),
    }


def verdict_json(item: MergeVerdict) -> dict[str, Any]:
    """A pair and its verdict, as `evals merges --json` prints them."""
    return {
        "id": item.pair.id,
        "kind": item.pair.kind,
        "same": item.pair.same,
        "merged": item.reason is not None,
        "refused": item.refused,
        "reason": item.reason or "",
        "titles": [item.pair.one.paper.title, item.pair.other.paper.title],
    }
