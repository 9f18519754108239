"""The commands of `python -m evals` about written answers: the checker, what is planted for it, hostile text, the local writer."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.cli_options import DeviceOption, JsonOption, LibraryOption
from rag.core.errors import EvalError
from rag.core.settings import Settings

FITTED = Path(__file__).parent.parent / "rag" / "core" / "fitted"


def checker(
    pairs_file: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            help='.jsonl with a line {"id", "sentence", "title", "evidence", "supported", "kind"} a pair.',
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Only pairs of this split.")] = None,
    as_json: JsonOption = False,
    device: DeviceOption = None,
) -> None:
    """Judge pairs of a sentence and its evidence, and tell how many wrong ones the checker catches.

    Example: python -m evals checker evals/sets/checker.jsonl --split test
    """
    from evals.scores.checker import judge, load_pairs, pair_json, summary
    from evals.scores.tables import print_checker, progress_of
    from rag.wiring import open_checker, open_embedder

    settings = Settings.load(device=device)
    pairs = load_pairs(pairs_file, split)
    embedder = open_embedder(settings)
    with progress_of("checking") as begin:
        judged = judge(pairs, open_checker(settings, embedder), begin(len(pairs)))
    found = summary(judged, embedder)
    if as_json:
        typer.echo(json.dumps({"pairs": [pair_json(item) for item in judged], **found}, ensure_ascii=False))
    else:
        print_checker(found)


def fit_checker(
    pairs_files: Annotated[list[Path], typer.Argument(metavar="PAIRS…", help="Pairs of which all count fully.")],
    also: Annotated[
        list[Path] | None, typer.Option(help="Pairs of another field; each counts a tenth. Repeatable.")
    ] = None,
    split: Annotated[str, typer.Option(help="Fit on this split of PAIRS only.")] = "dev",
    out: Annotated[Path, typer.Option(help="Folder to write support.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit how the checker weighs its signals; write the model as data.

    Example: python -m evals fit-checker evals/sets/checker.jsonl
    """
    from evals.fit.checking import fit_checking
    from evals.scores.checker import load_pairs
    from evals.scores.tables import progress_of
    from rag.wiring import open_checker, open_embedder

    settings = Settings.load(device=device)
    own = [pair for path in pairs_files for pair in load_pairs(path, split)]
    other = [pair for path in also or [] for pair in load_pairs(path)]
    with progress_of("checking") as begin:
        model = fit_checking(
            own,
            other,
            open_checker(settings, open_embedder(settings)),
            [*pairs_files, *(also or [])],
            begin(len(own) + len(other)),
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / "support.json").write_text(model.json(), "utf-8")
    print(f"wrote {out / 'support.json'}: AUROC {model.fitted_on['auroc_left_out']} on pairs left out", file=sys.stderr)


def plant(
    written: Annotated[Path, typer.Argument(metavar="WRITTEN", help="Hand-written sentences, a JSON object a line.")],
    out: Annotated[Path, typer.Option(help="Pairs file to write.")],
    library: LibraryOption = None,
) -> None:
    """Make pairs for the checker from hand-written sentences about the library's papers, planting more errors by script.

    Example: python -m evals plant evals/sets/checker-written.jsonl --library library --out pairs.jsonl
    """
    from evals.cases.planting import plant as plant_pairs
    from evals.runs.session import papers_of

    pairs = plant_pairs(_lines(written), papers_of(Settings.load(library=library)))
    _write_lines(out, pairs, "pairs")


def poison(
    planted: Annotated[Path, typer.Argument(metavar="PLANTED", help='.jsonl of {"title", "insert", "after"}.')],
    out: Annotated[Path, typer.Option(help="corpus.jsonl to write; ingest it into a library of its own.")],
    library: LibraryOption = None,
) -> None:
    """Write a copy of the library's papers with hostile sentences in some abstracts.

    Example: python -m evals poison evals/sets/injection-poison.jsonl --library library --out poisoned.jsonl
    """
    from evals.cases.poisoning import poisoned
    from evals.runs.session import papers_of
    from rag.output.to_json import paper_json

    papers = map(paper_json, poisoned(papers_of(Settings.load(library=library)), _lines(planted)))
    _write_lines(out, [{name: value for name, value in paper.items() if name != "id"} for paper in papers], "papers")


def bench_writer(device: DeviceOption = None, as_json: JsonOption = False) -> None:
    """The local writer here: time to the first token, tokens a second against what the memory allows, Stop, too long a prompt.

    Takes the writer that CITEWISE_WRITER names, else a small one with random weights, made on the spot.
    """
    from evals.bench.writer import bench_write

    found = bench_write(Settings.load(device=device))
    if as_json:
        typer.echo(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):28} {value}")


def _lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a `.jsonl` file.

    Raises:
        EvalError: it cannot be read, or a line is no object.
    """
    found: list[dict[str, Any]] = []
    try:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if line.strip():
                item = json.loads(line)
                if not isinstance(item, dict):
                    raise EvalError(f"{path}, line {number}: not an object")
                found.append(item)
    except (OSError, ValueError) as error:
        raise EvalError(f"{path} cannot be read as JSON lines: {error}") from error
    return found


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]], what: str) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    print(f"{len(rows)} {what} in {path}", file=sys.stderr)


COMMANDS: tuple[Callable[..., None], ...] = (checker, fit_checker, plant, poison, bench_writer)
