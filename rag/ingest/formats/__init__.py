"""Files that users have -> papers. One module a format; this one opens files and picks the format by content.

Owns: decompression, decoding, recognising. Knows nothing of the library. A reader module has
`recognises(text) -> bool` and `read(text) -> Iterator[Paper | Rejected | Note]`; adding a format is adding a module to `READERS`.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from rag.core.domain import Note, Paper, Rejected
from rag.core.errors import SourceError
from rag.ingest.formats import corpus_jsonl, seed_page

READERS: dict[str, ModuleType] = {"corpus.jsonl": corpus_jsonl, "page of titles and abstracts": seed_page}


def read_papers(path: Path) -> Iterator[Paper | Rejected]:
    """The papers of a file in file order; records that cannot be read come as `Rejected` and the rest goes on.

    Raises:
        SourceError: the file is missing, empty, binary, in another encoding than UTF-8 or UTF-16, or of unknown format.
    """
    text = _decode(path, _bytes(path))
    if not text.strip():
        raise SourceError(f"{path} is empty; nothing was read")
    for reader in READERS.values():
        if reader.recognises(text):
            return (record for record in reader.read(text) if not isinstance(record, Note))
    raise SourceError(
        f"{path} is in no format that citewise knows ({'; '.join(READERS)}). "
        'The simplest is one JSON object a line: {"title": "…", "abstract": "…"}'
    )


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise SourceError(f"{path} is a folder; name the files in it") from None
    except FileNotFoundError:
        raise SourceError(f"there is no file {path}") from None
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
    if data.startswith(b"\x1f\x8b"):
        try:
            return gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(f"{path} is a damaged gzip file: {error}") from error
    return data


def _decode(path: Path, data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if encoding == "utf-8-sig" and b"\x00" in data[:65536]:
        raise SourceError(f"{path} is a binary file, not text")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{path} is not {encoding.removesuffix('-sig').upper()}: byte 0x{data[error.start]:02x} in line {line}. "
            f"Convert it first, for example: iconv -f latin1 -t utf-8 {path.name} > {path.stem}.utf8{path.suffix}"
        ) from error
