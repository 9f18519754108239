"""Fits which of the papers found a list question lists ("which papers here prune diffusion models?").

Owns: which papers are positive and negative, and the choice of the threshold. The signals are `rag.evidence.selection`'s.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from evals.cases.question_set import Case, paper_ids, resolve
from evals.fit.regression import OWN, Array, Examples, Truth, examples_of
from rag.answer.assistant import Assistant
from rag.evidence import plan
from rag.question import kinds
from rag.search.reranker import RERANKED_PAPERS


def listing_examples(assistant: Assistant, own: Sequence[Case]) -> Examples | None:
    """Each paper found for a list question; true where it is gold. Papers that are neither right nor wrong are left out.

    None where no question asks for a list.
    """
    names = paper_ids(assistant.papers())
    rows: list[Mapping[str, float]] = []
    truth: list[bool] = []
    for case in own:
        gold = {resolve(name, names) for name in case.gold}
        if len(gold) < 2 or kinds.form(case.question) != "list":
            continue
        also = {resolve(name, names) for name in case.raw.get("also_ok", [])}
        hits = assistant.search(case.question, RERANKED_PAPERS)
        for hit in hits:
            if hit.paper.id not in also - gold:
                rows.append(plan.listing_features(hit, hits))
                truth.append(hit.paper.id in gold)
    return examples_of(rows, truth, [OWN] * len(rows)) if rows else None


def listing_threshold(left_out: Array, examples: Examples) -> float:
    """The threshold of the greatest F1 of the papers listed."""
    return float(max(np.sort(left_out), key=lambda value: f1(left_out >= value, examples.truth)))


def f1(listed: Truth, truth: Truth) -> float:
    """0..1: the harmonic mean of precision and recall (van Rijsbergen 1979)."""
    return float(2 * (listed & truth).sum() / max(1.0, listed.sum() + truth.sum()))
