"""A small network that was trained to tell whether a sentence answers a question: one number for each.

Owns: which tokens see which, batches, the forward pass. The weights are those of the default reader and what was
trained beside them (`rag.models.adapter`). Knows nothing of papers, fusion or answers.

A question stands before all that is read for it, and a title before all sentences of its paper, so both are computed once: the prompts
of many sentences stand behind each other in one row, and each token sees those of its own prompt alone. Nothing is computed on padding.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.core.arrays import Scores, gathered
from rag.models import memory
from rag.models.adapter import Record, add_adapter
from rag.models.answer_prompt import AnswerPrompt
from rag.models.find import Device, ModelFiles, load_tokenizer
from rag.models.sparing import load_sparingly

_ROW_TOKENS = 640
"""Of one forward pass. Longer rows save few titles, and every token is compared with all of its row."""

Stretches = tuple[tuple[int, int], ...]
"""Tokens from a first to before a last one."""


@dataclass(slots=True)
class _Row:
    """Prompts behind each other: the tokens, the place that each has in its own prompt, the stretches and what each of them sees, and
    the last token of each passage."""

    tokens: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    stretches: list[tuple[int, int, Stretches]] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)

    def add(self, tokens: Sequence[int], before: Stretches) -> Stretches:
        """Add tokens that see the stretches before them; what those see that follow."""
        first, place = len(self.tokens), sum(end - start for start, end in before)
        self.tokens.extend(tokens)
        self.places.extend(range(place, place + len(tokens)))
        self.stretches.append((first, len(self.tokens), before))
        return (*before, (first, len(self.tokens)))


class TrainedReader:
    """Scores (title, sentence) pairs by how well the sentence answers: about -10 to 10, above 1 rather yes. For several threads."""

    signal = "answers"
    """The name that its scores have among the signals of a sentence."""

    def __init__(self, files: ModelFiles, device: Device, record: Record) -> None:
        """Raises:
        FittedModelError: the trained weights are damaged, or of another network.
        PromptError: `prompts/answers.md` is not as it should be.
        """
        self.files = files
        self._prompt = AnswerPrompt(load_tokenizer(files))
        self._network: Any = load_sparingly(files, device).model
        self._head: Any = add_adapter(self._network, record)
        self._device = device
        self._lock = threading.Lock()
        self._record = record
        memory.give_back()

    @property
    def description(self) -> dict[str, str]:
        """What made its scores, beside the weights."""
        return {"answers_prompt_sha256": self._prompt.prompt.sha256, "trained_sha256": self._record.sha256}

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> Scores:
        """(len(passages),) scores in the order given."""
        return gathered(self.score_in_batches(question, passages), len(passages))

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], Scores]]:
        """The same, as (indices, scores) of one batch after another, so that a caller can show progress or stop."""
        return self.score_pairs([(question, title, sentence) for title, sentence in passages])

    def score_pairs(self, pairs: Sequence[tuple[str, str, str]]) -> Iterator[tuple[list[int], Scores]]:
        """(indices, scores) of one batch after another of (question, title, sentence), also of several questions."""
        for row in self._rows(pairs):
            yield list(row.ends), self._forward(row)
        memory.give_back()

    def _rows(self, pairs: Sequence[tuple[str, str, str]]) -> Iterator[_Row]:
        """What has a question and a title in common stands together."""
        row, there = _Row(), dict[tuple[str, ...], Stretches]()
        for index in _together(pairs):
            question, title, sentence = pairs[index]
            shared = [
                ((question,), self._prompt.part("question", question)),
                ((question, title), self._prompt.part("title", title)),
            ]
            own = [*self._prompt.part("sentence", sentence), *self._prompt.close]
            more = len(own) + sum(len(ids) for key, ids in shared if key not in there)
            if row.ends and len(row.tokens) + more > _ROW_TOKENS:
                yield row
                row, there = _Row(), {}
            before: Stretches = ()
            for key, ids in shared:
                if key not in there:
                    there[key] = row.add(ids, before)
                before = there[key]
            row.ends[index] = row.add(own, before)[-1][1] - 1
        if row.ends:
            yield row

    def _forward(self, row: _Row) -> Scores:
        import torch

        device, length = self._device.name, len(row.tokens)
        mask = torch.full((length, length), torch.finfo(self._device.dtype).min, dtype=self._device.dtype)
        for first, last, before in row.stretches:
            mask[first:last, first:last] = mask[first:last, first:last].triu(1)
            for start, end in before:
                mask[first:last, start:end] = 0
        with self._lock, torch.inference_mode():
            states = self._network(
                input_ids=torch.tensor([row.tokens], device=device),
                position_ids=torch.tensor([row.places], device=device),
                attention_mask=mask[None, None].to(device),
                use_cache=False,
            ).last_hidden_state[0, list(row.ends.values())]
            scores: Scores = (states.float() @ self._head).double().cpu().numpy()
        return scores


def _together(pairs: Sequence[tuple[str, str, str]]) -> list[int]:
    """The indices, by where their question and then their title come first."""
    questions: dict[str, int] = {}
    titles: dict[tuple[str, str], int] = {}
    for question, title, _ in pairs:
        questions.setdefault(question, len(questions))
        titles.setdefault((question, title), len(titles))
    return sorted(range(len(pairs)), key=lambda i: (questions[pairs[i][0]], titles[pairs[i][:2]]))
