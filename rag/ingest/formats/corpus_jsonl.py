"""`corpus.jsonl`: one JSON object a line with `title` and `abstract`, and optionally id, authors, url, year, doi, …"""

import json
from collections.abc import Iterator
from typing import Any

from rag.core.domain import Paper, Rejected
from rag.ingest.formats.record import BadRecord, make_paper


def recognises(text: str) -> bool:
    """Whether the first line that is not blank begins a JSON object with one of the format's fields."""
    first = text.lstrip().partition("\n")[0]
    return first.startswith("{") and ('"abstract"' in first or '"title"' in first)


def read(text: str) -> Iterator[Paper | Rejected]:
    """One paper a line; a line that is no such object is rejected with its number."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Rejected(number, f"not JSON: {error}")
            continue
        try:
            yield _paper(record)
        except BadRecord as error:
            title = record.get("title") if isinstance(record, dict) else None
            yield Rejected(number, str(error), title if isinstance(title, str) else "")


def _paper(record: Any) -> Paper:
    if not isinstance(record, dict):
        raise BadRecord(f"not a JSON object but a {type(record).__name__}")
    authors = record.get("authors") or []
    if not isinstance(authors, list):
        raise BadRecord(f"authors is not a list but a {type(authors).__name__}")
    if not all(isinstance(author, str) for author in authors):
        raise BadRecord("authors holds something that is not text")
    fields = ("title", "abstract", "id", "url", "doi", "arxiv_id", "pmid", "venue")
    return make_paper(
        **{name: _string(record, name) for name in fields},
        authors=authors,
        year=_year(record.get("year")),
    )


def _string(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    # Numbers are common as ids; anything nested is a mistake that must not be quoted as text.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadRecord(f"{name} is not text but a {type(value).__name__}")
    return str(value)


def _year(value: Any) -> int | None:
    if value in (None, ""):
        return None
    # 2020, "2020" and 2020.0 are years; 2020.7, Infinity and true are mistakes.
    text = str(value).strip().removesuffix(".0")
    if isinstance(value, bool) or not (len(text) == 4 and text.isascii() and text.isdigit()):
        raise BadRecord(f"year is no year: {str(value)[:40]!r}")
    return int(text)
