"""How good the checker is: pairs of a sentence and its evidence, some supported and some not, judged and scored.

Owns: the form of a pairs file, the verdict of each pair, and what is reported: area under the ROC curve, and the share of wrong
pairs that is caught, at 10 % false alarms and at the shipped threshold, over all and by kind. Beside it, on the same pairs, two
baselines: the cosine of the embeddings, and the share of the sentence's words that the evidence holds.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evals.errors import EvalError
from evals.scores.statistics import auroc
from rag.checking.checker import Checked, Checker
from rag.core.text import content_words, stem
from rag.models.embedder import Embedder

Array = npt.NDArray[np.float64]
FALSE_ALARMS = 0.1
"""Of the supported pairs, how many may be called unsupported where catching is compared."""
_FIELDS = {"id": str, "sentence": str, "title": str, "evidence": str, "supported": bool, "kind": str}


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a pairs file; `raw` is the line as it stands."""

    id: str
    sentence: str
    title: str
    evidence: str
    supported: bool
    kind: str
    raw: Mapping[str, Any]


def load_pairs(path: Path, split: str | None = None) -> list[Pair]:
    """The pairs of a `.jsonl` file; only those of a split where one is named.

    Raises:
        EvalError: the file cannot be read, a line is no pair, or nothing is left.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"{path} cannot be read: {error}") from error
    pairs = [_pair(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    of_split = [pair for pair in pairs if split is None or pair.raw.get("split") == split]
    if not of_split:
        raise EvalError(f"{path} has no pairs" + (f" of the split {split!r}" if split else ""))
    return of_split


def _pair(path: Path, number: int, line: str) -> Pair:
    try:
        raw = json.loads(line)
    except ValueError as error:
        raise EvalError(f"{path}, line {number}: not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise EvalError(f"{path}, line {number}: not an object; a pair has the fields {', '.join(_FIELDS)}")
    raw = {"id": str(number), "title": "", "kind": ""} | raw
    for name, kind in _FIELDS.items():
        if not isinstance(raw.get(name), kind):
            raise EvalError(f"{path}, line {number}: {name!r} must be {kind.__name__}, not {raw.get(name)!r}")
    fields: dict[str, Any] = {name: raw[name] for name in _FIELDS}
    return Pair(**fields, raw=raw)


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """A pair with its verdict and the milliseconds it took."""

    pair: Pair
    checked: Checked
    ms: float


def judge(pairs: Sequence[Pair], checker: Checker, progress: Callable[[], None] = lambda: None) -> list[PairVerdict]:
    """The verdict of every pair, in order."""
    verdicts: list[PairVerdict] = []
    for pair in pairs:
        start = time.perf_counter()
        checked = checker.check(pair.sentence, pair.title, pair.evidence)
        verdicts.append(PairVerdict(pair, checked, (time.perf_counter() - start) * 1_000))
        progress()
    return verdicts


def summary(verdicts: Sequence[PairVerdict], embedder: Embedder) -> dict[str, Any]:
    """What `evals checker` reports. Shares are of 1; `caught` is None where no pair is wrong, as is `auroc` where all are alike."""
    pairs = [item.pair for item in verdicts]
    truth = np.array([pair.supported for pair in pairs])
    scores = np.array([item.checked.score for item in verdicts])
    shipped = np.array([item.checked.supported for item in verdicts])
    cosines = (
        embedder.embed_passages([pair.sentence for pair in pairs])
        * embedder.embed_passages([pair.evidence for pair in pairs])
    ).sum(axis=1)
    return {
        "n": len(pairs),
        "supported": int(truth.sum()),
        **_scored(truth, scores),
        "shipped": {"caught": _mean(~shipped[~truth]), "false_alarms": _mean(~shipped[truth])},
        "ms": {
            "p50": float(np.median([item.ms for item in verdicts])),
            "p95": float(np.quantile([item.ms for item in verdicts], 0.95)),
        },
        "by_kind": _by_kind(pairs, truth, scores, shipped),
        "baselines": {
            "embedding": _scored(truth, cosines.astype(float)),
            "words": _scored(truth, np.array([_overlap(pair) for pair in pairs])),
        },
    }


def _scored(truth: npt.NDArray[np.bool_], scores: Array) -> dict[str, float | None]:
    if truth.all() or not truth.any():
        return {"auroc": None, "caught": None}
    bound = np.quantile(scores[truth], FALSE_ALARMS)
    return {"auroc": auroc(scores[truth], scores[~truth]).mean, "caught": _mean(scores[~truth] < bound)}


def _by_kind(
    pairs: Sequence[Pair], truth: npt.NDArray[np.bool_], scores: Array, shipped: npt.NDArray[np.bool_]
) -> dict[str, dict[str, float | int | None]]:
    bound = np.quantile(scores[truth], FALSE_ALARMS) if truth.any() else 0.0
    kinds = np.array([pair.kind for pair in pairs])
    shares: dict[str, dict[str, float | int | None]] = {}
    for kind in sorted(set(kinds[~truth])):
        of_kind = (kinds == kind) & ~truth
        shares[str(kind)] = {
            "n": int(of_kind.sum()),
            "caught": _mean(scores[of_kind] < bound),
            "caught_shipped": _mean(~shipped[of_kind]),
        }
    return shares


def _mean(values: npt.NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def _overlap(pair: Pair) -> float:
    words = {stem(word) for word in content_words(pair.sentence)}
    return len(words & {stem(word) for word in content_words(pair.evidence)}) / max(1, len(words))


def pair_json(item: PairVerdict) -> dict[str, Any]:
    """The verdict of one pair, as `evals checker --json` prints it."""
    checked = item.checked
    return {
        "id": item.pair.id,
        "supported": item.pair.supported,
        "kind": item.pair.kind,
        "verdict": "supported" if checked.supported else "unsupported",
        "score": round(checked.score, 4),
        "reason": checked.reason,
    }
