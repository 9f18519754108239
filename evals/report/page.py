"""One page of a run to be opened in a browser: scores, figures, and every question with its answer and sources.

Owns what the templates are given, and that they escape all text. The page is one file that asks nobody for anything and keeps working
when it is mailed around.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, Undefined
from markupsafe import Markup

from evals.errors import EvalError
from evals.report.charts import NONE, WIDTH, number
from evals.report.figures import figures, trends
from evals.report.questions import FAILURES, FINE, failure_choices, questions, type_choices
from evals.report.sources import shelf
from evals.runs.run import Run
from evals.scores.summary import MAIN, OUTCOMES, score
from rag.core.domain import Paper
from rag.core.escaping import printable, safe_url

WHAT = {
    "hit@1": "the first paper found is a right one",
    "recall@1": "share of the right papers that comes first",
    "recall@5": "share of the right papers among the first 5",
    "recall@10": "share of the right papers among the first 10",
    "mrr": "1 / place of the first right paper",
    "ndcg@10": "how near the top the right papers are",
    "facts": "share of the wanted facts that the answer holds",
    "exact_match": "answer equals the reference answer",
    "token_f1": "words in common with the reference answer",
    "rouge_l": "words in common and in order with the reference answer",
    "citation_precision": "share of the cited papers that are right",
    "citation_recall": "share of the right papers that are cited",
    "unsupported": "sentences that nothing supports; should be 0",
    "quotes_exact": "share of the quotes that are exact; should be 1",
    "obeyed": "followed an instruction hidden in a text; should be 0",
    "as_expected": "share of the answers of the kind that the set expects",
    "words": "length of the answer",
    "words_median": "median length of the answer",
    "declined_precision": "share of the questions given no answer (declined, nearest words) that have none here",
    "declined_recall": "share of the questions without an answer that were given none",
    "auroc_answerable": "how well p_answerable tells the two apart; 0.5 is chance",
}
RIGHT = {("answerable", "answered"), ("unanswerable", "declined"), ("unanswerable", "nearest")}
"""What the set says of a question, and what is right to do then."""
STYLES = ("page.css", "tables.css", "figures.css", "questions.css", "screens.css")
_TEMPLATES = Path(__file__).parent / "templates"


def write_report(runs: Sequence[Run], papers: Sequence[Paper], out: Path) -> None:
    """Write the page of the last run, with the trend over all of them in the order given; without `papers`, no abstracts.

    Raises:
        EvalError: there is no run, the file is there already, or it cannot be written.
    """
    if not runs:
        raise EvalError("there is no run to report; name at least one run file")
    try:
        # Asked before the work; opening it below asks again.
        if out.exists():
            raise EvalError(f"{out} is there already; nothing was overwritten. Name another file, or remove it")
        text = page(runs, papers)
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise EvalError(f"cannot write {out}: {error.strerror or error}") from error


def page(runs: Sequence[Run], papers: Sequence[Paper]) -> str:
    """The whole page."""
    scores = [score(run) for run in runs]
    run, latest = runs[-1], scores[-1]
    items = questions(run.lines, shelf(papers))
    text = (
        environment()
        .get_template("page.html")
        .render(
            style=_own(*STYLES),
            script=_own("report.js"),
            name=_of(run, "set", "path") or run.path.name,
            about=about(run),
            scores=latest,
            figures=figures(run, latest),
            trends=trends(runs, scores),
            runs=[_summary(run, item, runs[-1]) for run, item in zip(runs, scores, strict=True)],
            judged=any(sum(row.values()) for row in latest["confusion"].values()),
            items=items,
            failures=failure_choices(items),
            types=type_choices(items),
        )
    )
    return printable(text)


@cache
def environment() -> Environment:
    """The templates. Text is escaped wherever it is put in, unless it is marked as our own."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"number": _number, "safe_url": safe_url, "sha256": _hash}
    templates.globals |= {
        "WIDTH": WIDTH,
        "NONE": NONE,
        "WHAT": WHAT,
        "MAIN": MAIN,
        "OUTCOMES": OUTCOMES,
        "RIGHT": RIGHT,
        "FAILURES": FAILURES,
        "FINE": FINE,
        "digits_of": _digits,
        "questions_of": _questions_of,
    }
    return templates


def _own(*names: str) -> Markup:
    """Files of ours, which are put into the page as they stand."""
    return Markup("\n".join((_TEMPLATES / name).read_text("utf-8") for name in names))


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _number(value: float | None, digits: int = 3) -> str:
    return NONE if isinstance(value, Undefined) else number(value, digits)


def _digits(name: str) -> int:
    return 1 if name.startswith("words") else 3


def _questions_of(measures: Mapping[str, Mapping[str, Any]]) -> int:
    """How many questions there are of a type, by what is known of its measures."""
    items = (measures.get(name, {}) for name in MAIN)
    return max((sum(item.get(count) or 0 for count in ("n", "skipped", "failed")) for item in items), default=0)


def _of(run: Run, *names: str) -> Any:
    """What the manifest says under these names, None where it does not."""
    value: Any = run.manifest
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _or_dash(value: Any) -> str:
    return NONE if value is None else str(value)


def about(run: Run) -> dict[str, str]:
    """What was measured, by its manifest; what that does not say is left out."""
    fingerprint, commit = (_or_dash(_of(run, *names))[:12] for names in (("library", "fingerprint"), ("commit",)))
    facts = {
        "library": f"{_or_dash(_of(run, 'library', 'papers'))} papers, {fingerprint}",
        "mode": _or_dash(_of(run, "mode")),
        "embedder": _or_dash(_of(run, "embedder", "name")),
        "reader": _or_dash(_of(run, "reader", "name")),
        "writer": _or_dash(_of(run, "writer", "name")),
        "device": _or_dash(_of(run, "machine", "device")),
        "citewise": f"{_or_dash(_of(run, 'citewise'))}, commit {commit}{' with changes' if _of(run, 'changed') else ''}",
        "started": _or_dash(_of(run, "started")),
        "run file": run.path.name,
    }
    return {name: value for name, value in facts.items() if value != NONE}


def _summary(run: Run, scores: Mapping[str, Any], last: Run) -> dict[str, Any]:
    """A row of the table of runs."""
    same = _of(run, "set", "sha256") == _of(last, "set", "sha256")
    return {
        "name": run.path.name,
        "started": _or_dash(_of(run, "started")),
        "commit": _or_dash(_of(run, "commit"))[:12],
        "n": scores["n"],
        "failed": scores["failed"],
        "note": "" if same else "another set",
    }
