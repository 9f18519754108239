"""Records <-> rows of the library's tables, and the hashes that tell them apart. Pure functions."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.domain import Paper, Span, Window
from rag.errors import LibraryDamaged

Matrix = npt.NDArray[np.float32]


def record_hash(paper: Paper) -> str:
    """Of every field of a paper."""
    return hashlib.sha256(json.dumps(asdict(paper), sort_keys=True).encode()).hexdigest()[:32]


def text_hash(title: str, abstract: str) -> str:
    """Of what is searched and embedded."""
    return hashlib.sha256(f"{title}\0{abstract}".encode()).hexdigest()[:32]


def details_of(paper: Paper) -> str:
    fields = asdict(paper)
    return json.dumps({name: value for name, value in fields.items() if name not in ("id", "title", "abstract")})


def paper_of(identifier: str, title: str, abstract: str, details: str) -> Paper:
    fields = json.loads(details)
    fields["authors"], fields["links"] = tuple(fields["authors"]), tuple(fields["links"])
    return Paper(id=identifier, title=title, abstract=abstract, **fields)


def windows_of(rows: Sequence[Any]) -> tuple[list[Window], Matrix]:
    windows = [Window(row[0], row[1], Span(row[2], row[3])) for row in rows]
    return windows, matrix_of([row[4] for row in rows], "<f4")


def embedded_rows(key: int | None, spans: Sequence[Span], embeddings: Matrix, kind: str) -> list[tuple[Any, ...]]:
    return [
        (key, span.start, span.end, np.asarray(row, kind).tobytes())
        for span, row in zip(spans, embeddings, strict=True)
    ]


def matrix_of(blobs: Sequence[bytes], kind: str) -> Matrix:
    if not blobs:
        return np.empty((0, 0), np.float32)
    try:
        matrix: Matrix = np.frombuffer(b"".join(blobs), kind).reshape(len(blobs), -1).astype(np.float32)
    except ValueError as error:
        raise LibraryDamaged(f"embeddings of different lengths in the library: {error}; ingest it anew") from error
    return matrix
