"""How many sentences an answer from one question needs: after the best one each further sentence has to be worth its words.

Owns: the signals of what a further sentence adds to those shown, and when to stop. The model that weighs them is fitted data
(`fitted/choosing.json`) and handed in: the probability that the sentence adds a fact that was asked for and is not shown yet. Its
threshold is for a sentence of `WORDS` words; a longer one has to be likelier by as much. Choosing one sentence after another by what it
adds is greedy summarisation (Carbonell and Goldstein 1998, The Use of MMR).
"""

import math
from collections.abc import Sequence

from rag.core.domain import Evidence
from rag.core.logistic import Logistic
from rag.evidence.ranking import PART

WORDS = 25
"""A usual sentence of an abstract."""
_TRIED = 8
"""Sentences, the best of those not shown, of which one may be next."""
_OTHER_PAPER = 0.3
"""What a gain counts that another paper than the best sentence's makes: a fact of the wrong paper is worse than none."""
_MOST_PARTS = 3
_CLEARLY, _RATHER = 1.0, 0.0
"""By how much a sentence has to be better for a part than all that is shown, and from which score of a trained reader on it rather
answers: then it is shown whatever it is worth for the whole."""
_FEWEST_WORDS = 15
"""A shorter sentence costs the reader no less."""
_BESIDE = 3
"""Characters between a sentence and the next one, at most."""


def worth_showing(evidence: Sequence[Evidence], model: Logistic, most: int) -> tuple[Evidence, ...]:
    """The best sentence, the best one for each part of the question that it leaves open, then those that add enough, in the order in
    which they were chosen.

    Args:
        evidence: sentences read, best first.
        model: see above.
        most: sentences shown, at most.
    """
    shown = list(evidence[:1])
    for name in sorted(_parts_of(shown)):
        of_paper = [item for item in evidence if name in item.parts and item.paper.id == shown[0].paper.id]
        best = max(of_paper, key=lambda item: item.parts[name])
        open_yet = max(item.parts.get(name, -math.inf) for item in shown) <= best.parts[name] - _CLEARLY
        if len(shown) < most and open_yet and best.parts[name] >= _RATHER:
            shown.append(best)
    while shown and len(shown) < most:
        values = [(_gain(model, shown, item), -place) for place, item in tried(evidence, shown)]
        gain, place = max(values, default=(0.0, 0))
        if gain < model.threshold:
            break
        shown.append(evidence[-place])
    return tuple(shown)


def _parts_of(shown: Sequence[Evidence]) -> list[str]:
    """The names of the reader's scores for the parts of the question."""
    return [name for item in shown for name in item.parts if name.startswith(PART)]


def tried(evidence: Sequence[Evidence], shown: Sequence[Evidence]) -> list[tuple[int, Evidence]]:
    """The sentences of which one may be next, best first, with their places."""
    return [(place, item) for place, item in enumerate(evidence) if item not in shown][:_TRIED]


def _gain(model: Logistic, shown: Sequence[Evidence], item: Evidence) -> float:
    words = max(_FEWEST_WORDS, len(item.text.split()))
    trust = 1.0 if item.paper.id == shown[0].paper.id else _OTHER_PAPER
    return trust * model.probability(gain_signals(shown, item)) * WORDS / words


def gain_signals(shown: Sequence[Evidence], item: Evidence) -> dict[str, float]:
    """What tells whether a sentence adds a fact to those shown, the best of which comes first.

    `gap`: by how much its score is below the best one's. `same`: whether it is of the best one's paper; `beside`: whether it stands
    next to one that is shown. `parts`: further parts of the question, 3 at most; `part_gain`: of the part for which it is better than
    all that is shown, by how much in units of the reader's score, -3 to 3, and -3 where no part was read for it. `second`, `third`:
    whether it would be that. `words`, `shown_words`: the logarithms of its number of words and of theirs, + 1.
    """
    best = shown[0]
    gains = [
        value - max((other.parts.get(name, value - 3.0) for other in shown), default=0.0)
        for name, value in item.parts.items()
        if name.startswith(PART)
    ]
    parts = len(_parts_of([best]))
    return {
        "gap": best.score - item.score,
        "same": float(item.paper.id == best.paper.id),
        "beside": float(any(_beside(item, other) for other in shown)),
        "parts": float(min(_MOST_PARTS, max(0, parts - 1))),
        "part_gain": max(-3.0, min(3.0, max(gains, default=-3.0))),
        "second": float(len(shown) == 1),
        "third": float(len(shown) == 2),
        "words": math.log(1 + len(item.text.split())),
        "shown_words": math.log(1 + sum(len(other.text.split()) for other in shown)),
    }


def _beside(one: Evidence, other: Evidence) -> bool:
    gap = max(one.span.start, other.span.start) - min(one.span.end, other.span.end)
    return one.paper.id == other.paper.id and 0 <= gap <= _BESIDE
