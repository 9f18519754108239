"""The templates: what is put into them is text, and how they are written is not seen."""

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from tests.helpers.answers import HOSTILE, Shown
from ui.views import templating
from ui.views.templating import literal, render


@pytest.mark.parametrize("text", [text for text in HOSTILE if text == text.strip()])
def test_a_value_of_a_template_is_text_in_an_element_and_in_an_attribute(text: str) -> None:
    html = render("next", suggestions=[text], declined=False)
    shown = Shown(html)
    assert ("data-question", text) in shown.attributes
    assert shown.text.endswith(text)
    assert set(shown.tags) == {"div", "h3", "ul", "li", "button"}
    assert text not in html or text.isalnum() or not set("<>&\"'$`\\{}") & set(text)


def test_only_what_is_marked_as_html_is_html() -> None:
    assert literal("<b>") == "&lt;b&gt;"
    assert literal(Markup("<b>")) == "<b>"
    assert render("asked", question="a\x00\u202e<b>", about="", titles="").count("a&lt;b&gt;") == 1


def test_a_name_that_is_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="question"):
        render("asked", about="", titles="")


def test_line_breaks_of_a_template_are_not_seen() -> None:
    source = "<p\n   class='a'>\n  {% if x %}\n    one\n    two <b>{{ x }}</b>\n  {% endif %}\n</p>\n"
    template = templating._environment().from_string(source)
    assert template.render(x=3) == "<p class='a'>one two <b>3</b></p>"
