"""Wording: does a sentence claim more than its evidence, leave its caution out, or speak ill where that speaks well?

Owns: counting words of these kinds; which they are is in the lexicon. Pure functions on strings.
"""

import re

from rag.checking.negation import is_negator, tokens
from rag.core import lexicon

_WORD = re.compile(r"[^\W_][\w+]*")
_MOST = 3


def wording_signals(sentence: str, source: str) -> dict[str, float]:
    """Words of a few kinds in both texts.

    Returns:
        `overclaims`, `hedges`: such words that only the sentence has; `hedges_lost` only the source; at most three each. `negators`,
        `source_negators`: how many, at most two; `parity`: 1 where one has an odd number more; `negator_new`, `negator_lost`: 1 where
        only the sentence, or only the source, has any. `drawbacks`: how many more the sentence has, -3..3; `drawback_new`: words of
        them that only the sentence has, at most two. `length`: words of the sentence for each of the source.
    """
    words, given = _WORD.findall(sentence.lower()), _WORD.findall(source.lower())
    new, lost = [word for word in words if word not in set(given)], set(given) - set(words)
    here, there = sum(map(is_negator, tokens(sentence))), sum(map(is_negator, tokens(source)))
    drawbacks = lexicon.words("drawbacks")
    more = sum(word in drawbacks for word in words) - sum(word in drawbacks for word in given)
    return {
        "overclaims": _count(new, "overclaims", _MOST),
        "hedges": _count(new, "hedges", _MOST),
        "hedges_lost": _count(lost, "hedges", _MOST),
        "negators": float(min(2, here)),
        "source_negators": float(min(2, there)),
        "parity": float((here - there) % 2),
        "negator_new": float(here > 0 and not there),
        "negator_lost": float(there > 0 and not here),
        "drawbacks": float(max(-_MOST, min(_MOST, more))),
        "drawback_new": _count(new, "drawbacks", 2),
        "length": len(words) / max(1, len(given)),
    }


def _count(words: list[str] | set[str], kind: str, most: int) -> float:
    return float(min(most, sum(word in lexicon.words(kind) for word in words)))
