"""Words and patterns of English questions and abstracts, kept as text files that a person can read and edit.

Owns: the form of the files, and turning them into sets of words, tables and compiled patterns. Knows nothing of what they are used for.
Empty lines and lines that begin with "# " are skipped everywhere. Three forms, a folder each:

- `patterns/`: a regular expression, " => ", and a text that it must match. A file is one pattern that matches where any of its lines
  does; the earlier line wins where two could match at one place. Case is ignored, but inside `(?-i:…)`. `{name}` stands for a part
  that several patterns share, which a line "{name} = …" of `parts.txt` defines.
- `words/`: lower-case words, any number a line. "fail*" stands for all words that begin so.
- `tables/`: members parted by "|", the spellings of a member by ",".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rag.core.errors import LexiconError

_PART = re.compile(r"\{([a-z ]+)\}")
_DEFINITION = re.compile(r"\{([a-z ]+)\} = (\S.*)")
_ARROW = " => "
_WORD = re.compile(r"[^\s*A-Z]+\*?")

Row = tuple[tuple[str, ...], ...]
"""The members of a line of a table, each with its spellings."""


@dataclass(frozen=True, slots=True)
class PatternLine:
    """A line of a pattern file: `pattern` with its parts filled in, and a text that it must match."""

    pattern: str
    example: str


@cache
def patterns(*names: str) -> re.Pattern[str]:
    """One pattern that matches where any line of these files of `patterns/` does.

    Raises:
        LexiconError: a file is missing or a line is not of the form.
    """
    return re.compile("|".join(f"(?:{line.pattern})" for name in names for line in pattern_lines(name)), re.IGNORECASE)


def pattern_lines(name: str) -> Iterator[PatternLine]:
    """The lines of `patterns/NAME.txt`, in order.

    Raises:
        LexiconError: the file is missing or a line is not of the form.
    """
    parts = _parts()
    for number, line in _lines(f"patterns/{name}"):
        pattern, arrow, example = line.partition(_ARROW)
        if not arrow or not pattern.strip() or not example.strip():
            raise _wrong(f"patterns/{name}", number, "not of the form: pattern => example")
        unknown = [part for part in _PART.findall(pattern) if part not in parts]
        if unknown:
            raise _wrong(f"patterns/{name}", number, f"parts.txt does not define {{{unknown[0]}}}")
        filled = _PART.sub(lambda match: f"(?:{parts[match[1]]})", pattern.strip())
        try:
            re.compile(filled)
        except re.error as error:
            raise _wrong(f"patterns/{name}", number, f"no regular expression: {error}") from error
        yield PatternLine(filled, example.strip())


@cache
def words(name: str) -> frozenset[str]:
    """The words of `words/NAME.txt`.

    Raises:
        LexiconError: the file is missing, or a word has capitals or a star before its end.
    """
    every: set[str] = set()
    for number, line in _lines(f"words/{name}"):
        for word in line.split():
            if not _WORD.fullmatch(word):
                raise _wrong(f"words/{name}", number, f"{word!r} is no lower-case word")
            every.add(word)
    return frozenset(every)


@cache
def word_pattern(*names: str) -> re.Pattern[str]:
    """A pattern that matches the words of these files of `words/`, whole, whatever their case; a star stands for any ending."""
    every = sorted({word for name in names for word in words(name)})
    either = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in every)
    return re.compile(rf"\b(?:{either})\b", re.IGNORECASE)


@cache
def table(name: str) -> tuple[Row, ...]:
    """The lines of `tables/NAME.txt`.

    Raises:
        LexiconError: the file is missing, or a spelling is empty.
    """
    rows: list[Row] = []
    for number, line in _lines(f"tables/{name}"):
        row = tuple(tuple(spelling.strip() for spelling in member.split(",")) for member in line.split("|"))
        if not all(spelling for member in row for spelling in member):
            raise _wrong(f"tables/{name}", number, "nothing stands between two marks")
        rows.append(row)
    return tuple(rows)


@cache
def _parts() -> dict[str, str]:
    parts: dict[str, str] = {}
    for number, line in _lines("parts"):
        match = _DEFINITION.fullmatch(line)
        if not match:
            raise _wrong("parts", number, "not of the form: {name} = pattern")
        parts[match[1]] = match[2]
    return parts


def _lines(name: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    try:
        text = files("rag.core.lexicon").joinpath(f"{name}.txt").read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"rag/core/lexicon/{name}.txt cannot be read: {error}. Install citewise again") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and line != "#" and not line.startswith("# "):
            yield number, line.strip()


def _wrong(name: str, number: int, problem: str) -> LexiconError:
    return LexiconError(f"rag/core/lexicon/{name}.txt, line {number}: {problem}")
