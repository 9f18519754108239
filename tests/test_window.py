"""The window, driven in a real browser over a scripted assistant: what a visitor sees, clicks and gets.

Needs playwright and a Chromium (`CHROMIUM`, else /usr/bin/chromium); skipped, saying so, where one is missing.
"""

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rag.domain import Answer, AnswerSentence, Citation, Evidence, Hit, Paper, Progress, Span, Turn
from rag.errors import LibraryMissing, QuestionError
from rag.settings import Settings

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

HOSTILE = Paper(
    "hostile",
    'Hostile: <img src=x onerror="window.pwned=1"> ${window.pwned=1} \\xi {{value}} `b`',
    "We show <script>window.pwned=1</script> **no bold**, $O(n)$ and ${window.pwned=1} with \\xi [a](javascript:void).",
    url="javascript:window.pwned=1",
)
CACHE = Paper(
    "cache",
    "FastCache: Accelerating Diffusion Models for Free",
    "Diffusion models have recently gained unprecedented attention in the field of image synthesis. They are slow, "
    "which is attributed to the sequential denoising process and the cumbersome model size. We reuse the high-level "
    "features of neighbouring steps and update the low-level ones in a very cheap way. This enables a speedup factor of "
    "2.3 for Stable Diffusion v1.5 with only a 0.05 decline in CLIP Score. No retraining is needed. Compared with "
    "pruning and distillation methods that need retraining, the method is better at the same throughput.",
    authors=("Ada Example", "Ben Sample", "Cleo Person", "Dan Name", "Eve Other"),
    year=2023,
    url="https://example.org/fastcache",
)
PROPAGATE = Paper(
    "propagate",
    "Faster Encoders: Rethinking the Role of the Encoder in Diffusion Models",
    "One of the key components is the U-Net for noise prediction. We omit the encoder at certain adjacent time-steps and "
    "reuse its features cyclically in the decoder. It accelerates the sampling of both models by 41% and 24%, while the "
    "quality of generation is kept.",
    arxiv_id="2312.09608",
    year=2023,
)
PAPERS = (CACHE, PROPAGATE, HOSTILE)


@dataclass
class Scripted:
    """An assistant that answers by a script; a question that contains "hold" is read until `gate` is set."""

    shelf: tuple[Paper, ...] = PAPERS
    gate: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    histories: list[tuple[Turn, ...]] = field(default_factory=list)
    description: Mapping[str, str] = field(
        default_factory=lambda: {
            "reader": "HuggingFaceTB/SmolLM2-135M-Instruct",
            "embedder": "all-MiniLM-L6-v2",
            "device": "CPU",
            "mode": "quote",
        }
    )

    def papers(self) -> tuple[Paper, ...]:
        return self.shelf

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        return tuple(Hit(paper, 3.0 - n, {"dense": 0.6, "lexical": 9.0}) for n, paper in enumerate(self.shelf))[:limit]

    def close(self) -> None:
        pass

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        *_, answer = self.stream(question, history)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Progress | Answer]:
        self.histories.append(tuple(history))
        if "too odd" in question:
            raise QuestionError("cannot take <b>this</b> question")
        if "crash" in question:
            raise ZeroDivisionError("a secret detail")
        standalone = f"{question} (about FastCache)" if history else question
        hits = self.search(question)
        answer = script(question, standalone, hits)
        yield Progress("searching", standalone)
        yield Progress("reading", standalone, hits, 0, 10)
        try:
            while "hold read" in question and not self.gate.wait(0.02):
                yield Progress("reading", standalone, hits, 3, 10)
            for n in range(1, len(answer.sentences)):
                draft = told(replace(answer, sentences=answer.sentences[:n]))
                yield Progress("answering", standalone, hits, 10, 10, draft)
                while "hold draft" in question and not self.gate.wait(0.02):
                    yield Progress("answering", standalone, hits, 10, 10, draft)
        except GeneratorExit:
            self.closed.set()
            raise
        yield answer


def cite(n: int, paper: Paper, words: str) -> AnswerSentence:
    start = paper.abstract.index(words)
    return AnswerSentence(words, "quote", (Citation(n, paper, start, start + len(words)),))


def told(answer: Answer) -> Answer:
    """The answer with its text made from its sentences, as the assistant does it."""
    words = "\n\n".join(f"“{sentence.text}” [{sentence.citations[0].n}]" for sentence in answer.sentences)
    return replace(answer, text=words)


def script(question: str, standalone: str, hits: tuple[Hit, ...]) -> Answer:
    times = {"rewrite": 0.0, "retrieve": 41.0, "read": 912.0, "first_text": 960.0, "total": 990.0}
    answer = Answer(question, standalone, "quote", "answered", 0.93, "", retrieved=hits, timings_ms=times)
    if "weather" in question:
        nearest = tuple(hit.paper for hit in hits)
        text = f"Not in these abstracts. Nearest: {'; '.join(paper.title for paper in nearest)}"
        return replace(answer, outcome="declined", p_answerable=0.04, text=text, nearest=nearest)
    if "hostile" in question:
        sentences = (cite(1, HOSTILE, HOSTILE.abstract),)
    else:
        speed = "This enables a speedup factor of 2.3 for Stable Diffusion v1.5 with only a 0.05 decline in CLIP Score."
        sampling = "It accelerates the sampling of both models by 41% and 24%, while the quality of generation is kept."
        sentences = (
            cite(1, CACHE, speed),
            cite(1, CACHE, "No retraining is needed."),
            cite(2, PROPAGATE, sampling),
        )
    read = tuple(Evidence(s.citations[0].paper, Span(0, 9), 1.0, {}) for s in sentences)
    return told(replace(answer, sentences=sentences, evidence=read))
