"""What keeps the code base in shape: who may import what, and documents that are true."""

import ast
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT

ORDER = {
    "rag": (
        (
            "core models ingest question library map search evidence checking answer output doctor wiring_writers wiring "
            "cli_options cli_filters cli_papers cli_merges cli_remove cli_library cli_mcp cli_chat cli start"
        ).split(),
        {"cli_chat": {"ui.app"}, "cli_mcp": {"ui.mcp.stdio"}},  # the doors upwards: `citewise chat` and `citewise mcp`
    ),
    "ui": ("records views session gate mcp api window listening mounting app opening space_library space".split(), {}),
    "evals": ("errors cases runs scores fit marking report bench commands".split(), {}),
}
"""Per package its folders and modules in the order in which they may import each other: each those before it."""

ALLOWED = {
    "accelerate": set(),
    "anyio": {"ui/mcp", "ui/session"},
    "chromadb": {"rag/library", "evals/bench"},
    "fastapi": {"ui/app.py", "ui/gate/login.py", "ui/mounting.py"},
    "filelock": {"rag/library", "rag/models"},
    "gguf": set(),
    "gradio": {"ui/app.py", "ui/window.py", "ui/api.py", "ui/mcp", "ui/mounting.py", "ui/space.py", "ui/session"},
    "httpx": {"rag/models", "rag/library/chroma_server.py", "rag/library/server_line.py"},
    "huggingface_hub": {"rag/models", "rag/ingest/hub_dataset.py"},
    "jinja2": {"ui/views", "evals/report"},
    "latex2mathml": {"ui/views"},
    "llama_index": {"rag/library", "rag/search", "evals/bench"},
    "mcp": {"ui/mcp"},
    "markupsafe": {"ui/views", "evals/report"},
    "nltk": {"rag/core"},
    "numpy": {"rag", "evals"},
    "pandas": {"evals/__init__.py", "evals/scores"},
    "platformdirs": {"rag/core"},
    "pydantic": {"rag/core", "rag/output", "ui/records.py", "ui/session"},
    "pydantic_settings": {"rag/core"},
    "pylatexenc": {"rag/ingest"},
    "rich": {"rag/output", "evals/scores", "evals/bench"},
    "safetensors": {"rag/models", "evals/fit"},
    "scipy": {"evals/scores", "evals/fit"},
    "sentence_transformers": {"evals/bench"},
    "sklearn": {"rag/map", "evals/fit"},
    "snowballstemmer": {"rag/core"},
    "tokenizers": {"evals/bench"},
    "torch": {"rag/models", "evals/bench", "evals/fit"},
    "transformers": {"rag/models", "evals/bench"},
    "typer": {
        "rag/cli.py",
        "rag/cli_options.py",
        "rag/cli_filters.py",
        "rag/cli_papers.py",
        "rag/cli_merges.py",
        "rag/cli_remove.py",
        "rag/cli_library.py",
        "rag/cli_mcp.py",
        "rag/cli_chat.py",
        "evals/__main__.py",
        "evals/commands",
    },
}
"""Per third-party package the folders or modules that may import it; transformers itself imports those that nobody here does."""


@cache
def _imports() -> tuple[tuple[Path, str], ...]:
    """Every import of the code that ships: the file, and the dotted name of what is imported."""
    found: list[tuple[Path, str]] = []
    for package in ORDER:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    found += ((path.relative_to(ROOT), alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{path}: a relative import"
                    found += ((path.relative_to(ROOT), f"{node.module}.{alias.name}") for alias in node.names)
    return tuple(found)


def _part(dotted: str) -> str:
    """The folder or module of a package that a dotted name, or a path without its ending, belongs to; "" for the package itself."""
    return [*dotted.split("."), ""][1]


@pytest.mark.parametrize("package", sorted(ORDER))
def test_imports_point_one_way(package: str) -> None:
    order, doors = ORDER[package]
    parts = {path.stem for path in (ROOT / package).glob("*.py")} | {
        path.parent.name for path in (ROOT / package).glob("*/__init__.py")
    }
    assert set(order) <= parts, "the order names parts that are not there"
    backwards = []
    for path, name in _imports():
        if path.parts[0] != package or name.split(".")[0] not in ORDER:
            continue
        here = _part(".".join(path.with_suffix("").parts))
        if package == "rag" and name.split(".")[0] != "rag":
            if name.rsplit(".", 1)[0] not in doors.get(here, set()):
                backwards.append(f"{path} imports {name}")
        elif name.split(".")[0] == package and here in order:
            there = _part(name)
            if there in parts and there not in order[: order.index(here) + 1]:
                backwards.append(f"{path} imports {name}")
        elif package == "ui" and name.split(".")[0] == "evals":
            backwards.append(f"{path} imports {name}")
    assert backwards == []


def test_every_folder_has_its_place_in_the_order() -> None:
    for package, (order, _) in ORDER.items():
        folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
        assert folders <= set(order), f"folders of {package} that the order does not know"


def test_every_folder_says_what_it_owns_and_does_not_know() -> None:
    for package, (order, _) in ORDER.items():
        for folder in order:
            init = ROOT / package / folder / "__init__.py"
            if init.exists():
                said = ast.get_docstring(ast.parse(init.read_text("utf-8"))) or ""
                assert "May import" in said, f"{init} does not say what it may import"


def _third_party() -> Iterator[tuple[Path, str]]:
    for path, name in _imports():
        top = name.split(".")[0]
        if top not in sys.stdlib_module_names and top not in ORDER:
            yield path, top


def test_a_third_party_library_stays_in_its_folders() -> None:
    strays = []
    for path, library in _third_party():
        places = {path.as_posix(), *(parent.as_posix() for parent in path.parents)}
        if not places & ALLOWED.get(library, set()):
            strays.append(f"{path} imports {library}")
    assert strays == []


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^\w.-]", item)[0].lower().replace("_", "-") for item in requirements}

    always = names(project["dependencies"])
    evals, dev = names(extras["evals"]), names(extras["dev"])
    of_module = packages_distributions()
    for path, library in set(_third_party()):
        sources = {name.lower().replace("_", "-") for name in of_module[library]}
        declared = always | evals | dev if path.parts[0] == "evals" else always
        assert sources & declared, f"{path} imports {library}, which pyproject.toml does not declare"


def test_the_space_requirements_are_those_of_the_package_without_what_a_space_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    brought = ("gradio", "mcp")  # by the Space itself, at versions of its own
    package = {item.replace(" ", "") for item in project["dependencies"] if not item.startswith(brought)}
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    space = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    assert space == package


def test_the_space_front_matter_names_an_app_and_versions_that_can_run() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    front = dict(re.findall(r"^(\w+): (.+)$", readme.split("---")[1], re.MULTILINE))
    assert front["sdk"] == "gradio"
    assert front["python_version"].strip('"') == "3.12"
    assert (ROOT / front["app_file"]).is_file()
    pinned = re.search(r"^gradio==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert pinned
    assert front["sdk_version"].strip('"') == pinned.group(1)


def test_the_seed_document_is_unchanged() -> None:
    seeds = ROOT / "seeds" / "000_3710b9dbbfae9cef.txt"
    assert hashlib.sha256(seeds.read_bytes()).hexdigest() == SEED_SHA256


SEED_SHA256 = "71c00df8623041210688dc81a68477636cfeaa5d5515c2134f67a8e20f206a73"


def test_threads_that_wait_sleep_unless_told_otherwise() -> None:
    show = "import rag, os; print(os.environ['OMP_WAIT_POLICY'])"
    for given, expected in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | given
        done = subprocess.run([sys.executable, "-c", show], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
