"""A question as people write it -> the fields of a question set: other names of a field, numbers as ids, null and NaN.

Owns what is the same thing in another spelling. What a field may hold is checked by `question_set`.
"""

import math
from collections.abc import Mapping
from typing import Any

NAMES = {
    "question": ("question", "query", "text", "user_input", "question_text", "query_text", "questions"),
    "id": ("id", "_id", "qid", "question_id", "query_id", "questionid", "queryid"),
    "gold": ("gold",),
    "gold_ids": ("gold_ids", "goldids"),
    "also_ok": ("also_ok",),
    "must_not": ("must_not",),
    "nuggets": ("nuggets",),
    "answer": ("answer", "reference", "reference_answer", "ground_truth", "expected_answer"),
    "answerable": ("answerable",),
    "history": ("history",),
    "grades": ("grades",),
    "expect": ("expect",),
    "type": ("type",),
    "split": ("split",),
}
"""Per field the names that it goes by, without case, blanks and dashes; the first that is there counts."""
LISTS = ("gold", "gold_ids", "also_ok", "must_not")
_YES = (
    "true",
    "yes",
    "y",
    "t",
    "1",
    "wahr",
    "ja",
    "vrai",
    "oui",
    "verdadero",
    "sí",
    "vero",
    "waar",
    "prawda",
    "истина",
)
_NO = ("false", "no", "n", "f", "0", "falsch", "nein", "faux", "non", "falso", "onwaar", "fałsz", "ложь")
_TRUTHS = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
"""As spreadsheets write them, each in the language of its user."""


def plain_name(name: str) -> str:
    """A column's name for comparing: lower case, blanks and dashes as underscores."""
    return "_".join(name.strip().strip("\ufeff").lower().replace("-", " ").split())


def renamed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object with the fields' own names, without those that hold nothing (null, NaN); other fields are kept as they are."""
    there = {name: value for name, value in raw.items() if not is_nothing(value)}
    by_name = {plain_name(name): name for name in reversed(there)}
    is_paper = "title" in by_name and "question" not in by_name and "query" not in by_name
    wanted: dict[str, str] = {}
    for field, names in NAMES.items():
        found = next((by_name[name] for name in names if name in by_name), None)
        if found is not None and field not in there and not (is_paper and field == "question"):
            wanted[found] = field
    return {wanted.get(name, name): value for name, value in there.items()}


def is_nothing(value: Any) -> bool:
    """Whether a value says that the field is not there."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def in_our_forms(raw: dict[str, Any]) -> dict[str, Any]:
    """The object with numbers as text where the field is a name or a text, and as true and false where it is that, as spreadsheets and
    data frames write them."""
    done = dict(raw)
    for name in ("id", "answer", "type", "split"):
        if name in done:
            done[name] = number_as_text(done[name])
    for name in LISTS:
        if isinstance(done.get(name), list):
            done[name] = [number_as_text(item) for item in done[name]]
    if isinstance(done.get("answerable"), int | float):
        done["answerable"] = truth(str(whole(done["answerable"])))
    if isinstance(done.get("grades"), dict):
        done["grades"] = {paper: whole(grade) for paper, grade in done["grades"].items() if not is_nothing(grade)}
    if isinstance(done.get("history"), list):
        turns = done["history"]
        done["history"] = [
            {name: value for name, value in turn.items() if value is not None} if isinstance(turn, dict) else turn
            for turn in turns
        ]
    return done


def number_as_text(value: Any) -> Any:
    """1 and 1.0 as "1", 1.5 as "1.5"; what is no finite number as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return value
    return str(whole(value))


def truth(text: str) -> bool | str:
    """ "1", "WAHR" and "yes" as True, "0", "FALSO" and "no" as False; any other text as it is."""
    return _TRUTHS.get(text.removesuffix(".0").lower(), text)


def whole(value: Any) -> Any:
    """1.0 as 1; all else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
