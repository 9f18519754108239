"""A table of questions as spreadsheets save it -> records. The delimiter is taken from the header, whose names are compared loosely.

The same columns as the JSONL fields. Lists: JSON, or items split by `;`; nuggets: facts by `;`, spellings by `|`.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from evals.cases.decoding import damage
from evals.cases.fields import LISTS, NAMES, plain_name, truth

_DELIMITERS = (",", ";", "\t", "|")
_JSON_CELLS = ("history", "grades", "expect")
_LONGEST_ROW = 200
"""Most lines of a row; a longer one has a quotation mark that is not closed."""


def rows(text: str) -> Iterator[tuple[str, Any]]:
    """Each row's place and its object, or a ValueError that says why there is none. Rows without content are passed over."""
    lines = io.StringIO(text, newline="").readlines()
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    named = None
    if start < len(lines) and lines[start].lower().startswith("sep=") and len(lines[start].strip()) <= len("sep=;"):
        named = lines[start].rstrip("\r\n")[4:] or None  # as Excel writes it
        start += 1
    header = lines[start] if start < len(lines) else ""
    delimiter = named or _delimiter(header)
    names, used = _row(lines[start:], delimiter) if header else ([], 0)
    if not set(map(plain_name, names)) & set(NAMES["question"]):
        yield "line 1", ValueError(f"no column question; the columns are {', '.join(names) or 'none'}")
        return
    columns = [_field(name) for name in names]
    place = start + used
    while place < len(lines):
        cells, used = _row(lines[place : place + _LONGEST_ROW], delimiter)
        if "".join(lines[place : place + used]).count('"') % 2 and used > 1:
            yield f"line {place + 1}", ValueError("a quotation mark in it is not closed")
            used = 1
        elif not used:
            yield f"line {place + 1}", ValueError("a cell in it is too long")
            used = 1
        elif any(cell.strip() for cell in cells):
            # A row is named by its last line, as it was in the first versions; ids of rows are made of it.
            number = place + used
            yield f"line {number}", _record(columns, cells)
        place += used


def _delimiter(header: str) -> str:
    """The mark that makes the most columns of the header, one of them the question."""

    def fitness(mark: str) -> tuple[bool, int]:
        names = _row([header], mark)[0]
        return bool(set(map(plain_name, names)) & set(NAMES["question"])), len(names)

    return max(_DELIMITERS, key=fitness)


def _row(lines: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """The cells of the row that the lines begin with, and how many of them it takes; no cells and 0 where it is no row."""
    reader = csv.reader(iter(lines), delimiter=delimiter, skipinitialspace=True)
    try:
        return next(reader, []), max(1, reader.line_num)
    except csv.Error:  # such as a cell of more than 128 kB
        return [], 0


def _field(name: str) -> str:
    plain = plain_name(name)
    return next((field for field, names in NAMES.items() if plain in (field, names[0])), plain or name)


def _record(columns: Sequence[str], cells: Sequence[str]) -> Any:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return ValueError("more cells than columns; put a cell that holds a comma in quotation marks")
    if damaged := damage(" ".join(cells)):
        return ValueError(f"{damaged}; the file may need: iconv -f cp1252 -t utf-8")
    try:
        return {
            name: _cell(name, cell.strip()) for name, cell in zip(columns, cells, strict=False) if name and cell.strip()
        }
    except ValueError as error:
        return error


def _cell(name: str, cell: str) -> Any:
    if name in _JSON_CELLS or (name in (*LISTS, "nuggets") and cell.startswith("[")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{name} is not JSON: {error}") from error
    if name == "answerable":
        value = truth(cell)
        if not isinstance(value, bool):
            raise ValueError(f"answerable is {cell!r}; write true or false")
        return value
    if name in (*LISTS, "nuggets"):
        items = [item.strip() for item in cell.split(";") if item.strip()]
        return [[alias.strip() for alias in item.split("|")] for item in items] if name == "nuggets" else items
    return cell
