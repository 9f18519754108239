"""What a library is about, at a glance: topics that its titles share with how many papers name each, and how many are of which year.

Owns: which topics are told, and what is counted. They come from the titles (of papers without one, from how their abstracts begin), by
how their words stand together, so that it works in any field and without a model; how many papers name a topic is looked up in the
whole library. Knows nothing of questions or of how an overview is shown.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.core import lexicon
from rag.core.accents import shown
from rag.core.text import clean, stem
from rag.library.sqlite import Database
from rag.library.store import Library
from rag.library.topics import Candidate, candidates

TOPICS = 12
_SAMPLE = 1_500
"""Papers whose titles are looked at, spread over the library; as many tell what a larger one is about."""
_CASED = 500
"""Abstracts from which it is learned whether a word is written with a capital."""
_CANDIDATES = 60
_MOST_SHARE = 0.4
"""What more papers name than this share does not tell them apart: it is the theme of the library."""
_ABOUT = (0.3, 0.12)
"""Of the papers that name one word, or several, the least share that has it in the title: else it is a word of any text."""

_TITLES_TOLD = 5
_SMALL = 4
"""A library of fewer papers has no theme that its titles do not show."""

_NAMES = 5
"""A word that is written with a capital so many times as often as without is a name."""

_COUNT = "SELECT count(*) FROM papers"
_YEARS = "SELECT json_extract(details, '$.year') AS year, count(*) FROM papers WHERE year IS NOT NULL GROUP BY year ORDER BY year"
_TITLES = (
    "SELECT title, iif(title = '', substr(abstract, 1, 200), '') FROM papers WHERE key % ? = 0 ORDER BY key LIMIT ?"
)
_ABSTRACTS = "SELECT abstract FROM papers WHERE key % ? = 0 ORDER BY key LIMIT ?"
_NEWEST = "SELECT title FROM papers WHERE title != '' ORDER BY json_extract(details, '$.year') DESC, key DESC LIMIT ?"
_SOME = "SELECT title FROM papers WHERE title != '' AND key % ? = 0 ORDER BY key LIMIT ?"
_NAMED = "SELECT count(*) FROM papers_fts WHERE papers_fts MATCH ?"


@dataclass(frozen=True, slots=True)
class Topic:
    """Words that titles share, and how many papers of the library name them in title or abstract, in any inflection."""

    words: str
    papers: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A library at a glance. `theme` is what most of its papers name; `years` are in order, with how many papers each has, and
    `undated` is how many papers name none. `titles` are those of the newest papers, or where no year is known of some."""

    papers: int = 0
    topics: tuple[Topic, ...] = ()
    theme: Topic | None = None
    years: tuple[tuple[int, int], ...] = ()
    undated: int = 0
    titles: tuple[str, ...] = ()


class Overviews:
    """The overview of a library, made anew where it has changed. Any thread may ask."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._kept: tuple[int, Overview] | None = None

    def now(self) -> Overview:
        """The overview of the newest revision."""
        with self._lock:
            revision = self._library.revision
            if self._kept is None or self._kept[0] != revision:
                self._kept = (revision, overview(self._library))
            return self._kept[1]


def overview(library: Library) -> Overview:
    """The overview of a library: bounded work, however large it is. It has a connection of its own, so that no question waits."""
    with library.beside() as database, database.snapshot():
        return _overview(database)


def _overview(database: Database) -> Overview:
    count = int(database.rows(_COUNT)[0][0])
    years = tuple((int(year), int(n)) for year, n in database.rows(_YEARS))
    step = max(1, count // _SAMPLE)
    rows = database.rows(_TITLES, (step, _SAMPLE))
    titles = [clean(shown(title or beginning)) for title, beginning in rows]
    topics = candidates(titles, _CANDIDATES)
    if sum(not title for title, _ in rows) > len(rows) / 2:
        # How abstracts begin: "to evaluate", "the aim". What takes several words is a topic there too.
        topics = [one for one in topics if len(one.stems) > 1]
    found = _named(database, topics, count / max(1, len(titles)))
    theme = max((one for one in found if one[1] > _MOST_SHARE * count), key=lambda one: one[1], default=None)
    chosen = _chosen([one for one in found if one[1] <= _MOST_SHARE * count])
    some = database.rows(_SOME, (max(1, count // _TITLES_TOLD), _TITLES_TOLD))
    step = max(1, count // _CASED)
    written = _Case(abstract for (abstract,) in database.rows(_ABSTRACTS, (step, _CASED)))
    return Overview(
        count,
        tuple(Topic(written.of(one.words), named) for one, named in chosen),
        Topic(written.of(theme[0].words), theme[1]) if theme and count >= _SMALL else None,
        years,
        count - sum(n for _, n in years),
        tuple(title for (title,) in (database.rows(_NEWEST, (_TITLES_TOLD,)) if years else some)),
    )


def _named(database: Database, topics: Sequence[Candidate], scale: float) -> list[tuple[Candidate, int]]:
    """Each with how many papers name it, the words of any text left out. `scale` is how many papers a title stands for."""
    found = []
    for one in topics:
        phrase = " ".join(re.findall(r"\w+", one.words.lower()))
        named = int(database.rows(_NAMED, (f'"{phrase}"',))[0][0])
        if len(one.titles) * scale >= _ABOUT[len(one.stems) > 1] * named > 0:
            found.append((one, named))
    return found


def _chosen(found: Sequence[tuple[Candidate, int]]) -> list[tuple[Candidate, int]]:
    """The first of them that differ from one another, the one that most papers name first."""
    chosen: list[tuple[Candidate, int]] = []
    for one, named in found:
        if len(chosen) < TOPICS and not any(_alike(one, other) for other, _ in chosen):
            chosen.append((one, named))
    return sorted(chosen, key=lambda item: (-item[1], item[0].words))


def _alike(one: Candidate, other: Candidate) -> bool:
    """Whether one says what the other says, or stands in the same titles."""
    general = {stem(word) for word in lexicon.words("general_in_topics")}
    first, second = ({part for part in stems if part not in general} for stems in (one.stems, other.stems))
    both = len(one.titles & other.titles)
    return bool(first & second) or both > 0.5 * min(len(one.titles), len(other.titles))


class _Case:
    """How words are written inside sentences: "Gaussian", "LLMs", but "image", whatever titles make of them."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter(re.findall(r"(?<=[a-z,] )[^\W\d_][\w-]*", " ".join(texts)))
        self._forms: dict[str, str] = {}
        for word, n in counts.items():
            small = word.lower()
            best = self._forms.get(small, small)
            # "Retrieval-Augmented Generation (RAG)" is spelled out with capitals, and is no name for that.
            if n > _NAMES * counts[small] and n >= counts[best]:
                self._forms[small] = word

    def of(self, words: str) -> str:
        """The words as sentences write them, in small letters unless they are names or have a capital inside."""
        return " ".join(self._one(word) for word in words.split())

    def _one(self, word: str) -> str:
        known = self._forms.get(word.lower())
        return known or (word if re.search(r"[^\W\d_-][A-Z]|\d", word) else word.lower())
