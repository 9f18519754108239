"""The shapes in which people keep questions -> the objects of a question set, each with the place it was read from.

JSONL of our own fields, tables, a BEIR folder, SciFact claims, PubMedQA, JSON, a plain list of questions. Knows nothing of what a field
may hold (`question_set` checks that); a record that cannot be read is a problem with its place, so that all of them are named at once.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evals.cases import beir, csv_table
from evals.cases.decoding import damage, decode, not_json, unpacked
from evals.cases.fields import is_nothing
from evals.errors import EvalError

Record = tuple[str, Any]
"""Where it stands ("line 17"), and the object, or a ValueError that says why there is none."""

_WRAPPERS = ("questions", "data", "examples", "items", "queries", "records")


def read(path: Path) -> tuple[bytes, Iterator[Record]]:
    """The bytes that the fingerprint is made of, and the records.

    Raises:
        EvalError: there is no such file or folder, or it is in none of the known shapes or encodings.
    """
    try:
        if path.is_dir():
            data, queries, tables = beir.read(path)
            return data, beir.records(_jsonl(queries), tables)
        data = path.read_bytes()
        content = unpacked(data)
    except (OSError, ValueError) as error:
        raise EvalError(f"cannot read the question set {path}: {error}") from error
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    reader = _BY_SUFFIX.get(name.suffix.lower())
    if reader is None:
        raise EvalError(
            f"{path} is no question set: its name ends in none of {', '.join(_BY_SUFFIX)}, and it is no BEIR folder "
            "(queries.jsonl and qrels/)"
        )
    return data, reader(decode(path, content))


def _jsonl(text: str) -> Iterator[Record]:
    if text.lstrip().startswith("["):
        yield from _json(text)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"line {number}", _object(line)


def _object(line: str) -> Any:
    if damaged := damage(line):
        return ValueError(damaged)
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        return ValueError(not_json(error))
    return _published(raw)


def _published(raw: Any) -> Any:
    """A record of a public set as an object of ours; any other as it is."""
    if isinstance(raw, dict) and "claim" in raw and "question" not in raw:
        return _claim(raw)
    if isinstance(raw, dict) and "pubid" in raw and "question" in raw:
        return _pubmedqa(str(raw["pubid"]), {name.upper(): value for name, value in raw.items()})
    return raw


def _claim(raw: dict[str, Any]) -> dict[str, Any]:
    """A line of SciFact's claims_*.jsonl (Wadden et al. 2020): evidence per document, none where the claim is not settled."""
    evidence = raw.get("evidence")
    record: dict[str, Any] = {"id": raw.get("id"), "question": raw["claim"]}
    if isinstance(evidence, dict):
        given = raw.get("cited_doc_ids")
        cited = [str(item) for item in (given if isinstance(given, list) else evidence)]
        lists = [items for items in evidence.values() if isinstance(items, list)]
        labels = {str(item["label"]) for items in lists for item in items if isinstance(item, dict) and "label" in item}
        record |= {"gold": cited, "answerable": bool(evidence), "type": "/".join(sorted(labels)) or "NOT_ENOUGH_INFO"}
    return record


def _json(text: str) -> Iterator[Record]:
    """A list of our objects, also below a name such as "questions"; columns; or PubMedQA's pmid -> record (Jin et al. 2019)."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        if "Extra data" in str(error) and "\n" in text.strip():  # a line an object, under another name
            yield from ((f"line {n}", _object(line)) for n, line in enumerate(text.split("\n"), 1) if line.strip())
        else:
            yield "the file", ValueError(not_json(error))
        return
    if isinstance(whole, dict):
        wrapped = next((whole[name] for name in _WRAPPERS if isinstance(whole.get(name), list)), None)
        columns = whole.get("question")
        if wrapped is not None:
            whole = wrapped
        elif isinstance(columns, dict | list):
            whole = _rows_of_columns(whole)
        elif isinstance(columns, str):
            whole = [whole]
    if isinstance(whole, list):
        yield from ((f"item {number}", _published(raw)) for number, raw in enumerate(whole, start=1))
    elif isinstance(whole, dict):
        yield from ((f"record {pmid}", _pubmedqa(pmid, raw)) for pmid, raw in whole.items())
    else:
        yield "the file", ValueError("neither a list of questions nor an object of PubMedQA records")


def _rows_of_columns(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """As data frames are saved: {"question": {"0": …, "1": …}, "gold": {"0": …}}, or with lists."""
    by_key = {
        name: dict(enumerate(cells)) if isinstance(cells, list) else cells
        for name, cells in columns.items()
        if isinstance(cells, dict | list)
    }
    return [{name: cells.get(key) for name, cells in by_key.items()} for key in by_key["question"]]


def _pubmedqa(pmid: str, raw: Any) -> Any:
    if not isinstance(raw, dict) or is_nothing(raw.get("QUESTION")):
        return ValueError("no QUESTION, so not a PubMedQA record")
    record = {"id": pmid, "question": raw["QUESTION"], "gold": [pmid]}
    if raw.get("LONG_ANSWER"):
        record["answer"] = raw["LONG_ANSWER"]
    if raw.get("FINAL_DECISION", raw.get("final_decision")):
        record["type"] = raw.get("FINAL_DECISION", raw.get("final_decision"))
    return record


def _lines(text: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            damaged = damage(line)
            yield f"line {number}", ValueError(damaged) if damaged else {"question": line.strip()}


_BY_SUFFIX: dict[str, Callable[[str], Iterator[Record]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": csv_table.rows,
    ".tsv": csv_table.rows,
    ".txt": _lines,
    ".ndjson": _jsonl,
}
