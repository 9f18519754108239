"""A BEIR folder (Thakur et al. 2021) -> records: `queries.jsonl`, and judgements in `qrels/`, of three columns or of TREC's four.

Queries without a judgement are left out, as is usual. Judgements of queries that are not there are counted in one problem a table.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.cases.decoding import decode, unpacked
from evals.cases.fields import renamed
from evals.errors import EvalError

_ENDINGS = {".tsv", ".txt", ".qrels", ".trec", ".tab"}
_NAMED = 5


def tables_of(folder: Path) -> list[Path]:
    """The tables of judgements, by name."""
    inside = [path for path in (folder / "qrels").glob("*") if path.suffix.lower() in _ENDINGS]
    return sorted(inside) or sorted(path for path in folder.glob("qrels*") if path.suffix.lower() in _ENDINGS)


def read(folder: Path) -> tuple[bytes, str, dict[str, str]]:
    """The bytes of all files, the text of the queries, and of each table, by its path within the folder.

    Raises:
        EvalError: the folder is none of BEIR, or a file is in another encoding.
    """
    queries, tables = folder / "queries.jsonl", tables_of(folder)
    if not queries.is_file() or not tables:
        raise EvalError(f"{folder} is no BEIR folder: it needs queries.jsonl and qrels/*.tsv")
    data = {path: path.read_bytes() for path in (queries, *tables)}
    texts = {path: decode(path, unpacked(content)) for path, content in data.items()}
    by_table = {path.relative_to(folder).as_posix(): texts[path] for path in tables}
    return b"".join(data.values()), texts[queries], by_table


def records(queries: Iterator[tuple[str, Any]], tables: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """The places and objects of a question set, or ValueErrors."""
    texts: dict[str, str] = {}
    for place, raw in queries:
        query = renamed(raw) if isinstance(raw, dict) else {}
        if isinstance(query.get("question"), str) and isinstance(query.get("id"), str | int):
            texts[str(query["id"])] = query["question"]
        else:
            yield f"queries.jsonl {place}", raw if isinstance(raw, ValueError) else ValueError("no _id or no text")
    for name, table in tables.items():
        grades: dict[str, dict[str, int]] = {}
        for number, line in enumerate(table.splitlines(), start=1):
            if (judgement := _judgement(line)) is not None:
                query_id, paper, grade = judgement
                grades.setdefault(query_id, {})[paper] = grade
            elif number > 1 and line.strip():
                yield f"{name} line {number}", ValueError("not query-id, corpus-id and score with tabs between")
        yield from _of_table(name, grades, texts)


def _of_table(name: str, grades: dict[str, dict[str, int]], texts: dict[str, str]) -> Iterator[tuple[str, Any]]:
    split = Path(name).stem
    for query, of_query in grades.items():
        if query in texts:
            gold = [paper for paper, grade in of_query.items() if grade > 0]
            raw = {"id": query, "question": texts[query], "gold": gold, "grades": of_query, "split": split}
            yield f"{name} query {query}", raw
    gone = [query for query in grades if query not in texts]
    if gone:
        more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
        are = "query is" if len(gone) == 1 else "queries are"
        named = ", ".join(gone[:_NAMED])
        yield name, ValueError(f"{len(gone)} judged {are} not in queries.jsonl: {named}{more}")


def _judgement(line: str) -> tuple[str, str, int] | None:
    cells = [cell.strip() for cell in line.strip("\ufeff\r\n").split("\t")]
    if len(cells) == 1:
        cells = line.split()
    if len(cells) == 4:  # TREC: query, iteration, paper, relevance
        cells = [cells[0], cells[2], cells[3]]
    if len(cells) != 3 or not re.fullmatch(r"-?\d{1,9}(?:\.0{0,9})?", cells[2]):
        return None
    return cells[0], cells[1], int(float(cells[2]))
