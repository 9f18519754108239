"""Does the library answer the question at all? A first, plain rule on raw scores that compare across questions.

Fused scores are relative to one question and cannot tell; the cosines of the best passage and the best sentence can.
"""

import math
from collections.abc import Sequence

from rag.domain import Evidence, Hit

# Where half of the questions are answerable, and how fast that changes; see evals/LOG.md ("first decline rule").
_MIDDLE = 0.25
_STEEPNESS = 14.0
THRESHOLD = 0.5


def p_answerable(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> float:
    """0..1 from the mean of the best passage's and the best sentence's cosine; 0 where nothing was found."""
    if not hits or not evidence:
        return 0.0
    passage = max(hit.parts["dense"] for hit in hits)
    sentence = max(item.parts["dense"] for item in evidence)
    return round(1 / (1 + math.exp(-_STEEPNESS * ((passage + sentence) / 2 - _MIDDLE))), 4)
