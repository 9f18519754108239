"""What training tables teach: the rankings and the askings that fitting takes, beside those of question sets.

Owns: which lines of a table say something. Knows nothing of fitting.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.fit.answerability import Asked
from evals.fit.ranking import Ranking

WEIGHT = 0.2
"""What a question of a table counts, where nothing else is said: one of a question set about papers counts 1."""
Row = dict[str, Any]


def read_table(path: Path) -> list[Row]:
    """The lines of a training table; the last one is passed over where it is not whole, for a table can be read while it grows.

    Raises:
        EvalError: it cannot be read, or is no training table.
    """
    try:
        text = path.read_bytes()
        first, *rows = [json.loads(line) for line in text[: text.rfind(b"\n") + 1].split(b"\n") if line] or [None]
    except OSError as error:
        raise EvalError(f"cannot read the table {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise EvalError(f"{path} is damaged: {error}. Make it by `table`") from error
    if not isinstance(first, dict) or "table" not in first or not all(isinstance(row, dict) for row in rows):
        raise EvalError(f"{path} is no training table; make one by `table`")
    return rows


def table_rankings(rows: Sequence[Row], split: str, weights: Mapping[str, float]) -> list[Ranking]:
    """The candidates of each question of the split that is asked of all papers, where some answer it and some do not.

    Where none that was read answers, those read among the papers near its own are taken. A sentence of which the source does not say
    whether it answers is left out. `weights` are of sources.
    """
    items = []
    for row in _told(rows, split):
        weight = weights.get(row["source"], WEIGHT)
        if row["kind"] != "own" or not weight:
            continue
        for sentences in (row["sentences"], row.get("near", {}).get("sentences", [])):
            known = [sentence for sentence in sentences if sentence["holds"] is not None]
            truth = tuple(bool(sentence["holds"]) for sentence in known)
            if len(set(truth)) == 2:
                scores = tuple(float(sentence["score"]) for sentence in known)
                items.append(Ranking([sentence["parts"] for sentence in known], truth, scores, weight, row["source"]))
                break
    return items


def table_askings(rows: Sequence[Row], split: str, weights: Mapping[str, float]) -> list[Asked]:
    """What came of the questions of the split. Those of which nothing of their own papers is read where these are there say nothing:
    neither they nor the same questions without these papers are taken."""
    told = [row for row in _told(rows, split) if row["signals"] and row["p_answerable"] < 1]
    own = [row for row in told if row["kind"] == "own"]
    lost = {_question(row) for row in own if not any(sentence["own"] for sentence in row["sentences"])}
    return [
        Asked(row["id"], row["signals"], row["answerable"], row["answerable"] and _shows(row), weight)
        for row in told
        if (weight := weights.get(row["source"], WEIGHT)) and _question(row) not in lost
    ]


def weights_of(words: Sequence[str]) -> dict[str, float]:
    """The weights of sources from words such as "qasper-dev=0.5".

    Raises:
        EvalError: a word is of another form, or a weight below 0.
    """
    found = {}
    for word in words:
        name, _, value = word.rpartition("=")
        try:
            weight = float(value)
        except ValueError:
            weight = -1.0
        if not name or not 0 <= weight < float("inf"):
            raise EvalError(f"{word} is no weight of a source; write it as qasper-dev=0.5")
        found[name] = weight
    return found


def _told(rows: Sequence[Row], split: str) -> Iterator[Row]:
    """Without the questions that failed, or that were answered in another way than by reading."""
    return (row for row in rows if row["split"] == split and not row.get("error") and row["sentences"])


def _question(row: Row) -> str:
    return str(row["id"]).rpartition(":")[0]


def _shows(row: Row) -> bool:
    """Whether a sentence quoted answers, or is of the right paper where the source does not say more."""
    return any(
        sentence["holds"] or (sentence["holds"] is None and sentence["own"])
        for sentence in row["sentences"]
        if sentence["quoted"]
    )
