"""Fits whether a question leans on the last answer, where its words alone do not tell.

Owns: which questions are examples. Those of a set with a history are what they are: a follow-up, or a change of topic. A question of
its own, asked after an answer from another paper, does not lean. With the name of its paper replaced by "it" or "the method", asked
after an answer from that paper, it does. The signals are `rag.question.leaning`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from evals.cases.question_set import Case, paper_ids, resolve
from evals.fit.regression import OWN, Array, Examples, examples_of
from rag.core.domain import Paper
from rag.core.logistic import Logistic
from rag.question import leaning, spellings
from rag.question.conversation import Conversation
from rag.question.follow_up import signals_of
from rag.search.searcher import Searcher

_POINTERS = ("it", "the method")
_OTHERS = 2
"""Answers from another paper after which a question of its own is asked."""
_NEARLY = 0.03
_NEW_TOPIC = ("topic-change", "new-topic")
_LEFT_OUT = ("injection", "other-language")
_RENAMED = ("fact-named", "unanswerable-number")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, the papers of the answer before it, and whether it is about these."""

    question: str
    papers: tuple[Paper, ...]
    leans: bool


def turns(searcher: Searcher, cases: Sequence[Case], seed: int = 0) -> Iterator[Turn]:
    """The examples that questions of a set give; other papers are chosen by chance, the same for the same seed."""
    random, papers = Random(seed), searcher.papers()
    names, by_id = paper_ids(papers), {paper.id: paper for paper in papers}
    for case in cases:
        kind = case.raw.get("type", "")
        if case.history:
            last = Conversation(case.history, searcher).last()
            if last is not None and last.papers:
                yield Turn(case.question, last.papers, kind not in _NEW_TOPIC)
            continue
        if kind in _LEFT_OUT:
            continue
        found = [resolve(name, names) for name in case.gold]
        gold = [by_id[paper_id] for paper_id in found if paper_id is not None]
        others = [paper for paper in papers if paper not in gold]
        for paper in random.sample(others, _OTHERS):
            yield Turn(case.question, (paper,), False)
        if len(gold) == 1 and kind in _RENAMED:
            for pointer in _POINTERS:
                renamed = spellings.without_name(case.question, gold[0], pointer)
                if renamed:
                    yield Turn(renamed, (gold[0],), True)


def follow_up_examples(searcher: Searcher, cases: Sequence[Case]) -> Examples:
    """The turns whose words alone do not tell.

    Raises:
        EvalError: too few lean, or too few do not.
    """
    unsure = [turn for turn in turns(searcher, cases) if leaning.leaning(turn.question) == "unsure"]
    rows = [signals_of(turn.question, turn.papers, searcher) for turn in unsure]
    return examples_of(rows, [turn.leans for turn in unsure], [OWN] * len(rows))


def follow_up_threshold(left_out: Array, examples: Examples) -> float:
    """The threshold at which the shares of both kinds that are read rightly have the greatest sum. Few examples lean, so the sum has
    many peaks: the middle of all that are nearly as high is taken."""

    def shares(value: float) -> float:
        leans = left_out >= value
        return float(leans[examples.truth].mean() + (~leans)[~examples.truth].mean())

    values = np.unique(left_out)
    sums = np.array([shares(value) for value in values])
    high = values[sums >= sums.max() - _NEARLY]
    return float((high.min() + high.max()) / 2)


def judged(searcher: Searcher, cases: Sequence[Case], model: Logistic) -> str:
    """A line: of the turns of these questions, how many of each kind are read rightly."""
    right: dict[bool, list[bool]] = {True: [], False: []}
    for turn in turns(searcher, cases):
        kind = leaning.leaning(turn.question)
        leans = kind == "leans" or (
            kind == "unsure" and model.probability(signals_of(turn.question, turn.papers, searcher)) >= model.threshold
        )
        right[turn.leans].append(leans == turn.leans)
    counts = [
        f"{sum(rights)} of {len(rights)} {name}"
        for name, rights in (("follow-ups", right[True]), ("others", right[False]))
    ]
    return f"read rightly: {' and '.join(counts)}"
