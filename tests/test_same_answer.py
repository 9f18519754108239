"""One question, asked every way there is, gives one answer; only the timings differ. Real models, real server."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evals.cases.question_set import Case
from evals.runs.run import answer_line
from rag.answer.assistant import Assistant
from rag.core.domain import Answer
from rag.core.settings import Settings
from rag.output.to_json import answer_json
from tests.helpers.assistants import SPEEDUP
from tests.helpers.windows import running

QUESTION = "How much does BinaryDM save in storage and FLOPs?"
FOLLOW_UP = "Does it need retraining?"


@pytest.fixture(scope="module")
def address(assistant: Assistant, seed_settings: Settings) -> Iterator[str]:
    with running(lambda settings, progress=None: assistant, library=seed_settings.library) as url:
        yield url


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in json.loads(json.dumps(answer)).items() if name != "timings_ms"}


@pytest.mark.slow
def test_the_api_the_evals_and_the_assistant_give_the_same_answer(
    address: str, assistant: Assistant, asked: Callable[[str], Answer]
) -> None:
    from gradio_client import Client

    client = Client(address, verbose=False)
    expected = _plain(answer_json(asked(SPEEDUP)))
    assert _plain(client.predict(SPEEDUP, api_name="/ask")) == expected
    assert _plain(answer_line(assistant, Case("q", SPEEDUP, (), {}))) == expected | {"inexact": []}


@pytest.mark.slow
def test_a_follow_up_over_the_api_has_the_standalone_question(address: str, assistant: Assistant) -> None:
    from gradio_client import Client

    first = assistant.ask(QUESTION)
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": first.text}]
    answer = Client(address, verbose=False).predict(FOLLOW_UP, history, api_name="/ask")
    assert "BinaryDM" in answer["standalone_question"]
    assert answer["sentences"][0]["citations"][0]["title"].startswith("BinaryDM")


def test_searching_over_the_api_is_the_retrievers_search(address: str, assistant: Assistant) -> None:
    from gradio_client import Client

    found = Client(address, verbose=False).predict("binarized models", api_name="/search")
    assert [paper["paper_id"] for paper in found["papers"]] == [
        hit.paper.id for hit in assistant.search("binarized models")
    ]
