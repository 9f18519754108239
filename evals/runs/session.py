"""From a set and settings to a run file: checks first, then models, then questions. What the command and the notebook share."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.cases.question_set import QuestionSet, check_against, select
from evals.errors import EvalError
from evals.runs.manifest import make_manifest
from evals.runs.run import MODES, Run, check_out, run_cases
from rag.core.domain import Paper
from rag.core.errors import ServerFailed, WriterFailed
from rag.core.settings import Settings
from rag.library.store import Library
from rag.wiring import open_assistant, open_searcher
from rag.wiring_writers import open_server


@dataclass(frozen=True, slots=True)
class Selection:
    """Which questions of a set are asked; see `evals.cases.question_set.select`."""

    split: str | None = None
    limit: int | None = None
    sample: int | None = None
    seed: int = 0


def run_set(
    question_set: QuestionSet,
    settings: Settings,
    out: Path,
    mode: str = "quote",
    selection: Selection | None = None,
    resume: bool = False,
    begin: Callable[[int], Callable[[dict[str, Any]], None]] | None = None,
) -> Run:
    """`begin` gets the number of questions and gives what is called with each line. As many are asked at the same time as the settings
    say.

    Raises:
        EvalError: an unknown mode, a run file that must not be written, no question left, or papers not in the library.
        CitewiseError: the library or a model cannot be opened.
    """
    if mode not in MODES:
        raise EvalError(f"no mode {mode!r}; known are {', '.join(MODES)}")
    if mode != "retrieve":
        settings = settings.model_copy(update={"mode": mode})
    check_out(out, resume)
    if mode == "write":
        _check_server(settings)
    selection = selection or Selection()
    cases = select(question_set.cases, **asdict(selection))
    check_against(cases, papers_of(settings))  # before the models, which take seconds
    with closing(open_searcher(settings) if mode == "retrieve" else open_assistant(settings)) as searcher:
        if mode == "write" and searcher.description["mode"] != "write":
            raise EvalError(f"nothing can write: {searcher.description['mode_reason']}")
        at_once = 1 if mode == "retrieve" else settings.at_once
        manifest = make_manifest(question_set, cases, searcher, settings, mode, asdict(selection), at_once)
        return run_cases(searcher, cases, out, manifest, resume, begin(len(cases)) if begin else None, at_once)


def _check_server(settings: Settings) -> None:
    """A run is not begun where its server is away: all its answers would be quotes.

    Raises:
        EvalError: it cannot be reached, or does not work.
    """
    if settings.writer_url and settings.writer != "none":
        with closing(open_server(settings, settings.writer_url)) as server:
            try:
                server.served()
            except ServerFailed as error:
                raise EvalError(f"nothing can write: {error}") from error
            except WriterFailed:
                pass  # it does not tell its models, and may write all the same


def papers_of(settings: Settings) -> list[Paper]:
    """The papers of the library named in the settings.

    Raises:
        LibraryError: it cannot be opened.
    """
    with closing(Library.open(settings.library)) as library:
        return library.papers()


def papers_of_run(settings: Settings, run: Run) -> list[Paper]:
    """The papers that a run asked about.

    Raises:
        LibraryError: the library cannot be opened.
        EvalError: it is not the one of the run, or changed since.
    """
    with closing(Library.open(settings.library)) as library:
        if library.fingerprint() != run.manifest.get("library", {}).get("fingerprint"):
            raise EvalError(
                f"{settings.library} changed since {run.path} was made, or is another library, so its words are not those "
                "that were quoted. Name the run's library by --library, or run again"
            )
        return library.papers()
