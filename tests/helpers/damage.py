"""Files of a library that are damaged one at a time, and what its readers and its repair make of each.

What is done to a file is decided by its name and a seed, so that a case that fails can be made again. What looks at the library runs in
a process of its own, so that native code that dies over a damaged file is seen as what it is.
"""

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import kills

BITS = 64


def _emptied(content: bytes, _: random.Random) -> bytes:
    return b""


def _cut(content: bytes, _: random.Random) -> bytes:
    return content[: len(content) // 2]


def _zeros(content: bytes, _: random.Random) -> bytes:
    return bytes(len(content))


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(BITS if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _page(content: bytes, chance: random.Random) -> bytes:
    """One page of 4 KiB of noise, as a disk leaves it that mixes up blocks."""
    start = chance.randrange(max(1, len(content) // 4096)) * 4096
    return content[:start] + chance.randbytes(len(content[start : start + 4096])) + content[start + 4096 :]


DAMAGES: Mapping[str, Callable[[bytes, random.Random], bytes] | None] = {
    "emptied": _emptied,
    "cut in half": _cut,
    f"{BITS} bits flipped": _flipped,
    "a page of noise": _page,
    "zeros": _zeros,
    "deleted": None,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One file, damaged in one way."""

    file: str
    damage: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case: `end` in a word, `papers` that are there in the end, and what is `wrong` with it, if anything."""

    end: str
    papers: int
    saved: int = 0
    wrong: str = ""


def cases(folder: Path, seeds: int = 1) -> Iterator[Case]:
    """Each file of a library in each way; those that chance decides as many times as there are seeds."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == "writer.lock":
            continue
        for damage in DAMAGES:
            for seed in range(seeds if damage.startswith(("64", "a page")) else 1):
                yield Case(path.relative_to(folder).as_posix(), damage, seed)


def damaged(whole: Path, folder: Path, case: Case) -> bytes:
    """Make a copy of a library with one file damaged; what is in that file now."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    file = folder / case.file
    change = DAMAGES[case.damage]
    if change is None:
        file.unlink()
        return b""
    chance = random.Random(f"{Path(case.file).name} {case.damage} {case.seed}")
    file.write_bytes(change(file.read_bytes(), chance))
    return file.read_bytes()


def tried(whole: Path, folder: Path, case: Case, expected: kills.Found) -> Outcome:
    """Damage a file, open the library, repair it where that is refused, and open it again."""
    left = damaged(whole, folder, case)
    try:
        found = kills.look(folder)
    except AssertionError as died:
        return Outcome("died", 0, wrong=str(died))
    if not found.refused:
        if not found.wrong:
            return Outcome("opened", len(found.papers), wrong=_differs(found, expected))
        if wrong := _differs(found, expected):  # what it shows before somebody asks the doctor
            return Outcome("told by the doctor only", len(found.papers), wrong=wrong)
    elif "doctor --repair" not in found.refused or not found.refused.startswith(_refusal(case)):
        return Outcome("refused", 0, wrong=f"it does not say the way out: {found.refused}")
    return _repaired(folder, case, left, expected)


def _refusal(case: Case) -> str:
    """How a damaged file is told. The copy of the texts is looked at by the doctor alone: papers are found without it."""
    return "VectorIndexError: the copy of the texts" if case.file.endswith("texts.sqlite3") else "LibraryDamaged"


def _repaired(folder: Path, case: Case, left: bytes, expected: kills.Found) -> Outcome:
    try:
        told = kills.repair(folder)
    except AssertionError as died:
        return Outcome("died in the repair", 0, wrong=str(died))
    if "refused" in told:
        return Outcome("repair refused", 0, wrong=told["refused"])
    is_kept = not left or any(path.read_bytes() == left for path in folder.rglob("*") if path.is_file())
    if case.file.startswith("library.sqlite3") and not is_kept:
        return Outcome("repaired", 0, wrong="the damaged file was not kept")
    texts = "".join(path.read_text("utf-8") for path in folder.glob("recovered-*.jsonl"))
    saved = texts.count("\n")
    again = kills.look(folder)
    if again.refused.startswith("LibraryMissing"):
        gone = len(expected.papers) - saved
        return Outcome("saved as texts", 0, saved, "" if not gone or told["lost"] else "nobody says what was lost")
    if again.refused or again.wrong:
        return Outcome("repaired", 0, saved, f"it cannot be opened: {again.refused or again.wrong}")
    wrong = [name for name, text in again.papers.items() if expected.papers.get(name) != text]
    if wrong or not again.mirrored:
        return Outcome(
            "repaired", len(again.papers), saved, f"it is not as it was: {wrong[:3]}, mirrored {again.mirrored}"
        )
    if len(again.papers) + saved < len(expected.papers) and not told["lost"]:
        return Outcome("repaired", len(again.papers), saved, "nobody says what was lost")
    return Outcome("repaired", len(again.papers), saved)


def _differs(found: kills.Found, expected: kills.Found) -> str:
    names = expected.papers.keys() | found.papers.keys()
    wrong = sorted(name for name in names if found.papers.get(name) != expected.papers.get(name))
    if wrong:
        return f"it opens, and {len(wrong)} papers are others: {', '.join(wrong[:3])}"
    if not found.mirrored:
        return "it opens, and its index is not of its passages"
    return "it opens, and finds others" if found.finds != expected.finds else ""
