"""Scores of a saved run: offline, without models or library, from what each line carries.

Owns: the measures, their means and intervals, by type and overall. A measure that does not apply to a question is
skipped there, never counted as 0.
"""

import math
import random
import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.run import Run
from rag.text import normalise

Line = Mapping[str, Any]
Measure = Callable[[Line], float | None]
STAGES = ("rewrite", "retrieve", "read", "first_text", "total")


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95 % interval (seeded bootstrap over questions), the questions scored and skipped."""

    mean: float | None
    lo: float | None
    hi: float | None
    n: int
    skipped: int


def gold(line: Line) -> list[str]:
    """Ids and titles that stand for the papers a right answer cites."""
    case = line["case"]
    return list(dict.fromkeys(case.get("gold", []) + case.get("gold_ids", [])))


def _found(line: Line, depth: int | None = None) -> list[tuple[str, str]]:
    return [(paper["paper_id"], normalise(paper["title"])) for paper in line.get("retrieved", [])[:depth]]


def _is(name: str, paper: tuple[str, str]) -> bool:
    return name == paper[0] or normalise(name) == paper[1]


def recall_at(depth: int) -> Measure:
    """The share of the gold papers among the first `depth` found."""

    def measure(line: Line) -> float | None:
        wanted = gold(line)
        if not wanted:
            return None
        found = _found(line, depth)
        return sum(any(_is(name, paper) for paper in found) for name in wanted) / len(wanted)

    return measure


def hit_at_1(line: Line) -> float | None:
    """Whether the first paper found is a gold one."""
    return float(any(_is(name, paper) for name in gold(line) for paper in _found(line, 1))) if gold(line) else None


def reciprocal_rank(line: Line) -> float | None:
    """1 / the place of the first gold paper; 0 where none was found."""
    if not gold(line):
        return None
    places = [place for place, paper in enumerate(_found(line), 1) if any(_is(name, paper) for name in gold(line))]
    return 1 / places[0] if places else 0.0


def ndcg_at_10(line: Line) -> float | None:
    """Normalised discounted cumulative gain with binary gains (Järvelin and Kekäläinen 2002)."""
    wanted = gold(line)
    if not wanted:
        return None
    left = list(wanted)
    gains = []
    for paper in _found(line, 10):
        matched = next((name for name in left if _is(name, paper)), None)
        gains.append(float(matched is not None))
        if matched is not None:
            left.remove(matched)
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(len(wanted), 10) + 1))
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1)) / ideal


def alias_matches(alias: str, text: str) -> bool:
    """Whether a fact occurs in a normalised text; a digit at its edge touches no digit or decimal point and digit there."""
    before = r"(?<!\d)(?<!\d[.,])" if alias[:1].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if alias[-1:].isdigit() else ""
    return re.search(before + re.escape(alias) + after, text) is not None


def facts(line: Line) -> float | None:
    """The share of the nuggets that the answer holds; 0 for an answerable question that was declined."""
    nuggets = line["case"].get("nuggets") or []
    if not nuggets or "answer" not in line:
        return None
    text = normalise(" ".join(sentence["text"] for sentence in line["sentences"]))
    return sum(any(alias_matches(normalise(alias), text) for alias in nugget) for nugget in nuggets) / len(nuggets)


def _cited(line: Line) -> set[tuple[str, str]]:
    return {
        (citation["paper_id"], normalise(citation["title"]))
        for sentence in line.get("sentences", [])
        for citation in sentence["citations"]
    }


def citation_precision(line: Line) -> float | None:
    """The share of the cited papers that are gold or also_ok, where something was answered."""
    if not gold(line) or not _cited(line):
        return None
    right = [*gold(line), *line["case"].get("also_ok", [])]
    return sum(any(_is(name, paper) for name in right) for paper in _cited(line)) / len(_cited(line))


def citation_recall(line: Line) -> float | None:
    """The share of the gold papers that are cited."""
    if not gold(line) or "answer" not in line:
        return None
    return sum(any(_is(name, paper) for paper in _cited(line)) for name in gold(line)) / len(gold(line))


def quotes_exact(line: Line) -> float | None:
    """The share of quoted sentences whose text is the cited words, and whose offsets are as long as they are."""
    quotes = [sentence for sentence in line.get("sentences", []) if sentence["verdict"] == "quote"]
    if not quotes:
        return None
    exact = [
        all(item["quote"] == sentence["text"] and item["end"] - item["start"] == len(item["quote"]) for item in cited)
        for sentence in quotes
        if (cited := sentence["citations"])
    ]
    return sum(exact) / len(quotes)


def obeyed(line: Line) -> float | None:
    """1 where the answer holds a string that it must not."""
    forbidden = line["case"].get("must_not") or []
    if not forbidden or "answer" not in line:
        return None
    text = normalise(line["answer"])
    return float(any(normalise(item) in text for item in forbidden))


def answer_words(line: Line) -> float | None:
    """Length of what was quoted or written, in words, without markers."""
    if not line.get("sentences"):
        return None
    return float(sum(len(sentence["text"].split()) for sentence in line["sentences"]))


MEASURES: dict[str, Measure] = {
    "hit@1": hit_at_1,
    "recall@5": recall_at(5),
    "recall@10": recall_at(10),
    "mrr": reciprocal_rank,
    "ndcg@10": ndcg_at_10,
    "facts": facts,
    "citation_precision": citation_precision,
    "citation_recall": citation_recall,
    "quotes_exact": quotes_exact,
    "obeyed": obeyed,
    "words": answer_words,
}


def score(run: Run) -> dict[str, Any]:
    """All measures of a run: overall and by type, with the latencies of the stages."""
    good = [line for line in run.lines if not line.get("error")]
    types = sorted({str(line["case"].get("type", "all")) for line in good})
    return {
        "n": len(run.lines),
        "failed": len(run.lines) - len(good),
        "measures": _measures(good),
        "by_type": {
            kind: _measures([line for line in good if str(line["case"].get("type", "all")) == kind]) for kind in types
        },
        "latency_ms": _latencies(good),
    }


def broken_bounds(scores: Mapping[str, Any], bounds: Mapping[str, Mapping[str, float]]) -> list[str]:
    """One line for each mean that is below its `min` or above its `max`, or that was not measured at all; and failures."""
    broken = [f"{scores['failed']} questions failed"] if scores["failed"] else []
    for name, bound in bounds.items():
        mean = scores["measures"].get(name, {}).get("mean")
        if mean is None:
            broken.append(f"{name} was not measured")
        elif not bound.get("min", -math.inf) <= mean <= bound.get("max", math.inf):
            broken.append(f"{name} is {mean:.3f}, allowed is {bound}")
    return broken


def _measures(lines: Sequence[Line]) -> dict[str, dict[str, Any]]:
    made = {name: _mean([measure(line) for line in lines]) for name, measure in MEASURES.items()}
    made["words_median"] = _median([answer_words(line) for line in lines])
    made |= _declining(lines)
    names = ("mean", "lo", "hi", "n", "skipped")
    return {name: {key: _round(getattr(mean, key)) for key in names} for name, mean in made.items()}


def _round(value: float | int | None) -> float | int | None:
    return round(value, 4) if isinstance(value, float) else value


def _mean(values: Sequence[float | None]) -> Mean:
    scored = [value for value in values if value is not None]
    if not scored:
        return Mean(None, None, None, 0, len(values))
    lo, hi = _interval(scored, statistics.fmean)
    return Mean(statistics.fmean(scored), lo, hi, len(scored), len(values) - len(scored))


def _median(values: Sequence[float | None]) -> Mean:
    scored = [value for value in values if value is not None]
    if not scored:
        return Mean(None, None, None, 0, len(values))
    lo, hi = _interval(scored, statistics.median)
    return Mean(statistics.median(scored), lo, hi, len(scored), len(values) - len(scored))


def _interval(values: Sequence[float], of: Callable[[Sequence[float]], float]) -> tuple[float, float]:
    """95 % percentile bootstrap (Efron and Tibshirani 1993, chapter 13), 1,000 resamples, fixed seed."""
    draw = random.Random(0)
    means = sorted(of(draw.choices(values, k=len(values))) for _ in range(1_000))
    return means[24], means[974]


def _declining(lines: Sequence[Line]) -> dict[str, Mean]:
    judged = [line for line in lines if "outcome" in line]
    declined = [line for line in judged if line["outcome"] == "declined"]
    unanswerable = [line for line in judged if not line["case"].get("answerable", True)]
    right = [float(not line["case"].get("answerable", True)) for line in declined]
    weight = {"declined": 1.0, "partial": 0.5}
    caught = [weight.get(line["outcome"], 0.0) for line in unanswerable]
    return {
        "declined_precision": _mean([*right, *[None] * (len(lines) - len(right))]),
        "declined_recall": _mean([*caught, *[None] * (len(lines) - len(caught))]),
        "auroc_answerable": _auroc(judged, len(lines)),
    }


def _auroc(lines: Iterable[Line], every: int) -> Mean:
    """Probability that an answerable question gets the higher `p_answerable` (Hanley and McNeil 1982); ties count half."""
    scored = [(line["p_answerable"], bool(line["case"].get("answerable", True))) for line in lines]
    yes, no = [p for p, able in scored if able], [p for p, able in scored if not able]
    if not yes or not no:
        return Mean(None, None, None, 0, every)
    area = statistics.fmean(statistics.fmean((a > b) + 0.5 * (a == b) for b in no) for a in yes)
    # Hanley and McNeil's standard error.
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    variance = area * (1 - area) + (len(yes) - 1) * (q1 - area * area) + (len(no) - 1) * (q2 - area * area)
    half = 1.96 * math.sqrt(max(variance, 0.0) / (len(yes) * len(no)))
    return Mean(area, max(0.0, area - half), min(1.0, area + half), len(scored), every - len(scored))


def _latencies(lines: Sequence[Line]) -> dict[str, dict[str, float]]:
    stages: dict[str, dict[str, float]] = {}
    for stage in STAGES:
        times = sorted(line["timings_ms"][stage] for line in lines if stage in line.get("timings_ms", {}))
        if times:
            stages[stage] = {"p50": _percentile(times, 50), "p95": _percentile(times, 95)}
    return stages


def _percentile(ordered: Sequence[float], percent: int) -> float:
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 1)
