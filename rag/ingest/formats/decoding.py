"""Bytes -> characters, where not all of them are UTF-8: which encoding it may be instead, and what there is to say of it.

Pure functions on pieces of a file; knows nothing of files and formats.
"""

import codecs
import re
from dataclasses import dataclass

from rag.core.domain import Note
from rag.core.escaping import counted

_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,100}?encoding\s?=\s?[\"']([A-Za-z0-9._-]{1,40})[\"']")
_HIGH = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_FREQUENT = range(0xB0, 0xD8)
"""First bytes of the frequent characters of Chinese in GBK."""
_NAMES = {"cp1252": "Windows-1252", "gb18030": "GB 18030"}


@dataclass(slots=True)
class Strange:
    """Lines that were not UTF-8 and were read in another encoding: the first one (1-based; 0: none), how many, and which encoding."""

    first: int = 0
    count: int = 0
    encoding: str = ""

    def notes(self) -> list[Note]:
        """What there is to say of them."""
        if not self.count:
            return []
        lines = f"this line and {counted(self.count - 1, 'other line')} are" if self.count > 1 else "this line is"
        name = _NAMES.get(self.encoding, self.encoding)
        return [Note(self.first, f"{lines} not UTF-8 and read as {name}")]


def other_encoding(head: bytes) -> str:
    """The encoding in which lines of a file are read that are no UTF-8: what its XML declaration names, GB 18030 where they look like
    Chinese, else Windows-1252."""
    bad = b"\n".join(line for line in head.split(b"\n") if not _is_utf8(line))
    return _declared(head) or ("gb18030" if _is_chinese(bad) else "cp1252")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(data: bytes) -> bool:
    """Whether most of what is no ASCII are pairs of bytes that stand for frequent characters of Chinese."""
    pairs = _HIGH.findall(data[:100_000])
    high = sum(byte > 0x7F for byte in data[:100_000])
    frequent = sum(pair[0] in _FREQUENT and pair[1] > 0xA0 for pair in pairs)
    if len(pairs) < 8 or 2 * frequent < 0.7 * high:
        return False
    try:
        return bool(data.decode("gb18030"))
    except UnicodeDecodeError:
        return False


def _declared(head: bytes) -> str:
    """The encoding that an XML declaration names, where it is one that Python knows and no UTF; else ""."""
    match = _DECLARATION.match(head.lstrip(b"\xef\xbb\xbf \t\r\n")[:300])
    try:
        name = codecs.lookup(match[1].decode("ascii")).name if match else ""
    except (LookupError, UnicodeDecodeError):
        return ""
    return "" if name.startswith("utf") else "cp1252" if name in ("iso8859-1", "ascii") else name


def end_of_characters(data: bytes) -> int:
    """Where the last whole character of UTF-8 ends."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            return len(data) - back
        if byte < 0x80:
            break
    return len(data)


def decoded(data: bytes, line: int, encoding: str, strange: Strange | None) -> str:
    """A piece of a text, whose first line has this number; lines that are no UTF-8 are read in the other encoding, and told.

    Without anyone to tell, their bytes come as lone surrogates.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if strange is None:
            return data.decode("utf-8", "surrogateescape")
    lines = []
    for number, part in enumerate(data.split(b"\n"), start=line):
        try:
            lines.append(part.decode("utf-8"))
        except UnicodeDecodeError:
            strange.first = strange.first or number
            strange.count += 1
            strange.encoding = encoding
            lines.append(part.decode(encoding, "replace"))
    return "\n".join(lines)
