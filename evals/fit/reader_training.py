"""Trains the reader: low-rank factors (LoRA) beside a causal network's matrices, and a head, so that the sentence that answers scores
above the others of its passage, and above 0 only where it answers.

Owns: the factors, the loss, the order of examples, checkpoints. Any device will do. `evals.fit.reader` ships what comes out.
"""

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from safetensors.torch import save_file

from evals.errors import EvalError
from evals.fit.reader_rows import Row
from rag.models.adapter import HEAD
from rag.models.answer_prompt import AnswerPrompt
from rag.models.find import Device, ModelFiles, load_network, load_tokenizer

_MATRICES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_MOST_SENTENCES = 9
"""Of a passage in training: all that answer, up to three, and others by chance."""
_WARM_UP = 60
_SCALE = 2.0
"""What the product of the factors counts, beside the matrix."""
_AT_ONCE = 128
"""Sentences in one pass where nothing is learned."""
CHECKPOINT, FACTORS, RECORD = "checkpoint.pt", "trained.safetensors", "trained.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. `questions` of one step are split into passes of `at_once`, for the memory."""

    steps: int
    rank: int = 16
    seed: int = 0
    questions: int = 32
    at_once: int = 8
    rate: float = 4e-4


class _Factored(torch.nn.Module):
    """A linear layer and the product that is learned beside it, which begins at zero."""

    def __init__(self, base: torch.nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        device = base.weight.device
        self.A = torch.nn.Parameter(torch.randn(rank, base.in_features, device=device) / math.sqrt(base.in_features))
        self.B = torch.nn.Parameter(torch.zeros(base.out_features, rank, device=device))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.base(values)
        return out + values @ self.A.to(values.dtype).T @ self.B.to(values.dtype).T * _SCALE


class Trainer:
    """A network with factors to learn. Fit for one thread."""

    def __init__(self, files: ModelFiles, device: Device, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self._device, self.step = plan, device, 0
        tokenizer = load_tokenizer(files)
        self._prompt = AnswerPrompt(tokenizer)
        whole = load_network(files, device, causal=True).requires_grad_(False)
        self._network: Any = whole.model
        layers = {
            name: module
            for name, module in self._network.named_modules()
            if isinstance(module, torch.nn.Linear) and name.rsplit(".", 1)[-1] in _MATRICES
        }
        if not layers:
            raise EvalError(f"{files.name} has none of the matrices that are trained: {', '.join(_MATRICES)}")
        self._factors: dict[str, _Factored] = {}
        for name, layer in layers.items():
            parent, _, last = name.rpartition(".")
            self._factors[name] = _Factored(layer, plan.rank)
            setattr(self._network.get_submodule(parent), last, self._factors[name])
        words = whole.get_output_embeddings().weight.detach().float()
        yes, no = (tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in (" yes", " no"))
        self._head = torch.nn.Parameter(words[yes] - words[no])
        self._bias = torch.nn.Parameter(torch.tensor(-1.0, device=device.name))
        self._learned = [*(p for f in self._factors.values() for p in (f.A, f.B)), self._head, self._bias]
        self._optimiser = torch.optim.AdamW(self._learned, lr=plan.rate, weight_decay=0.01, betas=(0.9, 0.98))

    def scores(self, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """(len(prompts),) scores. Padding stands behind, where no token before it looks."""
        ids = torch.zeros((len(prompts), max(map(len, prompts))), dtype=torch.long)
        for row, tokens in enumerate(prompts):
            ids[row, : len(tokens)] = torch.tensor(tokens)
        states = self._network(input_ids=ids.to(self._device.name), use_cache=False).last_hidden_state
        last = torch.tensor([len(tokens) - 1 for tokens in prompts], device=self._device.name)
        found: torch.Tensor = states[torch.arange(len(prompts), device=self._device.name), last].float() @ self._head
        return found

    def learn(self, rows: Sequence[Row], others: Sequence[Row], chance: random.Random) -> float:
        """One step on these questions; its loss. Each also gets a sentence of another passage, which does not answer."""
        done = self.step / self.plan.steps
        rate = self.plan.rate * min(1.0, (self.step + 1) / _WARM_UP) * (0.5 * (1 + math.cos(math.pi * done)) + 0.02)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad()
        total = 0.0
        for start in range(0, len(rows), self.plan.at_once):
            examples = [self._example(row, others, chance) for row in rows[start : start + self.plan.at_once]]
            scores = self.scores([prompt for prompts, _ in examples for prompt in prompts])
            pieces = torch.split(scores, [len(prompts) for prompts, _ in examples])
            losses = [
                _loss(piece, torch.tensor(truth, device=piece.device), self._bias)
                for piece, (_, truth) in zip(pieces, examples, strict=True)
            ]
            loss = torch.stack(losses).sum() / len(rows)
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self._learned, 1.0)
        self._optimiser.step()
        self.step += 1
        return total

    def _example(self, row: Row, others: Sequence[Row], chance: random.Random) -> tuple[list[list[int]], list[float]]:
        indices = list(range(len(row.sentences)))
        if len(indices) > _MOST_SENTENCES:
            indices = sorted({*sorted(row.answers)[:3], *chance.sample(indices, _MOST_SENTENCES - 2)})
        prompts = [self._prompt.whole(row.question, row.title, row.sentences[i]) for i in indices]
        truth = [float(i in row.answers) for i in indices]
        other = chance.choice(others)
        if other.sentences != row.sentences:
            prompts.append(self._prompt.whole(row.question, other.title, chance.choice(other.sentences)))
            truth.append(0.0)
        return prompts, truth

    @torch.no_grad()
    def judge(self, rows: Sequence[Row]) -> dict[str, tuple[int, float, float, float]]:
        """By source: questions that are answered, and how many have an answering sentence among the best 1, 2 and 3."""
        hits: dict[str, list[tuple[bool, bool, bool]]] = {}
        for row in rows:
            if row.answers:
                prompts = [self._prompt.whole(row.question, row.title, sentence) for sentence in row.sentences]
                parts = [self.scores(prompts[i : i + _AT_ONCE]) for i in range(0, len(prompts), _AT_ONCE)]
                best = torch.cat(parts).argsort(descending=True).tolist()
                one, two, three = (bool(row.answers & set(best[:most])) for most in (1, 2, 3))
                hits.setdefault(row.source, []).append((one, two, three))
        shares = {
            source: [round(sum(column) / len(of), 3) for column in zip(*of, strict=True)] for source, of in hits.items()
        }
        return {source: (len(hits[source]), *shares[source]) for source in hits}

    def save(self, folder: Path) -> None:
        """A checkpoint: whole, or the one before."""
        state = {
            "plan": asdict(self.plan),
            "step": self.step,
            "learned": [value.detach() for value in self._learned],
            "optimiser": self._optimiser.state_dict(),
        }
        partial = folder / f"{CHECKPOINT}.partial"
        torch.save(state, partial)
        partial.replace(folder / CHECKPOINT)

    def go_on(self, folder: Path) -> None:
        """Take the checkpoint up, if there is one.

        Raises:
            EvalError: it is damaged, or of another plan.
        """
        path = folder / CHECKPOINT
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location=self._device.name, weights_only=True)
            if state["plan"] != asdict(self.plan):
                raise EvalError(f"{path} was made with other settings; name another folder, or remove it")
            with torch.no_grad():
                for value, kept in zip(self._learned, state["learned"], strict=True):
                    value.copy_(kept)
            self._optimiser.load_state_dict(state["optimiser"])
            self.step = int(state["step"])
        except (OSError, KeyError, ValueError, RuntimeError, EOFError) as error:
            raise EvalError(f"{path} cannot be taken up: {error}; remove it to begin anew") from error

    def write(self, folder: Path, trained_on: Mapping[str, Any]) -> Path:
        """The factors, their scale within B, and the record beside them; the factors' path."""
        tensors = {HEAD: self._head.detach().float().cpu()}
        for name, factored in self._factors.items():
            tensors[f"{name}.A"] = factored.A.detach().float().cpu().contiguous()
            tensors[f"{name}.B"] = (factored.B.detach() * _SCALE).float().cpu().contiguous()
        save_file(tensors, folder / FACTORS)
        (folder / RECORD).write_text(json.dumps(dict(trained_on), indent=1, ensure_ascii=False) + "\n", "utf-8")
        return folder / FACTORS


def train(
    trainer: Trainer, rows: Sequence[Row], folder: Path, each: int, progress: Callable[[int, float], None]
) -> None:
    """Train to the last step of the plan, from the checkpoint in the folder where there is one; one is kept every `each` steps.

    A run that was stopped and taken up again learns the same as one that was not.
    """
    trainer.go_on(folder)
    size = trainer.plan.questions
    in_epoch = max(1, len(rows) // size)
    while trainer.step < trainer.plan.steps:
        epoch, at = divmod(trainer.step, in_epoch)
        order = list(rows)
        random.Random(f"{trainer.plan.seed}-{epoch}").shuffle(order)
        for number in range(at, min(in_epoch, at + trainer.plan.steps - trainer.step)):
            chance = random.Random(f"{trainer.plan.seed}-{trainer.step}")
            loss = trainer.learn(order[number * size : (number + 1) * size], rows, chance)
            progress(trainer.step, loss)
            if trainer.step % each == 0:
                trainer.save(folder)
    trainer.save(folder)


def _loss(scores: torch.Tensor, truth: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Softmax over the passage where a sentence answers, and binary cross-entropy for each."""
    each = functional.binary_cross_entropy_with_logits(scores + bias, truth)
    if not bool(truth.any()):
        return each
    answering = torch.logsumexp(scores.masked_fill(truth == 0, -1e4), 0)
    return each + torch.logsumexp(scores, 0) - answering
