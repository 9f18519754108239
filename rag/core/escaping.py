"""Untrusted text made safe to show: as HTML and as a link.

Owns the rule that whatever comes from papers, questions and files appears literally. Knows nothing of papers or pages.
"""

import html
import re
from urllib.parse import urlsplit

# Dropped: control characters, what XML forbids, and the invisible marks that turn reading direction around or smuggle
# text (tags block).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# `$`, braces, backticks and backslashes mean nothing in HTML, but the page's front end has template and LaTeX stages.
_TEMPLATE_MARKS = str.maketrans({mark: f"&#{ord(mark)};" for mark in "$`\\{}"})


def printable(text: str) -> str:
    """The text, line by line, without characters that nobody can see; what cannot be sent becomes U+FFFD."""
    return without_surrogates(_INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for half surrogate pairs, which cannot be written as UTF-8."""
    return _SURROGATE.sub("\ufffd", text)


def escape_html(text: str) -> str:
    """The text as HTML that shows it literally, in an element or in a quoted attribute."""
    return html.escape(printable(text), quote=True).translate(_TEMPLATE_MARKS)


def safe_url(url: str | None) -> str | None:
    """The URL if it is an absolute http(s) one without white space or invisible characters, else None."""
    if not url or url != printable(url) or re.search(r"\s", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed bracket in the host
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.netloc else None


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut at a word to at most `limit` characters."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def counted(number: int, noun: str) -> str:
    """Such as "1 paper" or "70,000 papers"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
