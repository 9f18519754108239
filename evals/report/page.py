"""One page of a run to be opened in a browser: scores, figures, and every question with its answer and sources.

Owns the page: its order, its head and its tables. The page is one file that asks nobody for anything and keeps working when it is
mailed around; all text in it comes from strangers and is escaped.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.report.figures import figures, trends
from evals.report.markup import NONE, esc, number, table
from evals.report.questions import browser
from evals.report.sources import shelf
from evals.runs.run import Run
from evals.scores.scoring import MAIN, OUTCOMES, score
from rag.core.domain import Paper

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
    "words": "length of the answer",
    "words_median": "median length of the answer",
    "declined_precision": "share of the declined questions that have no answer here",
    "declined_recall": "share of the questions without an answer that were declined",
    "auroc_answerable": "how well p_answerable tells the two apart; 0.5 is chance",
}
_HERE = Path(__file__).parent


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
    name = esc(_of(run, "set", "path") or run.path.name)
    parts = [
        f"<header><h1>{name}</h1>{_lead(latest)}{_facts(run)}</header>",
        _section("scores", "Scores", _overall(latest) + _by_type(latest)),
        _section("figures", "Figures", figures(run, latest)),
        _section("trend", "Run over run", trends(runs, scores) + _runs(runs, scores)) if len(runs) > 1 else "",
        _section("declined", "Answered or declined", _confusion(latest)) if _judged(latest) else "",
        _section("all", "Questions", browser(run.lines, shelf(papers))),
    ]
    return _document(f"{name} – citewise", "".join(parts))


def _document(title: str, body: str) -> str:
    style, script = ((_HERE / f"report.{kind}").read_text("utf-8") for kind in ("css", "js"))
    # The policy names our own style and script by their hashes: whatever else might get into the page cannot run or load.
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{title}</title><style>{style}</style></head>\n<body><main>{body}</main><script>{script}</script></body></html>\n"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _section(anchor: str, heading: str, body: str) -> str:
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{heading}</h2>{body}</section>'


# --- the head ---------------------------------------------------------------------------------------------------------


def _of(run: Run, *names: str) -> Any:
    """What the manifest says under these names, None where it does not."""
    value: Any = run.manifest
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _lead(scores: dict[str, Any]) -> str:
    failed = f"{scores['failed']} failed" if scores["failed"] else "none failed"
    return (
        f'<p class="lead"><strong>{scores["n"]} questions, {failed}.</strong> Each score is a mean over the questions '
        "that it applies to, from 0 to 1 unless it says words; the interval says how far chance alone could move it. "
        "Below, every question opens to its answer, the quoted words marked in their abstracts.</p>"
    )


def _facts(run: Run) -> str:
    fingerprint = str(_of(run, "library", "fingerprint") or NONE)[:12]
    commit = str(_of(run, "commit") or NONE)[:12] + (" with changes" if _of(run, "changed") else "")
    facts = {
        "library": f"{_or_dash(_of(run, 'library', 'papers'))} papers, {fingerprint}",
        "mode": _or_dash(_of(run, "mode")),
        "embedder": _or_dash(_of(run, "embedder", "name")),
        "reader": _or_dash(_of(run, "reader", "name")),
        "writer": _or_dash(_of(run, "writer", "name")),
        "device": _or_dash(_of(run, "machine", "device")),
        "citewise": f"{_or_dash(_of(run, 'citewise'))}, commit {commit}",
        "started": _or_dash(_of(run, "started")),
        "run file": run.path.name,
    }
    shown = "".join(
        f"<div><dt>{name}</dt><dd>{esc(value)}</dd></div>" for name, value in facts.items() if value != NONE
    )
    return f'<dl class="about-run">{shown}</dl>'


def _or_dash(value: Any) -> str:
    return NONE if value is None else str(value)


# --- the tables -------------------------------------------------------------------------------------------------------


def _digits(name: str) -> int:
    return 1 if name.startswith("words") else 3


def _overall(scores: dict[str, Any]) -> str:
    rows, unmeasured = [], []
    for name, item in scores["measures"].items():
        if item["mean"] is None:
            unmeasured.append(esc(name))
            continue
        digits = _digits(name)
        known = item["lo"] is not None and item["hi"] is not None
        interval = f"{number(item['lo'], digits)} to {number(item['hi'], digits)}" if known else NONE
        counts = [_or_dash(item.get(count)) for count in ("n", "skipped", "failed")]
        rows.append([esc(name), f"<b>{number(item['mean'], digits)}</b>", interval, *counts, esc(WHAT.get(name, ""))])
    head = ("measure", "mean", "95 % interval", "n", "skipped", "failed", "what it is")
    left = f'<p class="note">Nothing in this run to measure {", ".join(unmeasured)} by.</p>' if unmeasured else ""
    return f'<div class="last-is-text">{table(head, rows, "Scores over all questions")}</div>{left}'


def _by_type(scores: dict[str, Any]) -> str:
    rows = []
    for kind, measures in scores["by_type"].items():
        items = [measures.get(name, {}) for name in MAIN]
        n = max((sum(item.get(count) or 0 for count in ("n", "skipped", "failed")) for item in items), default=0)
        cells = [number(item.get("mean"), _digits(name)) for name, item in zip(MAIN, items, strict=True)]
        rows.append([esc(kind), str(n), *cells])
    return f"<h3>By type</h3>{table(('type', 'n', *MAIN), rows, 'Scores by type of question')}"


def _judged(scores: dict[str, Any]) -> bool:
    return any(sum(row.values()) for row in scores.get("confusion", {}).values())


def _confusion(scores: dict[str, Any]) -> str:
    right = {("answerable", "answered"), ("unanswerable", "declined")}
    rows = [
        [
            esc(truth),
            *(
                f'<span class="{"right" if (truth, name) in right else ""}">{row.get(name, 0)}</span>'
                for name in OUTCOMES
            ),
        ]
        for truth, row in scores["confusion"].items()
    ]
    note = '<p class="note">Rows: what the set says of the library. Columns: what was done. The ringed cells are right.</p>'
    return f'<div class="confusion">{table(("by the set", *OUTCOMES), rows, "Answered or declined")}</div>{note}'


def _runs(runs: Sequence[Run], scores: Sequence[dict[str, Any]]) -> str:
    last = _of(runs[-1], "set", "sha256")
    rows = [
        [
            f"{place}. {esc(run.path.name)}",
            esc(_or_dash(_of(run, "started"))),
            esc(str(_of(run, "commit") or NONE)[:12]),
            str(item["n"]),
            str(item["failed"]),
            "" if _of(run, "set", "sha256") == last else "another set",
        ]
        for place, (run, item) in enumerate(zip(runs, scores, strict=True), start=1)
    ]
    return table(("run", "started", "commit", "n", "failed", ""), rows, "The runs, oldest first")
