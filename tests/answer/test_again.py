"""Which answers would come out just so again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.again import comes_again
from rag.answer.by_words import BY_WORDS
from rag.answer.writing import CUT_OFF, notice
from rag.core.domain import Answer, EmbedderIdentity
from rag.library.store import Library

ANSWER = Answer("q", "q", "quote", "answered", 0.9, "It is fast. [1]")
HERE, SERVER = {"writer_place": "cpu"}, {"writer_place": "http://127.0.0.1:8000/v1"}


@pytest.mark.parametrize(
    ("answer", "place", "again"),
    [
        (ANSWER, {}, True),
        (replace(ANSWER, notice="Read “enncoder” as “encoder”."), {}, True),
        (replace(ANSWER, notice=notice("the server does not answer")), SERVER, False),
        (replace(ANSWER, notice=BY_WORDS), {}, False),
        (replace(ANSWER, mode="write"), HERE, True),
        (replace(ANSWER, mode="write"), SERVER, False),
        (replace(ANSWER, mode="write", notice=f"{CUT_OFF} by its time."), HERE, False),
        (ANSWER, SERVER, True),
    ],
)
def test_only_what_would_come_out_just_so_again(answer: Answer, place: dict[str, str], again: bool) -> None:
    assert comes_again(answer, place, is_whole=True) == again
    assert not comes_again(answer, place, is_whole=False)


@pytest.fixture
def libraries(tmp_path: Path) -> Iterator[Callable[[], Library]]:
    opened: list[Library] = []

    def open_() -> Library:
        opened.append(Library.open(tmp_path))
        return opened[-1]

    with Library.open_for_writing(tmp_path, EmbedderIdentity("name", "0" * 64, 3)):
        pass
    yield open_
    for library in opened:
        library.close()


def test_a_change_by_another_is_another_state_and_reading_is_none(
    libraries: Callable[[], Library], tmp_path: Path
) -> None:
    one, other = libraries(), libraries()
    before = one.state
    assert one.state == before and one.papers() == [] and one.state == before
    with Library.open_for_writing(tmp_path, EmbedderIdentity("name", "0" * 64, 3)) as writer, writer.changing():
        pass
    after = one.state
    assert after[0] == before[0] + 1 and after != before and other.state[0] == after[0]
    with (
        Library.open_for_writing(tmp_path, EmbedderIdentity("name", "0" * 64, 3)) as writer,
        writer._database.transaction(),
    ):
        writer._set_meta("remark", "something")  # a change that leaves the papers as they are
    assert one.state[0] == after[0] and one.state != after
