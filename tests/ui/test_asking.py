"""What counts as the same question, and what makes it another one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.answer.kept_answers import KeptAnswers
from rag.core.domain import Answer, Message
from rag.core.errors import QuestionError
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from tests.helpers.windows import Scripted
from ui.session.asking import Asking, is_kept
from ui.session.loading import Loader
from ui.session.shelves import Shelves

QUESTION = "How fast?"
SAID = (Message("user", "What is FastCache?"), Message("assistant", "A cache. [1]", ("cache",)))


def loader(assistant: Scripted, folder: Path, kept: KeptAnswers | None = None, **settings: Any) -> Loader:
    one = Loader(Settings(library=folder, **settings), lambda *_: assistant, KeptAnswers(100) if kept is None else kept)
    one.start()
    one.assistant()
    return one


def test_the_very_same_question_is_asked_once(tmp_path: Path) -> None:
    assistant = Scripted()
    one = loader(assistant, tmp_path)
    first, again = (one.asking().ask(QUESTION, SAID, "quote", 3) for _ in range(2))
    assert assistant.times(QUESTION) == 1
    assert is_kept(again) and not is_kept(first)
    assert replace(again, timings_ms=first.timings_ms) == first


@pytest.mark.parametrize(
    "other",
    [
        lambda asking: asking.ask("How  fast?"),
        lambda asking: asking.ask("how fast?"),
        lambda asking: asking.ask(QUESTION, SAID),
        lambda asking: asking.ask(QUESTION, mode="write"),
        lambda asking: asking.ask(QUESTION, most_papers=1),
        lambda asking: replace(asking, chosen=PaperFilter(from_year=2023)).ask(QUESTION),
        lambda asking: replace(asking, library="another").ask(QUESTION),
    ],
    ids=["spaces", "case", "history", "mode", "papers", "filter", "library"],
)
def test_another_question_is_another_one(tmp_path: Path, other: Callable[[Asking], Answer]) -> None:
    assistant = Scripted()
    one = loader(assistant, tmp_path).asking()
    one.ask(QUESTION)
    assert not is_kept(other(one))
    cited = (SAID[0], replace(SAID[1], cited=("propagate",)))
    one.ask(QUESTION, SAID)
    assert not is_kept(one.ask(QUESTION, cited))


@pytest.mark.parametrize(
    ("setting", "description", "same"),
    [("auto", "quote", "quote"), ("auto", "write", "write"), ("quote", "write", "quote"), ("write", "quote", "write")],
)
def test_auto_is_the_mode_that_it_stands_for(tmp_path: Path, setting: Any, description: str, same: Any) -> None:
    assistant = Scripted(description={"mode": description})
    one = loader(assistant, tmp_path, mode=setting).asking()
    one.ask(QUESTION, mode="auto")
    # With a writer there `auto` may quote where `write` says why, so they are not the same.
    assert is_kept(one.ask(QUESTION, mode=same)) == ((setting, description) != ("auto", "write"))


def test_a_library_that_changes_or_is_opened_anew_is_asked_again(tmp_path: Path) -> None:
    states = [1]

    class Changing(Scripted):
        @property
        def state(self) -> int:
            return states[-1]

    kept, assistant = KeptAnswers(100), Changing()
    one = loader(assistant, tmp_path, kept)
    one.asking().ask(QUESTION)
    states.append(2)
    assert not is_kept(one.asking().ask(QUESTION)) and kept.count == 1
    assert is_kept(one.asking().ask(QUESTION))
    assert one.rest() and kept.count == 0
    assert not is_kept(one.asking().ask(QUESTION))


def test_a_change_while_it_is_answered_keeps_it_from_being_kept(tmp_path: Path) -> None:
    class Growing(Scripted):
        @property
        def state(self) -> int:
            return len(self.asked)

    kept = KeptAnswers(100)
    loader(Growing(), tmp_path, kept).asking().ask(QUESTION)
    assert kept.count == 0


def test_errors_and_answers_of_bad_luck_are_not_kept(tmp_path: Path) -> None:
    class Unlucky(Scripted):
        def comes_again(self, answer: Answer) -> bool:
            return "declined" not in answer.outcome

    kept = KeptAnswers(100)
    one = loader(Unlucky(), tmp_path, kept).asking()
    with pytest.raises(QuestionError):
        one.ask("too odd")
    one.ask("What is the weather?")
    assert kept.count == 0


def test_what_was_asked_silently_is_there_for_whoever_asks_it(tmp_path: Path) -> None:
    assistant = Scripted()
    one = loader(assistant, tmp_path)
    assert one.suggestions().answered([QUESTION], most=1, tries=1, seconds=10.0) == [QUESTION]
    assert is_kept(one.asking().ask(QUESTION)) and assistant.times(QUESTION) == 1


def test_it_is_a_setting(tmp_path: Path) -> None:
    assert Shelves(Settings(library=tmp_path)).kept.most == 1_000
    assert Shelves(Settings(library=tmp_path, answer_cache=0)).kept.most == 0
