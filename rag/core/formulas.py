r"""Where formulas stand in a text: TeX between dollar signs or `\(…\)`, told from prices by how the dollars stand.

Owns that rule alone. What becomes of a formula is decided where it is shown.
"""

import re

from rag.core.domain import Span

_LONGEST = 400
# As pandoc reads them (https://pandoc.org/MANUAL.html#math): no white space inside the dollars, no digit after the last one. What
# begins with a command, `^` or `_` is no price, so it may also touch words and digits: 2$\times$4, CO$_2$.
_FORMULA = re.compile(
    rf"""
      (?<![\\$]) \$\$ (?P<display> [^$]{{1,{_LONGEST}}} ) \$\$ (?!\$)
    | (?<![\\$\w]) \$ (?P<inline> (?!\s) (?: \\. | [^$\\\n] ){{1,{_LONGEST}}} (?<!\s) ) \$ (?![\d$])
    | (?<![\\$]) \$ (?P<command> (?=[\\^_]) (?: \\. | [^$\\\n] ){{1,{_LONGEST}}} (?<!\s) ) \$ (?!\$)
    | \\\( (?P<round> .{{1,{_LONGEST}}}? ) \\\)
    """,
    re.VERBOSE,
)


def formulas(text: str) -> list[tuple[Span, str]]:
    """Each formula's place, delimiters included, and its TeX, in order."""
    return [(Span(*match.span()), (match[match.lastgroup or 0]).strip()) for match in _FORMULA.finditer(text)]
