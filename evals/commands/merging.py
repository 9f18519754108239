"""Whether records of one paper become one, and two papers stay two: merges."""

import json
from pathlib import Path
from typing import Annotated

import typer

from rag.cli_options import JsonOption


def merges(
    pairs_file: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            help='.jsonl with a line {"id", "kind", "same", "one", "other"} a pair; the records as in corpus.jsonl.',
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Merge pairs of records as the ingest does. Tells which papers were made one by mistake, and which were left two.

    Example: python -m evals merges evals/sets/merges.jsonl
    """
    from evals.scores.merges import decide, load_merge_pairs, merges_summary, verdict_json
    from evals.scores.tables import print_merges

    verdicts = decide(load_merge_pairs(pairs_file))
    result = merges_summary(verdicts)
    if as_json:
        typer.echo(json.dumps({"pairs": [verdict_json(item) for item in verdicts], **result}, ensure_ascii=False))
    else:
        print_merges(result)
