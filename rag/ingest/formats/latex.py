"""LaTeX in titles, names and abstracts of BibTeX files -> the characters that a reader would see; formulas stay.

Owns the only use of `pylatexenc`. What cannot be read as LaTeX stays as it is.
"""

import re
from functools import cache
from typing import Any

from rag.core.accents import shown

_MARKS = re.compile(r"[\\{}~]|--|``|''")

_MOST_CHARS = 50_000
"""More than any abstract; the parser takes seconds for what is longer."""


def text_of_latex(text: str) -> str:
    """The text in characters. Formulas between `$` stay LaTeX."""
    if not _MARKS.search(text):
        return text
    if len(text) > _MOST_CHARS:
        return shown(text)
    from pylatexenc.latexwalker import LatexWalkerError

    try:
        return str(_converter().latex_to_text(text))
    except (LatexWalkerError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        # Whatever a stranger's LaTeX does to its parser, the paper is read.
        return shown(text)


@cache
def _converter() -> Any:
    import logging

    from pylatexenc.latex2text import LatexNodes2Text

    # What it cannot read is told with the record.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)

    return LatexNodes2Text(math_mode="verbatim", strict_latex_spaces=True, keep_comments=True)
