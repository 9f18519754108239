"""Files that people name by mistake: what they are, and what to do instead."""

from collections.abc import Iterable

_PDF = b"%PDF-"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_SQLITE = b"SQLite format 3\x00"
_RTF = b"{\\rtf"
_OFFICE = {
    "word/": "a Word document. Save its text as a page (docs/pages.md), or export the papers from where they come from",
    "xl/": "an Excel workbook. Save the sheet as CSV, with the names of the columns in its first row",
    "ppt/": "a PowerPoint file, not a file of papers",
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
    if start.startswith(_SQLITE):
        return "a database. Export its papers as RIS, BibTeX or CSV"
    if start.startswith(_RTF):
        return "a formatted document (RTF). Save it as plain text"
    return None


def is_web_page(head: str) -> bool:
    """Whether a text is a page of HTML, such as what a service sends in place of an export that failed."""
    start = head.lstrip("\ufeff \t\r\n")[:300].lower()
    return start.startswith(("<!doctype html", "<html"))


def office_file(names: Iterable[str]) -> str | None:
    """What kind of Office file an archive with these names is, as `mistake` says it; None where it is none."""
    names = tuple(names)
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for folder, kind in _OFFICE.items() if any(name.startswith(folder) for name in names)), None)
