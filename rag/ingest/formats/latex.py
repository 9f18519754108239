"""LaTeX in titles, names and abstracts of BibTeX files -> the characters that a reader would see; formulas stay.

Owns the only use of `pylatexenc`. What cannot be read as LaTeX stays as it is.
"""

import re
from functools import cache
from typing import Any

from rag.core.accents import shown

_MARKS = re.compile(r"[\\{}~]|--|``|''")


def text_of_latex(text: str) -> str:
    """The text in characters. Formulas between `$` stay LaTeX."""
    if not _MARKS.search(text):
        return text
    from pylatexenc.latexwalker import LatexWalkerError

    try:
        return str(_converter().latex_to_text(text))
    except (LatexWalkerError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        # Whatever a stranger's LaTeX does to its parser, the paper is read.
        return shown(text)


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="verbatim", strict_latex_spaces=True, keep_comments=True)
