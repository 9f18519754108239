"""Which papers hold all words that are typed, as a condition in SQL: for looking through a library while typing.

Owns what holding a word means. Knows nothing of connections or of ranking.
"""

import re

from rag.core.text import normalise

_WORD = re.compile(r"\w+(?:[-.,'/]\w+)*")
"""What the index can be asked for as it stands; of "c++" it knows the c alone."""
_LETTERS = 3
"""As many first letters of a word its stem is taken to begin with."""

_HOLDS = r"""(
    key IN (SELECT rowid FROM main.papers_fts WHERE papers_fts MATCH :stem{n})
    OR key IN (SELECT rowid FROM main.papers_fts WHERE papers_fts MATCH :near{n})
        AND (title LIKE :part{n} ESCAPE '\' OR abstract LIKE :part{n} ESCAPE '\')
    OR EXISTS (
        SELECT 1 FROM json_each(details, '$.authors')
        WHERE value LIKE :part{n} ESCAPE '\' OR value LIKE :name{n} ESCAPE '\'
    )
    OR json_extract(details, '$.venue') LIKE :part{n} ESCAPE '\'
    OR json_extract(details, '$.venue') LIKE :name{n} ESCAPE '\'
    OR json_extract(details, '$.year') LIKE :part{n} ESCAPE '\'
)"""
"""The index knows stems only: what is typed of a word, such as "cachi" of "caching", may be longer than its stem and no word yet. So
papers that hold anything with its first letters are looked at themselves."""


def papers_holding(words: str) -> tuple[str, dict[str, str]]:
    """A condition on rows of `papers`, true of those that hold all of these words, and its values."""
    conditions: list[str] = []
    values: dict[str, str] = {}
    for n, word in enumerate(words_in(words)):
        conditions.append(_HOLDS.format(n=n))
        values |= {f"{name}{n}": value for name, value in values_of(word).items()}
    return " AND ".join(conditions) or "TRUE", values


def words_in(words: str) -> list[str]:
    """The words that are looked for; a sign alone is none."""
    return [word for word in normalise(words).split() if re.search(r"\w", word)]


def values_of(word: str) -> dict[str, str]:
    """How a word is looked for: by its `stem` in the index, else as a `part` of papers that the index has `near` it, or of a `name`."""
    terms = re.findall(r"\w+", word)
    part = re.sub(r"([\\%_])", r"\\\1", word)
    return {
        "stem": _beginning(" ".join(terms)) if _WORD.fullmatch(word) else '""',
        "near": _beginning(terms[0][:_LETTERS]),
        "part": f"%{part}%",
        "name": f"%{part.capitalize()}%",  # LIKE knows the case of ASCII letters only
    }


def _beginning(words: str) -> str:
    """As a query of the index: words in this order, the last of which may go on."""
    return f'"{words}"*'
