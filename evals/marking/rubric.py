"""What a rubric file is: one criterion a section, each with its levels. Knows nothing of runs and of who marks."""

import re
from dataclasses import dataclass
from pathlib import Path

from evals.errors import EvalError

POINTS = ("0", "1", "2")
SEND = ("no", "yes")
SECTION = re.compile(r"^## ", re.MULTILINE)
_ITEM = re.compile(r"^- (\w+): (.+)$")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to mark: its name, what is meant, and its levels ("0" to "2", or "no" and "yes") with what each means."""

    name: str
    meaning: str
    levels: tuple[tuple[str, str], ...]
    examples: tuple[str, ...] = ()

    @property
    def overall(self) -> bool:
        """Whether it asks for yes or no instead of points."""
        return self.allowed == SEND

    @property
    def allowed(self) -> tuple[str, ...]:
        """The levels that can be given, lowest first."""
        return tuple(sorted(level for level, _ in self.levels))

    def explanation(self) -> str:
        """What `?` shows."""
        levels = (f"  {level}: {meaning}" for level, meaning in self.levels)
        return "\n".join((f"{self.name}: {self.meaning}", *levels, *(f"  {example}" for example in self.examples)))


def load_rubric(path: Path) -> tuple[Criterion, ...]:
    """The criteria of a rubric: one a `## ` section; what stands before the first is for people only.

    Raises:
        EvalError: the file cannot be read, or a section is no criterion, or yes or no is not asked exactly once.
    """
    rubric = tuple(_criterion(path, section) for section in SECTION.split(read_text(path, "the rubric"))[1:])
    if len({criterion.name for criterion in rubric}) < len(rubric):
        raise EvalError(f"{path} has two sections of the same name")
    if sum(criterion.overall for criterion in rubric) != 1 or len(rubric) < 2:
        raise EvalError(f"{path} must have sections with levels 0, 1 and 2, and exactly one with yes and no")
    return rubric


def _criterion(path: Path, section: str) -> Criterion:
    name, *lines = [line.strip() for line in section.splitlines() if line.strip()]
    items = [match.groups() for line in lines if (match := _ITEM.match(line))]
    levels = tuple((key, text) for key, text in items if key in (*POINTS, *SEND))
    criterion = Criterion(
        name,
        " ".join(line for line in lines if not line.startswith("- ")),
        levels,
        tuple(f"{key}: {text}" for key, text in items if key not in (*POINTS, *SEND)),
    )
    if criterion.allowed not in (POINTS, SEND):
        raise EvalError(f"{path}: section {name!r} needs lines '- 2: …', '- 1: …', '- 0: …', or '- yes: …', '- no: …'")
    return criterion


def read_text(path: Path, what: str) -> str:
    """The file's text; `what` names it in the error.

    Raises:
        EvalError: it cannot be read.
    """
    try:
        # Bytes, so that line endings stay as they are.
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"cannot read {what} {path}: {error}") from error
