"""Many people at one window: how long they wait, how long their answers take, what the window needs, and that nothing is mixed up.

Owns: the window in a process of its own, the people, who ask over HTTP as programs do, and the figures. Whether answers are right is
not looked at, but all that get the same question must get the same answer.
"""

import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from evals.errors import EvalError

NAIVE = """
from ui.session import fairness

fairness.FairOrder.order = lambda self, waiting: list(range(len(waiting)))
"""
"""What makes a window serve whoever came first."""
_START = "import sys; sys.argv[0] = 'citewise'; from rag.start import main; sys.exit(main())"
_PATIENCE_S = 3_600.0
FLOOD = "flood"
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Plan:
    """One measurement: `users` ask `answers` questions together, or for so many `minutes`, each thinking for `think_s` seconds on the
    mean between two. One of them asks `flood` questions at once."""

    users: int
    answers: int
    minutes: float = 0.0
    think_s: float = 0.0
    cache: int = 1_000
    order: str = "fair"
    flood: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what came of it. `elapsed_s` is what its asker waited for; `made_s` what its answer took."""

    user: str
    question: str
    elapsed_s: float
    made_s: float
    cached: bool
    answer: str
    error: str = ""


@dataclass(slots=True)
class _Tally:
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: list[Asked] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    begun: int = 0


def bench_load(plan: Plan, library: Path, questions: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """Measure one plan on a window over this library.

    Returns:
        Ready for JSON: times in seconds, memory in MB (10**6 bytes) of the window's process.

    Raises:
        EvalError: the window does not start, or there is no question.
    """
    if not questions:
        raise EvalError("there is no question to ask; name another set with --set")
    with window(library, plan) as (address, pid):
        ask(address, "warm", questions[0])
        tally, started = _Tally(), time.monotonic()
        ends = started + plan.minutes * 60 if plan.minutes else None
        people = [
            threading.Thread(target=_person, args=(address, plan, n, questions, seed, tally, ends), daemon=True)
            for n in range(plan.users)
        ]
        flood = [
            threading.Thread(target=_one, args=(address, FLOOD, questions[n % len(questions)], tally), daemon=True)
            for n in range(plan.flood)
        ]
        for thread in flood:
            thread.start()
        while len(flood) > tally.begun:
            time.sleep(0.01)  # a flood that comes first
        for thread in people:
            thread.start()
        while any(thread.is_alive() for thread in (*people, *flood)):
            tally.memory.append(memory(pid))
            time.sleep(1.0)
        seconds = time.monotonic() - started
        return {**asdict(plan), **_figures(tally, seconds), "peak_mb": memory(pid, "VmHWM"), "end_mb": memory(pid)}


def _person(
    address: str, plan: Plan, n: int, questions: Sequence[str], seed: int, tally: _Tally, ends: float | None
) -> None:
    chance = random.Random(seed * 1_000 + n)
    first = True
    while True:
        if not first and plan.think_s:
            time.sleep(min(chance.expovariate(1 / plan.think_s), 10 * plan.think_s))
        first = False
        with tally.lock:
            people = tally.begun - plan.flood
            if time.monotonic() >= ends if ends else people >= plan.answers:
                return
        _one(address, f"user{n}", chance.choice(questions), tally)


def _one(address: str, user: str, question: str, tally: _Tally) -> None:
    with tally.lock:
        tally.begun += 1
    asked = ask(address, user, question)
    with tally.lock:
        tally.asked.append(asked)


def ask(address: str, user: str, question: str) -> Asked:
    """Ask as a program; each question in a session of its own would be another visitor, so those of a flood have none."""
    body: dict[str, Any] = {"data": [question, None]}
    if user != FLOOD:
        body["session_hash"] = user
    begun = time.monotonic()
    try:
        event = json.loads(_read(f"{address}/gradio_api/call/ask", json.dumps(body).encode()))["event_id"]
        reply = _read(f"{address}/gradio_api/call/ask/{event}")
    except (OSError, ValueError, KeyError) as error:
        return Asked(user, question, time.monotonic() - begun, 0.0, False, "", str(error))
    elapsed = time.monotonic() - begun
    kind, data = _last_event(reply)
    if kind != "complete":
        return Asked(user, question, elapsed, 0.0, False, "", data[:200])
    record = json.loads(data)[0]
    times = record.pop("timings_ms")
    made = times.get("total", 0.0) / 1_000
    if record["question"] != question:
        return Asked(
            user, question, elapsed, made, False, "", f"the answer to another question came: {record['question']}"
        )
    return Asked(user, question, elapsed, made, "cached" in times, json.dumps(record, sort_keys=True))


def _read(url: str, body: bytes | None = None) -> str:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as reply:
        return str(reply.read().decode())


def _last_event(stream: str) -> tuple[str, str]:
    """The kind and data of the last event of a stream that says something."""
    kind, last = "", ("", "")
    for line in stream.splitlines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data" and kind != "heartbeat":
            last = kind, value
    return last


def _figures(tally: _Tally, seconds: float) -> dict[str, Any]:
    good = [one for one in tally.asked if not one.error]
    people = [one for one in good if one.user != FLOOD]
    waits = [max(0.0, one.elapsed_s - one.made_s) for one in people]
    answers: dict[str, set[str]] = {}
    for one in good:
        answers.setdefault(one.question, set()).add(one.answer)
    half = len(tally.memory) // 2
    return {
        "answered": len(good),
        "failed": len(tally.asked) - len(good),
        "errors": sorted({_NUMBER.sub("N", one.error) for one in tally.asked if one.error})[:5],
        "mixed_up": sum(len(of_one) > 1 for of_one in answers.values()),
        "minutes": round(seconds / 60, 2),
        "a_minute": round(60 * len(good) / seconds, 1),
        "cached": sum(one.cached for one in good),
        **_percentiles("wait", waits),
        **_percentiles("answer", [one.made_s for one in people]),
        "memory_mb": [max(some) for some in (tally.memory[:half], tally.memory[half:]) if some],
    }


def _percentiles(name: str, values: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p{n}_s": round(float(np.percentile(values, n)), 2) if values else float("nan") for n in (50, 95)}


@contextmanager
def window(library: Path, plan: Plan) -> Iterator[tuple[str, int]]:
    """The address and process id of a window over this library, until the block is left.

    Raises:
        EvalError: it does not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = (NAIVE if plan.order == "naive" else "") + _START
    command = [sys.executable, "-c", code, "chat", "--library", str(library), "--port", str(port)]
    settings = {**os.environ, "CITEWISE_ANSWER_CACHE": str(plan.cache)}
    with subprocess.Popen(
        command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if "is open" not in line:
                raise EvalError(f"the window over {library} did not start; see citewise chat --library {library}")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def memory(pid: int, name: str = "VmRSS") -> int:
    """MB of a process; 0 where the system does not tell, or it has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1_024 // 10**6 for line in lines if line.startswith(name)), 0)


_SHOWN = (
    "users flood order cache answered failed cached a_minute wait_p50_s wait_p95_s answer_p50_s answer_p95_s peak_mb end_mb mixed_up"
).split()


def print_load(results: Sequence[dict[str, Any]], console: Console | None = None) -> None:
    """A row for each measurement."""
    console = console or Console(highlight=False, width=160)
    table = Table(*_SHOWN)
    for one in results:
        table.add_row(*(str(one[name]) for name in _SHOWN))
    console.print(table)
    for one in results:
        for error in one["errors"]:
            console.print(f"{one['users']} users: {error}")
