"""The first papers of a library that is not there yet, dropped on the window and asked: real models, files and browser."""

from pathlib import Path
from typing import Any

import pytest

from rag.core.settings import Settings
from tests.helpers.windows import ask, expect, needs_browser, running, turn

pytestmark = [*needs_browser, pytest.mark.slow]
DROP = """(record) => {
    const data = new DataTransfer();
    data.items.add(new File([record], "bees.ris"));
    document.querySelector(".cw-nothing").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}"""


def test_a_real_file_dropped_on_an_empty_library_is_asked(visit: Any, seed_settings: Settings, tmp_path: Path) -> None:
    """From a folder that is not there to an answer: real models, real ingestion, real browser."""
    from ui.app import open_assistant

    folder = tmp_path / "new"
    with running(open_assistant, library=folder, cache=seed_settings.cache) as url:
        page = visit(url)
        expect(page.locator(".cw-nothing")).to_contain_text("No papers yet", timeout=120_000)
        assert not folder.exists()
        text = (
            "We watched honey bees for two summers. Their dance tells the direction of flowers with an error of 12 degrees. "
            "The dance is longer for distant flowers."
        )
        record = f"TY  - JOUR\nTI  - How honey bees dance\nAB  - {text}\nER  - \n"
        page.evaluate(DROP, record)
        expect(page.locator("#cw-adding")).to_have_attribute("data-step", "looked")
        page.get_by_role("dialog", name="Add papers").get_by_role("button", name="Add 1 paper").click()
        expect(page.locator("#cw-adding")).to_have_attribute("data-step", "added", timeout=120_000)
        page.get_by_role("dialog", name="Add papers").get_by_role("button", name="Done").click()
        expect(page.locator("#cw-count")).to_have_text("1 paper", timeout=120_000)
        ask(page, "With which error does the dance of bees tell the direction of flowers?")
        expect(turn(page)).to_contain_text("an error of 12 degrees", timeout=120_000)
