"""Source files of a test, and what is read from them."""

import json
from pathlib import Path
from typing import Any

from rag.core.domain import Paper, Rejected
from rag.ingest.formats import read_papers

ABSTRACT = "Bees make honey and dance. " * 8 + "Their dance tells where flowers are."
"""46 words: long enough to be an abstract on a page."""


def file(folder: Path, content: str | bytes, name: str = "corpus.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def jsonl(*records: Any) -> str:
    """A line a record; strings go in as they stand."""
    return "\n".join(record if isinstance(record, str) else json.dumps(record) for record in records) + "\n"


def read(path: Path) -> tuple[list[Paper], list[Rejected]]:
    records = list(read_papers(path))
    return (
        [record for record in records if isinstance(record, Paper)],
        [record for record in records if isinstance(record, Rejected)],
    )
