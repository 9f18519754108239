"""Records -> what a person reads in a terminal. Titles and abstracts are untrusted: no markup in them is interpreted."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

from rag.answer.quoted import lead_of, withheld_lines
from rag.answer.record_answers import FROM_RECORDS
from rag.core.accents import shown
from rag.core.domain import Answer, Finding, Hit, Paper
from rag.core.escaping import shorten
from rag.core.links import paper_link
from rag.output.references import byline

_WITHHELD_CHARS = 600
_STYLES = {"answered": "bold green", "partial": "bold yellow", "nearest": "bold dim", "declined": "bold"}


def print_answer(answer: Answer, *, why: bool = False) -> None:
    """The answer, its sources with links, and on request every sentence that was read."""
    console = Console(highlight=False, soft_wrap=True)
    if answer.standalone_question != answer.question:
        console.print(Text(f"Asked as: {answer.standalone_question}\n", style="italic"))
    if answer.origin != "guide" and answer.verdict not in answer.text:
        console.print(Text(answer.verdict, style=_STYLES[answer.outcome]))
    console.print(Text(answer.text))
    for n, paper in enumerate(answer.cited_papers, start=1):
        console.print(Text(f"\n[{n}] ", style="bold") + Text(_titled(paper)), end="")
    if answer.cited_papers:
        console.print()
    from_records = FROM_RECORDS if answer.origin == "records" and answer.sentences else ""
    for line in (from_records, "" if lead_of(answer) else answer.notice, *withheld_lines(answer)):
        if line:
            console.print(Text(f"\n{line}", style="italic"))
    if why:
        _print_why(console, answer)


def _print_why(console: Console, answer: Answer) -> None:
    if answer.origin != "abstracts":
        console.print("\nNo abstract was read for this.")
        return
    console.print(
        Text(
            f"\nProbability that these words hold the answer: {answer.p_answerable:.2f} (not found below {answer.threshold:.2f}, "
            f"answered from {answer.sure:.2f}); made of: {_parts(answer.signals)}"
        )
    )
    if answer.dropped:
        console.print(Text("\nNot shown as written", style="bold"))
        for dropped in answer.dropped:
            console.print(Text(f"{dropped.text}\n       {dropped.reason}"))
    if answer.withheld:
        console.print(Text("\nKept back: no evidence, whatever it says", style="bold"))
        for kept in answer.withheld:
            console.print(
                Text(f"{shorten(kept.text, _WITHHELD_CHARS)}\n       {shown(kept.paper.title)}\n       {kept.reason}")
            )
    console.print(Text("\nPapers found", style="bold"))
    for hit in answer.retrieved:
        console.print(Text(f"{hit.score:+.2f}  {shown(hit.paper.title)}\n       {_parts(hit.parts)}"))
    console.print(Text("\nSentences read", style="bold"))
    for item in answer.evidence:
        console.print(
            Text(f"{item.score:+.2f}  {item.text}\n       {shown(item.paper.title)}\n       {_parts(item.parts)}")
        )


def _parts(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in values.items())


def print_hits(hits: Sequence[Hit]) -> None:
    """Papers found, best first, with the parts of their scores."""
    console = Console(highlight=False, soft_wrap=True)
    if not hits:
        console.print("The library is empty. Add papers: citewise ingest FILE")
    for place, hit in enumerate(hits, start=1):
        parts = Text(f"  ({_parts(hit.parts)})", style="dim")
        console.print(Text(f"{place:>3}  ", style="bold") + Text(_titled(hit.paper)) + parts)


def print_findings(findings: Sequence[Finding]) -> None:
    """One line a check."""
    console = Console(highlight=False, soft_wrap=True)
    for item in findings:
        mark = Text("ok    ", style="green") if item.ok else Text("wrong ", style="bold red")
        console.print(mark + Text(f"{item.check}: {item.detail}"))


def _titled(paper: Paper) -> str:
    return "  ".join(filter(None, (shown(paper.title) or paper.abstract[:80], byline(paper), paper_link(paper))))


@contextmanager
def status_line() -> Iterator[Callable[[str], None]]:
    """A spinner with the current step on a terminal's stderr; nothing where stderr goes to a file."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("Starting") as status:
        yield status.update


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress bars a stage on a terminal's stderr; nothing where stderr goes to a file."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        stages: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total or None)
            bars.update(stages[stage], completed=done, total=total or None)

        yield show
