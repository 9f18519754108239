"""A filter as JSON: what programs send is read or refused, and given back as it was understood."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rag.core.errors import RequestRefused
from rag.core.paper_filter import PaperFilter
from rag.output.filter_json import filter_json, filter_of, with_filter


def test_a_filter_comes_back_as_it_was_given() -> None:
    chosen = PaperFilter(
        2018, 2022, ("Miller",), ("NeurIPS",), ("a.ris",), ("10.1/x",), "cache", datetime(2026, 11, 1, tzinfo=UTC)
    )
    assert filter_of(filter_json(chosen)) == chosen
    assert filter_json(PaperFilter()) == {} and filter_of({}) == filter_of(None) == PaperFilter()
    assert with_filter({"a": 1}, PaperFilter()) == {"a": 1}
    assert with_filter({"a": 1}, chosen)["filter"] == filter_json(chosen)


def test_one_text_stands_for_a_list_of_it_and_empty_fields_for_none() -> None:
    sent = {"authors": " Ada \n Miller ", "venues": [], "ids": ["a", "a"], "text": "", "to_year": None}
    assert filter_of(sent) == PaperFilter(authors=("Ada Miller",), ids=("a",))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("2020", "must be an object"),
        ([], "must be an object"),
        ({"year": 2020, "<b>": 1}, "a filter has no 'year', '<b>'; it has from_year"),
        ({"from_year": "2020"}, "from_year must be a year"),
        ({"from_year": True}, "from_year must be a year"),
        ({"to_year": 10**30}, "to_year must be a year"),
        ({"to_year": float("nan")}, "to_year must be a year"),
        ({"from_year": 2022, "to_year": 2018}, "from_year 2022 is after its to_year 2018"),
        ({"authors": 7}, "authors must be a list"),
        ({"authors": [7]}, "authors must hold texts"),
        ({"authors": ["x" * 501]}, "authors must hold texts of at most 500"),
        ({"ids": ["x"] * 1_001}, "ids must be a list of at most 1,000"),
        ({"text": ["a"]}, "text must be a text"),
        ({"text": "?!"}, "text must hold a word"),
        ({"added_since": "soon"}, "added_since must be a time, such as 2026-11-01"),
        ({"added_since": 7}, "added_since must be a text"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_field(sent: Any, told: str) -> None:
    with pytest.raises(RequestRefused, match=told):
        filter_of(sent)
