"""Where a map is kept: in a file beside the library, or in the cache folder where the library cannot be written to.

It is derived and can be made anew: what cannot be read is none, and where it cannot be written it is not kept. The file tells which
papers there are, so that nobody but its owner may read it.
"""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rag.map.record import PaperMap, map_json, map_of

log = logging.getLogger(__name__)
FILE_NAME = "map.json"


def read(library: Path, cache: Path) -> PaperMap | None:
    """The map that was kept last; None where there is none that can be read."""
    for file in _places(library, cache):
        try:
            return map_of(json.loads(file.read_text("utf-8")))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            log.info("the kept map %s is not used: %s", file, error)
    return None


def write(one: PaperMap, library: Path, cache: Path) -> Path | None:
    """Keep a map, whole or not at all; where it is kept, or None where it cannot be."""
    text = json.dumps(map_json(one), separators=(",", ":"))
    for file in _places(library, cache):
        try:
            if file.parent != library:
                file.parent.mkdir(parents=True, exist_ok=True)
            _replace(file, text)
        except OSError as error:
            log.info("the map is not kept as %s: %s", file, error)
        else:
            return file
    return None


def _places(library: Path, cache: Path) -> Iterator[Path]:
    yield library / FILE_NAME
    name = hashlib.sha256(str(library.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    yield cache / "maps" / f"{name}.json"


def _replace(file: Path, text: str) -> None:
    handle, new = tempfile.mkstemp(prefix=".map-", dir=file.parent)  # only its owner may read it
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(new).replace(file)
    except BaseException:
        with suppress(OSError):
            Path(new).unlink()
        raise
