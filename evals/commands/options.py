"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

SetArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SET",
        help="Question set: .jsonl, .csv, .tsv, .json (PubMedQA), .txt (a question a line), or a BEIR folder.",
    ),
]
SetsArgument = Annotated[
    list[Path], typer.Argument(metavar="SET…", help="Question sets about the library, in any of the shapes of `run`.")
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run file.")]
