"""Fits which of the papers found a list question lists ("which papers here prune diffusion models?").

Owns: which papers are positive and negative, and the choice of the threshold. The signals are `rag.evidence.members`'.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from evals.cases.question_set import Case, paper_ids, resolve
from evals.fit.regression import Array, Examples, Truth
from rag.answer.assistant import Assistant
from rag.evidence.members import Candidate, candidates
from rag.question import kinds
from rag.question.availability import availability

_RIGHT = 0.85
"""Share of the papers listed that are to belong there."""


def listing_rows(assistant: Assistant, cases: Sequence[Case]) -> tuple[list[Mapping[str, float]], list[bool]]:
    """The signals of each paper found for a list question, and whether it is gold. Papers neither right nor wrong are left out.

    A question asks for a list where its words do, and it has several gold papers or a type that begins with "list" (then it may have
    one or none).
    """
    names = paper_ids(assistant.papers())
    rows: list[Mapping[str, float]] = []
    truth: list[bool] = []
    for case in cases:
        gold = {resolve(name, names) for name in case.gold}
        of_list = len(gold) > 1 or str(case.raw.get("type", "")).startswith("list")
        if not of_list or kinds.form(case.question) != "list" or availability(case.question):
            continue
        also = {resolve(name, names) for name in case.raw.get("also_ok", [])}
        for candidate in found(assistant, case.question):
            if candidate.hit.paper.id not in also - gold:
                rows.append(candidate.signals)
                truth.append(candidate.hit.paper.id in gold)
    return rows, truth


def found(assistant: Assistant, question: str) -> list[Candidate]:
    """The papers found for a question, as candidates of its list."""
    searcher = assistant.searcher
    query = searcher.understand(question)
    result = searcher.look_closely(query, searcher.retrieve(query))
    sentences, _ = assistant.library.sentences(hit.paper.id for hit in result.hits)
    return candidates(question, result, sentences)


def listing_threshold(left_out: Array, examples: Examples) -> float:
    """The least threshold from which on `_RIGHT` of the papers listed belong there; that of the greatest F1 where none reaches it.

    Who reads a list looks at what stands in it: a paper that does not belong costs more than one that is missing.
    """
    values = np.sort(left_out)
    right = [value for value in values if precision(left_out >= value, examples.truth) >= _RIGHT]
    return float(right[0] if right else max(values, key=lambda value: f1(left_out >= value, examples.truth)))


def precision(listed: Truth, truth: Truth) -> float:
    """0..1: the share of the listed that belong."""
    return float((listed & truth).sum() / max(1, listed.sum()))


def f1(listed: Truth, truth: Truth) -> float:
    """0..1: the harmonic mean of precision and recall (van Rijsbergen 1979)."""
    return float(2 * (listed & truth).sum() / max(1.0, listed.sum() + truth.sum()))
