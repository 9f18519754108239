"""Checking and making sets of questions, pairs and papers: check, from-chat, plant, poison."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from evals.commands.options import SetArgument
from evals.errors import EvalError
from rag.cli_options import LibraryOption
from rag.core.escaping import counted
from rag.core.settings import Settings


def check(question_set: SetArgument, library: LibraryOption = None) -> None:
    """Check SET. Can all of it be read, are its gold papers in the library, and the facts in them? Exit 1 where something is wrong.

    `run` goes on with what can be read; this command names every line that cannot.
    """
    from evals.cases.check import problems
    from evals.cases.question_set import load_set
    from evals.runs.session import papers_of

    questions = load_set(question_set)
    unread = [f"cannot be read: {line}" for line in questions.skipped]
    wrong = unread + problems(questions.cases, papers_of(Settings.load(library=library)))
    for line in wrong:
        typer.echo(line)
    if wrong:
        are = "is" if len(wrong) == 1 else "are"
        left = counted(len(questions.cases), "question")
        raise EvalError(f"{question_set}: {counted(len(wrong), 'thing')} {are} wrong; {left} can be asked")
    typer.echo(f"{counted(len(questions.cases), 'question')}, nothing wrong")


def from_chat(
    conversation: Annotated[Path, typer.Argument(metavar="CONVERSATION", help="Saved by the chat window's Save.")],
    out: Annotated[Path, typer.Option(help="Question set to write; it must not be there yet.")],
) -> None:
    """Make a question set of a conversation. Its lines are to be completed by hand."""
    from evals.cases.from_chat import write_set

    print(f"{write_set(conversation, out)} questions in {out}; complete them by hand", file=sys.stderr)


def plant(
    source: Annotated[Path, typer.Argument(metavar="WRITTEN", help="Hand-written sentences, a JSON object a line.")],
    out: Annotated[Path, typer.Option(help="Pairs file to write.")],
    library: LibraryOption = None,
) -> None:
    """Make pairs for the checker. They come from hand-written sentences about the library's papers; a script plants more errors.

    Example: python -m evals plant evals/sets/checker-written.jsonl --library library --out pairs.jsonl
    """
    from evals.cases.planting import plant as plant_pairs
    from evals.runs.session import papers_of

    pairs = plant_pairs(_lines(source), papers_of(Settings.load(library=library)))
    _write_lines(out, pairs, "pairs")


def poison(
    source: Annotated[Path, typer.Argument(metavar="PLANTED", help='.jsonl of {"title", "insert", "after"}.')],
    out: Annotated[Path, typer.Option(help="corpus.jsonl to write; ingest it into a library of its own.")],
    library: LibraryOption = None,
) -> None:
    """Write papers with hostile sentences. They are a copy of the library's, with a sentence planted in some abstracts.

    Example: python -m evals poison evals/sets/injection-poison.jsonl --library library --out poisoned.jsonl
    """
    from evals.cases.poisoning import poisoned
    from evals.runs.session import papers_of
    from rag.output.to_json import paper_json

    papers = map(paper_json, poisoned(papers_of(Settings.load(library=library)), _lines(source)))
    _write_lines(out, [{name: value for name, value in paper.items() if name != "id"} for paper in papers], "papers")


def _lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a `.jsonl` file.

    Raises:
        EvalError: it cannot be read, or a line is no object.
    """
    rows: list[dict[str, Any]] = []
    try:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if line.strip():
                item = json.loads(line)
                if not isinstance(item, dict):
                    raise EvalError(f"{path}, line {number}: not an object")
                rows.append(item)
    except (OSError, ValueError) as error:
        raise EvalError(f"{path} cannot be read as JSON lines: {error}") from error
    return rows


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]], what: str) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    print(f"{len(rows)} {what} in {path}", file=sys.stderr)
