"""Postings as a file that is mapped into memory: written whole before it gets its name, and looked through when it is opened.

Owns: the form of the file. Its first line is JSON: the form's number, then for each array its kind, length, place and CRC-32; then the
arrays. Knows nothing of libraries.
"""

import json
import mmap
import os
import uuid
import zlib
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np

from rag.library.postings import Ints, Postings

_FORM = 1
_HEADER_BYTES = 4_096
_ALIGNED = 64
_NEW = ".new"


def write(postings: Postings, file: Path, mode: int) -> None:
    """Write them in one step: the file is the one before or the new one, whatever happens.

    Raises:
        OSError: it cannot be written, or the disk is full; the one before stays.
    """
    arrays: dict[str, Ints] = {field.name: getattr(postings, field.name) for field in fields(Postings)}
    header: dict[str, tuple[str, int, int, int]] = {}
    end = _HEADER_BYTES
    for name, array in arrays.items():
        header[name] = (array.dtype.str, len(array), end, zlib.crc32(array.tobytes()))
        end += -(-array.nbytes // _ALIGNED) * _ALIGNED
    partial = file.with_name(f"{file.name}.{uuid.uuid4().hex[:8]}{_NEW}")
    try:
        with open(partial, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as stream:
            stream.write(json.dumps({"form": _FORM, "bytes": end, "arrays": header}).encode().ljust(_HEADER_BYTES))
            for name, array in arrays.items():
                stream.seek(header[name][2])
                stream.write(array.tobytes())
            stream.truncate(end)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise


def read(file: Path) -> Postings | None:
    """The postings of a file; None where there is none, or where it is not as it was written."""
    try:
        with file.open("rb") as stream:
            header = json.loads(stream.read(_HEADER_BYTES))
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        if header["form"] != _FORM or header["bytes"] != len(mapped):
            return None
        arrays = {}
        for name, (kind, length, start, checksum) in header["arrays"].items():
            arrays[name] = np.frombuffer(mapped, kind, length, start)
            if zlib.crc32(arrays[name].data) != checksum:
                return None
        return Postings(**arrays)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def clear(file: Path) -> None:
    """Remove what writers that were killed left beside the file."""
    for left in file.parent.glob(f"{file.name}.*{_NEW}"):
        with suppress(OSError):
            left.unlink()
