"""A causal LM as a reader: how likely does it find the question, given a sentence?

Owns: tokenising, batching, the forward pass. Knows nothing of papers, fusion or answers. Query likelihood ranks passages
by P(question | passage) (Ponte and Croft 1998; with pretrained LMs: Sachan et al. 2022, arXiv:2204.07496); even a tiny LM
does this well, because it reads and does not write.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rag.core.arrays import Scores, gathered
from rag.core.prompting import Prompt, load_prompt
from rag.models import memory
from rag.models.find import Device, ModelFiles, load_tokenizer
from rag.models.sparing import load_sparingly

_MAX_TOKENS = 512
"""Of one prompt; a title or sentence that would make it longer is cut."""
_MAX_QUESTION_TOKENS = 128
_BATCH_TOKENS = 1_024


class LikelihoodReader:
    """Scores (title, sentence) pairs by the mean log-probability of the question's tokens. Safe for several threads."""

    signal = "likelihood"
    """The name that its scores have among the signals of a sentence."""

    def __init__(self, files: ModelFiles, device: Device) -> None:
        self.files = files
        self.prompt: Prompt = load_prompt("read", frozenset({"title", "sentence"}))
        self._tokenizer: Any = load_tokenizer(files)
        self._network: Any = load_sparingly(files, device)
        self._device = device
        self._lock = threading.Lock()

    @property
    def description(self) -> dict[str, str]:
        """What made its scores, beside the weights."""
        return {"read_prompt_sha256": self.prompt.sha256}

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> Scores:
        """(len(passages),) mean log-probabilities, <= 0, in the order given."""
        return gathered(self.score_in_batches(question, passages), len(passages))

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], Scores]]:
        """The same, as (indices, scores) of one batch after another, so that a caller can show progress or stop.

        Passages of like length share a batch, so that little is computed on padding.
        """
        question_ids = self._ids(" " + question)[:_MAX_QUESTION_TOKENS]
        contexts = [self._context(title, sentence, _MAX_TOKENS - len(question_ids)) for title, sentence in passages]
        if not question_ids:
            yield list(range(len(passages))), np.zeros(len(passages))
            return
        order = sorted(range(len(passages)), key=lambda i: -len(contexts[i]))
        width = _BATCH_TOKENS
        batch: list[int] = []
        for index in order:
            width = len(contexts[batch[0]]) + len(question_ids) if batch else width
            if batch and (len(batch) + 1) * width > _BATCH_TOKENS:
                yield batch, self._forward([contexts[i] for i in batch], question_ids)
                batch = []
            batch.append(index)
        if batch:
            yield batch, self._forward([contexts[i] for i in batch], question_ids)
        memory.give_back()

    def _ids(self, text: str) -> list[int]:
        # Control tokens in titles, sentences and questions are read as plain text, so nobody can end the prompt early.
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])

    def _context(self, title: str, sentence: str, room: int) -> list[int]:
        ids = self._ids(self.prompt.fill({"title": title, "sentence": sentence}))
        if len(ids) > room:
            # Cut the untrusted part, keep the instruction that ends the prompt.
            spare = room - len(self._ids(self.prompt.fill({"title": "", "sentence": ""})))
            title_ids = self._ids(title)[: spare // 4]
            sentence_ids = self._ids(sentence)[: spare - len(title_ids) - 8]
            decode = self._tokenizer.decode
            ids = self._ids(
                self.prompt.fill({"title": decode(title_ids), "sentence": decode(sentence_ids)}),
            )
        return ids

    def _forward(self, contexts: Sequence[Sequence[int]], question_ids: Sequence[int]) -> Scores:
        import torch

        width = max(map(len, contexts)) + len(question_ids)
        pad = self._tokenizer.pad_token_id or 0
        ids = torch.full((len(contexts), width), pad)
        mask = torch.zeros((len(contexts), width), dtype=torch.long)
        # Padding on the left puts the question's tokens at the same place in every row.
        for row, context in enumerate(contexts):
            tokens = [*context, *question_ids]
            ids[row, -len(tokens) :] = torch.tensor(tokens)
            mask[row, -len(tokens) :] = 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        device = self._device.name
        with self._lock, torch.inference_mode():
            # Logits of the question's positions only: computing all of them costs five times as much.
            logits = self._network(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                position_ids=positions.to(device),
                logits_to_keep=len(question_ids) + 1,
                use_cache=False,
            ).logits[:, :-1]
            target = torch.tensor(question_ids, device=device).unsqueeze(-1)
            # Row by row: in full precision the whole would be hundreds of megabytes, twice.
            rows = [torch.log_softmax(row.float(), dim=-1).gather(-1, target).squeeze(-1).mean() for row in logits]
            means: Scores = torch.stack(rows).double().cpu().numpy()
        return means
