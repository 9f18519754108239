"""Several threads ask one assistant: each gets the answer to its own question, the same as one after another."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from evals.bench.stand_in import stand_in
from rag.answer.assistant import Assistant
from rag.answer.written import Composer
from rag.checking.checker import Checker
from rag.core.domain import Answer
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Limits
from tests.helpers.assistants import SPEEDUP, around

QUESTIONS = (
    SPEEDUP,
    "What FID does DiffuseVAE reach?",
    "Which papers are about pruning?",
    "Does EcoDiff need retraining?",
    "How many papers are there?",
)


def _told(answer: Answer) -> tuple[str, str, str, list[str]]:
    return answer.question, answer.mode, answer.text, [citation.quote for citation in answer.citations]


@pytest.mark.slow
def test_threads_that_share_an_assistant_get_the_answers_of_one_after_another(
    assistant: Assistant, checker: Checker
) -> None:
    with (
        stand_in(0.1, 0.005, 40) as url,
        closing(RemoteWriter(url, "stand-in", None, Limits(), at_once=len(QUESTIONS))) as writer,
    ):
        shared = around(assistant, Composer(writer, checker))
        one_by_one = [_told(shared.ask(question)) for question in QUESTIONS]
        with ThreadPoolExecutor(len(QUESTIONS)) as threads:
            at_once = [_told(answer) for answer in threads.map(shared.ask, QUESTIONS)]
    assert at_once == one_by_one
    assert {"write", "quote"} == {mode for _, mode, *_ in at_once}
