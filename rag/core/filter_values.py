"""What people type for a year or a time, as values of a `PaperFilter`. Pure functions; None where it cannot be read."""

import re
from datetime import datetime, timedelta

YEARS = "2020, 2018-2022, 2020- or -2019"
TIMES = "2026-11-01, 2026-11-01T12:30, 7d, 2h, today or yesterday"
"""What can be typed, for messages."""

_YEARS = re.compile(r"(\d{4})?(?:(-|\u2013|\.\.|:)(\d{4})?|\+)?")
_AGO = re.compile(r"(\d{1,4}) ?(min|h|d|w)[a-z]{0,6}(?: ago)?")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def years(text: str) -> tuple[int | None, int | None] | None:
    """The first and the last year, both included; None leaves an end open."""
    match = _YEARS.fullmatch("".join(text.split()))
    if not match or not (match[1] or match[3]):
        return None
    first, last = (int(year) if year else None for year in (match[1], match[3]))
    if match[1] == match[0]:
        last = first
    return None if first and last and first > last else (first, last)


def since(text: str, now: datetime) -> datetime | None:
    """The time that is meant, aware, in the zone of `now` where it names none."""
    said = " ".join(text.lower().split())
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if said in ("today", "yesterday"):
        return today - timedelta(days=said == "yesterday")
    if match := _AGO.fullmatch(said):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        time = datetime.fromisoformat(text.strip())
        return time if time.tzinfo else time.replace(tzinfo=now.tzinfo)
    except ValueError:
        return None
