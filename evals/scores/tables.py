"""Scores and comparisons -> tables in the terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from evals.scores.comparison import Change, Comparison
from evals.scores.expected import unmet
from evals.scores.measures import Line, facts, hit_at_1
from evals.scores.summary import MAIN, OUTCOMES, kind_of
from rag.core.escaping import shorten
from rag.core.text import clean

_SHOWN = 5
_ANSWER_CHARS = 240


def print_scores(scores: dict[str, Any]) -> None:
    """Overall with intervals, then the main measures by type, what was declined, latencies."""
    console = Console(highlight=False, width=120)
    console.print(f"{scores['n']} questions, {scores['failed']} failed")
    overall = Table("measure", "mean", "95 % interval", "n", "skipped", "failed")
    for name, item in scores["measures"].items():
        if item["mean"] is not None:
            interval = "–" if item["lo"] is None else f"{item['lo']:.3f} to {item['hi']:.3f}"
            counts = (str(item[count]) for count in ("n", "skipped", "failed"))
            overall.add_row(name, f"{item['mean']:.3f}", interval, *counts)
    console.print(overall)
    shown = [name for name in MAIN if scores["measures"][name]["mean"] is not None]
    by_type = Table("type", *shown)
    for kind, measures in scores["by_type"].items():
        cells = ["–" if measures[name]["mean"] is None else f"{measures[name]['mean']:.3f}" for name in shown]
        by_type.add_row(_text(kind), *cells)
    console.print(by_type)
    if any(sum(row.values()) for row in scores["confusion"].values()):
        confusion = Table("by the set", *OUTCOMES)
        for truth, row in scores["confusion"].items():
            confusion.add_row(truth, *map(str, row.values()))
        console.print(confusion)
    if scores["latency_ms"]:
        latency = Table("stage", "p50 ms", "p95 ms")
        for stage, item in scores["latency_ms"].items():
            latency.add_row(stage, f"{item['p50']:.0f}", f"{item['p95']:.0f}")
        console.print(latency)


def print_unmet(lines: Sequence[Line]) -> None:
    """Each question whose answer is not as expected: what was asked, what came, and which expectations do not hold."""
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        if texts := unmet(line):
            console.print(_text(f"{line['id']} ({kind_of(line)}): {line['question']}"), style="bold")
            answer = f"{line['outcome']}: {shorten(' '.join(line['answer'].split()), _ANSWER_CHARS)}"
            for text in (answer, *(f"not as expected: {text}" for text in texts)):
                console.print(Text("  ") + _text(text))


def print_comparison(item: Comparison, answers: int = _SHOWN) -> None:
    """What differs in the manifests, each measure, and the first questions that changed with both answers."""
    console = Console(highlight=False, width=120)
    for line in item.different:
        console.print(_text(f"differs: {line}"))
    table = Table("measure", "before", "after", "difference, 95 %", "better", "worse", "McNemar p", "")
    for change in item.changes:
        table.add_row(*_row(change))
    console.print(table)
    lines = {line["id"]: (line, other) for line, other in zip(item.a.lines, item.b.lines, strict=True)}
    for name in ("facts", "hit@1", "as_expected"):
        changed = next((change for change in item.changes if change.name == name), None)
        if not changed:
            continue
        for word, ids in (("worse", changed.worse), ("better", changed.better)):
            for key in (ids or ())[:answers]:
                console.print(_side_by_side(f"{name} {word}: {key}", *lines[key]))
    for line in item.regressions:
        console.print(_text(f"regression: {line}"), style="bold")
    if not item.regressions:
        console.print("no regression")


def _row(change: Change) -> tuple[str, ...]:
    counts = ("–", "–") if change.better is None else (str(len(change.better)), str(len(change.worse or ())))
    return (
        change.name,
        f"{change.before:.3f}",
        f"{change.after:.3f}",
        f"{change.after - change.before:+.3f} ({change.lo:+.3f} to {change.hi:+.3f})",
        *counts,
        "–" if change.p is None else f"{change.p:.3f}",
        "REGRESSION" if change.regressed else "",
    )


def _side_by_side(title: str, before: Line, after: Line) -> Table:
    heading = _text(f"{title}  {before['question']}")
    table = Table("before", "after", title=heading, title_justify="left", expand=True)
    table.add_row(_text(_gist(before)), _text(_gist(after)))
    return table


def _text(untrusted: str) -> Text:
    """Without control characters, and no markup in it is interpreted."""
    return Text(clean(untrusted))


def _gist(line: Line) -> str:
    if "answer" in line:
        return str(line["answer"])
    return "; ".join(f"{place}. {paper['title']}" for place, paper in enumerate(line["retrieved"][:3], 1))


class RunningScores:
    """A progress bar on the standard error with the scores so far and the time left."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {"hit@1": [], "facts": []}
        self._failed = 0
        columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True, highlight=False)
        # Where nobody watches, nothing is drawn over and over.
        self._bar = Progress(
            *columns, TextColumn("{task.fields[scores]}"), console=console, disable=not console.is_terminal
        )

    def __enter__(self) -> "RunningScores":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, total: int) -> Callable[[Line], None]:
        """Show the bar; gives what is to be called with each line."""
        task = self._bar.add_task("asking", total=total, scores="")
        self._bar.start()
        return lambda line: self._bar.update(task, advance=1, scores=self._with(line))

    def _with(self, line: Line) -> str:
        measures: dict[str, Callable[[Line], float | None]] = {"hit@1": hit_at_1, "facts": facts}
        self._failed += bool(line.get("error"))
        for name, measure in measures.items():
            if not line.get("error") and (value := measure(line)) is not None:
                self._values[name].append(value)
        parts = [f"{name} {sum(values) / len(values):.2f}" for name, values in self._values.items() if values]
        return " ".join([*parts, *([f"{self._failed} failed"] if self._failed else [])])


