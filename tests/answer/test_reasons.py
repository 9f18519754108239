"""Why an answer was not written is told to a reader without settings, names of models or the words of a server."""

import re
from pathlib import Path

import pytest

from rag.answer.reasons import for_readers, limit_for_readers
from rag.models import server_words as words
from rag.models.server_request import Form, Refusal
from rag.models.writer import Limits
from rag.wiring_writers import open_composer
from tests.conftest import ROOT
from tests.helpers.fakes import HashEmbedder


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (words.UNREACHABLE, "the server that writes cannot be reached; citewise doctor tells more"),
        (words.NO_LIST, "the server that writes does not tell which models it has; citewise doctor tells more"),
        (words.no_answer_in(60), "the server that writes did not answer in 60 s; citewise doctor tells more"),
        (words.THOUGHT_ALONE, words.THOUGHT_ALONE),
        (words.IN_THE_MIDDLE, words.IN_THE_MIDDLE),
        (
            "CITEWISE_WRITER_URL is no address of a server; write it like http://127.0.0.1:8000/v1",
            "what is set up to write answers cannot be used; citewise doctor tells more",
        ),
        (
            "the device ran out of memory while writing; choose a smaller writer, or set CITEWISE_WRITER_4BIT=true",
            "the device ran out of memory while writing; citewise doctor tells more",
        ),
        (words.not_ready_in(5), "the server that writes was still loading its model after 5 s; ask again in a while"),
    ],
)
def test_what_failed_is_kept_and_what_only_the_owner_can_do_is_not(reason: str, told: str) -> None:
    assert for_readers(reason) == told


@pytest.mark.parametrize("status", [400, 401, 402, 404, 429, 500, 503])
def test_no_refusal_shows_a_model_or_a_setting(status: int) -> None:
    reason = words.refused(Refusal(status, "no model Qwen/Qwen3 here"), "Qwen/Qwen3-4B", ["llama3:8b"])
    told = for_readers(reason)
    assert told
    assert not re.search(r"CITEWISE_|Qwen|llama|[“”()]", told)


def test_a_limit_is_told_by_its_value_alone() -> None:
    assert limit_for_readers(words.tokens_of(Form(), Limits(tokens=40))) == "the limit of 40 tokens"
    assert limit_for_readers("the limit of 60 s (CITEWISE_WRITER_SECONDS)") == "the limit of 60 s"


def test_without_a_writer_the_answer_says_so_in_plain_words(tmp_path: Path) -> None:
    from rag.core.settings import Settings

    composer, reason = open_composer(Settings.load(mode="write", device="cpu", cache=tmp_path), HashEmbedder())
    assert composer is None
    assert for_readers(reason) == "no model that writes is set up here; citewise doctor tells more"


def test_no_reason_in_the_code_shows_a_setting() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "rag" / "models").glob("*.py"))
    texts = re.findall(r'"([^"\n]*CITEWISE_[^"\n]*)"', code)
    assert len(texts) > 10
    assert not [text for text in texts if "CITEWISE_" in for_readers(text)]


def test_brackets_in_the_words_of_a_server_are_no_way_out() -> None:
    said = words.refused(Refusal(500, "failed (code 5); set CITEWISE_X"), "m", [])
    assert "CITEWISE" not in for_readers(said)
