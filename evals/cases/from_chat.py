"""A conversation saved by the chat window -> lines of a question set, to be completed by hand.

The window saves `{"citewise": version, "turns": [{"question", "answer"}, …]}`, the answers in the form of `citewise ask --json`. What
was cited is proposed as gold, and the outcome as `answerable`: a proposal, for the answer may be wrong.
"""

import json
from pathlib import Path
from typing import Any

from evals.errors import EvalError

TODO = "check gold and answerable; add nuggets (facts a right answer must contain); remove this field"


def set_lines(path: Path) -> list[dict[str, Any]]:
    """One object of a set for each question that was answered, with the turns before it as history.

    Raises:
        EvalError: the file cannot be read, or is no saved conversation.
    """
    try:
        saved = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EvalError(f"cannot read the conversation {path}: {error}") from error
    turns = saved.get("turns") if isinstance(saved, dict) else None
    if not isinstance(turns, list) or not all(map(_is_turn, turns)):
        raise EvalError(f"{path} is no conversation saved by the chat window: it has no turns of question and answer")
    lines: list[dict[str, Any]] = []
    history: list[dict[str, Any]] = []
    for number, turn in enumerate(turns, start=1):
        answer = turn["answer"]
        if answer:
            lines.append(_line(f"{path.stem}-{number}", turn["question"], list(history), answer))
            history += [
                {"role": "user", "content": turn["question"]},
                {"role": "assistant", "content": str(answer.get("answer", "")), "cited": _cited(answer)},
            ]
    if not lines:
        raise EvalError(f"{path} holds no answered question")
    return lines


def _is_turn(turn: Any) -> bool:
    return (
        isinstance(turn, dict) and isinstance(turn.get("question"), str) and isinstance(turn.get("answer"), dict | None)
    )


def _cited(answer: dict[str, Any]) -> list[str]:
    """The ids of the papers that an answer cites, each once."""
    ids = [item["paper_id"] for sentence in answer.get("sentences", []) for item in sentence["citations"]]
    return list(dict.fromkeys(ids))


def _line(name: str, question: str, history: list[dict[str, Any]], answer: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {"id": name, "question": question}
    if history:
        line["history"] = history
    line |= {
        "gold": _cited(answer),
        "nuggets": [],
        "answerable": answer.get("outcome") not in ("nearest", "declined"),
    }
    return line | {"todo": TODO}


def write_set(path: Path, out: Path) -> int:
    """Write the lines to a new file and say how many.

    Raises:
        EvalError: as `set_lines`, and where `out` is there already or cannot be written.
    """
    lines = set_lines(path)
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    except FileExistsError as error:
        raise EvalError(f"{out} is there already; nothing was overwritten") from error
    except OSError as error:
        raise EvalError(f"cannot write {out}: {error.strerror or error}") from error
    return len(lines)
