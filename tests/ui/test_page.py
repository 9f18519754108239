"""The page and its scripts: each text and limit stands in one place."""

import json
import re
from typing import Any

import pytest

from rag.core.settings import Settings
from rag.output.export import FORMATS
from tests.helpers.answers import Shown
from ui.app import PAGE, SCRIPTS, STYLES, launch_options
from ui.records import CONVERSATION_EXPORTS, EXPORTS, MODES
from ui.views.page import facts_of_page, facts_script, page

SCRIPT = "".join((PAGE / "js" / f"{name}.js").read_text("utf-8") for name in SCRIPTS)


def texts(value: Any) -> list[str]:
    """The words of what the scripts are given, without markup."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts(one)]
    return re.findall(r"\w[\w ,;.]+\w", Shown(value).text) if isinstance(value, str) else []


def test_what_can_be_exported_is_what_the_page_offers() -> None:
    assert list(EXPORTS) == list(FORMATS)
    offered = re.findall(r'data-do="export-all" data-format="(.*?)">(.*?)<', page(Settings()))
    assert dict(offered) == CONVERSATION_EXPORTS


def test_the_page_offers_each_mode_once() -> None:
    assert re.findall(r'name="mode" value="(\w+)"', page(Settings())) == list(MODES)


def test_the_scripts_repeat_no_text_that_they_are_given() -> None:
    facts = facts_of_page(Settings())
    given = {text for text in texts([facts["states"], facts["words"], facts["again"]]) if " " in text}
    assert "The answer is incomplete" in " ".join(given) and len(given) > 5
    assert [text for text in given if text in SCRIPT] == []
    assert [name for name in (*EXPORTS, *EXPORTS.values()) if f'"{name}"' in SCRIPT] == []


def test_limits_reach_the_scripts() -> None:
    given = facts_script(Settings(max_question_chars=123)).removeprefix("const FACTS = ").removesuffix(";")
    facts = json.loads(given)
    assert facts["questionChars"] == 123
    assert facts["ended"] == ["done", "stopped", "failed"]
    named = set(re.findall(r"FACTS\.(\w+)", SCRIPT))
    assert named == set(facts), "what the scripts use is what they are given"


def test_no_two_scripts_give_a_name_away() -> None:
    """They are one script in the end, and a name that is given twice stops all of it."""
    names = re.findall(r"^(?:const|let|class|(?:async )?function) (\w+)", SCRIPT, re.MULTILINE)
    assert len(names) > 100
    assert sorted(names) == sorted(set(names))


def test_no_text_can_end_the_script_that_it_is_given_to() -> None:
    assert "<" not in facts_script(Settings())


@pytest.mark.parametrize(("folder", "names"), [("css", STYLES), ("js", SCRIPTS)])
def test_every_file_of_the_page_is_served(folder: str, names: list[str]) -> None:
    assert sorted(names) == sorted(path.stem for path in (PAGE / folder).glob(f"*.{folder}"))
    head = launch_options(Settings())["head"]
    assert all((PAGE / folder / f"{name}.{folder}").read_text("utf-8") in head for name in names)
