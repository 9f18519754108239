"""Text from strangers: cleaning, normalising, links, words."""

import pytest

from rag.core.text import STOP_WORDS, clean, content_words, links_in, normalise, words


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("Honey   bees\r\n dance\t", "Honey bees dance"),
        ("Honey\u00a0bees\u2003dance\u2028now", "Honey bees dance now"),
        ("a\x00b\x1b[1mc\x7f\x9b", "ab[1mc"),
        ("ab\u202ecd\u202c\u2066ef\u2069\u200e\u200f", "abcdef"),
        ("\ufeffho\u200bn\u2060ey\u00ad", "honey"),
        ("hid\U000e0041\U000e007fden", "hidden"),
        ("naïve – “Käfer” 甲虫 🐝", "naïve – “Käfer” 甲虫 🐝"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<b>&amp;</b> $x_i$ **bold**", "<b>&amp;</b> $x_i$ **bold**"),
    ],
    ids=[
        "empty",
        "white space",
        "folded",
        "Unicode spaces",
        "control characters",
        "bidi marks and overrides",
        "zero width",
        "tag characters",
        "letters of all kinds stay",
        "joiners that spelling needs stay",
        "markup stays",
    ],
)
def test_clean_leaves_one_line_of_visible_text(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("Honey  BEES\n", "honey bees"),
        ("ﬁne ½ Ⅳ", "fine 1⁄2 iv"),
        ("ＦＵＬＬ width", "full width"),
        ("2–3 — 4 − 1 ‐ x", "2-3 - 4 - 1 - x"),
        ("Käfer", "käfer"),
        ("Ka\u0308fer", "käfer"),
        ("“quotes” stay", "“quotes” stay"),
        ("", ""),
    ],
    ids=["case and space", "compatibility forms", "full width", "dashes", "composed", "combining", "quotes", "empty"],
)
def test_normalise_makes_spellings_equal(text: str, normalised: str) -> None:
    assert normalise(text) == normalised
    assert normalise(normalised) == normalised


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("no link: www.bees.org or ftp://bees.org", ()),
        ("Code: https://github.com/a/b.", ("https://github.com/a/b",)),
        ("(https://a.org/x), [http://b.org], <https://c.org/>", ("https://a.org/x", "http://b.org", "https://c.org/")),
        ("https://a.org/x{Name}. And more", ("https://a.org/x",)),
        ("**https://a.org/x**; https://b.org?!", ("https://a.org/x", "https://b.org")),
        ("https://a.org/p?q=1&r=2.5#s-t_u~v%20w", ("https://a.org/p?q=1&r=2.5#s-t_u~v%20w",)),
        ("https://b.org https://a.org https://b.org.", ("https://b.org", "https://a.org")),
        ('<a href="https://a.org/x">', ("https://a.org/x",)),
        ("\\url{https://a.org/x_y}", ("https://a.org/x_y",)),
        ("HTTPS://A.org/X", ("HTTPS://A.org/X",)),
        ("https:// and http://.", ()),
        ("javascript:alert(1) data:text/html,x", ()),
    ],
    ids=[
        "none",
        "full stop",
        "brackets",
        "name in braces",
        "Markdown and punctuation",
        "query and fragment",
        "order, each once",
        "HTML attribute",
        "LaTeX",
        "upper case",
        "scheme alone",
        "other schemes",
    ],
)
def test_links_are_the_web_addresses_without_what_surrounds_them(text: str, links: tuple[str, ...]) -> None:
    assert links_in(text) == links


def test_words_are_runs_of_letters_and_digits_in_order() -> None:
    assert words("Naïve U-Net, v1.5: x_i ＝ ３!") == ["naïve", "u", "net", "v1", "5", "x_i", "3"]
    assert words("…") == []


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("What does DeepCache do with the U-Net?", ["deepcache", "net"]),
        ("Is it 3 or 12 steps?", ["3", "12", "steps"]),
        ("bees honey bees", ["bees", "honey", "bees"]),
        ("Who is it?", ["who", "is", "it"]),
        ("x y", ["x", "y"]),
        ("", []),
        ("?!", []),
    ],
    ids=["stop words go", "digits stay", "order and repeats stay", "only stop words", "only letters", "empty", "marks"],
)
def test_content_words_carry_the_topic_or_are_all_there_is(question: str, kept: list[str]) -> None:
    assert content_words(question) == kept


def test_stop_words_are_spelt_as_words_are() -> None:
    assert all(words(word) == [word] for word in STOP_WORDS)
