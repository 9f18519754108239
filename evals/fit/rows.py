"""Reads files of training data: a JSON object a line, in `.jsonl` or `.jsonl.gz`."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.errors import EvalError


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Its objects, in the order of the lines; empty lines are passed over.

    Raises:
        EvalError: the file cannot be read, is not in UTF-8, or a line is no JSON object.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise EvalError(f"{path} line {number} is no JSON object; a source has one a line")
                yield row
    except json.JSONDecodeError as error:
        raise EvalError(f"{path} line {number} cannot be read as JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise EvalError(f"{path} is not in UTF-8: {error}") from error
    except (OSError, EOFError) as error:
        raise EvalError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
