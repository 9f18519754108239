"""Whatever comes from papers, questions and files appears literally: in texts, in links, in templates."""

import re

import pytest

from rag.core.escaping import escape_html, printable, safe_url, shorten
from tests.helpers.answers import HOSTILE, Shown


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_text_literally(text: str) -> None:
    shown = Shown(f'<p title="{escape_html(text)}">{escape_html(text)}</p>')
    assert shown.text == text
    assert (shown.tags, shown.attributes) == (["p"], [("title", text)])
    assert not re.search(r"[$`\\{}]", escape_html(text))


def test_invisible_characters_are_dropped() -> None:
    assert printable("a\x00b\x1b[0m\u202ec\u2066d\x7f\U000e0041") == "ab[0mcd"
    assert printable("\ud800x") == "\ufffdx"
    assert printable("a\r\nb\tc") == "a\nb\tc"


@pytest.mark.parametrize("url", ["https://example.org/a?b=c#d", "http://example.org"])
def test_web_addresses_are_links(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "ftp://example.org",
        ),
        *(" https://example.org", "https://", "https://[", "https://a b", "https://exa\u202emple.org"),
        *("//example.org", "/local", "", None),
    ],
)
def test_other_addresses_are_not(url: str | None) -> None:
    assert safe_url(url) is None


def test_shorten_cuts_at_a_word() -> None:
    assert shorten("one  two\nthree", 99) == "one two three"
    assert shorten("one two, three", 10) == "one two…"
