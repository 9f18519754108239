"""Formulas as MathML, which browsers draw by themselves: TeX from strangers in, safe markup or nothing out.

Owns what may be in that markup: elements that draw, attributes of layout, text. TeX commands that would link, style or name
classes lose their effect, and what cannot be read stays TeX.
"""

import html
from functools import lru_cache
from xml.etree.ElementTree import Element

from markupsafe import Markup

from ui.views.templating import literal

_ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mpadded"
    " mphantom menclose mstyle mmultiscripts mprescripts none merror".split()
)
_ATTRIBUTES = {
    "display": frozenset({"inline", "block"}),
    "stretchy": frozenset({"true", "false"}),
    "fence": frozenset({"true", "false"}),
    "form": frozenset({"prefix", "infix", "postfix"}),
    "accent": frozenset({"true", "false"}),
    "accentunder": frozenset({"true", "false"}),
    "displaystyle": frozenset({"true", "false"}),
    "movablelimits": frozenset({"true", "false"}),
    "mathvariant": frozenset({"normal"}),
    "columnalign": frozenset({"left", "center", "right"}),
    "linethickness": frozenset({"0", "0pt"}),
}
_DEEPEST = 40
_EMPTY = Markup()


@lru_cache(maxsize=2_048)
def mathml(tex: str) -> Markup | None:
    """The formula as MathML, with its TeX for whoever cannot see it; None where it is not understood."""
    from latex2mathml import exceptions
    from latex2mathml.converter import convert_to_element

    if tex.count("{") != tex.count("}") or tex.count("{") > _DEEPEST or tex.count("\\left") > _DEEPEST:
        return None
    # Besides its own errors, the library lets those of its parsing through.
    bad_tex: list[type[Exception]] = [ValueError, LookupError, RuntimeError]
    bad_tex += [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    try:
        return _safe(convert_to_element(tex), Markup(' alttext="{}"').format(literal(tex)))
    except tuple(bad_tex):
        return None


def _safe(element: Element, attributes: Markup = _EMPTY, depth: int = 0) -> Markup:
    """The element rebuilt from what is allowed, with these attributes before its own.

    Raises:
        ValueError: an element is not allowed, a command is unknown, or the nesting is too deep.
    """
    # Symbols come as character references, everything else as it was typed; the escaping follows either way.
    text = html.unescape(element.text or "")
    if element.tag not in _ELEMENTS or depth > _DEEPEST or (text.startswith("\\") and len(text) > 1):
        raise ValueError(element.tag)
    for name, value in element.attrib.items():
        if value in _ATTRIBUTES.get(name, ()):
            attributes += Markup(' {}="{}"').format(name, value)
    inner = _EMPTY.join(_safe(child, depth=depth + 1) for child in element)
    return Markup("<{0}{1}>{2}{3}</{0}>").format(element.tag, attributes, literal(text), inner)
