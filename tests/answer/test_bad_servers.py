"""Whatever a server that writes does: the answer is quoted, with the reason in a sentence, and the next question is written."""

import re
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from rag.answer import writing
from rag.answer.clock import Clock
from rag.answer.written import Composer
from rag.checking.checker import Checked
from rag.core.domain import Answer, Evidence, Progress, Span
from rag.models import server_way
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Limits
from tests.helpers import hostile
from tests.helpers.answers import answered, citation, paper
from tests.helpers.servers import Reply, says, serving

LIMITS = Limits(seconds=3, tokens=40, first_seconds=0.3, pause_seconds=0.3, thinking=50)
NOTICE = (
    r"Quoted instead of written: (?:the server that writes|the model|its model) [a-z][^{}<>]{10,300}[.?]"
    r"|The written answer was cut off by the limits on repetitions and on text without sentences\."
)
SLOW_MACHINE = 5.0
"""Seconds that a turn may take beyond its limits."""
SENTENCES = (
    "DeepCache speeds up Stable Diffusion by 2.3times.",
    "Its features are cached without retraining the model.",
)
PAPER = paper(" ".join(SENTENCES))
EVIDENCE = tuple(
    Evidence(PAPER, Span(start := PAPER.abstract.index(text), start + len(text)), 1.0, {}) for text in SENTENCES
)
QUOTED = answered(citation(PAPER, SENTENCES[0]), question="How fast is DeepCache?")


class _Trusting:
    """A checker that finds all supported."""

    def check(self, sentence: str, title: str, evidence: str) -> Checked:
        return Checked(True, 1.0, "")


@pytest.fixture(autouse=True)
def let_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(server_way, "FIRST_WAIT", 0.01)
    hostile.LET_GO.clear()
    yield
    hostile.LET_GO.set()


def _turn(composer: Composer) -> Answer:
    *steps, last = writing.write(composer, QUOTED, EVIDENCE[:1], Clock(), None)
    assert all(isinstance(step, Progress) for step in steps)
    assert isinstance(last, Answer)
    return last


@pytest.mark.parametrize("bad", hostile.BAD.values(), ids=hostile.BAD.keys())
def test_the_answer_is_quoted_with_a_notice_and_the_next_one_is_written(bad: Reply) -> None:
    replies = [bad]

    def answer(request: object) -> None:
        replies[-1](request)  # type: ignore[arg-type]

    with (
        serving(answer, paths=("/v1", "/b/v1")) as server,
        closing(RemoteWriter(server.url, "m", None, LIMITS)) as writer,
    ):
        composer = Composer(writer, _Trusting())  # type: ignore[arg-type]
        start = time.monotonic()
        quoted = _turn(composer)
        assert time.monotonic() - start < LIMITS.seconds + SLOW_MACHINE
        assert (quoted.text, quoted.sentences) == (QUOTED.text, QUOTED.sentences)
        assert re.fullmatch(NOTICE, quoted.notice), quoted.notice
        for inner in ("CITEWISE", "Error", "Exception", "127.0.0.1", "httpx", "elsewhere", "None"):
            assert inner not in quoted.notice
        replies.append(says(" ".join(SENTENCES)))
        hostile.LET_GO.set()
        written = _turn(composer)
        assert written.mode == "write", written.notice
        assert [sentence.text for sentence in written.sentences] == list(SENTENCES)
