"""Questions with the sentences of a passage, some of which answer: what the reader is trained and judged on.

Owns: reading them from files, and which are kept out for judging. Knows nothing of networks.

A line of a `.jsonl.gz` file is `{"question", "title", "sentences", "answer_sentences"}`: the indices of the sentences that answer, none
where the passage does not answer; null where that is not known, and the line is passed over.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.fit.rows import rows_of

_KEPT_OUT = 20
"""Passages in a hundred that are kept out of training; all questions of one passage go the same way."""


@dataclass(frozen=True, slots=True)
class Row:
    question: str
    title: str
    sentences: tuple[str, ...]
    answers: frozenset[int]
    source: str

    @property
    def is_kept_out(self) -> bool:
        """The same for all questions of a passage, on every machine."""
        digest = hashlib.sha256(" ".join(self.sentences).encode()).hexdigest()
        return int(digest, 16) % 100 < _KEPT_OUT


def read_rows(folder: Path, names: Sequence[str]) -> list[Row]:
    """The questions of `NAME.jsonl.gz` in the folder, of each name.

    Raises:
        EvalError: a file cannot be read, or has no line that can be trained on.
    """
    rows: list[Row] = []
    for name in names:
        path = folder / f"{name}.jsonl.gz"
        try:
            of_file = [row for line in rows_of(path) for row in _row(line, name)]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvalError(f"{path} cannot be read as questions with sentences: {error}") from error
        if not of_file:
            raise EvalError(f"{path} has no question whose answering sentences are marked")
        rows += of_file
    return rows


def _row(line: dict[str, Any], source: str) -> Iterator[Row]:
    sentences, answers = line["sentences"], line["answer_sentences"]
    if answers is None or len(sentences) < 2 or not all(sentence.strip() for sentence in sentences):
        return
    if any(not 0 <= index < len(sentences) for index in answers):
        raise ValueError(f"a sentence that is not there is marked for {line['question']!r}")
    yield Row(line["question"], line.get("title") or "", tuple(sentences), frozenset(answers), source)


def licences(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The licence of each set, from `licences.json` in the folder ({name: licence}); “not stated” where it says none."""
    try:
        known = json.loads((folder / "licences.json").read_text("utf-8"))
    except FileNotFoundError:
        known = {}
    except (OSError, ValueError) as error:
        raise EvalError(f"{folder / 'licences.json'} cannot be read: {error}") from error
    return {name: str(known.get(name, "not stated")) for name in names}
