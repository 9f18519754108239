"""Bytes of a question set -> text: compression, byte order marks, and what is said of other encodings."""

import gzip
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from evals.errors import EvalError

_BAD_BYTE = re.compile("[\udc80-\udcff]")
_MOST_BAD_LINES = 0.1
"""Where more of the lines are not UTF-8, the file is in another encoding, and no line of it is to be trusted. A single one may be
damaged."""


def unpacked(data: bytes) -> bytes:
    """The bytes of a gzip file, else the bytes as they are.

    Raises:
        ValueError: the gzip file is damaged.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"it is a damaged gzip file: {error}") from error


def decode(path: Path, data: bytes) -> str:
    """The text of UTF-8, or of UTF-16 with its mark. A line with a byte that is not UTF-8 keeps it as a lone surrogate (`bad_byte`).

    Raises:
        EvalError: the file is binary or in another encoding; the message has the command that converts it.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise EvalError(f"cannot read the question set {path}: it ends within a character of UTF-16") from error
    text = data.decode("utf-8-sig", "surrogateescape")
    lines = [line for line in text.split("\n") if line.strip()]
    if _are_too_many([line for line in lines if "\x00" in line], lines):
        raise EvalError(
            f"cannot read the question set {path}: it is binary, or UTF-16 without a byte order mark. "
            f"Convert it first, for example: {_command(path, 'utf-16le')}"
        )
    bad = [line for line in lines if _BAD_BYTE.search(line)]
    if _are_too_many(bad, lines):
        number = text[: text.index(bad[0])].count("\n") + 1
        raise EvalError(
            f"cannot read the question set {path}: it is not UTF-8: {bad_byte(bad[0])} in line {number}. "
            f"Convert it first, for example: {_command(path, 'cp1252')}"
        )
    return text


def _are_too_many(bad: Sequence[str], lines: Sequence[str]) -> bool:
    return len(bad) > _MOST_BAD_LINES * len(lines) and (len(bad) > 1 or len(lines) <= 2)


def damage(text: str) -> str | None:
    """What is wrong with the bytes of a line, such as "byte 0xf6 is not UTF-8"; None where nothing is."""
    if byte := bad_byte(text):
        return f"{byte} is not UTF-8"
    return "it holds NUL bytes, as a crash may leave them" if "\x00" in text else None


def not_json(error: Exception) -> str:
    """Why a text is no JSON, for people."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg.removesuffix(' starting at').removesuffix(' at')} at character {error.pos + 1}"
    return "not JSON: lists or objects are nested too deeply in each other"


def bad_byte(text: str) -> str | None:
    """The first byte of a text that is not UTF-8, such as "byte 0xf6"; None where there is none."""
    match = _BAD_BYTE.search(text)
    return f"byte 0x{ord(match[0]) - 0xDC00:02x}" if match else None


def _command(path: Path, encoding: str) -> str:
    return f"iconv -f {encoding} -t utf-8 {path.name} > {path.stem}.utf8{path.suffix}"
