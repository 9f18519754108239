"""JSON as people and programs write it -> values: NaN and infinity are missing, numbers of any length do no harm."""

import json
from typing import Any

_DIGITS = 400


def _integer(digits: str) -> int | None:
    # Python refuses more than 4,300 digits; the field is missing then, not the record.
    return int(digits) if len(digits) <= _DIGITS else None


_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=lambda _: None)


def _why(error: json.JSONDecodeError) -> str:
    """What is wrong, without Python's "starting at" before the place, which is named behind it."""
    return error.msg.removesuffix(" starting at").removesuffix(" at")


class NotJson(ValueError):
    """A text is no JSON; the message says why. `place` is the 0-based character that is wrong (None: not one alone), `is_cut` says
    whether the text may only end too early."""

    def __init__(self, message: str, place: int | None = None, *, is_cut: bool = False) -> None:
        super().__init__(message)
        self.place, self.is_cut = place, is_cut


def decode(text: str) -> Any:
    """The value of a text.

    Raises:
        NotJson: it is none, or nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise NotJson(f"{_why(error)} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise NotJson("nested too deeply") from error


def decode_at(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at a place, and where it ends.

    Raises:
        NotJson: none begins there, or it is nested too deeply.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        is_cut = error.pos > len(text) - 20 or error.msg.startswith("Unterminated")
        raise NotJson(_why(error), error.pos, is_cut=is_cut) from error
    except (RecursionError, StopIteration) as error:
        raise NotJson("nested too deeply") from error
