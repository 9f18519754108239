"""The shapes in which people keep questions -> the objects of a question set, each with the place it was read from.

JSONL of our own fields, CSV with the same columns, a BEIR folder, SciFact claims, PubMedQA, a plain list of questions. Knows nothing
of what a field means or may hold (`question_set` checks that); a record that cannot be read is a problem with its place, so that all
of them are named at once.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evals.errors import EvalError

Record = tuple[str, Any]
"""Where it stands ("line 17"), and the object, or a ValueError that says why there is none."""

LISTS = ("gold", "gold_ids", "also_ok", "must_not")
_JSON_CELLS = ("history", "grades")


def read(path: Path) -> tuple[bytes, Iterator[Record]]:
    """The bytes that the fingerprint is made of, and the records.

    Raises:
        EvalError: there is no such file or folder, or it is in none of the known shapes.
    """
    try:
        if path.is_dir():
            return _beir(path)
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"cannot read the question set {path}: {error}") from error
    reader = _BY_SUFFIX.get(path.suffix.lower())
    if reader is None:
        raise EvalError(
            f"{path} is no question set: its name ends in none of {', '.join(_BY_SUFFIX)}, and it is no BEIR folder "
            "(queries.jsonl and qrels/)"
        )
    return data, reader(text)


def _jsonl(text: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                raw = json.loads(line)
            except (ValueError, RecursionError) as error:
                raw = ValueError(str(error))
            yield f"line {number}", _claim(raw) if isinstance(raw, dict) and "claim" in raw else raw


def _claim(raw: dict[str, Any]) -> dict[str, Any]:
    """A line of SciFact's claims_*.jsonl (Wadden et al. 2020): evidence per document, none where the claim is not settled."""
    evidence = raw.get("evidence")
    record: dict[str, Any] = {"id": str(raw.get("id", "")), "question": raw["claim"]}
    if isinstance(evidence, dict):
        cited = [str(item) for item in raw.get("cited_doc_ids", evidence)]
        labels = {item["label"] for items in evidence.values() for item in items}
        record |= {"gold": cited, "answerable": bool(evidence), "type": "/".join(sorted(labels)) or "NOT_ENOUGH_INFO"}
    return record


def _json(text: str) -> Iterator[Record]:
    """A list of our objects, or PubMedQA's object of pmid -> record (Jin et al. 2019)."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield "the file", ValueError(str(error))
        return
    if isinstance(whole, list):
        yield from ((f"item {number}", raw) for number, raw in enumerate(whole, start=1))
    elif isinstance(whole, dict):
        yield from ((f"record {pmid}", _pubmedqa(pmid, raw)) for pmid, raw in whole.items())
    else:
        yield "the file", ValueError("neither a list of questions nor an object of PubMedQA records")


def _pubmedqa(pmid: str, raw: Any) -> Any:
    if not isinstance(raw, dict) or "QUESTION" not in raw:
        return ValueError("no QUESTION, so not a PubMedQA record")
    record = {"id": pmid, "question": raw["QUESTION"], "gold": [pmid]}
    if raw.get("LONG_ANSWER"):
        record["answer"] = raw["LONG_ANSWER"]
    if raw.get("final_decision"):
        record["type"] = raw["final_decision"]
    return record


def _csv(text: str) -> Iterator[Record]:
    """The same columns as the JSONL fields. Lists: JSON, or items split by `;`; nuggets: facts by `;`, spellings by `|`."""
    rows = csv.DictReader(io.StringIO(text, newline=""), restkey="", skipinitialspace=True)
    if "question" not in (rows.fieldnames or ()):
        yield "line 1", ValueError(f"no column question; the columns are {', '.join(rows.fieldnames or ()) or 'none'}")
        return
    for row in rows:
        place = f"line {rows.line_num}"
        try:
            if row.pop("", None):
                raise ValueError("more cells than columns; put a cell that holds a comma in quotation marks")
            yield place, {"id": f"q{rows.line_num}"} | {name: _cell(name, cell) for name, cell in row.items() if cell}
        except ValueError as error:
            yield place, error


def _cell(name: str, cell: str) -> Any:
    cell = cell.strip()
    if name in _JSON_CELLS or (name in (*LISTS, "nuggets") and cell.startswith("[")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{name} is not JSON: {error}") from error
    if name == "answerable":
        values = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if cell.lower() not in values:
            raise ValueError(f"answerable is {cell!r}; write true or false")
        return values[cell.lower()]
    if name in (*LISTS, "nuggets"):
        items = [item.strip() for item in cell.split(";") if item.strip()]
        return [[alias.strip() for alias in item.split("|")] for item in items] if name == "nuggets" else items
    return cell


def _lines(text: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"line {number}", {"id": f"q{number}", "question": line.strip()}


def _beir(folder: Path) -> tuple[bytes, Iterator[Record]]:
    """queries.jsonl and qrels/SPLIT.tsv (Thakur et al. 2021). Queries without a judgement are left out, as is usual."""
    queries, tables = folder / "queries.jsonl", sorted((folder / "qrels").glob("*.tsv"))
    if not queries.is_file() or not tables:
        raise EvalError(f"{folder} is no BEIR folder: it needs queries.jsonl and qrels/*.tsv")
    data = queries.read_bytes() + b"".join(table.read_bytes() for table in tables)
    return data, _beir_records(queries.read_text("utf-8"), {table.stem: table.read_text("utf-8") for table in tables})


def _beir_records(queries: str, tables: dict[str, str]) -> Iterator[Record]:
    texts: dict[str, Any] = {}
    for place, raw in _jsonl(queries):
        if isinstance(raw, dict) and isinstance(raw.get("text"), str) and "_id" in raw:
            texts[str(raw["_id"])] = raw["text"]
        else:
            yield f"queries.jsonl {place}", raw if isinstance(raw, ValueError) else ValueError("no _id or no text")
    for split, table in tables.items():
        grades: dict[str, dict[str, int]] = {}
        for number, line in enumerate(table.splitlines(), start=1):
            cells = line.split("\t")
            if len(cells) == 3 and re.fullmatch(r"-?\d+", cells[2].strip()):
                grades.setdefault(cells[0], {})[cells[1]] = int(cells[2])
            elif number > 1 and line.strip():
                yield (
                    f"qrels/{split}.tsv line {number}",
                    ValueError("not query-id, corpus-id and score with tabs between"),
                )
        for query, of_query in grades.items():
            place = f"qrels/{split}.tsv query {query}"
            gold = [paper for paper, grade in of_query.items() if grade > 0]
            if query in texts:
                yield place, {"id": query, "question": texts[query], "gold": gold, "grades": of_query, "split": split}
            else:
                yield place, ValueError("not in queries.jsonl")


_BY_SUFFIX: dict[str, Callable[[str], Iterator[Record]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".txt": _lines,
}
