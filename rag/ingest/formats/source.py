"""A file's bytes -> its lines or its text: decompression, encodings, what is damaged, and how much is read.

Owns the limits of lines and files. Knows nothing of what is in them.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from rag.core.domain import Rejected
from rag.core.errors import SourceDamaged, SourceError
from rag.core.escaping import counted
from rag.ingest.formats.decoding import Strange, decoded, end_of_characters, other_encoding
from rag.ingest.formats.record import RAW_CHARS

LINE_BYTES = 4 << 20
"""More than any record of a paper with all its references: a longer line is skipped, not held in memory."""
TEXT_BYTES = 256 << 20
"""What is read at once where a file is no list of lines: some 150,000 abstracts, a gigabyte or two of memory."""
UNPACKED_TIMES, UNPACKED_BYTES = 100, 64 << 20
"""Text packs to a third or a tenth. What unpacks to over a hundred times its size is made to fill a memory."""
HEAD_BYTES = 1 << 20
PIECE_BYTES = 1 << 20
_BAD = range(0xDC80, 0xDD00)
"""What `surrogateescape` makes of bytes that are no UTF-8."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that could be decoded, and what was taken away from its ends."""

    number: int
    text: str
    note: str = ""


class Source:
    """A file that is open for reading, from its beginning as often as it is asked for."""

    def __init__(self, path: Path) -> None:
        """Open it and read its head.

        Raises:
            SourceError: it is missing, a folder, not readable, empty or damaged.
        """
        self.path = path
        with self._opened() as stream:
            self.head = stream.read(HEAD_BYTES)
            # What stands behind an endless first line tells the format too.
            more = self.head if b"\n" not in self.head else b""
            while len(more) == HEAD_BYTES:
                more = stream.read(HEAD_BYTES)
                _, end, behind = more.partition(b"\n")
                if end:
                    self.head += end + behind + stream.read(HEAD_BYTES)
                    break
        if not self.head.strip(b"\xef\xbb\xbf \t\r\n\x0b\x0c"):
            if len(self.head) < HEAD_BYTES:
                raise SourceError(f"{path} is empty; nothing was read")
            raise SourceError(f"{path} begins with {counted(HEAD_BYTES, 'blank character')}; nothing was read")

    def head_text(self) -> str:
        """The beginning of the text, whatever is damaged in it."""
        return self.head.decode("utf-8-sig", "replace")

    @property
    def is_binary(self) -> bool:
        """Whether the beginning holds NUL bytes, which no text has."""
        return b"\x00" in self.head[:65536]

    def lines(self) -> Iterator[Line | Rejected]:
        """The lines that hold anything; those that cannot be decoded, or are too long, are rejected.

        Raises:
            SourceError: the file is damaged further down, or most of its lines are in another encoding.
        """
        bad, good, first_bad = 0, 0, ""
        with self._opened() as stream:
            for number, data in enumerate(_long_lines(stream), start=1):
                if number == 1:
                    data = data.removeprefix(b"\xef\xbb\xbf")
                line = _decoded(number, data)
                if line is None:
                    continue
                if isinstance(line, Rejected) and (byte := _first_bad(data)) is not None:
                    bad += 1
                    first_bad = first_bad or f"byte 0x{byte:02x} in line {number}"
                elif isinstance(line, Line):
                    good += 1
                yield line
        if bad > good:
            raise self._not_utf8(first_bad)

    def raw_lines(self) -> Iterator[bytes]:
        """The bytes of every line without its end; of one that is too long, its beginning.

        Raises:
            SourceError: the file is damaged further down.
        """
        with self._opened() as stream:
            yield from _long_lines(stream)

    def text(self) -> str:
        """All of the text. Bytes that are no UTF-8 come as lone surrogates, as Python's `surrogateescape` has them.

        Raises:
            SourceError: it is too large, damaged, or most of its lines are in another encoding.
        """
        text = self._whole()
        lines = [line for line in text.split("\n") if line.strip()]
        bad = [line for line in lines if has_bad(line)]
        if len(bad) > len(lines) / 2 and len(lines) > 1:
            raise self.not_utf8()
        return text

    def _whole(self) -> str:
        with self._opened() as stream:
            data = stream.read(TEXT_BYTES + 1)
        if len(data) > TEXT_BYTES:
            raise SourceError(
                f"{self.path} is larger than {TEXT_BYTES >> 20} MiB, and no list of lines. Write one record a line, which may be "
                f"of any size, for example: jq -c '.[]' {self.path.name} > {self.path.stem}.jsonl"
            )
        return data.decode("utf-8-sig", "surrogateescape")

    def pieces(self, strange: Strange | None = None) -> Iterator[str]:
        """The text in pieces of about a megabyte, which end where a line does unless the line is longer than that.

        Args:
            strange: is told of lines that are no UTF-8; they are read in the encoding that an XML declaration names, else as
                Windows-1252. Without it their bytes come as lone surrogates, as in `text`.

        Raises:
            SourceError: the file is damaged further down.
        """
        encoding = other_encoding(self.head)
        line, rest, first = 1, b"", True
        with self._opened() as stream:
            while data := stream.read(PIECE_BYTES):
                data = rest + (data.removeprefix(b"\xef\xbb\xbf") if first else data)
                first = False
                end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1 or end_of_characters(data)
                rest = data[end:]
                yield decoded(data[:end], line, encoding, strange)
                line += data.count(b"\n", 0, end)
            if rest:
                yield decoded(rest, line, encoding, strange)

    def not_utf8(self) -> SourceError:
        """What to say of a file in another encoding."""
        for number, data in enumerate(self.head.split(b"\n"), start=1):
            if (byte := _first_bad(data)) is not None:
                return self._not_utf8(f"byte 0x{byte:02x} in line {number}")
        return self._not_utf8("further down")

    def _not_utf8(self, where: str) -> SourceError:
        name, stem, suffix = self.path.name, self.path.stem, self.path.suffix
        return SourceError(
            f"{self.path} is not UTF-8: {where}. Convert it first, for example: iconv -f latin1 -t utf-8 {name} > {stem}.utf8{suffix}"
        )

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        """The bytes as UTF-8, unpacked."""
        path = self.path
        try:
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise SourceError(
                    f"{path} is no file but a device or a pipe. Give what comes out of it as standard input: -"
                )
            with path.open("rb") as plain:
                packed = plain.read(2) == b"\x1f\x8b"
                plain.seek(0)
                stream = cast(BinaryIO, _Unpacked(path, plain)) if packed else plain
                encoding = _utf16(stream.read(8))
                stream.seek(0)
                yield io.BytesIO(_from_utf16(path, stream, encoding)) if encoding else stream
        except IsADirectoryError:
            raise SourceError(f"{path} is a folder; name the files in it") from None
        except FileNotFoundError:
            raise SourceError(f"there is no file {path}") from None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise SourceDamaged(f"{path} is a damaged gzip file: {error}") from error
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror or error}") from error


