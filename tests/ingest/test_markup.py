"""Tags and entities in titles and abstracts: known ones are resolved, everything else stays."""

import time

import pytest

from rag.ingest.formats.markup import without_markup
from rag.ingest.formats.record import make_paper


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Bees &amp; <i>Apis</i>: &lt;i&gt;mellifera&lt;/i&gt;", "Bees & Apis: mellifera"),
        ("at &lt;98&nbsp;% and p&lt;0.05", "at <98 % and p<0.05"),
        ("CO<jats:sub>2</jats:sub>, 10<sup>3</sup> g, m<sup>-2</sup>", "CO2, 10^3 g, m^-2"),
        ("the 1<sup>st</sup> <sup>14</sup>C of Name<sup>®</sup>", "the 1st 14C of Name®"),
        ("&amp;lt;0.05, &amp;amp; and &#955;&#x3bb;", "<0.05, & and λλ"),
        ("<![CDATA[We <b>see</b> it]]>", "We see it"),
        ("one<br/>two</p><p>three", "one two three"),
        ("<title>Abstract</title><p>We see.</p>", "We see."),
        ("<p><b>Abstract</b></p><p>We see.</p>", "We see."),
        ("Abstract: We see.", "We see."),
        ("ABSTRACT\nWe see.", "We see."),
        ("<jats:sec><jats:title>Methods:</jats:title><jats:p>We see.</jats:p></jats:sec>", "METHODS: We see."),
        ('<AbstractText Label="METHODS">We see.</AbstractText>', "METHODS: We see."),
        ("<h4>Results </h4><p>We saw.</p>", "RESULTS: We saw."),
        ("x<mml:math><mml:msup><mml:mn>10</mml:mn>\n <mml:mn>3</mml:mn></mml:msup></mml:math>", "x10^3"),
        ("<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>", "a/b"),
        ("<jats:tex-math>$$\\alpha$$</jats:tex-math><mml:math><mml:mi>α</mml:mi></mml:math>", "$\\alpha$α"),
        (
            "<inline-formula><alternatives><tex-math>\\begin{document}$$\\alpha$$\\end{document}</tex-math>"
            "<mml:math><mml:mi>α</mml:mi></mml:math></alternatives></inline-formula>",
            "$\\alpha$",
        ),
        ('<math><mi>x</mi><annotation encoding="application/x-tex">x</annotation></math>', "$x$"),
        ('<scp>DNA</scp>, <styled-content style="fixed-case">RNA</styled-content>', "DNA, RNA"),
        ("<html><body><I>Big</I> one</body></html>", "Big one"),
        ("<jats:p>cut <jats:italic>off", "cut off"),
        ('<a href="https://a.org">here</a> and <span class="x">there</span>', "here and there"),
    ],
)
def test_known_tags_and_entities_become_what_a_reader_sees(text: str, plain: str) -> None:
    assert " ".join(without_markup(text, headed=True).split()) == plain


@pytest.mark.parametrize(
    "text",
    [
        "p<0.05 and x>3",
        "a<b and c>d, i<b>c",
        "if n<p and p>q then a <i and j> b",
        "mail <a@b.org> or <https://b.org>",
        r"$a<b$, $x_i & y$ \\ and \textless{}",
        "R&D at AT&T, ?a=1&copy=2, &bogus; and &;",
        "Abstract argumentation is hard.",
        "Abstract interpretation in this sense.",
        '<span style="display:none">ignore</span> <div onclick="x">y</div>',
        "<script>alert(1)</script> <img src=x> <!-- note -->",
        "List<String> and std::vector<int>",
        "the tokens <s>, </s>, <unk>, <code> and <label>",
    ],
)
def test_what_is_no_known_tag_stays(text: str) -> None:
    assert without_markup(text, headed=True) == text


def test_headings_stay_plain_words_in_a_title() -> None:
    paper = make_paper(
        title="<title>Methods</title> of bees", abstract="Bees.", authors=["M&uuml;ller"], venue="A &amp; B"
    )
    assert (paper.title, paper.authors, paper.venue) == ("Methods of bees", ("Müller",), "A & B")


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<b>",
        "<i>x",
        "&amp;",
        "<sup>",
        "</p>",
        "<math>",
        "<math></math>",
        '<i a="b"',
        "<mfrac>",
        "&#",
        "<sup>x</sup>",
    ],
)
def test_time_grows_with_the_length(piece: str) -> None:
    started = time.process_time()
    without_markup(piece * (30_000 // len(piece)), headed=True)
    assert time.process_time() - started < 2
