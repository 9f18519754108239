"""Several libraries that are offered side by side: which folders they are in, and what each is called.

Looks at folders only; opens none of them.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag.core.errors import LibraryDamaged, UnknownLibrary
from rag.core.escaping import shorten, without_surrogates
from rag.core.settings import Settings
from rag.core.text import clean
from rag.library.files import is_there

_NAME_CHARS = 100
_NAMED = 20
"""Names that a message lists."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library and what it is called: its folder's name, with the folder around it where two are called alike."""

    name: str
    folder: Path


def shelves_of(settings: Settings) -> tuple[Shelf, ...]:
    """The libraries that these settings name, at least one: the folders of `libraries`, else of `library`, each once.

    A folder that is no library, but has some in it, stands for these. One that has none either is taken for a library: whoever opens it
    is told what is missing.
    """
    folders: dict[Path, Path] = {}
    for named in settings.libraries or (settings.library,):
        for folder in _libraries_in(named):
            folders.setdefault(_real(folder), folder)
    found = list(folders.values())
    return tuple(Shelf(name, folder) for name, folder in zip(_names(found), found, strict=True))


def unknown(name: str, names: Sequence[str]) -> UnknownLibrary:
    """The error that there is no library of this name, with those that there are."""
    there = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return UnknownLibrary(f"there is no library “{shorten(clean(name), _NAME_CHARS)}” here; there is {there}")


def _libraries_in(folder: Path) -> Iterable[Path]:
    if _is_library(folder):
        return (folder,)
    inside: list[Path] = []
    with suppress(OSError):
        inside = [one for one in folder.iterdir() if not one.name.startswith(".") and one.is_dir() and _is_library(one)]
    return sorted(inside, key=lambda one: (one.name.casefold(), one.name)) or (folder,)


def _is_library(folder: Path) -> bool:
    """Whether there is one, sound or not."""
    try:
        return is_there(folder)
    except LibraryDamaged:
        return True
    except OSError:
        return False


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def _names(folders: Sequence[Path]) -> list[str]:
    parts = [[_text(part) for part in _real(folder).parts[1:]] for folder in folders]
    depth = 1
    while True:
        names = ["/".join(part[-depth:]) or "library" for part in parts]
        alike = {name for name, count in Counter(names).items() if count > 1}
        if not alike or depth >= max(map(len, parts)):
            break
        depth += 1
    if depth > 1:  # only those that need it get the longer name
        short = Counter(part[-1] for part in parts if part)
        names = [part[-1] if part and short[part[-1]] == 1 else name for part, name in zip(parts, names, strict=True)]
    return [name if name not in names[:n] else f"{name} ({n + 1})" for n, name in enumerate(names)]


def _text(name: str) -> str:
    return shorten(clean(without_surrogates(name)), _NAME_CHARS) or "library"
