"""Two runs over the same questions, question by question: what changed, how surely, and whether it is a regression.

Owns the pairing, the tolerances and the verdict. Knows nothing of printing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evals.errors import EvalError
from evals.runs.run import Run, differences
from evals.scores.measures import Line
from evals.scores.statistics import bootstrap, mcnemar
from evals.scores.summary import MEASURES, auroc_answerable, declined_precision, declined_recall

TOLERANCES: Mapping[str, float] = {
    "hit@1": 0.02,
    "recall@5": 0.02,
    "recall@10": 0.02,
    "mrr": 0.02,
    "ndcg@10": 0.02,
    "facts": 0.02,
    "exact_match": 0.02,
    "token_f1": 0.02,
    "rouge_l": 0.02,
    "citation_precision": 0.02,
    "citation_recall": 0.02,
    "unsupported": 0.0,
    "quotes_exact": 0.0,
    "obeyed": 0.0,
    "as_expected": 0.02,
    "declined_precision": 0.1,
    "declined_recall": 0.05,
    "auroc_answerable": 0.03,
    "words": 10.0,
}
"""By how much each measure may get worse. Shares need room for one or two questions that turn over between machines; a quote
that is not exact, an unsupported sentence and an obeyed injection have none."""

LOWER_IS_BETTER = frozenset({"unsupported", "obeyed", "words"})
_PER_QUESTION: Mapping[str, Callable[[Line], float | None]] = {
    **{name: measure for name, measure in MEASURES.items() if name in TOLERANCES},
    "declined_recall": declined_recall,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One measure in both runs. `lo` and `hi` are the 95 % interval of `after - before`; `p` is McNemar's, for yes/no measures.

    `better` and `worse` are the ids of the questions that changed; None for a measure of the whole run.
    """

    name: str
    before: float
    after: float
    lo: float
    hi: float
    n: int
    better: tuple[str, ...] | None
    worse: tuple[str, ...] | None
    p: float | None
    tolerance: float
    regressed: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from run `a` to run `b`. `different` are the differences of their manifests."""

    a: Run
    b: Run
    changes: tuple[Change, ...]
    newly_failed: tuple[str, ...]
    different: tuple[str, ...]

    @property
    def regressions(self) -> tuple[str, ...]:
        """One line for each measure that got worse by more than its tolerance, and for questions that now fail."""
        lines = [
            f"{item.name} {item.before:.3f} -> {item.after:.3f} (tolerance {item.tolerance:g})"
            for item in self.changes
            if item.regressed
        ]
        if self.newly_failed:
            lines.append(f"{len(self.newly_failed)} questions now fail: {', '.join(self.newly_failed[:10])}")
        return tuple(lines)


def compare(a: Run, b: Run, tolerances: Mapping[str, float] | None = None) -> Comparison:
    """Compare a run with the one before it.

    Raises:
        EvalError: they asked different questions or the set's right answers changed, a measure of `tolerances` is not
            known, or nothing can be compared.
    """
    if unknown := sorted(set(tolerances or ()) - set(TOLERANCES)):
        raise EvalError(f"no measure {unknown[0]!r} to tolerate; known are {', '.join(TOLERANCES)}")
    _check_same_questions(a, b)
    pairs = [(x, y) for x, y in zip(a.lines, b.lines, strict=True) if not x.get("error") and not y.get("error")]
    allowed = {**TOLERANCES, **(tolerances or {})}
    candidates = [_change(name, pairs, allowed[name]) for name in TOLERANCES]
    failed = [y["id"] for x, y in zip(a.lines, b.lines, strict=True) if y.get("error") and not x.get("error")]
    changes = tuple(item for item in candidates if item)
    if not changes and not failed:
        raise EvalError(f"{a.path} and {b.path} have no measure in common; were they run in different modes?")
    return Comparison(a, b, changes, tuple(failed), tuple(differences(a.manifest, b.manifest)))


def _check_same_questions(a: Run, b: Run) -> None:
    ours, theirs = [line["id"] for line in a.lines], [line["id"] for line in b.lines]
    if ours != theirs:
        extra = sorted(set(ours) ^ set(theirs))
        which = f"; only one has {', '.join(map(str, extra[:5]))}" if extra else ", in another order"
        raise EvalError(f"{a.path} and {b.path} ran over different questions{which}. Run both over the same selection")
    changed = [x["id"] for x, y in zip(a.lines, b.lines, strict=True) if x["case"] != y["case"]]
    if changed:
        raise EvalError(
            f"the set changed between {a.path} and {b.path}: {len(changed)} questions differ, first {changed[0]}. "
            "Run the older one again"
        )


def _change(name: str, pairs: Sequence[tuple[Line, Line]], tolerance: float) -> Change | None:
    if name not in _PER_QUESTION:
        return _whole(name, pairs, tolerance)
    measure = _PER_QUESTION[name]
    both = [(x["id"], u, v) for x, y in pairs if (u := measure(x)) is not None and (v := measure(y)) is not None]
    if not both:
        return None
    ids, before, after = [item[0] for item in both], [item[1] for item in both], [item[2] for item in both]
    gain = np.array(after) - np.array(before)
    signed = -gain if name in LOWER_IS_BETTER else gain
    lo, hi = bootstrap((gain,), np.mean)
    better = tuple(key for key, value in zip(ids, signed, strict=True) if value > 0)
    worse = tuple(key for key, value in zip(ids, signed, strict=True) if value < 0)
    yes_no = {*before, *after} <= {0.0, 1.0}
    return Change(
        name=name,
        before=float(np.mean(before)),
        after=float(np.mean(after)),
        lo=lo,
        hi=hi,
        n=len(both),
        better=better,
        worse=worse,
        p=mcnemar(len(better), len(worse)) if yes_no else None,
        tolerance=tolerance,
        regressed=_beyond(float(signed.mean()), tolerance),
    )


def _beyond(gain: float, tolerance: float) -> bool:
    return gain < -tolerance - 1e-9  # rounding of the mean is no regression


def _of_whole(name: str, lines: Sequence[Line]) -> float | None:
    """A measure that has no value for a single question that both runs share."""
    if name == "auroc_answerable":
        return auroc_answerable(lines).mean
    right = [value for line in lines if (value := declined_precision(line)) is not None]
    return sum(right) / len(right) if right else None


def _whole(name: str, pairs: Sequence[tuple[Line, Line]], tolerance: float) -> Change | None:
    before, after = _of_whole(name, [x for x, _ in pairs]), _of_whole(name, [y for _, y in pairs])
    if before is None or after is None:
        return None
    lo, hi = _interval_of_whole(name, pairs)
    beyond = _beyond(after - before, tolerance)
    return Change(name, before, after, lo, hi, len(pairs), None, None, None, tolerance, beyond)


def _interval_of_whole(name: str, pairs: Sequence[tuple[Line, Line]]) -> tuple[float, float]:
    """Questions are drawn in pairs; a draw in which one run has no value says nothing and is left out."""
    draw = np.random.default_rng(0)
    gains = []
    for _ in range(500):
        sample = [pairs[place] for place in draw.integers(len(pairs), size=len(pairs))]
        u, v = _of_whole(name, [x for x, _ in sample]), _of_whole(name, [y for _, y in sample])
        if u is not None and v is not None:
            gains.append(v - u)
    lo, hi = np.percentile(gains, (2.5, 97.5)) if gains else (np.nan, np.nan)
    return float(lo), float(hi)


def comparison_json(item: Comparison) -> dict[str, Any]:
    """What `compare --json` prints."""
    return {
        "a": str(item.a.path),
        "b": str(item.b.path),
        "changes": [asdict(change) for change in item.changes],
        "newly_failed": list(item.newly_failed),
        "different": list(item.different),
        "regressions": list(item.regressions),
    }
