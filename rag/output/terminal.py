"""Records -> what a person reads in a terminal. Titles and abstracts are untrusted: no markup in them is interpreted.

In a terminal lines end between words, at its width. Into a pipe or a file goes one line a paragraph.
"""

import shutil
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
from rag.core.references import byline
from rag.core.statuses import marks_of
from rag.output.about import about_label
from rag.output.wrapping import wrapped

_WITHHELD_CHARS = 600
_STYLES = {"answered": "bold green", "partial": "bold yellow", "nearest": "bold dim", "declined": "bold"}


class _Page:
    """Prints text literally, in the lines that the terminal has room for."""

    def __init__(self) -> None:
        # The width that rich finds is 80 wherever the terminal is a simple one.
        self._width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, text: str, *, head: str = "", style: str = "", head_style: str = "bold", mark: bool = False) -> None:
        """One or several paragraphs; `head` stands before them, and the other lines are indented below it where it is a `mark`."""
        lines = Text(wrapped(head + text, self._width, hanging=len(head) if mark else 0), style=style)
        lines.stylize(head_style, 0, len(head))
        self._console.print(lines)


def print_answer(answer: Answer, *, why: bool = False) -> None:
    """The answer, its sources with links, and on request every sentence that was read."""
    page = _Page()
    if about := about_label(answer.about_papers):
        page.show(f"About: {about}\n", style="italic")
    elif answer.standalone_question != answer.question:
        page.show(f"Asked as: {answer.standalone_question}\n", style="italic")
    if answer.origin != "guide" and answer.verdict not in answer.text:
        page.show(answer.verdict, style=_STYLES[answer.outcome])
    page.show(answer.text)
    if answer.cited_papers:
        page.show("")
    for n, paper in enumerate(answer.cited_papers, start=1):
        page.show(_titled(paper), head=f"[{n}] ", mark=True)
    from_records = FROM_RECORDS if answer.origin == "records" and answer.sentences else ""
    for line in (from_records, "" if lead_of(answer) else answer.notice, *withheld_lines(answer)):
        if line:
            page.show(f"\n{line}", style="italic")
    if why:
        _print_why(page, answer)


def _print_why(page: _Page, answer: Answer) -> None:
    if answer.origin != "abstracts":
        page.show("\nNo abstract was read for this.")
        return
    made_of = f"; made of: {_parts(answer.signals)}" if answer.signals else ""
    bounds = f"(not found below {answer.threshold:.2f}, answered from {answer.sure:.2f})"
    page.show(f"\nProbability that these words hold the answer: {answer.p_answerable:.2f} {bounds}{made_of}")
    if answer.dropped:
        page.show("", head="\nNot shown as written")
        for dropped in answer.dropped:
            page.show(f"{dropped.text}\n       {dropped.reason}")
    if answer.withheld:
        page.show("", head="\nKept back: no evidence, whatever it says")
        for kept in answer.withheld:
            page.show(f"{shorten(kept.text, _WITHHELD_CHARS)}\n       {shown(kept.paper.title)}\n       {kept.reason}")
    page.show("", head="\nPapers found")
    for hit in answer.retrieved:
        page.show(f"{hit.score:+.2f}  {shown(hit.paper.title)}\n       {_parts(hit.parts)}")
    page.show("", head="\nSentences read")
    for item in answer.evidence:
        page.show(f"{item.score:+.2f}  {item.text}\n       {shown(item.paper.title)}\n       {_parts(item.parts)}")


def _parts(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in values.items())


def print_hits(hits: Sequence[Hit], *, why: bool = False) -> None:
    """Papers found, best first; on request each with the parts of its score."""
    page = _Page()
    if not hits:
        page.show("The library is empty. Add papers: citewise ingest FILE")
    for place, hit in enumerate(hits, start=1):
        parts = f"  ({_parts(hit.parts)})" if why else ""
        page.show(_titled(hit.paper) + parts, head=f"{place:>3}  ", mark=True)


def print_findings(findings: Sequence[Finding]) -> None:
    """One paragraph a check."""
    page = _Page()
    for item in findings:
        head, style = ("ok    ", "green") if item.ok else ("wrong ", "bold red")
        page.show(f"{item.check}: {item.detail}", head=head, head_style=style, mark=True)


def _titled(paper: Paper) -> str:
    title = shown(paper.title) or paper.abstract[:80]
    return "  ".join(filter(None, (title, marks_of(paper), byline(paper), paper_link(paper))))


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
