"""The templates of the window (`templates/*.html`), in which whatever is not marked as HTML appears literally.

Owns the rules of all templates: values are escaped, a name that is not given is an error, and line breaks are for the reader of the
template alone. Knows nothing of what the templates show.
"""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from rag.core.escaping import escape_html


class _OneLine(Extension):
    """A template as one line: white space around a line break vanishes beside a tag or a block, and is one space elsewhere.

    White space between elements is visible on the page, so the look would depend on how a template is indented.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        joined = re.sub(r"(?<=[>}])[ \t]*\n\s*|[ \t]*\n\s*(?=[<{])", "", source.strip())
        return re.sub(r"\s*\n\s*", " ", joined)


def literal(value: object) -> Markup:
    """The value as HTML that shows it literally; HTML stays as it is."""
    return Markup(value if hasattr(value, "__html__") else escape_html(str(value)))


@cache
def _environment() -> Environment:
    # `finalize` sees each value before the escaping of Jinja does: ours also drops what nobody can see, and the marks that mean
    # something to the templates of gradio's page.
    return Environment(
        autoescape=True,
        extensions=[_OneLine],
        finalize=literal,
        loader=PackageLoader("ui.views"),
        undefined=StrictUndefined,
    )


def render(template: str, **values: Any) -> Markup:
    """The HTML of a template, with these values."""
    return Markup(_environment().get_template(f"{template}.html").render(values))
