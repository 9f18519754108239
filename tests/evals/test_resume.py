"""Going on with a run that was cut off or killed: it becomes the run that was never stopped."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import evals
from evals.errors import EvalError
from evals.runs.run import load_run
from rag.core.settings import Settings
from tests.conftest import ROOT
from tests.evals.test_runs import DEV_SET, QUESTIONS, _cases, _run


def _but_for_times(path: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows[0]["manifest"].pop("started")
    for row in rows:
        row.pop("timings_ms", None)
    return rows


def test_a_run_cut_off_anywhere_goes_on_where_it_stood(tmp_path: Path) -> None:
    cases = _cases(tmp_path, *QUESTIONS)
    _run(cases, tmp_path / "whole.jsonl")
    whole = (tmp_path / "whole.jsonl").read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    assert len(ends) == 5
    for number, end in enumerate(ends):
        for rest in (0, 1, 90):  # nothing of the next line, or a part of it
            cut = tmp_path / f"cut{number}-{rest}.jsonl"
            cut.write_bytes(whole[: end + rest])
            stub = _run(cases, cut, resume=True)
            assert len(stub.histories) == len(cases) - number, "what is there is not asked again"
            assert cut.read_bytes() == whole


_KILLED = """
import json, os, sys
from pathlib import Path
from evals.runs import run as running

out, lines = Path(sys.argv[1]), int(sys.argv[2])
dump = running._dump

def counted(value):
    if out.read_bytes().count(b"\\n") >= lines:
        with out.open("ab") as stream:
            stream.write(dump(value).encode()[:90])
        os.kill(os.getpid(), 9)
    return dump(value)

running._dump = counted
"""


def _killed_after(lines: int, out: Path, go: str, *words: str) -> None:
    """Begin or go on with a run in a process of its own, and kill it in the middle of a line when the file has so many."""
    command = [sys.executable, "-c", _KILLED + go, str(out), str(lines), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    with pytest.raises(EvalError, match=r"cut off in the middle of a line.*--resume"):
        load_run(out)


@pytest.mark.slow
def test_a_killed_process_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    cases = _cases(tmp_path, *QUESTIONS)
    _run(cases, tmp_path / "whole.jsonl")
    cut = tmp_path / "cut.jsonl"
    go = "from tests.evals.test_runs import _run, load_set\n_run(load_set(Path(sys.argv[3])).cases, out, resume=True)\n"
    for lines in (2, 4):
        _killed_after(lines, cut, go, str(tmp_path / "set.jsonl"))
        assert cut.read_bytes().count(b"\n") == lines
    _run(cases, cut, resume=True)
    assert cut.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.slow
def test_a_run_killed_twice_and_resumed_is_the_run_that_was_never_killed(
    seed_settings: Settings, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"library": seed_settings.library, "cache": seed_settings.cache, "limit": 4}
    evals.run(DEV_SET, out=tmp_path / "whole.jsonl", **given)
    cut = tmp_path / "cut.jsonl"
    go = "import evals\nevals.run(sys.argv[3], out=out, resume=True, **json.loads(sys.argv[4]))\n"
    for lines in (2, 4):
        _killed_after(lines, cut, go, str(DEV_SET), json.dumps(given, default=str))
    resumed = evals.run(DEV_SET, out=cut, resume=True, **given)
    assert len(resumed.lines) == 4
    assert _but_for_times(cut) == _but_for_times(tmp_path / "whole.jsonl")
    assert evals.frame(resumed)["facts"].mean() == pytest.approx(
        evals.score(resumed)["measures"]["facts"]["mean"], abs=1e-4
    )
