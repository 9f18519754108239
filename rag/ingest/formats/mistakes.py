"""Files that people name by mistake: what they are, and what to do instead."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rag.core.escaping import shorten
from rag.core.text import clean

_PDF = b"%PDF-"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PACKED = {
    b"\x1f\x8b": "packed twice by gzip",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ\x00": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"PK\x03\x04": "a zip archive packed by gzip",
}
_TAR = slice(257, 262)
_OTHERS = {
    b"PAR1": "a Parquet table. Write it out as CSV or as JSON Lines",
    b"\x89PNG": "a picture, not a file of papers",
    b"\xff\xd8\xff": "a picture, not a file of papers",
    b"GIF8": "a picture, not a file of papers",
    b"\x80\x04\x95": "a pickle of Python. Write its records out as JSON Lines",
}
_RTF = b"{\\rtf"
_ERRORS = "error errors detail error_description fault errormessage".split()
_MOST_KEYS = 12
"""Of an answer that is nothing but an error."""
_XML_ERROR = re.compile(
    r"<(?:\w{1,20}:)?(?:error|fault|errormessage|eerror|e-error)\b[^>]{0,200}>\s{0,99}([^<]{0,300})"
)
_OFFICE = {
    "word/": "a Word document. Save its text as a page (docs/pages.md), or export the papers from where they come from",
    "xl/": "an Excel workbook. Save the sheet as CSV, with the names of the columns in its first row",
    "ppt/": "a PowerPoint file, not a file of papers",
    "content.xml": "an OpenDocument file. Save its text as a page (docs/pages.md), or a sheet as CSV",
    "OEBPS/": "an e-book, not a file of papers",
    "sdb/": "an EndNote library. Export its papers from EndNote as RIS or XML",
}


def mistake(head: bytes) -> str | None:
    """What a file is, in words that end a sentence, where it is none that can hold records; else None.

    Args:
        head: how the file begins.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2_000]
    if start.startswith(_PDF):
        return "a PDF. citewise reads records of papers, not papers: export them from your reference manager as RIS or BibTeX"
    if start.startswith(_OLD_OFFICE):
        return "a file of an old Word, Excel or PowerPoint. Save it as CSV or as text"
    packed = next((kind for magic, kind in _PACKED.items() if start.startswith(magic)), "")
    if packed or head[_TAR] == b"ustar":
        return f"{packed or 'a tar archive'}. Unpack it first"
    if other := next((kind for magic, kind in _OTHERS.items() if start.startswith(magic)), ""):
        return other
    if start.startswith(_RTF):
        return "a formatted document (RTF). Save it as plain text"
    return None


def is_no_text(head: str) -> str:
    """What a text is that holds no records, in words that end a sentence: a page of HTML, or the error of a service; else ""."""
    start = head.lstrip("\ufeff \t\r\n")[:3_000].lower()
    if start.startswith(("<!doctype html", "<html")) or ("<html" in start and start.startswith(("<?xml", "<!--"))):
        return "a web page, not an export. Where a service sent it in place of one, export the papers again"
    if start.startswith("<") and (match := _XML_ERROR.search(start)):
        return f"the error of a service ({shorten(match[1], 100)}), not an export. Export the papers again"
    return ""


def error_of(value: Any) -> str:
    """What a value is that a service answered in place of records, in words that end a sentence; else ""."""
    if not isinstance(value, Mapping):
        return ""
    by_name = {str(key).lower(): inner for key, inner in value.items()}
    said = next((by_name[name] for name in _ERRORS if by_name.get(name)), None)
    if said is None and len(value) <= _MOST_KEYS // 2 and isinstance(by_name.get("message"), str | list):
        said = by_name["message"]
    if not said or len(value) > _MOST_KEYS:
        return ""
    if isinstance(said, list):
        said = said[0]
    if isinstance(said, Mapping):
        said = next(
            (text for name in ("message", "detail", "title", "code") if isinstance(text := said.get(name), str)), ""
        )
    message = by_name.get("message")
    text = said if isinstance(said, str) else message if isinstance(message, str) else str(said)
    return f"the error of a service ({shorten(clean(text[:500]), 100)}), not an export. Export the papers again"


def office_file(names: Iterable[str]) -> str | None:
    """What kind of Office file an archive with these names is, as `mistake` says it; None where it is none."""
    names = tuple(names)
    if not {"[Content_Types].xml", "mimetype"} & set(names) and not any(name.startswith("sdb/") for name in names):
        return None
    return next((kind for folder, kind in _OFFICE.items() if any(name.startswith(folder) for name in names)), None)
