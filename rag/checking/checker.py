"""Is this sentence supported by that evidence? Numbers, names, negation, direction and meaning, in that order of certainty.

Owns: the signals of a (sentence, title, evidence) triple and the verdict. The weights of the signals are fitted data
(`rag.core.logistic`, "checking", made by `python -m evals fit-checker`). Knows nothing of where a sentence comes from. Similarity alone
cannot see an altered number, a swapped name or a lost negation (Kryściński et al. 2020, arXiv:1910.12840, whose kinds of planted errors
the evaluation set follows), so each has a signal of its own.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from rag.checking.negation import contrast_conflicts, crossed, negation_conflicts, said_of_the_other, sides, tokens
from rag.checking.numbers import NumberConflicts, number_conflicts
from rag.core import logistic
from rag.core.arrays import Matrix
from rag.core.text import STOP_WORDS, stem
from rag.models.embedder import Embedder, TokenVectors

_KEPT = 256
"""Texts whose words are kept: the evidence of the questions just asked, and the sentence that is compared with each of it."""
_NEW = 0.8
"""Similarity that a word counts as having where nothing in a sentence is new."""
_CLOSE = 0.6
"""Similarity from which a new word reads as a paraphrase."""
_WORD = re.compile(r"[^\W_][\w+]*")
_NAME = re.compile(r"[A-Z0-9].*[A-Z0-9]|[a-z][A-Z]")
_CAUSE = re.compile(
    r"\b(?:because|since|due to|owing to|thanks to|as a result of|explained by|stems? from|caused by|the reason"
    r"|attributed to|comes? from|"
    r"which is why|driven by|arises?|helped by|by (?:avoiding|eliminating|removing|reducing)|as (?:it|they|the))\b",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"\b(?:promising|future|valuable|field|communit\w+|practitioners?|potential\w*|exciting|important|directions?|opens?|paves?|impact\w*|"
    r"inspire\w*|useful|interest\w*|worth\w*|powerful|elegant|practical|real-world|applications?|industr\w+|progress|advance\w*|clearly|"
    r"attractive|appealing|deserve\w*|popular|milestone|rapidly|insight\w*|great|researchers?)\b",
    re.IGNORECASE,
)


class Entailment(Protocol):
    """A model that judges whether one text follows from another."""

    def probability(self, premise: str, hypothesis: str) -> float:
        """0..1: that the hypothesis follows from the premise."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict: `score` is the probability of support (0..1), `reason` says what decided, for people; `signals` are what the score
    was made of."""

    supported: bool
    score: float
    reason: str
    signals: Mapping[str, float] = field(default_factory=dict)


class Checker:
    """Judges sentences. Safe for several threads.

    Args:
        embedder: gives the token vectors that meaning is compared by.
        entailment: optional; where there is one, its probability is averaged with the score.
    """

    def __init__(self, embedder: Embedder, entailment: Entailment | None = None) -> None:
        self._embedder = embedder
        self._entailment = entailment
        self._kept: OrderedDict[str, _Words] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, sentence: str, title: str, evidence: str) -> Checked:
        """Whether the evidence, or the title of its paper, says what the sentence says."""
        if not re.search(r"[^\W_]", sentence) or not re.search(r"[^\W_]", evidence):
            return Checked(False, 0.0, "nothing is said, or nothing supports it")
        numbers = number_conflicts(sentence, f"{evidence} . {title}")
        negations = negation_conflicts(sentence, evidence)
        contrasts = contrast_conflicts(sentence, evidence, title)
        words = self._words(sentence)
        source = self._words(evidence)
        name = self._words(title)
        strange = strange_names(sentence, f"{evidence} {title}")
        values = _meaning(words, source, name) | {
            "numbers": float(bool(numbers.missing or numbers.units or numbers.frames)),
            "counts": float(bool(numbers.counts or numbers.nouns)),
            "names": float(min(2, len(strange))),
            "negation": float(min(2, len(negations))),
            "contrast": float(min(2, len(contrasts))),
            "crossed": float(min(2, crossed(sentence, evidence))),
            "sides": sides(sentence, evidence),
            "others": float(said_of_the_other(sentence, evidence, title.partition(":")[0])),
            "cause": float(bool(_CAUSE.search(sentence)) and not _CAUSE.search(evidence)),
            "praise": float(_praise(sentence, source.stems | name.stems)),
        }
        model = logistic.load("checking")
        score = model.probability(values)
        if self._entailment:
            score = (score + self._entailment.probability(f"{title}. {evidence}", sentence)) / 2
        if values["numbers"] or values["names"]:
            # Never supported, however alike the rest is: a figure or a name that is not there is the worst that can be shown.
            score *= model.threshold
        supported = score >= model.threshold
        reason = "supported" if supported else _reason(numbers, strange, negations, contrasts, values)
        return Checked(supported, score, reason, values)

    def _words(self, text: str) -> "_Words":
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
        (tokens_of,) = self._embedder.embed_tokens([text])
        made = _Words.of(text, tokens_of)
        with self._lock:
            self._kept[text] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a text that carry a topic, in order: their stems and vectors (len(words), dimension)."""

    order: tuple[str, ...]
    vectors: Matrix

    @classmethod
    def of(cls, text: str, tokens_of: TokenVectors) -> "_Words":
        stems: list[str] = []
        rows: list[Matrix] = []
        for match in _WORD.finditer(text):
            inside = (tokens_of.starts >= match.start()) & (tokens_of.starts < match.end())
            if match.group().lower() not in STOP_WORDS and inside.any():
                stems.append(stem(match.group().lower()))
                rows.append(tokens_of.vectors[inside].mean(axis=0))
        width = tokens_of.vectors.shape[1] if tokens_of.vectors.ndim == 2 else 1
        return cls(tuple(stems), np.array(rows, np.float32).reshape(len(rows), width))

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(self.order)