class _Unpacked(gzip.GzipFile):
    """A gzip file that ends in an error where it unpacks to more than text can."""

    def __init__(self, path: Path, packed: BinaryIO) -> None:
        super().__init__(fileobj=packed)
        self._path = path
        self._most = max(UNPACKED_BYTES, UNPACKED_TIMES * path.stat().st_size)

    def read(self, size: int | None = -1) -> bytes:
        return self._checked(super().read(size))

    def readline(self, size: int | None = -1) -> bytes:
        return self._checked(super().readline(-1 if size is None else size))

    def _checked(self, data: bytes) -> bytes:
        if self.tell() > self._most:
            raise SourceDamaged(
                f"{self._path} unpacks to more than {UNPACKED_TIMES} times its size, which no text does. Where that is right, unpack "
                f"it first: gunzip -k {self._path.name}"
            )
        return data


def has_bad(text: str) -> bool:
    """Whether a text of `Source.text` holds a byte that is no UTF-8."""
    return not text.isascii() and any(ord(sign) in _BAD for sign in text)


def _utf16(start: bytes) -> str:
    """Which UTF-16 a file begins with: one with a mark, or one whose first characters are ASCII; "" of others."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = start[0::2], start[1::2]
    if len(start) < 8 or (any(even) == any(odd)):
        return ""
    return "utf-16-le" if all(even) else "utf-16-be" if all(odd) else ""


def _from_utf16(path: Path, stream: BinaryIO, encoding: str) -> bytes:
    data = stream.read(TEXT_BYTES + 1)
    if len(data) > TEXT_BYTES:
        raise SourceError(
            f"{path} is larger than {TEXT_BYTES >> 20} MiB; convert it to UTF-8 first, for example with iconv"
        )
    try:
        return data.decode(encoding).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path} is not UTF-16: byte {error.start} cannot be decoded. Convert it to UTF-8 first, for example with iconv"
        ) from error


def _long_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; of a line that is too long one byte more than is allowed."""
    while line := stream.readline(LINE_BYTES + 1):
        yield line.rstrip(b"\r\n")
        while len(line) > LINE_BYTES and not line.endswith(b"\n"):
            line = stream.readline(LINE_BYTES + 1)


def _decoded(number: int, data: bytes) -> Line | Rejected | None:
    raw = data[:RAW_CHARS].decode("utf-8", "replace")
    if len(data) > LINE_BYTES:
        return Rejected(number, f"the line is longer than {LINE_BYTES >> 20} MiB", raw=raw)
    note = ""
    if b"\x00" in data:
        whole = data.strip(b"\x00 \t")
        nul = f"{counted(data.count(0), 'NUL byte')}, as a crash may leave them"
        if not whole or b"\x00" in whole:
            return Rejected(number, f"the line holds {nul}", raw=raw)
        data, note = whole, f"{nul}, left out"
    if not data.strip():
        return None
    try:
        return Line(number, data.decode("utf-8"), note)
    except UnicodeDecodeError as error:
        return Rejected(number, f"byte 0x{data[error.start]:02x} of the line is not UTF-8", raw=raw)


def _first_bad(data: bytes) -> int | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[error.start]
    return None
