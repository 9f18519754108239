"""Years and dates as records have them -> a year."""

import re
from datetime import UTC, datetime
from typing import Any

FIRST_YEAR, LAST_YEAR = 1400, 2100
"""Between the first printed books and what can be forthcoming."""
_YEAR = re.compile(r"(?<![\d.])(1[4-9]\d\d|20\d\d|2100)(?!\d)")
_RUN_TOGETHER = re.compile(r"(1[4-9]\d\d|20\d\d)(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:\d{6})?")
_MOST_DEPTH = 5
_PARTS = ("year", "dateparts", "value", "text", "start", "datetime", "date", "raw")


def year_of(value: Any, depth: int = 0) -> int | None:
    """The year in a number, a date, a list or object of its parts, or seconds since 1970; None where there is none."""
    if isinstance(value, bool) or value is None or depth > _MOST_DEPTH:
        return None
    if isinstance(value, int | float):
        return _of_number(value)
    if isinstance(value, str):
        return _of_text(value[:200].strip())
    if isinstance(value, list):
        return next((year for item in value[:10] if (year := year_of(item, depth + 1))), None)
    if isinstance(value, dict):
        fields = {re.sub(r"[^a-z]", "", str(key).lower()): item for key, item in value.items()}
        return next((year for key in _PARTS if (year := year_of(fields.get(key), depth + 1))), None)
    return None


def _of_number(value: float) -> int | None:
    if not abs(value) < 1e15:  # nor is NaN
        return None
    if FIRST_YEAR <= value <= LAST_YEAR:
        return int(value) if value == int(value) else None
    if match := _RUN_TOGETHER.fullmatch(str(int(value))):
        return int(match[1])
    # Seconds or milliseconds since 1970, as pandas writes dates.
    seconds = value / 1000 if value > 1e11 else value
    return datetime.fromtimestamp(seconds, UTC).year if 1e8 < seconds < 4e9 else None


def _of_text(text: str) -> int | None:
    number = re.fullmatch(r"\d{1,14}(?:\.0{1,6})?", text)
    if number:
        return _of_number(float(text))
    match = _YEAR.search(text)
    return int(match[1]) if match else None