def print_checker(result: dict[str, Any]) -> None:
    """How many wrong pairs the checker catches, beside the baselines, and by kind."""
    console = Console(highlight=False, width=120)
    console.print(
        f"{result['n']} pairs, {result['supported']} of them supported; {result['ms']['p50']:.0f} ms a pair (median)"
    )
    table = Table("", "AUROC", "caught at 10 % false alarms")
    for name, item in (("checker", result), *result["baselines"].items()):
        table.add_row(name, *("–" if item[key] is None else f"{item[key]:.3f}" for key in ("auroc", "caught")))
    console.print(table)
    shipped = result["shipped"]
    shares = ["–" if shipped[key] is None else f"{shipped[key]:.3f}" for key in ("caught", "false_alarms")]
    console.print(f"at the shipped threshold: {shares[0]} of the wrong pairs caught, {shares[1]} false alarms")
    kinds = Table("kind", "n", "caught at 10 %", "caught as shipped")
    for kind, item in result["by_kind"].items():
        kinds.add_row(_text(kind), str(item["n"]), f"{item['caught']:.3f}", f"{item['caught_shipped']:.3f}")
    console.print(kinds)


def print_merges(result: dict[str, Any]) -> None:
    """How many pairs of records were made one paper by mistake, and left two by mistake: by kind, and which."""
    console = Console(highlight=False, width=120)
    table = Table("kind", "pairs", "of one paper", "false merges", "missed merges", "refused")
    for name, item in (*result["by_kind"].items(), ("all", result)):
        table.add_row(_text(name), *(str(item[key]) for key in ("n", "same", "false", "missed", "refused")))
    console.print(table)
    for name, items in (("false merge", result["false_merges"]), ("missed merge", result["missed_merges"])):
        for item in items:
            why = f" ({item['reason']})" if item["reason"] else ""
            console.print(_text(f"{name}: {item['id']}, {item['kind']}: {' | '.join(item['titles'])}{why}"))


@contextmanager
def progress_of(what: str) -> Iterator[Callable[[int], Callable[[], None]]]:
    """A progress bar on the standard error, where somebody watches: gives what takes the total, and gives what is called each time."""
    console = Console(stderr=True, highlight=False)
    with Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bar:

        def begin(total: int) -> Callable[[], None]:
            task = bar.add_task(what, total=total)
            return lambda: bar.update(task, advance=1)

        yield begin
