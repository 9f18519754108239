"""What the window exports can be read by the programs that it is for."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases.from_chat import set_lines
from tests.helpers.windows import (
    answered,
    ask,
    expect,
    needs_browser,
    turn,
)

pytestmark = [*needs_browser, pytest.mark.slow]


@pytest.mark.parametrize(
    "name",
    [
        "Markdown with footnotes",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("BibTeX", "RIS", "CSL-JSON")),
        "The conversation as JSON",
    ],
)
def test_a_conversation_can_be_exported(visit: Any, address: str, tmp_path: Path, name: str) -> None:
    page = visit(address)
    expect(page.locator("#cw-export")).to_be_hidden()  # nothing to export yet
    for n, question in enumerate(("how fast?", "What will the weather be?")):
        ask(page, question)
        expect(turn(page, n).locator(".cw-why")).to_be_visible()
    page.locator("#cw-export summary").click()
    with page.expect_download() as started:
        page.get_by_role("button", name=name).first.click()
    started.value.save_as(tmp_path / started.value.suggested_filename)
    assert started.value.suggested_filename.startswith("how-fast.")
    text = (tmp_path / started.value.suggested_filename).read_text("utf-8")
    if name.startswith("Markdown"):
        assert text.count("## ") == 2 and "[^2]: Faster Encoders" in text and "Not found in these abstracts" in text
    elif name == "BibTeX":
        bibtexparser = pytest.importorskip("bibtexparser")
        entries = bibtexparser.parse_string(text).entries
        assert [entry["title"].strip("{").split(":")[0] for entry in entries] == ["FastCache", "Faster Encoders"]
    elif name == "RIS":
        records = pytest.importorskip("rispy").loads(text)
        assert [record["title"].split(":")[0] for record in records] == ["FastCache", "Faster Encoders"]
    elif name == "CSL-JSON":
        assert [item["title"].split(":")[0] for item in json.loads(text)] == ["FastCache", "Faster Encoders"]
    else:
        first, second = set_lines(tmp_path / "how-fast.json")
        assert (first["question"], first["gold"], first["answerable"]) == ("how fast?", ["cache", "propagate"], True)
        assert [one["role"] for one in second["history"]] == ["user", "assistant"]
        assert second["answerable"] is False


def test_one_answer_can_be_exported(visit: Any, address: str, tmp_path: Path) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    turn(page).locator(".cw-menu summary").click()
    with page.expect_download() as started:
        turn(page).get_by_role("button", name="BibTeX").click()
    assert started.value.suggested_filename == "how-fast.bib"
    page.keyboard.press("Escape")
    expect(turn(page).get_by_role("button", name="BibTeX")).to_be_hidden()
