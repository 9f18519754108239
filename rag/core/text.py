"""Cleaning and normalising text from strangers. Pure functions on strings; knows nothing of papers or files."""

import re
import unicodedata
from functools import lru_cache

from snowballstemmer import stemmer

from rag.core import lexicon

# Control characters, and the invisible characters that can hide text or turn its direction (Unicode TR36, section 3).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_URL = re.compile(r"https?://[^\s<>\"'{}\[\]|\\^`“”‘’«»。，）]+", re.IGNORECASE)
_WORD = re.compile(r"\w+")

STOP_WORDS = lexicon.words("stop_words")
"""Function words: they carry no topic."""


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
    links = (_without_closing(match.group()) for match in _URL.finditer(text))
    return tuple(dict.fromkeys(url for url in links if len(url) > len("https://")))


def _without_closing(url: str) -> str:
    """Without what ends the sentence or closes a bracket that was opened before the URL."""
    not_opened = url.count(")") - url.count("(")
    end = len(url)
    while end and (url[end - 1] in ".,;:!?*" or (url[end - 1] == ")" and not_opened > 0)):
        not_opened -= url[end - 1] == ")"
        end -= 1
    return url[:end]


def words(text: str) -> list[str]:
    """The lower-case words of a text, in order (runs of letters, digits and underscores)."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def content_words(text: str) -> list[str]:
    """The words that carry a topic, in order; all words where nothing else is left."""
    every = words(text)
    return [word for word in every if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())] or every


stem = lru_cache(1 << 16)(stemmer("porter").stemWord)
