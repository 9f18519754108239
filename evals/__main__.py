"""`python -m evals COMMAND`: puts the commands of `evals.commands` together, each with its exit code."""

import typer

from evals.commands import bench, fit, fit_choosing, fit_lists, fit_ranking, judging, merging, reader, runs, sets, table
from rag.cli_options import exits_with_one_line

app = typer.Typer(
    name="python -m evals",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Measure citewise on a question set. How to write one: evals/README.md.\n\n"
    "python -m evals run evals/sets/seeds-dev.jsonl --library library --out runs/dev.jsonl\n\n"
    "python -m evals score runs/dev.jsonl\n\n"
    "python -m evals compare runs/before.jsonl runs/dev.jsonl\n\n"
    "python -m evals report runs/dev.jsonl --library library --out report.html",
)

for command in (
    runs.run,
    runs.score,
    runs.compare,
    runs.report,
    sets.check,
    sets.from_chat,
    sets.plant,
    sets.poison,
    judging.read,
    judging.checker,
    judging.suggestions,
    merging.merges,
    table.table,
    fit.fit_decline,
    fit_lists.fit_lists,
    fit.fit_checker,
    fit_ranking.fit_ranking,
    fit_choosing.fit_choosing,
    fit.fit_follow_ups,
    fit.fit_roles,
    reader.train_reader,
    reader.ship_reader,
    bench.bench,
    bench.bench_load,
    bench.bench_scale,
    bench.bench_writer,
):
    app.command()(exits_with_one_line(command))


if __name__ == "__main__":
    app()
