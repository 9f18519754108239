"""Cleaning and normalising text from strangers. Pure functions on strings; knows nothing of papers or files."""

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from snowballstemmer import stemmer

# Control characters, and the invisible characters that can hide text or turn its direction (Unicode TR36, section 3).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_URL = re.compile(r"https?://[^\s<>\"'{}\[\]|\\^`“”‘’«»。，）]+", re.IGNORECASE)
_WORD = re.compile(r"\w+")

# Function words of English questions: they carry no topic, yet are rare in abstracts, so BM25 would overrate them.
STOP_WORDS = frozenset(
    """a about after all also although am an and any are as at be because been before being between both but by can could
    did do does doing done during each either else every for from get gets give given gives had has have having he her
    here hers him his how i if in into is it its itself just know let like list make many may me might more most much must
    my name neither no nor not of off on one only onto or other our out over own papers paper please same say says she
    should show so some such tell than that the their them then there these they this those through to too under until up
    us use used uses using very was we were what whats when where whether which while who whom whose why will with within
    without would you your""".split()
)


def clean(text: str) -> str:
    """One line of visible text: invisible and control characters removed, white space folded to single spaces."""
    # Half a surrogate pair, as JSON may hold, cannot be stored as UTF-8.
    whole = text.encode("utf-8", "ignore").decode("utf-8")
    return " ".join(_INVISIBLE.sub("", whole.replace("\u00ad", "")).split())


def normalise(text: str) -> str:
    """For comparing: NFKC, lower case, one kind of dash, folded white space."""
    return " ".join(_DASHES.sub("-", unicodedata.normalize("NFKC", text).lower()).split())


def links_in(text: str) -> tuple[str, ...]:
    """The http(s) URLs named in a text, in order, each once, without the punctuation that ends a sentence."""
    found = (_without_closing(match.group()) for match in _URL.finditer(text))
    return tuple(dict.fromkeys(url for url in found if len(url) > len("https://")))


def _without_closing(url: str) -> str:
    """Without what ends the sentence or closes a bracket that was opened before the URL."""
    url = url.rstrip(".,;:!?*")
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1].rstrip(".,;:!?*")
    return url


def words(text: str) -> list[str]:
    """The lower-case words of a text, in order (runs of letters, digits and underscores)."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def content_words(text: str) -> list[str]:
    """The words that carry a topic, in order; all words where nothing else is left."""
    every = words(text)
    return [word for word in every if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())] or every


stem = lru_cache(1 << 16)(stemmer("porter").stemWord)


def word_shares(question: str, texts: Sequence[str]) -> list[float]:
    """Per text the share of the question's words it holds, stemmed, rare words counting more: 0..1."""
    asked = list(dict.fromkeys(stem(word) for word in content_words(question)))
    held = [{stem(word) for word in content_words(text)} for text in texts]
    rarity = {word: math.log(1 + len(texts) / (1 + sum(word in words for words in held))) for word in asked}
    whole = sum(rarity.values())
    return [sum(rarity[word] for word in asked if word in words) / whole if whole else 0.0 for words in held]
