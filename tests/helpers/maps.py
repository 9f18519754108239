"""Libraries for maps: papers of a few subjects, embedded by their words, or many with vectors of their own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.core.domain import EmbedderIdentity, Paper, Span
from rag.ingest.chunks import EmbeddedPaper
from rag.ingest.formats.record import make_paper
from rag.library.store import Library

SUBJECTS = {
    "Varroa Mites": "varroa mites hive honey bees colony queen",
    "Glacier Melt": "glacier ice melt snow alpine meltwater",
    "Solar Cells": "solar cells silicon photons perovskite volts",
}
KINDS = ("counts", "growth", "costs", "models", "fields", "seasons", "samples", "maps")


def subjects(each: int = 8) -> list[Paper]:
    """So many papers of each subject, one subject after the other; the first has no year, and its title is hostile."""
    papers = []
    for s, (subject, words) in enumerate(SUBJECTS.items()):
        for n in range(each):
            title = f"{subject}: {KINDS[n % len(KINDS)]}"
            if not papers:
                title = f"{subject} <img src=x onerror='window.pwned=1'> <b>${{window.pwned=1}}</b>"
            abstract = f"We study {words}. {KINDS[n % len(KINDS)].title()} of {words} are told in part {n}."
            year = 2000 + n + 5 * s if papers else None
            papers.append(make_paper(id=f"{s}-{n}", title=title, abstract=abstract, year=year))
    return papers


def mixture(count: int, heaps: int = 60, dimension: int = 384) -> np.ndarray:
    """(count, dimension) unit vectors of so many heaps, always the same."""
    random = np.random.default_rng(0)
    middles = random.normal(size=(heaps, 24))
    inner = middles[random.integers(0, heaps, count)] + 0.35 * random.normal(size=(count, 24))
    rows = inner @ random.normal(size=(24, dimension)) + 0.8 * random.normal(size=(count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def library_of(folder: Path, papers: Sequence[Paper], rows: np.ndarray) -> None:
    """A library of papers with these vectors, one window each."""
    identity = EmbedderIdentity("of the test", "0" * 64, rows.shape[1])
    none = np.zeros((0, rows.shape[1]), np.float32)
    with Library.open_for_writing(folder, identity) as library:
        library.put(
            [
                EmbeddedPaper(paper, (), none, (Span(0, len(paper.abstract)),), row[None])
                for paper, row in zip(papers, rows, strict=True)
            ]
        )
