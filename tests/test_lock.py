"""The lock file holds what constraints.txt holds, with hashes, and nothing of the build of torch that its user chooses."""

import re

from tests.conftest import ROOT

ELSEWHERE = {"audioop-lts", "httpx2-jsfetch", "pywin32", "setuptools"}
"""What the environment of constraints.txt does not need: of a newer Python, another system, and for building the package."""


def _pins(name: str) -> dict[str, str]:
    lines = re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in lines}


def test_the_lock_file_agrees_with_the_constraints() -> None:
    lock, constraints = _pins("requirements-lock.txt"), _pins("constraints.txt")
    assert {name: version for name, version in lock.items() if name not in ELSEWHERE} == constraints, "run: make lock"
    assert not any(name.startswith(("torch", "nvidia", "triton", "cuda")) for name in lock)


def test_every_package_of_the_lock_file_has_a_hash() -> None:
    entries = re.split(r"\n(?=[\w.-]+==)", (ROOT / "requirements-lock.txt").read_text("utf-8"))[1:]
    assert len(entries) > 100
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry[:80]
