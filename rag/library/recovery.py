"""What can still be read beside a damaged library file: which papers are whole, and texts from the folder of the vector index.

Reads only; what becomes of it is decided in `rag.library.repair`.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.core.domain import Paper, Span
from rag.library import private, text_copy
from rag.library.vector_index import Manifest, VectorIndex, chroma_exceptions

Texts = Mapping[str, tuple[str, str]]
"""Title and abstract by paper id."""


def is_whole(paper: Paper, sentences: Sequence[Span], windows: Sequence[Span]) -> bool:
    """Whether nothing but white space of the abstract is outside its sentences, nor outside its windows, and it has any."""
    return bool(windows) and all(_covers(spans, paper.abstract) for spans in (sentences, windows))


def _covers(spans: Sequence[Span], abstract: str) -> bool:
    if any(not 0 <= span.start <= span.end <= len(abstract) for span in spans):
        return False
    end = 0
    for span in sorted(spans, key=lambda span: span.start):
        if abstract[end : span.start].strip():
            return False
        end = max(end, span.end)
    return not abstract[end:].strip()


def texts_in_index(root: Path, manifest: Manifest) -> tuple[Texts, frozenset[str]]:
    """The papers that are kept beside a vector index, and the ids of those that are not kept as a whole.

    An older index keeps passages within Chroma. It is read through a private copy, since Chroma writes while it opens.
    """
    try:
        if text_copy.is_there(root / manifest.folder):
            kept = text_copy.texts(root / manifest.folder)
            return {paper_id: (title, abstract) for paper_id, title, abstract in kept}, frozenset()
    except sqlite3.Error:
        return {}, frozenset()
    try:
        copy = private.copy_of(root / manifest.folder)
    except OSError:
        return {}, frozenset()
    try:
        index = VectorIndex(copy, manifest, temporary=True)
    except chroma_exceptions():
        private.remove(copy)
        return {}, frozenset()
    try:
        passages = index.passages()
    except chroma_exceptions():
        passages = []
    finally:
        index.close()
    of_paper: dict[str, list[tuple[int, str]]] = defaultdict(list)
    titles: dict[str, str] = {}
    for text, about in passages:
        of_paper[about["paper_id"]].append((about["start"], text))
        titles[about["paper_id"]] = about["title"]
    joined = {paper_id: _joined(sorted(pieces)) for paper_id, pieces in of_paper.items()}
    texts = {paper_id: (titles[paper_id], abstract) for paper_id, abstract in joined.items() if abstract is not None}
    return texts, frozenset(joined.keys() - texts.keys())


def _joined(pieces: list[tuple[int, str]]) -> str | None:
    """The abstract that overlapping passages are of; None where one is missing between others or they contradict each other.

    Between passages that do not overlap there was a single space: ingestion folds white space.
    """
    abstract = ""
    for start, text in pieces:
        if start == len(abstract) + 1 and abstract:
            abstract += " "
        known = abstract[start : start + len(text)]
        if start > len(abstract) or not text.startswith(known):
            return None
        abstract = abstract[:start] + text + abstract[start + len(text) :]
    return abstract
