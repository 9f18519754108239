"""Does an answer hold what was asked for? What the probability of an answer is a probability of.

Owns the definition: the library answers the question, and the words shown hold at least half of its facts, or where none are given cite
a paper that a right answer cites. It looks at what is shown, whether or not that is claimed to be the answer.
"""

from evals.cases.nuggets import alias_matches
from evals.scores import measures
from evals.scores.measures import Line
from rag.core.text import normalise

HALF = 0.5


def holds_answer(line: Line) -> bool | None:
    """Whether the words shown hold the answer; None where no answer was asked for."""
    case = line["case"]
    if "answer" not in line:
        return None
    if not case.get("answerable", True):
        return False
    nuggets = case.get("nuggets") or []
    if nuggets:
        text = normalise(" ".join(sentence["text"] for sentence in line["sentences"]))
        held = sum(any(alias_matches(normalise(alias), text) for alias in nugget) for nugget in nuggets)
        return bool(held >= HALF * len(nuggets))
    cited = {item["paper_id"] for sentence in line["sentences"] for item in sentence["citations"]}
    return bool(cited & set(measures.gold(line)))
