"""A hundred visitors and one who floods, all at once: nobody gets the answer of another, and nobody waits for the flood."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers.windows import Scripted, served
from tests.ui.test_window_line import answer_of, join, until, waiting

pytestmark = pytest.mark.slow
USERS, FLOOD = 100, 60
QUESTIONS = 50
"""Each is asked by two visitors."""


def test_a_hundred_at_once_get_their_own_answers_turn_about(library_folder: Path) -> None:
    assistant = Scripted()
    with served(lambda settings, progress: assistant, library=library_folder, answer_cache=1_000) as demo:
        url = demo.local_url
        held = join(url, "hold read first", "first")
        until(lambda: assistant.times("hold read first") == 1)
        for n in range(FLOOD):
            join(url, f"flood {n}")
        with ThreadPoolExecutor(USERS) as users:
            questions = [f"question {n % QUESTIONS}?" for n in range(USERS)]
            events = list(users.map(lambda n: join(url, questions[n], f"user{n}"), range(USERS)))
            assert len(waiting(demo)) == USERS + FLOOD
            assistant.gate.set()
            replies = list(users.map(lambda event: answer_of(url, event), events))
        for question, reply in zip(questions, replies, strict=True):
            assert f'"question": {json.dumps(question)}' in reply
        answer_of(url, held)
        until(lambda: assistant.times(f"flood {FLOOD - 1}") == 1)
        asked = [question for question, _, _ in assistant.asked]
        of_users = [place for place, question in enumerate(asked) if question in questions]
        assert len(of_users) == QUESTIONS  # the second visitor gets the same answer, which is there
        assert sum(question.startswith("flood") for question in asked[: of_users[-1]]) == 1
        queue = demo._queue
        until(lambda: not queue.event_ids_to_events)
        assert queue.event_queue_per_concurrency_id["model"].current_concurrency == 0
        assert len(queue.event_analytics) <= 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
def test_the_measurement_of_a_window_runs_and_mixes_nothing_up(seed_library: Path, cache: Path) -> None:
    from evals.bench.load import Plan, bench_load

    plan = Plan(users=4, answers=6, flood=3, order="naive")
    found = bench_load(plan, seed_library, ["Who wrote DeepCache?", "How many papers are there?"])
    assert (found["errors"], found["mixed_up"]) == ([], 0)
    assert found["answered"] >= 9 and found["cached"] >= 5 and found["peak_mb"] > 100
