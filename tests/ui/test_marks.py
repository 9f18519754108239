"""Words of papers as HTML: marks at their offsets, formulas drawn, everything else literal."""

import pytest

from rag.core.domain import Span
from tests.helpers.answers import Shown
from ui.views.marks import Mark, prose, with_marks
from ui.views.mathml import mathml


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(0, 3, "0")], '<mark data-q="0">abc</mark>defgh', id="start"),
        pytest.param([(5, 8, "0")], 'abcde<mark data-q="0">fgh</mark>', id="end"),
        pytest.param(
            [(4, 6, "1"), (1, 2, "0")], 'a<mark data-q="0">b</mark>cd<mark data-q="1">ef</mark>gh', id="out_of_order"
        ),
        pytest.param(
            [(1, 4, "0"), (3, 6, "1")],
            'a<mark data-q="0">bc</mark><mark data-q="0 1">d</mark><mark data-q="1">ef</mark>gh',
            id="overlapping",
        ),
        pytest.param(
            [(1, 6, None), (2, 3, "0")],
            'a<mark class="cw-read">b</mark><mark data-q="0">c</mark><mark class="cw-read">def</mark>gh',
            id="cited_within_read",
        ),
        pytest.param(
            [(2, 2, "0"), (6, 99, "1"), (-5, 1, "2")],
            '<mark data-q="2">a</mark>bcdef<mark data-q="1">gh</mark>',
            id="empty_and_out_of_range",
        ),
        pytest.param([], "abcdefgh", id="none"),
    ],
)
def test_marks(spans: list[tuple[int, int, str | None]], expected: str) -> None:
    assert with_marks("abcdefgh", [Mark(Span(start, end), key) for start, end, key in spans]) == expected


def test_marks_stand_at_offsets_of_the_stored_text_not_of_the_escaped_one() -> None:
    abstract = "a < b\x00 & \u202e<i>c</i> \\xyz d"
    start = abstract.index("<i>")
    html = with_marks(abstract, [Mark(Span(start, start + len("<i>c</i>")), "0")])
    assert '<mark data-q="0">&lt;i&gt;c&lt;/i&gt;</mark> &#92;xyz d' in html
    assert Shown(html).text == "a < b & <i>c</i> \\xyz d"


def test_formulas_are_drawn_and_keep_their_tex_for_who_cannot_see_them() -> None:
    html = prose(r"It takes $O(n \log n)$ steps, \(x_i\) each.")
    assert html.count("<math ") == 2 and "<msub><mi>x</mi><mi>i</mi></msub>" in html
    assert ("alttext", r"O(n \log n)") in Shown(html).attributes


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6 more",
        "a $ b $ c",
        r"\xyz and \method alone",
        "$x",
        r"$\unknowncommand{x}$",
        "$" + "{" * 300 + "x" + "}" * 300 + "$",
        r"$\frac{a$",
        "$x^y^z$",
        "$5$10",
    ],
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert Shown(prose(text)).tags == []
    assert Shown(prose(text)).text == text


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"\style{background:url(https://example.org)}{x}",
        r"\class{cw-card}{x}",
        r"\color{red;--x:url(y)}{x}",
        r"<script>alert(1)</script>",
        '" onload="alert(1)',
    ],
)
def test_a_formula_can_only_draw(tex: str) -> None:
    shown = Shown(mathml(tex) or "")
    assert set(shown.tags) <= {"math", "mrow", "mi", "mo", "mn", "mtext", "mstyle"}
    assert {name for name, _ in shown.attributes} <= {"alttext", "display", "stretchy"}


def test_a_mark_that_cuts_a_formula_leaves_it_as_tex() -> None:
    text = "of $x_i$ here"
    assert "<math" in with_marks(text, [Mark(Span(0, len(text)), "0")])
    cut = with_marks(text, [Mark(Span(0, 5), "0")])
    assert "<math" not in cut and Shown(cut).text == text
