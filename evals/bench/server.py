"""How many answers a minute come from a server that writes, several at a time, beside the naive way: one by one, each as a whole.

Owns: the measurements of `evals bench-writer --server`. Takes the server that the settings name, else a stand-in on this machine.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from evals.bench.stand_in import stand_in
from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.core.settings import Settings
from rag.models.remote_writer import RemoteWriter
from rag.wiring_writers import open_server

AT_ONCE = (1, 4, 16)
_ROUNDS = 3
"""Answers of each thread."""
_FIRST_SECONDS, _TOKEN_SECONDS, _TOKENS = 0.2, 0.02, 60
_PROMPT = (
    Message("system", "Answer from the sentences in at most three sentences."),
    Message("user", "A sentence of evidence. " * 60),
)


def bench_server(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Answers a minute, and the medians of the seconds to the first word and of a whole answer, at so many at a time.

    Raises:
        WriterFailed: the server gave no answer.
    """
    with _server(settings) as (url, what):
        progress("one after another, as a whole")
        rows = {"naive, one after another": _naive(settings, url)}
        for at_once in AT_ONCE:
            progress(f"{at_once} at a time")
            told = settings.model_copy(update={"answers_at_once": at_once, "writer_url": url, "mode": "auto"})
            with closing(open_server(told, url)) as writer:
                if not writer.name:
                    writer.choose()
                rows[f"{at_once} at a time"] = _measured(at_once, partial(_answer, writer))
    naive = rows["naive, one after another"]["answers_a_minute"]
    for row in rows.values():
        row["times_naive"] = round(row["answers_a_minute"] / naive, 2)
    return {"server": what, "rows": rows}


@contextmanager
def _server(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.writer_url:
        with closing(open_server(settings, settings.writer_url)) as writer:
            yield settings.writer_url, writer.place
        return
    with stand_in(_FIRST_SECONDS, _TOKEN_SECONDS, _TOKENS) as url:
        pace = f"{_FIRST_SECONDS:g} s to the first token, then one every {_TOKEN_SECONDS * 1_000:g} ms"
        yield url, f"a stand-in: {pace}, {_TOKENS} tokens"


def _answer(writer: RemoteWriter) -> tuple[float, float]:
    """Seconds to the first word, and to the last."""
    start, first = time.perf_counter(), 0.0
    for piece in writer.stream(_PROMPT):
        first = first or (time.perf_counter() - start if piece else 0.0)
    return first, time.perf_counter() - start


def _naive(settings: Settings, url: str) -> dict[str, float]:
    """A new client and connection for each answer, which comes when all of it is there."""
    import json
    from urllib.request import Request, urlopen

    with closing(open_server(settings.model_copy(update={"writer_url": url}), url)) as writer:
        if not writer.name:
            writer.choose()
        name = writer.name
    messages = [{"role": message.role, "content": message.content} for message in _PROMPT]
    body = json.dumps(
        {"model": name, "messages": messages, "max_tokens": settings.writer_tokens, "temperature": 0}
    ).encode()
    headers = {"content-type": "application/json"}
    if settings.writer_key:
        headers["authorization"] = f"Bearer {settings.writer_key.get_secret_value()}"

    def once() -> tuple[float, float]:
        start = time.perf_counter()
        request = Request(f"{url.rstrip('/')}/chat/completions", body, headers)
        try:
            with urlopen(request, timeout=settings.writer_seconds) as reply:
                reply.read()
        except OSError as error:
            raise WriterFailed(f"the server that writes does not answer the naive way: {error}") from error
        took = time.perf_counter() - start
        return took, took

    return _measured(1, once)


def _measured(at_once: int, once: Callable[[], tuple[float, float]]) -> dict[str, float]:
    times: list[tuple[float, float]] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(_ROUNDS):
                times.append(once())
        except BaseException as error:  # noqa: BLE001 - carried to the caller, who raises it
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    start, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    if failed:
        raise failed[0]
    return {
        "answers": len(times),
        "answers_a_minute": round(60 * len(times) / took, 1),
        "first_word_s": _median([first for first, _ in times]),
        "answer_s": _median([whole for _, whole in times]),
        "cpu_ms_an_answer": round((time.process_time() - cpu) * 1_000 / len(times), 1),
    }


def _median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 3)
