"""What keeps the code base in shape: who may import what, and documents that are true."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ALLOWED = {
    "torch": {
        "rag/models.py",
        "rag/writer_model.py",
        "rag/weights.py",
        "rag/embedding.py",
        "rag/likelihood.py",
        "evals/random_writer.py",
    },
    "transformers": {"rag/models.py", "rag/writer_model.py", "rag/weights.py", "evals/random_writer.py"},
    "openai": {"rag/generation.py"},
    "huggingface_hub": {"rag/models.py"},
    "chromadb": {"rag/vectors.py", "evals/bench_naive.py"},
    "llama_index": {"rag/vectors.py", "rag/retrieval.py", "evals/bench_naive.py"},
    "sentence_transformers": {"evals/bench_sides.py"},
    "scipy": {"evals/intervals.py"},
    "pandas": {"evals/__init__.py", "evals/scoring.py"},
    "sqlite3": {"rag/sqlite.py", "rag/library.py", "rag/vectors.py"},
    "nltk": {"rag/chunking.py"},
    "snowballstemmer": {"rag/words.py"},
    "sklearn": {"evals/fitting.py"},
    "gradio": {"ui/app.py", "ui/api.py", "ui/space.py", "ui/lookups.py"},
    "latex2mathml": {"ui/mathml.py"},
}


def _imports() -> Iterator[tuple[str, str]]:
    for package in ("rag", "ui", "evals"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names: list[str] = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                for name in names:
                    yield str(path.relative_to(ROOT)), name


@pytest.mark.parametrize("library", sorted(ALLOWED))
def test_a_foreign_library_stays_in_its_modules(library: str) -> None:
    users = {path for path, name in _imports() if name.split(".")[0] == library}
    assert users <= ALLOWED[library]


def test_rag_never_imports_what_stands_on_top_of_it_but_to_open_the_window() -> None:
    upward = {
        (path, name) for path, name in _imports() if path.startswith("rag/") and name.split(".")[0] in ("ui", "evals")
    }
    assert upward == {("rag/cli.py", "ui.app")}


def test_the_file_tree_in_the_readme_is_the_file_tree() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    block = readme.split("<!-- tree -->")[1].split("```")[1]
    named: set[str] = set()
    folder = ""
    for line in block.splitlines()[1:]:
        entry = line.split("  ")[0] if not line.startswith(" ") else line.strip().split("  ")[0]
        if line and not line.startswith(" "):
            folder = entry if entry.endswith("/") else ""
            if not folder:
                named.add(entry)
        elif line.strip():
            named.add(folder + entry)
    there = {
        str(path.relative_to(ROOT))
        for package in ("rag", "ui", "evals", "prompts")
        for path in (ROOT / package).rglob("*")
        if path.suffix in (".py", ".md", ".css", ".js", ".html", ".jsonl", ".json")
        and path.name != "__init__.py"
        and "__pycache__" not in path.parts
    } | {"app.py", "Makefile", "pyproject.toml", "constraints.txt", "requirements.txt", "requirements-models.txt"}
    assert named - there == set(), "the README names files that are gone"
    assert there - named == set(), "the README misses files"


def test_the_space_requirements_are_those_of_the_package_without_gradio() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    package = {item.replace(" ", "") for item in project["dependencies"] if not item.startswith("gradio")}
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
    import hashlib

    assert hashlib.sha256(Path(ROOT / "seeds" / "000_3710b9dbbfae9cef.txt").read_bytes()).hexdigest() == SEED_SHA256


SEED_SHA256 = "71c00df8623041210688dc81a68477636cfeaa5d5515c2134f67a8e20f206a73"


def test_threads_that_wait_sleep_unless_told_otherwise() -> None:
    show = "import rag, os; print(os.environ['OMP_WAIT_POLICY'])"
    for given, expected in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | given
        done = subprocess.run([sys.executable, "-c", show], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
