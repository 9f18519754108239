"""What the page asks for to add papers, to remove them and to learn of changes: each by a look-up, trusted in nothing.

Owns that nobody edits where that is switched off, and the words of it. What is drawn comes from `ui.views.adding`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rag.core.accents import shown
from rag.core.errors import EditRefused, NothingToUndo, RequestRefused
from rag.core.escaping import counted, shorten
from rag.core.settings import Settings
from rag.ingest.report import IngestReport
from ui.session.adding import Adding, Addition
from ui.session.editing import may_edit
from ui.session.jobs import Job
from ui.session.loading import Loader
from ui.session.removing import Removing
from ui.session.uploads import check_visitor
from ui.views import adding as drawn
from ui.views.status import status
from ui.views.words import sentence

Sent = dict[str, Any]
OVERVIEW_SECONDS = 2.0
"""How long a page waits for the overview of a library that has changed; a later one is news of its own."""
_MOST_IDS = 100_000
_TITLE_CHARS = 120
_STEPS = {"look": ("looking", "looked"), "add": ("adding", "added")}
OFF = (
    "papers cannot be added or removed in this window. Whoever runs it can allow it by starting it with --edit on, or use citewise "
    "ingest and citewise remove"
)


class Edits:
    """The look-ups, over one library."""

    def __init__(self, loader: Loader, settings: Settings) -> None:
        self._loader, self._settings = loader, settings
        self._adding = Adding(settings, self._loader.catch_up)
        self._removing = Removing(settings, self._loader.catch_up)

    def adding(self, sent: Sent) -> Sent:
        """A step of adding papers, `do`: look, without, add, stop, drop, report or state; what the panel shows then."""
        self._check()
        visitor = check_visitor(sent.get("visitor"))
        do = sent.get("do")
        if do == "report":
            return self._adding.report(visitor, str(sent.get("format") or ""))
        if do == "look":
            self._adding.look(visitor, _texts(sent.get("files"), "files", 1_000), str(sent.get("text") or ""))
        elif do == "without":
            self._adding.without(visitor, str(sent.get("file") or ""))
        elif do == "add":
            self._adding.add(visitor)
        elif do == "stop":
            self._adding.stop(visitor)
        elif do == "drop":
            self._adding.drop(visitor)
        elif do != "state":
            raise RequestRefused("the page asks for something that is not there. Load it again")
        return self._state(visitor)

    def removing(self, sent: Sent) -> Sent:
        """A step of removing papers, `do`: plan, remove or undo; what the page says then."""
        self._check()
        do = sent.get("do")
        if do == "undo":
            try:
                back = self._removing.undo(str(sent.get("undo") or ""))
            except NothingToUndo as error:
                return {"back": 0, "note": sentence(str(error))}
            return {"back": len(back.papers), "note": _back(len(back.papers), [title for _, title in back.there_again])}
        ids = _texts(sent.get("ids"), "ids", _MOST_IDS)
        if not ids:
            raise RequestRefused("choose the papers to remove first")
        if do == "plan":
            plan = self._removing.planned(ids)
            titles = [shorten(shown(title), _TITLE_CHARS) for _, title in plan.papers]
            return {"papers": len(titles), "html": drawn.removal(titles, plan.absent, plan.undoable)}
        if do != "remove":
            raise RequestRefused("the page asks for something that is not there. Load it again")
        out, undo = self._removing.remove(ids)
        return {"removed": len(out.papers), "undo": undo, "note": _gone(len(out.papers), len(out.absent))}

    def news(self, sent: Sent) -> Sent:
        """What the page shows of the library, where that is something else than what it knows (`revision`)."""
        self._loader.catch_up()
        if sent.get("revision") == self._loader.revision:
            return {"revision": self._loader.revision}
        if self._loader.wait(0):
            self._loader.looked_over(OVERVIEW_SECONDS)
        return {"revision": self._loader.revision, "status": status(self._loader.loading, self._settings)}

    def _check(self) -> None:
        if not may_edit(self._settings, ""):
            raise EditRefused(OFF)

    def _state(self, visitor: str) -> Sent:
        """What the panel shows of this visitor's addition."""
        job = self._adding.job_of(visitor)
        if job is None:
            return {"step": "none", "html": ""}
        busy, over = _STEPS[job.kind]
        if not job.is_over:
            return {"step": busy, **self._progress(job)}
        addition: Addition = job.subject
        report = job.result if isinstance(job.result, IngestReport) else None
        step = over if job.state == "done" else job.state
        html = drawn.told(
            step,
            job.kind,
            report,
            (addition.pasted.names, addition.pasted.is_text) if addition.pasted else None,
            problem=job.note,
            files={one.name: one.id for one in addition.files},
            done=(job.done, job.total) if job.stage == "embedding" else None,
        )
        add = drawn.add_label(report) if report and job.kind == "look" and drawn.goes_in(report) else ""
        value: Sent = {"step": step, "kind": job.kind, "html": html, "add": add}
        if step == "added" and report and len(report.added):
            value["filter"] = {"added_since": addition.began}
        return value

    def _progress(self, job: Job) -> Mapping[str, Any]:
        """How far a job is, in words and as a share (0..1; None where that is not known)."""
        if job.state == "waiting":
            first = next(iter(self._adding.before(job)), None)
            return {
                "note": drawn.waits(
                    first.stage if first and first.kind == "add" else "",
                    first.done if first else 0,
                    first.total if first else 0,
                ),
                "part": None,
            }
        note = (
            "Stopping after the papers that are being added"
            if job.is_stopping
            else drawn.progress(job.stage, job.done, job.total, job.speed, job.left)
        )
        return {"note": note, "part": job.done / job.total if job.total else None}


def _texts(value: Any, name: str, most: int) -> list[str]:
    if value is None:
        return []
    if (
        not isinstance(value, list)
        or len(value) > most
        or not all(isinstance(one, str) and len(one) <= 2_000 for one in value)
    ):
        raise RequestRefused(f'"{name}" must be a list of at most {most:,} texts')
    return value


def _gone(removed: int, absent: int) -> str:
    there = f"{counted(absent, 'paper')} {'was' if absent == 1 else 'were'} gone already" if absent else ""
    if not removed:
        return f"Nothing was removed: {'the paper is' if absent == 1 else 'these papers are'} gone already."
    return f"Removed {counted(removed, 'paper')}." + (f" {there[0].upper()}{there[1:]}." if there else "")


def _back(back: int, there: Sequence[str]) -> str:
    said = f"{counted(back, 'paper')} {'is' if back == 1 else 'are'} back." if back else ""
    if there:
        titles = "; ".join(shorten(shown(title), 60) for title in there[:3]) + ("; …" if len(there) > 3 else "")
        it = "it is" if len(there) == 1 else "they are"
        said += f" {counted(len(there), 'paper')} came in again meanwhile and stayed as {it}: {titles}"
    return said.strip()
