"""The look-ups of the library as SQL: statements, and the values that go into them. Pure; knows nothing of connections.

A `{}` in a statement stands where the list of `?` goes.
"""

from collections.abc import Sequence
from typing import Any

Query = tuple[str, Sequence[Any]]
TITLE_WEIGHT = 2.0
_MOST_IDENTIFIED = 5
_IDENTIFIERS = ("doi", "arxiv_id", "pmid", "pmcid", "acl_id", "isbn")

PAPERS = "SELECT id, title, abstract, details, record_hash FROM papers"
DETAILS = (
    "SELECT id, json_extract(details, '$.authors'), json_extract(details, '$.year'), json_extract(details, '$.venue') "
    "FROM papers ORDER BY key"
)
SENTENCES_OF = (
    "SELECT p.id, s.start, s.end, s.embedding FROM sentences s JOIN papers p ON p.key = s.paper "
    "WHERE p.id IN ({}) ORDER BY s.paper, s.start"
)
SENTENCE_VECTORS_OF = "SELECT p.id, s.embedding FROM sentences s JOIN papers p ON p.key = s.paper WHERE p.id IN ({})"
_WINDOWS = "SELECT w.id, p.id, w.start, w.end, w.embedding FROM windows w JOIN papers p ON p.key = w.paper "
WINDOWS_OF = _WINDOWS + "WHERE p.id IN ({}) ORDER BY w.paper, w.start"
PAPERS_OF_WINDOWS = "SELECT DISTINCT p.id FROM windows w JOIN papers p ON p.key = w.paper WHERE w.id IN ({})"
WINDOWS_BY_ID = _WINDOWS + "WHERE w.id IN ({}) ORDER BY w.paper, w.start"


def papers_identified(identifiers: Sequence[str]) -> Query:
    """The papers whose id, DOI, arXiv id, PMID, PMCID, ACL id, ISBN, address or link is one of these (lower case but for addresses)."""
    any_of = f"IN ({','.join('?' * len(identifiers))})"
    fields = ("lower(id)", *(f"lower(json_extract(details, '$.{name}'))" for name in _IDENTIFIERS))
    fields += ("json_extract(details, '$.url')",)
    tests = [f"{field} {any_of}" for field in fields]
    tests.append(f"EXISTS (SELECT 1 FROM json_each(details, '$.links') WHERE value {any_of})")
    tests.append(f"EXISTS (SELECT 1 FROM json_each(details, '$.aliases') WHERE lower(value) {any_of})")
    statement = f"{PAPERS} WHERE {' OR '.join(tests)} ORDER BY key LIMIT {_MOST_IDENTIFIED}"
    return statement, [*identifiers] * len(tests)


def papers_without(words: Sequence[str]) -> Query:
    """A condition on rows of `papers`, true of those that hold none of the words, stemmed, in title or abstract."""
    match = " OR ".join(f'"{word}"' for word in dict.fromkeys(words) if '"' not in word) or '""'
    return "key NOT IN (SELECT rowid FROM papers_fts WHERE papers_fts MATCH ?)", (match,)


def best_by_words(words: Sequence[str], limit: int) -> Query | None:
    """BM25 of the best papers that hold any of the words, stemmed, the title counting double; None without words."""
    return _bm25(words, "ORDER BY score DESC, p.id LIMIT ?", (limit,))


def scores_by_words(words: Sequence[str], ids: Sequence[str]) -> Query | None:
    """BM25 of the papers with these ids that hold any of the words; None without words."""
    return _bm25(words, f"AND p.id IN ({','.join('?' * len(ids))})", ids)


def _bm25(words: Sequence[str], tail: str, values: Sequence[Any]) -> Query | None:
    if not words:
        return None
    match = " OR ".join(f'"{word}"' for word in dict.fromkeys(words) if '"' not in word)
    statement = (
        f"SELECT p.id, -bm25(papers_fts, {TITLE_WEIGHT}, 1.0) AS score FROM papers_fts f "
        f"JOIN papers p ON p.key = f.rowid WHERE papers_fts MATCH ? {tail}"
    )
    return statement, (match, *values)
