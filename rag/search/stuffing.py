"""Abstracts that are made of words to be found by, instead of sentences that tell something: never first, never quoted.

Owns: how such an abstract is known. Pure functions on strings. Of 82,000 real abstracts two dozen come near any of the bounds.
"""

import re
from collections import Counter
from functools import lru_cache

from rag.core import lexicon
from rag.core.text import STOP_WORDS

_SMALL = STOP_WORDS | lexicon.words("foreign") | lexicon.words("foreign_small")
"""Function words, of other languages too: an abstract in French repeats no topic with “les”."""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_PARTED = re.compile(r"[,;:|\u2022]")
_NUMBER = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_FEWEST_WORDS = 12
_OFTEN = 0.12
"""Share of all words that is one topic word: 0.03 as a rule, above 0.12 in one abstract of 1,000."""
_FEW_SMALL_WORDS, _FEWER_SMALL_WORDS = 0.25, 0.15
"""Share of function words: 0.36 as a rule, below a quarter in one abstract of 100."""
_MARKS_A_WORD = 0.25
"""Commas and their like to a word, of a list of catchwords; 0.08 in prose."""
_MOST_NUMBERS = 0.1
"""Numbers to a word: lists of species or references have more."""
_QUESTIONS, _WORDS_A_QUESTION = 4, 8
"""So many questions, so short and more than half of the sentences: they are there to be met by questions."""
_PARTS, _WORDS_A_PART, _TIMES = 5, 5, 3
"""So many parts, none longer, and two topic words so many times each: a sentence of catchwords. A list in prose has its subject and
verb in one of its parts, which is longer."""


@lru_cache(maxsize=4_096)
def is_stuffed(title: str, abstract: str) -> bool:
    """Whether an abstract, with its title, repeats catchwords or questions instead of telling of research."""
    if not abstract.strip():
        return False
    # A sentence that stands there again says nothing new: it counts once.
    sentences = dict.fromkeys(text.strip().lower() for text in _SENTENCE_END.split(abstract))
    said = [word.lower() for word in _WORD.findall(". ".join((title, *sentences)))]
    if len(said) < _FEWEST_WORDS:
        return False
    topic = Counter(word for word in said if len(word) > 1 and word not in _SMALL)
    small = sum(word in _SMALL for word in said) / len(said)
    if topic and small < _FEW_SMALL_WORDS and max(topic.values()) >= _OFTEN * len(said):
        return True
    numbers = len(_NUMBER.findall(abstract))
    if (
        small < _FEWER_SMALL_WORDS
        and _MOST_NUMBERS * len(said) > numbers
        and len(_PARTED.findall(abstract)) >= _MARKS_A_WORD * len(_WORD.findall(abstract))
    ):
        return True
    return _asks_much(abstract)


def _asks_much(abstract: str) -> bool:
    ends = list(_SENTENCE_END.finditer(abstract))
    asked, before = 0, 0
    for end in ends:
        short = len(_WORD.findall(abstract[before : end.start()])) <= _WORDS_A_QUESTION
        asked += end[0] == "?" and short
        before = end.end()
    return asked >= _QUESTIONS and 2 * asked > len(ends)


@lru_cache(maxsize=4_096)
def lists_catchwords(sentence: str) -> bool:
    """Whether a sentence only combines the same few topic words, part for part, to be met by whatever is asked of them. Its last part
    may be anything: a list without a full stop runs into the next sentence."""
    parts = [[word.lower() for word in _WORD.findall(part)] for part in _PARTED.split(sentence)]
    if len(parts[-1]) > _WORDS_A_PART:
        parts.pop()
    if len(parts) < _PARTS or max(map(len, parts)) > _WORDS_A_PART:
        return False
    said = [word for part in parts for word in part]
    if sum(word in _SMALL for word in said) >= _FEW_SMALL_WORDS * len(said):
        return False
    topic = Counter(word for part in parts for word in set(part) if len(word) > 1 and word not in _SMALL)
    return sum(times for _, times in topic.most_common(2)) >= 2 * _TIMES