def _meaning(words: _Words, source: _Words, title: _Words) -> dict[str, float]:
    """How well the words of a sentence are matched, and whether they stand in the same order: `meaning`, cosine of the texts; `least`
    and `second`, the worst matched words that are not in the source as they stand; `new`, their share; `strange`, how far they are
    from a paraphrase, summed; `matched`, the mean match; `turned`, the share of pairs in another order, where little is new."""
    if not words.order or not source.order:
        return dict.fromkeys(_MEANING, 0.0)
    similarities = words.vectors @ np.concatenate([source.vectors, title.vectors]).T
    best = similarities.max(axis=1)
    known = source.stems | title.stems
    new = sorted(float(value) for word, value in zip(words.order, best, strict=True) if word not in known)
    share = len(new) / len(words.order)
    return {
        "meaning": _cosine(words.vectors.mean(axis=0), source.vectors.mean(axis=0)),
        "least": new[0] if new else _NEW,
        "second": new[1] if len(new) > 1 else _NEW,
        "new": share,
        "strange": float(sum(max(0.0, _CLOSE - value) for value in new)),
        "matched": float(best.mean()),
        "turned": _turned(words, source) * (1 - share),
    }


_MEANING = ("meaning", "least", "second", "new", "strange", "matched", "turned")


def _turned(words: _Words, source: _Words) -> float:
    """0..1: of the pairs of words that both texts hold once, the share that stand in the other order."""
    places = [
        source.order.index(word) for word in words.order if source.order.count(word) == 1 == words.order.count(word)
    ]
    pairs = [(a, b) for i, a in enumerate(places) for b in places[i + 1 :]]
    return sum(a > b for a, b in pairs) / len(pairs) if pairs else 0.0


def _cosine(a: Matrix, b: Matrix) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9))


def strange_names(sentence: str, source: str) -> tuple[str, ...]:
    """The names and acronyms of a sentence (inner capitals, digits, or a capital after the first word) that the source
    does not hold, also not spelled out ("DMs" for "diffusion models") or written together ("UNet")."""
    found: list[str] = []
    flat = re.sub(r"[^a-z0-9]", "", source.lower())
    stems = {stem(word) for word in tokens(source)}
    initials = "".join(word[0].lower() for word in re.findall(r"[A-Za-z0-9]+", source))
    for match in re.finditer(r"[A-Za-z0-9][\w+.-]*[\w+]|[A-Za-z]", sentence):
        word = match.group()
        starts = not re.search(r"\w", sentence[: match.start()].rsplit(". ", 1)[-1])
        if not (_NAME.search(word) or (word[0].isupper() and not starts)) or word[0].isdigit():
            continue  # what begins with a digit is a number, which is compared as one
        plain = re.sub(r"[^a-z0-9]", "", word.lower())
        spellings = {plain, plain.removesuffix("s"), plain.removesuffix("based"), plain.removesuffix("like")}
        if any(part in flat for part in spellings) or (len(plain) > 1 and plain.removesuffix("s") in initials):
            continue
        pieces = [piece for piece in re.split(r"[^a-z0-9]+", word.lower()) if piece]
        if len(pieces) > 1 and all(piece.removesuffix("s") in flat for piece in pieces):
            continue
        if word.lower() not in STOP_WORDS and stem(word.lower()) not in stems:
            found.append(word)
    return tuple(dict.fromkeys(found))


def _praise(sentence: str, known: frozenset[str]) -> int:
    return min(3, sum(stem(word.lower()) not in known for word in _PRAISE.findall(sentence)))


def _reason(
    numbers: NumberConflicts,
    strange: Sequence[str],
    negations: Sequence[str],
    contrasts: Sequence[str],
    values: Mapping[str, float],
) -> str:
    said = [
        (numbers.missing, "the evidence does not give {}"),
        (numbers.units, "{} is of another unit in the evidence"),
        (numbers.frames, "the change and the value are mixed up: {}"),
        (strange, "the evidence does not name {}"),
        (negations, "negated in one and not in the other: {}"),
        (contrasts, "said the other way: {}"),
        (numbers.counts + numbers.nouns, "not counted so in the evidence: {}"),
    ]
    for things, text in said:
        if things:
            return text.format(", ".join(things))
    if values["sides"] < 0 or values["turned"] > 0.3:
        return "what is compared stands on other sides"
    if values["others"]:
        return "the evidence says this of the work of others"
    if values["cause"]:
        return "the evidence gives no such reason"
    return "the evidence does not say this"
