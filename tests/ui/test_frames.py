"""What travels to the page with each state of a turn, and what the list of papers asks of the library."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rag.core.domain import Hit, Paper
from rag.core.errors import RequestRefused
from rag.core.settings import Settings
from rag.output.from_json import answer_of
from tests.helpers.answers import answered, citation, paper
from tests.helpers.windows import MANY, Scripted
from ui.records import ChatTurn, Loading
from ui.session import records
from ui.session.loading import Loader
from ui.session.records import frame, frames
from ui.session.turns import Request, run_turn

READY = Loading("ready", papers=1, titles=("DeepThing",), description={"reader": "Small"})


def test_the_record_comes_with_the_last_frame_only() -> None:
    loader = Loader(Settings(), lambda settings, progress: Scripted())
    loader.start()
    assert loader.wait(10)
    request = Request(id="turn1", run="run1", question="how fast?")
    frames = [frame(turn, loader.loading) for turn in run_turn(loader, request, clock=iter(range(10**6)).__next__)]
    assert [("record" in one, one["parts"]["step"]) for one in frames if "record" in one] == [(True, "done")]
    assert "record" in frames[-1] and "draft" not in frames[-1]
    assert sum("draft" in one for one in frames) >= 2
    for step in ("stopped", "failed"):
        assert "record" in frame(ChatTurn("turn1", "q", step), READY)  # type: ignore[arg-type]


def test_a_draft_is_enough_to_draw_the_sentences_again() -> None:
    of = paper()
    answer = answered(citation(of, "One."), citation(of, "Two words."))
    answer = replace(answer, retrieved=(Hit(of, 1.0, {"dense": 0.5}),), timings_ms={"total": 9.0})
    draft = frame(ChatTurn("turn1", "q", "answering", answer=answer), READY)["draft"]
    restored = answer_of(json.loads(json.dumps(draft)), {of.id: of})
    assert restored.lost == 0
    assert (restored.answer.sentences, restored.answer.text) == (answer.sentences, answer.text)
    assert [hit.paper for hit in restored.answer.retrieved] == [of]
    assert "timings_ms" not in draft and "evidence" not in draft


def test_a_conversation_that_would_be_drawn_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    of = paper()
    answer = replace(answered(citation(of, "One.")), retrieved=(Hit(of, 1.0, {}),) * 200)
    turns = [ChatTurn(f"turn{n}", "q", "done", answer=answer) for n in range(5)]
    each = len(json.dumps(frame(turns[0], READY)))
    assert len(frames(turns, READY)) == 5
    monkeypatch.setattr(records, "_MOST_DRAWN", 2 * each)
    drawn = []

    def handed_out() -> Iterator[ChatTurn]:
        for turn in turns:
            drawn.append(turn)
            yield turn

    with pytest.raises(RequestRefused, match="too large to be shown again"):
        frames(handed_out(), READY)
    assert 1 < len(drawn) < 5, "it stops where it is too large"


@dataclass
class Shelf(Scripted):
    """Refuses to hand out all of its papers, and counts how many it does hand out."""

    most: int = 0

    def papers(self, ids: Iterable[str] | None = None) -> tuple[Paper, ...]:
        assert ids is not None, "all papers were asked for"
        return super().papers(ids)

    def find_papers(self, words: str, limit: int) -> tuple[int, tuple[Paper, ...]]:
        count, papers = super().find_papers(words, limit)
        self.most = max(self.most, len(papers))
        return count, papers


def test_the_library_is_counted_without_reading_all_of_it(monkeypatch: Any) -> None:
    monkeypatch.setattr("ui.session.loading._TITLES", 7)
    shelf = Shelf(shelf=MANY)
    loader = Loader(Settings(), lambda settings, progress: shelf)
    loader.start()
    assert loader.wait(10)
    assert (loader.loading.papers, len(loader.loading.titles)) == (40, 7)
    assert shelf.most == 7
