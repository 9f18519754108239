"""Making a training table."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli_options import DeviceOption
from rag.core.settings import Settings

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant

_LINES = 50
"""Questions between two lines of progress, where nobody watches a bar."""


def table(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE…",
            help="Files of questions with a passage in sentences, and which of these answer (.jsonl, .gz).",
        ),
    ],
    work: Annotated[Path, typer.Option(help="Folder for the libraries of the passages; they are made once.")],
    out: Annotated[Path, typer.Option(help="Table to write. One that is there is never overwritten.")],
    each: Annotated[int, typer.Option(min=1, help="Questions taken of each source, by chance.")] = 300,
    distractors: Annotated[int, typer.Option(min=0, help="Other passages of a source that are papers too.")] = 300,
    seed: Annotated[int, typer.Option(help="What chance begins with.")] = 0,
    sentences: Annotated[
        int | None, typer.Option(min=2, max=100, help="Candidate sentences a question. Default: as answers are made.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a table that was cut short.")] = False,
    device: DeviceOption = None,
) -> None:
    """Ask the questions of training sources and keep all signals. The table is what fit-ranking and fit-decline learn from.

    Example: python -m evals table qasper-dev.jsonl.gz squad2-pairs.jsonl.gz --work table --out table.jsonl --each 200
    """
    from evals.fit.regression import file_fingerprints
    from evals.fit.sources import read_source
    from evals.fit.table import FORMAT, Parts, check_out, make_table, plan_table
    from rag.evidence.roles import load_roles
    from rag.wiring import ingest_files, open_assistant, open_beside

    settings = Settings.load(device=device, read_sentences=sentences, mode="quote")
    check_out(out, resume)
    read = [read_source(path) for path in sources]
    for source in read:
        if source.unusable:
            print(
                f"{source.name}: {source.unusable} rows have no question with a passage in sentences", file=sys.stderr
            )
    planned = plan_table(read, each, seed, distractors)

    def at(folder: Path) -> Settings:
        return settings.model_copy(update={"library": folder})

    def ingest(folder: Path, papers: Path) -> None:
        ingest_files(at(folder), [papers])

    at_end = ExitStack()
    first: list[Assistant] = []

    def open_over(folder: Path) -> "Assistant":
        """The models are loaded once, with the first library."""
        if not first:
            first.append(at_end.enter_context(closing(open_assistant(at(folder)))))
        return open_beside(first[0], at(folder))

    manifest = {
        "format": FORMAT,
        "sources": file_fingerprints(sources),
        "each": each,
        "seed": seed,
        "distractors": distractors,
        "settings": {
            name: getattr(settings, name)
            for name in ("embedder", "reader", "reranker", "read_papers", "read_sentences")
        },
    }
    with _progress(len(planned)) as progress, at_end:
        make_table(planned, Parts(ingest, open_over, load_roles()), work, out, manifest, resume, progress)
    print(f"{len(planned)} lines in {out}", file=sys.stderr)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, else a line now and then with the time that is left."""
    from evals.scores.tables import progress_of

    if sys.stderr.isatty():
        with progress_of("asking") as begin:
            yield begin(total)
        return
    since, done = time.monotonic(), 0

    def advance() -> None:
        nonlocal since, done
        done += 1
        if done % _LINES and done != total:
            return
        each, since = (time.monotonic() - since) / _LINES, time.monotonic()
        if each > 0.01:  # less: they were there before
            left = each * (total - done) / 60
            print(f"{done} of {total}, {each:.2f} s each, about {left:.0f} min left", file=sys.stderr, flush=True)

    yield advance
