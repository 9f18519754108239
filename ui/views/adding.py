"""What the panel shows that adds papers: what would become of records, what became of them, how far that is; and what a removal takes.

Pure; knows nothing of gradio and of where files lie.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from markupsafe import Markup

from rag.core.accents import shown
from rag.core.domain import Paper
from rag.core.escaping import counted, printable, shorten
from rag.ingest.fates import FATES, FileCount
from rag.ingest.report import IngestReport
from rag.output.ingest_forms import REPORT_FORMS
from rag.output.ingested import warnings
from rag.question.paper_lists import Name, kinds_of
from ui.views.templating import render

MOST_SHOWN = 10
"""Records of a kind; the report has all."""
MOST_FILES = 30
MOST_TITLES = 8
_CHARS = 240
_FORMS = {"json": "JSON", "csv": "CSV (spreadsheets)", "markdown": "Markdown"}
assert set(_FORMS) == set(REPORT_FORMS)
Named = Sequence[tuple[Name, Paper | None]]


def goes_in(report: IngestReport) -> int:
    """How many papers are added or changed."""
    return len(report.added) + len(report.updated)


def add_label(report: IngestReport) -> str:
    """What the button says that takes them in."""
    if len(report.added):
        return f"Add {counted(len(report.added), 'paper')}"
    return f"Update {counted(len(report.updated), 'paper')}"


def told(
    step: str,
    kind: str,
    report: IngestReport | None,
    pasted: tuple[Named, bool] | None,
    problem: str,
    files: Mapping[str, str],
    done: tuple[int, int] | None,
) -> Markup:
    """What would become of files and pasted text, or became of them.

    Args:
        step: looked, added, failed or stopped.
        kind: of the work: look or add.
        report: what came out; None where nothing did.
        pasted: names of papers in a pasted text with the papers they mean, and whether it was mere text.
        problem: why it failed.
        files: the ids of files by their names, those that can be left out.
        done: papers that went in, of how many, where it was stopped or failed on the way.
    """
    return render(
        "adding_told",
        step=step,
        kind=kind,
        problem=problem,
        done=f"{done[0]:,} of {counted(done[1], 'paper')}" if done else "",
        sums=_sums(report, step) if report else "",
        nothing=bool(report) and not goes_in(report),  # type: ignore[arg-type]
        table=_table(report.files, files) if report else None,
        lists=_lists(report) if report else [],
        warnings=warnings(report) if report else [],
        pasted=_pasted(*pasted) if pasted else None,
        forms=list(_FORMS.items()),
    )


def _sums(report: IngestReport, step: str) -> str:
    said = [
        f"{counted(len(report.added), 'new paper')}"
        if step == "looked"
        else f"{counted(len(report.added), 'paper')} added"
    ]
    if report.updated:
        said.append(f"{len(report.updated):,} updated")
    if report.unchanged:
        said.append(
            f"{len(report.unchanged):,} in the library already"
            if step == "looked"
            else f"{len(report.unchanged):,} unchanged"
        )
    return ", ".join(said)


def _table(counts: Sequence[FileCount], files: Mapping[str, str]) -> dict[str, Any]:
    """Files with how many of their records have which fate; a fate that none has, has no column."""
    fates = [fate for fate in FATES if any(count.fates.get(fate) for count in counts)]
    rows = [
        {
            "name": str(count.file),
            "numbers": [count.fates.get(fate, 0) for fate in fates] if not count.problem or count.told else [],
            "problem": count.problem,
            "since": count.since[:10],
            "id": files.get(str(count.file), ""),
        }
        for count in counts[:MOST_FILES]
    ]
    more = len(counts) - len(rows)
    return {"fates": fates, "rows": rows, "more": counted(more, "more file") if more > 0 else ""}


def _lists(report: IngestReport) -> list[dict[str, Any]]:
    """The first records of each kind about which there is something to say."""
    bare = sum(count.fates.get("without abstract", 0) for count in report.files)
    rejected = [item for item in report.rejected if item.record.line or item.record.title or item.record.raw]
    return [
        one
        for one in (
            _list(
                "cannot go in",
                len(rejected),
                ((_place(i.file, i.record.line), i.record.title, i.record.reason) for i in rejected),
                is_open=True,
            ),
            _list(
                "merged into another paper",
                len(report.merged),
                ((_place(item.file, item.line), "", f"into {item.paper_id}: {item.reason}") for item in report.merged),
            ),
            _list(
                "without an abstract: only the title can be found",
                bare,
                ((_place(one.file, one.line), one.title, "") for one in report.told if one.fate == "without abstract"),
            ),
            _list(
                "with a note",
                len(report.notes),
                ((_place(item.file, item.note.line), item.note.title, item.note.text) for item in report.notes),
            ),
        )
        if one
    ]


def _list(
    what: str, count: int, records: Iterable[tuple[str, str, str]], *, is_open: bool = False
) -> dict[str, Any] | None:
    if not count:
        return None
    rows = [tuple(shorten(shown(printable(text)), _CHARS) for text in row) for row in islice(records, MOST_SHOWN)]
    return {
        "head": f"{counted(count, 'record')} {what}",
        "rows": rows,
        "more": f"… and {count - len(rows):,} more in the report" if count > len(rows) else "",
        "open": is_open,
    }


def _place(file: object, line: int) -> str:
    return f"{file}, line {line:,}" if line else str(file)


def _pasted(names: Named, is_text: bool) -> dict[str, Any] | None:
    """Names of papers in a pasted text: those that are here, and those that are not."""
    if not names and not is_text:
        return None
    here = {paper.id: shown(paper.title) for _, paper in names if paper}
    away = [name for name, paper in names if paper is None]
    return {
        "is_text": is_text,
        "kinds": kinds_of([name for name, _ in names]),
        "one": len(names) == 1,
        "here": [(name, shorten(title or name, _CHARS)) for name, title in islice(here.items(), 50)],
        "ids": json.dumps(list(here)[:1_000]),
        "count": len(here),
        "more": f"… and {len(here) - 50:,} more" if len(here) > 50 else "",
        "away": [shorten(name.text, _CHARS) for name in away[:20]],
        "away_count": len(away),
        "away_more": f"… and {len(away) - 20:,} more" if len(away) > 20 else "",
        "same": "These are papers of the library" if not away else "",
    }


def progress(stage: str, done: int, total: int, speed: float | None, left: float | None) -> str:
    """How far a job is, in words."""
    if stage == "reading":
        return f"Reading: {done / 1e6:,.1f} of {total / 1e6:,.1f} MB" if total else "Reading"
    if stage == "looking up":
        return f"Looking names up in the library: {done:,} of {total:,}"
    if stage == "planning":
        return f"Comparing with the library: {done:,} of {counted(total, 'record')}"
    if stage == "indexing":
        return "Making the index"
    if stage != "embedding":
        return "Beginning"
    text = f"Adding: {done:,} of {counted(total, 'paper')}"
    if speed and left is not None:
        text += f", {speed * 60:,.0f} a minute, {_time(left)} left"
    return text


def _time(seconds: float) -> str:
    if seconds < 60:
        return "less than a minute"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {seconds / 3600:.1f} h"


def waits(stage: str, done: int, total: int) -> str:
    """What is said while others come first."""
    if not stage:
        return "Somebody else looks at files just now; yours come next"
    how_far = f" ({done:,} of {total:,})" if stage == "embedding" and total else ""
    return f"Somebody else adds papers just now{how_far}; yours come next, by themselves"


def removal(titles: Sequence[str], absent: int, undoable: bool) -> Markup:
    """What a removal takes."""
    more = len(titles) - MOST_TITLES
    return render(
        "removal",
        count=counted(len(titles), "paper"),
        titles=titles[:MOST_TITLES],
        more=f"and {more:,} more" if more > 0 else "",
        absent=counted(absent, "paper") if absent else "",
        undoable=undoable,
    )
