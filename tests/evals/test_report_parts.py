"""Parts of the report: marked text, links, charts."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from evals.report import page as page_module
from evals.report.charts import SHARE, Axis, Chart, Dots, Interval, Lines, Series, Trend, rounded_axis
from evals.report.marks import pieces, places
from evals.report.page import environment
from rag.core.domain import Span
from rag.core.escaping import printable
from tests.evals.reports import IMAGE


def test_overlapping_ranges_become_one_mark_and_ranges_outside_are_cut() -> None:
    cut = pieces("abcdef", [Span(5, 99), Span(2, 4), Span(1, 3)])
    assert cut == [("a", False), ("bcd", True), ("e", False), ("f", True)]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "http://[x", "https://a b", None]
)
def test_only_plain_web_addresses_become_links(url: str | None) -> None:
    assert "<a " not in str(environment().get_template("questions.html").module.title_of({"title": "T", "url": url}))


def test_facts_are_found_in_text_that_is_not_normalised() -> None:
    text = "A  Speed–Up of 2.3times, not 12.3times; ﬁne\u00a0TUNING"
    assert [span.of(text) for span in places("speed-up OF", text)] == ["Speed–Up of"]
    assert [span.start for span in places("2.3times", text)] == [text.index("2.3times")]
    assert [span.of(text) for span in places("fine tuning", text)] == ["ﬁne\u00a0TUNING"]
    assert places("absent", text) == []


def test_only_our_own_style_and_script_escape_the_escaping() -> None:
    assert environment().autoescape is True
    folder = Path(page_module.__file__ or "").parent / "templates"
    assert not [
        path.name for path in folder.glob("*.html") if re.search(r"\|\s*safe\b|autoescape", path.read_text("utf-8"))
    ]


def svg(chart: Chart) -> str:
    """The chart as it stands in the page."""
    return printable(str(environment().get_template("charts.html").module.chart(chart)))


HOSTILE_LABEL = f"{IMAGE} & \x0b"


@pytest.mark.parametrize(
    "chart",
    [
        Dots(HOSTILE_LABEL, [Interval(HOSTILE_LABEL, 0.5, 0.2, 0.7, "3"), Interval("b", None), Interval("c", 1.0)]),
        Dots("none", []),
        Lines(
            "a",
            [Series(HOSTILE_LABEL, [(1, 0.5), (2, None), (3, 1.0)], [0.4, None, 0.9], [0.6, None, 1.0])],
            Axis(1, 3, (1, 2)),
        ),
        Lines("b", [Series("p", [(0, None)]), Series("r", [(0, 0.5)], steps=True)], SHARE, markers=[(IMAGE, 0.9)]),
        Trend(HOSTILE_LABEL, [None, 0.5, 0.7], ["one", HOSTILE_LABEL, "three"]),
        Trend("none", [None], ["one"]),
        Trend("empty", [], []),
    ],
)
def test_charts_are_well_formed_and_say_what_they_show(chart: Chart) -> None:
    text = svg(chart)
    root = ElementTree.fromstring(text)
    assert root.tag == "svg"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == root.findtext("title")
    assert not re.search(r"nan|inf\b|None", text)


def test_a_dot_stands_where_its_value_is() -> None:
    rows = [Interval("low", 0.0), Interval("middle", 0.5), Interval("high", 1.0)]
    root = ElementTree.fromstring(svg(Dots("a", rows)))
    low, middle, high = (float(dot.attrib["cx"]) for dot in root.iter("circle"))
    assert middle == pytest.approx((low + high) / 2)
    assert low < high


@pytest.mark.parametrize(("top", "high"), [(0.0, 1.0), (0.7, 0.8), (1.0, 1.0), (83.0, 100.0), (1200.0, 1500.0)])
def test_an_axis_ends_at_a_round_number_above_all_values(top: float, high: float) -> None:
    assert rounded_axis([top]).high == pytest.approx(high)
