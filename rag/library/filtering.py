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
    for n, word in enumerate(normalise(words).split()):
        terms = re.findall(r"\w+", word)
        if not terms:  # a sign alone
            continue
        part = re.sub(r"([\\%_])", r"\\\1", word)
        conditions.append(_HOLDS.format(n=n))
        values |= {
            f"stem{n}": _beginning(" ".join(terms)) if _WORD.fullmatch(word) else '""',
            f"near{n}": _beginning(terms[0][:_LETTERS]),
            f"part{n}": f"%{part}%",
            f"name{n}": f"%{part.capitalize()}%",  # LIKE knows the case of ASCII letters only
        }
    return " AND ".join(conditions) or "TRUE", values


def _beginning(words: str) -> str:
    """As a query of the index: words in this order, the last of which may go on."""
    return f'"{words}"*'
