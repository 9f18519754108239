"""Fits how sentence ranking weighs its signals: sentences that hold a fact asked for are to stand above those that do not.

Owns: which sentences are compared, and the scale of the weights. The signals are `rag.evidence.ranking`'s, and come with each answer's
evidence; so do the scores by the weights in use, beside which a fit is judged.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evals.cases.nuggets import alias_matches
from evals.cases.question_set import Case, paper_ids, resolve
from evals.errors import EvalError
from evals.fit.regression import Array, Group, fit_pairwise
from rag.answer.assistant import Assistant
from rag.core.arrays import zscores
from rag.core.domain import Evidence
from rag.core.errors import CitewiseError
from rag.core.text import normalise

_NOT_WEIGHED = frozenset({"match"})
"""Signals that the ranking does not weigh: other signals hold this one already."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidate sentences of one question: the signals of each by name, whether it holds a fact, and its score by the weights in
    use."""

    signals: Sequence[Mapping[str, float]]
    truth: tuple[bool, ...]
    scores: tuple[float, ...]


def rankings(assistant: Assistant, cases: Sequence[Case], progress: Callable[[], None]) -> list[Ranking]:
    """The candidates of each answerable question with facts, where some hold a fact and some do not.

    A sentence of another paper that happens to hold the fact is neither better nor worse, and is left out.
    """
    names = paper_ids(assistant.papers())
    items: list[Ranking] = []
    for case in cases:
        progress()
        facts = case.raw.get("nuggets") or []
        if not facts or not case.raw.get("answerable", True):
            continue
        gold = {resolve(name, names) for name in case.gold}
        try:
            evidence = assistant.ask(case.question, case.history).evidence
        except CitewiseError:
            continue  # an empty or too long question has no evidence
        sentences = [item for item in evidence if item.paper.id in gold or not _holds(item, facts)]
        ranking = Ranking(
            [item.parts for item in sentences],
            tuple(_holds(item, facts) for item in sentences),
            tuple(item.score for item in sentences),
        )
        if len(set(ranking.truth)) == 2:
            items.append(ranking)
    return items


def _holds(sentence: Evidence, facts: Sequence[Sequence[str]]) -> bool:
    text = normalise(sentence.text)
    return any(alias_matches(normalise(alias), text) for aliases in facts for alias in aliases)


@dataclass(frozen=True, slots=True)
class RankingFit:
    """A weight for each signal, and what they were fitted on."""

    weights: Mapping[str, float]
    flags: frozenset[str]
    fitted_on: Mapping[str, Any]

    def json(self) -> str:
        """The text of `fitted/ranking.json`."""
        return json.dumps({"weights": self.weights, "fitted_on": self.fitted_on}, indent=1, ensure_ascii=False) + "\n"

    def rightly_ordered(self, items: Sequence[Ranking]) -> float:
        """The share of pairs that these weights order rightly, each question counting the same."""
        names, weights = tuple(self.weights), np.array(list(self.weights.values()))
        groups = [_group(item, names, self.flags) for item in items]
        return float(np.mean([group.rightly_ordered(group.values @ weights) for group in groups]))


def fit_ranking(items: Sequence[Ranking], fitted_on: Mapping[str, Any]) -> RankingFit:
    """The weights for these questions.

    Raises:
        EvalError: too few questions have sentences of both kinds.
    """
    if not items:
        raise EvalError("no question has a sentence with a fact beside one without; fitting needs `nuggets` in the set")
    names = tuple(name for name in items[0].signals[0] if name not in _NOT_WEIGHED)
    flags = frozenset(
        name for name in names if all(signals[name] in (0.0, 1.0) for item in items for signals in item.signals)
    )
    groups = [_group(item, names, flags) for item in items]
    fit = fit_pairwise(groups)
    # Other parts weigh differences of these scores, so their spread stays what it is.
    in_use = np.mean([np.std(item.scores) for item in items])
    scale = in_use / np.mean([np.std(group.values @ fit.weights) for group in groups])
    weights = {name: round(float(weight * scale), 2) for name, weight in zip(names, fit.weights, strict=True)}
    facts = {"questions": len(items), "strength": fit.strength, "pairs_right_left_out": round(fit.left_out, 3)}
    return RankingFit(weights, flags, {**fitted_on, **facts})


def in_use_rightly_ordered(items: Sequence[Ranking]) -> float:
    """The share of pairs that the weights in use order rightly, each question counting the same."""
    groups = [Group(np.zeros((len(item.truth), 0)), np.array(item.truth)) for item in items]
    shares = [group.rightly_ordered(np.array(item.scores)) for item, group in zip(items, groups, strict=True)]
    return float(np.mean(shares))


def _group(item: Ranking, names: Sequence[str], flags: frozenset[str]) -> Group:
    """Flags as they are, all other signals as z-scores, as the ranking itself takes them."""
    columns: list[Array] = []
    for name in names:
        values = np.array([signals[name] for signals in item.signals])
        columns.append(values if name in flags else zscores(values))
    return Group(np.column_stack(columns), np.array(item.truth))
