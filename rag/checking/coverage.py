"""Coverage: which part of a sentence does its evidence leave unsaid, and how much of the evidence does the sentence take up?

Owns: what is measured on runs of words, clauses and ends. One added detail is lost in a mean over all words; it stands together.
"""

import re

import numpy as np

from rag.checking.meaning import TopicWords
from rag.core import lexicon
from rag.core.arrays import Scores
from rag.core.text import STOP_WORDS

_CLOSE = 0.65
"""Similarity from which a new word adds nothing to a run of words that are not in the source."""
_ENDS = 3
"""Words at the beginning and at the end of a sentence that are looked at by themselves."""
_CLAUSE_WORDS = 2
"""Words that carry a topic which a clause has at least."""
_WORD = re.compile(r"[^\W_][\w+]*")
_CLAUSE = re.compile(rf"[,;:]|{lexicon.word_pattern('clause_openers').pattern}", re.IGNORECASE)
_NAMES = (
    *("run", "run_far", "new_words", "words", "weakest_two", "weakest_three", "quarter", "opening", "ending"),
    *("clause_least", "clauses", "taken", "taken_least"),
)


def coverage_signals(sentence: str, words: TopicWords, source: TopicWords, title: TopicWords) -> dict[str, float]:
    """How evenly the words of a sentence are matched.

    Returns:
        `run`: the longest run of words that neither the source nor the title has. `run_far`: how far such a run is from a paraphrase,
        summed over its words, the most of all runs. `new_words`, `words`: how many there are. `weakest_two`, `weakest_three`,
        `quarter`: similarity of the worst matched words to their matches. `opening`, `ending`: that of the first and last words.
        `clause_least`: that of the worst matched clause, of `clauses`. `taken`, `taken_least`: the same the other way, for all words
        of the source and for its worst matched fifth.
    """
    if not words.order or not source.order:
        return dict.fromkeys(_NAMES, 0.0)
    best = (words.vectors @ np.concatenate([source.vectors, title.vectors]).T).max(axis=1)
    known = source.stems | title.stems
    new = [word not in known for word in words.order]
    run, run_far = _runs(new, best)
    ordered = np.sort(best)
    clauses = _clauses(sentence, best)
    taken = (words.vectors @ source.vectors.T).max(axis=0)
    values = (
        *(run, run_far, sum(new), len(best), ordered[:2].mean(), ordered[:3].mean(), np.quantile(best, 0.25)),
        *(best[:_ENDS].mean(), best[-_ENDS:].mean(), min(clauses, default=best.mean()), len(clauses)),
        *(taken.mean(), np.quantile(taken, 0.2)),
    )
    return {name: float(value) for name, value in zip(_NAMES, values, strict=True)}


def _runs(new: list[bool], best: Scores) -> tuple[int, float]:
    run, far, longest, farthest = 0, 0.0, 0, 0.0
    for is_new, similarity in zip(new, best, strict=True):
        run, far = (run + 1, far + max(0.0, _CLOSE - float(similarity))) if is_new else (0, 0.0)
        longest, farthest = max(longest, run), max(farthest, far)
    return longest, farthest


def _clauses(sentence: str, best: Scores) -> list[float]:
    """The mean similarity of each clause's words."""
    means: list[float] = []
    place = 0
    for clause in _CLAUSE.split(sentence):
        count = sum(word.lower() not in STOP_WORDS for word in _WORD.findall(clause))
        if count >= _CLAUSE_WORDS and place + count <= len(best):
            means.append(float(best[place : place + count].mean()))
        place += count
    return means
