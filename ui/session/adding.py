"""Adding papers in the window: files and pasted text -> what would become of them -> into the library.

Each visitor has one addition at a time, which goes on when the page is left and is found again by the visitor's word. The files wait in
`ui.session.uploads`; looking at them and taking them in are jobs of `ui.session.jobs`. What the library thinks of a record is not known
here: that is `rag.wiring.ingest_files`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.core.domain import Paper
from rag.core.errors import EditRefused, LibraryMissing, RequestRefused, SourceError
from rag.core.settings import Settings
from rag.ingest.formats import counted, read_records
from rag.ingest.report import IngestReport
from rag.output import ingest_forms
from rag.question.paper_lists import Name, names_in, parted
from ui.session.jobs import Job, Jobs, jobs_of_process
from ui.session.uploads import Uploads, Waiting, uploads_of_process

Sent = dict[str, Any]
PASTE_CHARS = 1_000_000
AT_ONCE = 32
"""Papers that are embedded and stored at once, in two seconds or so: so often a stop is heard and the count moves. It costs a twentieth
of the speed, eight at once a quarter."""
_MOST_VISITORS = 20
Named = list[tuple[Name, Paper | None]]


@dataclass(eq=False)
class Pasted:
    """What a pasted text held beside records: `listed` names of papers; `is_text` where there was nothing of either kind in it. `names`
    are filled in by the job: the papers that are meant in the library."""

    listed: Sequence[Name]
    is_text: bool = False
    names: Named = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Addition:
    """What one visitor is about to add."""

    files: tuple[Waiting, ...]
    pasted: Pasted | None = None
    began: str = ""


class Adding:
    """The additions to one library. Safe to use from any thread.

    Args:
        settings: of the library.
        changed: called when papers went in.
        uploads, jobs: of the process unless a test has its own.
    """

    def __init__(
        self,
        settings: Settings,
        changed: Callable[[], None],
        uploads: Uploads | None = None,
        jobs: Jobs | None = None,
    ) -> None:
        self._settings, self._changed = settings, changed
        self._uploads = uploads or uploads_of_process()
        self._jobs = jobs or jobs_of_process()
        self._lock = threading.Lock()
        self._last: OrderedDict[str, Job] = OrderedDict()

    def look(self, visitor: str, files: Sequence[str], text: str) -> None:
        """Begin to look what would become of these files and this pasted text; nothing is written.

        Raises:
            RequestRefused: there is nothing to look at, or it is not there, or this visitor adds papers already.
        """
        if len(text) > PASTE_CHARS:
            raise RequestRefused(
                f"the pasted text has {len(text):,} characters; at most {PASTE_CHARS:,} are read. Save it as a file and choose that"
            )
        waiting = self._uploads.of(visitor, files)
        pasted = None
        if text.strip():
            record, pasted = self._read_paste(visitor, text)
            waiting += [record] if record else []
        if not waiting and pasted is None:
            raise RequestRefused("choose a file, or paste records, identifiers or titles first")
        self._begin(visitor, Job("look", self._looked, Addition(tuple(waiting), pasted)))

    def add(self, visitor: str) -> None:
        """Begin to take in what was looked at.

        Raises:
            RequestRefused: nothing was looked at, or its files are gone.
        """
        last = self.job_of(visitor)
        if last is None or not last.is_over or (last.state == "done") != (last.kind == "look"):
            raise EditRefused("nothing waits to be added. Choose the files again")
        addition: Addition = last.subject
        self._uploads.of(visitor, [one.id for one in addition.files])
        began = datetime.now(UTC).isoformat(timespec="seconds")
        self._begin(visitor, Job("add", self._added, Addition(addition.files, addition.pasted, began)))

    def without(self, visitor: str, file: str) -> None:
        """Look anew, without one of the files.

        Raises:
            RequestRefused: as `look`.
        """
        last = self.job_of(visitor)
        if last is None or last.kind != "look" or not last.is_over:
            raise EditRefused("nothing waits to be added. Choose the files again")
        addition: Addition = last.subject
        left = tuple(one for one in addition.files if one.id != file)
        self._uploads.remove([one for one in addition.files if one.id == file])
        if not left and addition.pasted is None:
            self.drop(visitor)
            return
        self._begin(visitor, Job("look", self._looked, Addition(left, addition.pasted)))

    def stop(self, visitor: str) -> None:
        """Ask what runs for this visitor to stop; what is in the library by then stays."""
        if job := self.job_of(visitor):
            job.stop()

    def drop(self, visitor: str) -> None:
        """Forget what this visitor was about to add, and its files; what runs is stopped first."""
        with self._lock:
            job = self._last.pop(visitor, None)
        if job:
            job.stop()
        self._uploads.remove(self._uploads.of(visitor))

    def job_of(self, visitor: str) -> Job | None:
        """The last job of this visitor."""
        with self._lock:
            return self._last.get(visitor)

    def before(self, job: Job) -> list[Job]:
        """What has to end before this one begins."""
        return self._jobs.before(job)

    def report(self, visitor: str, form: str) -> Sent:
        """The report of what this visitor has added or would add, as a file: its name, media type and text.

        Raises:
            RequestRefused: there is none, or not in this form.
        """
        job = self.job_of(visitor)
        if job is None or not isinstance(job.result, IngestReport):
            raise EditRefused("there is no report: nothing was added in this window, or it was started anew since then")
        file = ingest_forms.file_of(job.result, form)
        return {"name": f"ingest-report.{file.suffix}", "type": file.media_type, "text": file.text}

    def _begin(self, visitor: str, job: Job) -> None:
        with self._lock:
            last = self._last.get(visitor)
            if last and not last.is_over:
                raise EditRefused(
                    "papers of yours are being looked at or added already, perhaps in another tab. Wait, or stop that first"
                )
            self._jobs.start(job)
            self._last[visitor] = job
            self._last.move_to_end(visitor)
            for other in [one for one, its in self._last.items() if its.is_over][
                : max(0, len(self._last) - _MOST_VISITORS)
            ]:
                del self._last[other]

    # --- the work itself ------------------------------------------------------------------------------------------

    def _looked(self, job: Job) -> IngestReport | None:
        pasted = job.subject.pasted
        if pasted and pasted.listed:
            pasted.names = self._found(pasted.listed, job)
        return self._ingest(job, dry_run=True)

    def _added(self, job: Job) -> IngestReport | None:
        addition: Addition = job.subject
        try:
            report = self._ingest(job, dry_run=False)
        finally:
            if job.stage in ("embedding", "indexing"):
                self._changed()
        self._uploads.remove(addition.files)
        self._changed()
        return report

    def _ingest(self, job: Job, *, dry_run: bool) -> IngestReport | None:
        from rag.wiring import ingest_files

        addition: Addition = job.subject
        if not addition.files:
            return None
        names = _names(addition.files)
        # One list of files, each of which may be wrong without costing the others: as those of a folder.
        return ingest_files(self._settings, list(names), job.progress, dry_run=dry_run, names=names, at_once=AT_ONCE)

    def _read_paste(self, visitor: str, text: str) -> tuple[Waiting | None, Pasted]:
        """The records of a pasted text as a file of their own, and the papers that the rest of it names."""
        records, others = parted(text)
        with self._uploads.receive(
            visitor, f"Pasted {datetime.now():%Y-%m-%d %H.%M.%S}", 4 * PASTE_CHARS + 4
        ) as coming:
            coming.write(records.encode("utf-8", "replace"))
            waiting = coming.finish()
        if not others and not _holds_records(waiting.path):
            self._uploads.remove([waiting])
            names = names_in(text.splitlines())
            return None, Pasted(names, is_text=not names)
        return waiting, Pasted(names_in(others))

    def _found(self, names: Sequence[Name], job: Job) -> Named:
        from rag.library.store import Library
        from rag.search.listed_names import papers_named

        try:
            with closing(Library.open(self._settings.library)) as library:
                return papers_named(names, library, lambda done, total: job.progress("looking up", done, total))
        except LibraryMissing:
            return [(name, None) for name in names]


def _holds_records(path: Path) -> bool:
    try:
        counted(path)
        return any(True for _ in read_records(path))
    except SourceError:
        return False


def _names(files: Sequence[Waiting]) -> dict[Path, str]:
    """What each file is called; a second one of a name gets a number."""
    names: dict[Path, str] = {}
    for one in files:
        stem, dot, ending = one.name.rpartition(".")
        number, name = 1, one.name
        while name in names.values():
            number += 1
            name = f"{stem} ({number}).{ending}" if dot and stem else f"{one.name} ({number})"
        names[one.path] = name
    return names
