"""Measuring citewise on question sets: in a terminal (`python -m evals --help`) or from a notebook.

    import evals

    after = evals.run("my-set.jsonl", library="library", out="runs/mine.jsonl", sample=50)
    evals.score(after)["measures"]["hit@1"]
    evals.frame(after).groupby("type").mean(numeric_only=True)
    evals.compare(evals.load_run("runs/before.jsonl"), after).regressions

The functions below import what they need when they are called, so that importing this package is light.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from evals.cases.question_set import QuestionSet
    from evals.runs.run import Run
    from evals.scores.comparison import Comparison

__all__ = ["compare", "frame", "load", "load_run", "run", "score"]


def load(path: str | Path) -> "QuestionSet":
    """Read a question set: JSONL, CSV, a BEIR folder, SciFact claims, PubMedQA or plain text (`evals.cases.formats`).

    What cannot be read is left out and named in `skipped` of the set.

    Raises:
        EvalError: it cannot be read, or no question of it can.
    """
    from evals.cases.question_set import load_set

    return load_set(Path(path))


def load_run(path: str | Path) -> "Run":
    """Read a run file.

    Raises:
        EvalError: it is missing, damaged, cut off, or of another format.
    """
    from evals.runs.run import load_run

    return load_run(Path(path))


def run(
    question_set: "QuestionSet | str | Path",
    *,
    library: str | Path,
    out: str | Path,
    mode: str = "quote",
    split: str | None = None,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    resume: bool = False,
    **settings: Any,
) -> "Run":
    """Ask every question chosen from a set, write the run file `out` and return it.

    `mode` is retrieve (papers only) or quote (whole answers); `sample` questions are drawn, each type with its share;
    `settings` are those of `rag.core.settings.Settings`. With `resume` a run that was cut short goes on.

    Raises:
        EvalError: bad set, papers that are not in the library, or a run file that must not be written.
        CitewiseError: the library or a model cannot be opened.
    """
    from evals.runs.session import Selection, run_set
    from rag.core.settings import Settings

    questions = load(question_set) if isinstance(question_set, str | Path) else question_set
    if questions.warning:
        warnings.warn(questions.warning, stacklevel=2)
    options = Settings.load(library=Path(library), **settings)
    return run_set(questions, options, Path(out), mode, Selection(split, limit, sample, seed), resume)


def score(run: "Run") -> dict[str, Any]:
    """All measures of a run with their intervals, overall and by type; see `evals.scores.summary`."""
    from evals.scores.summary import score

    return score(run)


def frame(run: "Run") -> "DataFrame":
    """One row a question with every measure, as a pandas frame."""
    from evals.scores.summary import frame

    return frame(run)


def compare(before: "Run", after: "Run", tolerances: Mapping[str, float] | None = None) -> "Comparison":
    """Two runs over the same questions, paired; see `evals.scores.comparison`.

    Raises:
        EvalError: they are over different questions.
    """
    from evals.scores.comparison import compare

    return compare(before, after, tolerances)
