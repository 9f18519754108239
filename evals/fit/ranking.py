"""Fits how sentence ranking weighs its signals: sentences that hold a fact asked for are to stand above those that do not.

Owns: which sentences are compared, and the scale of the weights. The signals are `rag.evidence.ranking`'s, and come with each answer's
evidence; so do the scores by the weights in use, beside which a fit is judged.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from evals.cases.nuggets import alias_matches
from evals.cases.question_set import Case, paper_ids, resolve
from evals.errors import EvalError
from evals.fit.regression import OWN, Array, Group, fit_pairwise
from evals.fit.trees import fit_trees
from rag.answer.assistant import Assistant
from rag.core.arrays import zscores
from rag.core.domain import Evidence
from rag.core.errors import CitewiseError
from rag.core.text import normalise
from rag.core.trees import Trees
from rag.evidence.roles import ROLES

_NOT_WEIGHED = frozenset({"match"})
"""Signals that the ranking does not weigh: other signals hold this one already."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidate sentences of one question: the signals of each by name, whether it holds a fact, and its score by the weights in
    use. `weight`: how much the question counts; `source`: the training table's, "" where it is of a question set."""

    signals: Sequence[Mapping[str, float]]
    truth: tuple[bool, ...]
    scores: tuple[float, ...]
    weight: float = OWN
    source: str = ""


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
        # What was taken for its role has no signals of the ranking.
        read = [item for item in evidence if not item.parts.keys() <= set(ROLES)]
        sentences = [item for item in read if item.paper.id in gold or not _holds(item, facts)]
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


class Fit(Protocol):
    """What was fitted: it scores the candidates of a question, and is kept as a file's text."""

    @property
    def fitted_on(self) -> Mapping[str, Any]:
        """Sets, models and numbers."""
        ...

    def scores(self, item: Ranking) -> Array:
        """A score a candidate."""
        ...

    def json(self) -> str:
        """The file's text."""
        ...


@dataclass(frozen=True, slots=True)
class RankingFit:
    """A weight for each signal, and what they were fitted on."""

    weights: Mapping[str, float]
    flags: frozenset[str]
    fitted_on: Mapping[str, Any]

    def json(self) -> str:
        """The text of `fitted/ranking.json`."""
        return json.dumps({"weights": self.weights, "fitted_on": self.fitted_on}, indent=1, ensure_ascii=False) + "\n"

    def scores(self, item: Ranking) -> Array:
        """A score a candidate."""
        values = _group(item, tuple(self.weights), self.flags).values
        return np.asarray(values @ np.array(list(self.weights.values())))


@dataclass(frozen=True, slots=True)
class TreesFit:
    """Trees over the signals."""

    trees: Trees
    flags: frozenset[str]

    @property
    def fitted_on(self) -> Mapping[str, Any]:
        """Sets, models and numbers."""
        return self.trees.fitted_on

    def json(self) -> str:
        """The text of `fitted/ranking_trees.json`."""
        return self.trees.json()

    def scores(self, item: Ranking) -> Array:
        """A score a candidate."""
        return self.trees.scores(_group(item, self.trees.features, self.flags).values)


def fit_ranking(items: Sequence[Ranking], fitted_on: Mapping[str, Any]) -> RankingFit:
    """The weights for these questions.

    Raises:
        EvalError: too few questions have sentences of both kinds, or not all have the same signals.
    """
    names, flags = _names(items)
    groups = [_group(item, names, flags) for item in items]
    fit = fit_pairwise(groups, [item.weight for item in items])
    # Other parts weigh differences of these scores, so their spread stays what it is.
    in_use = np.mean([np.std(item.scores) for item in items])
    scale = in_use / np.mean([np.std(group.values @ fit.weights) for group in groups])
    weights = {name: round(float(weight * scale), 2) for name, weight in zip(names, fit.weights, strict=True)}
    facts = {"questions": len(items), "strength": fit.strength, "pairs_right_left_out": round(fit.left_out, 3)}
    return RankingFit(weights, flags, {**fitted_on, **facts})


def fit_ranking_trees(items: Sequence[Ranking], fitted_on: Mapping[str, Any]) -> TreesFit:
    """Trees for these questions.

    Raises:
        EvalError: as `fit_ranking`.
    """
    names, flags = _names(items)
    groups = [_group(item, names, flags) for item in items]
    return TreesFit(fit_trees(groups, names, fitted_on, [item.weight for item in items]), flags)


def orders(items: Sequence[Ranking], fit: Fit | None = None) -> dict[str, float]:
    """How well a fit, or without one what is in use, orders the sentences, each question counting the same.

    `pairs`: the share of pairs, a sentence with a fact and one without, that it orders rightly; `in_best_1` to `in_best_3`: the share
    of questions whose best sentences have one with a fact.
    """
    rows = []
    for item in items:
        scores, truth = np.array(item.scores) if fit is None else fit.scores(item), np.array(item.truth)
        best = np.maximum.accumulate(truth[np.argsort(-scores, kind="stable")])
        group = Group(np.zeros((len(truth), 0)), truth)
        rows.append([group.rightly_ordered(scores), *(best[min(most, len(best)) - 1] for most in (1, 2, 3))])
    names = ("pairs", "in_best_1", "in_best_2", "in_best_3")
    return dict(zip(names, np.mean(rows, 0).round(3).tolist(), strict=True))


def _names(items: Sequence[Ranking]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The signals that are weighed, and which of them are 0 or 1."""
    if not items:
        raise EvalError("no question has a sentence with a fact beside one without; fitting needs `nuggets` in the set")
    every = {frozenset(signals) for item in items for signals in item.signals}
    if lost := sorted(frozenset.union(*every) - frozenset.intersection(*every)):
        raise EvalError(
            f"some sentences have the signals {', '.join(lost)} and some do not: a training table was made by another version of "
            "citewise. Make it anew"
        )
    names = tuple(name for name in items[0].signals[0] if name not in _NOT_WEIGHED)
    flags = frozenset(
        name for name in names if all(signals[name] in (0.0, 1.0) for item in items for signals in item.signals)
    )
    return names, flags


def _group(item: Ranking, names: Sequence[str], flags: frozenset[str]) -> Group:
    """Flags as they are, all other signals as z-scores, as the ranking itself takes them."""
    columns: list[Array] = []
    for name in names:
        values = np.array([signals[name] for signals in item.signals])
        columns.append(values if name in flags else zscores(values))
    return Group(np.column_stack(columns), np.array(item.truth))
