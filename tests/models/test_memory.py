"""What a long-running process keeps of the memory it once needed."""

import os
import subprocess
import sys
import time

import pytest

from rag.models import memory
from tests.conftest import ROOT

_THREADS = """
import gc, os, random, sys, threading
from rag.models import memory
if sys.argv[1] == "bounded":
    memory.set_bounds()
import numpy as np

def used():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) // 1024

def work(seed, done, end):
    sizes = random.Random(seed)
    kept = []
    for _ in range(10):
        blocks = [np.ones(sizes.randint(100, 30_000) * 128) for _ in range(3)]
        kept.append(np.ones(1_000))
    del blocks
    done.release()
    end.wait()

before, done, end = used(), threading.Semaphore(0), threading.Event()
threads = [threading.Thread(target=work, args=(seed, done, end)) for seed in range(12)]
for thread in threads:  # one after another, as questions are answered
    thread.start()
    done.acquire()
print(used() - before)
end.set()
"""


@pytest.mark.slow
@pytest.mark.skipif(memory._LIBRARY is None, reason="there is no glibc here")
def test_threads_that_worked_one_after_another_keep_little() -> None:
    kept = {}
    for how in ("bounded", "left alone"):
        child = subprocess.run(
            [sys.executable, "-c", _THREADS, how], capture_output=True, text=True, cwd=ROOT, check=True
        )
        kept[how] = int(child.stdout)
    assert kept["bounded"] < 60, f"megabytes: {kept}"
    assert kept["bounded"] < kept["left alone"] / 3, f"megabytes: {kept}"


def test_memory_is_given_back_now_and_then_and_bounds_of_the_user_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def __init__(self) -> None:
            self.calls: list[tuple[int, ...]] = []

        def malloc_trim(self, pad: int) -> None:
            self.calls.append((pad,))

        def mallopt(self, name: int, value: int) -> None:
            self.calls.append((name, value))

    library, now = Library(), [100.0]
    monkeypatch.setattr(memory, "_LIBRARY", library)
    monkeypatch.setattr(memory, "_given_back", float("-inf"))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for second in (100.0, 101.0, 109.9, 110.0, 111.0):
        now[0] = second
        memory.give_back()
    assert library.calls == [(0,), (0,)]
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")
    memory.set_bounds()
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "7"
    assert (-8, 2) in library.calls
