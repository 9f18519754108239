"""Words of a question in texts: stems, shares, and how rare they are. Pure functions; knows nothing of papers or storage."""

import math
from collections.abc import Sequence
from functools import lru_cache

from snowballstemmer import stemmer

from rag.text import content_words

stem = lru_cache(1 << 16)(stemmer("porter").stemWord)


def word_shares(question: str, texts: Sequence[str]) -> list[float]:
    """Per text the share of the question's words it holds, stemmed, rare words counting more: 0..1."""
    asked = list(dict.fromkeys(stem(word) for word in content_words(question)))
    held = [{stem(word) for word in content_words(text)} for text in texts]
    rarity = {word: math.log(1 + len(texts) / (1 + sum(word in words for words in held))) for word in asked}
    whole = sum(rarity.values())
    return [sum(rarity[word] for word in asked if word in words) / whole if whole else 0.0 for words in held]
