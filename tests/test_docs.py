"""What README and the pages beside it name is there, and what they show runs. Real models, one real server."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic_core import PydanticUndefined
from typer.main import get_command

from evals.__main__ import app as evals_app
from rag.cli import app as citewise_app
from rag.core.settings import PREFIX, Settings
from tests.conftest import ROOT
from tests.helpers.pages import PAGES, blocks_of, name_of
from tests.test_structure import ALLOWED, ORDER

MADE = {"library", "my-library", "answer.json", "runs", "screenshots", "mine.jsonl", "notebook.jsonl", ".venv"}
"""Folders and files that running citewise makes."""
ELSEWHERE = {
    "owner",
    "NAME",
    "Snowflake",
    "BAAI",
    "intfloat",
    "Qwen",
    "HuggingFaceTB",
    "sentence-transformers",
    "cross-encoder",
    "mixedbread-ai",
    "qrels",
    "gradio_api",
}
"""What stands before the slash in names of models, in folders of others, in addresses."""
FILES_OF_OTHERS = {
    "__init__.py",
    "config_sentence_transformers.json",
    "queries.jsonl",
    "ori_pqal.json",
    "feedback.jsonl",
    "map.json",
    "ingest-report.jsonl",
    "my-papers.jsonl",
    "export.ris",
    "library.zip",
    "corpus.jsonl",
}
SUFFIXES = (".py", ".md", ".txt", ".json", ".jsonl", ".toml", ".css", ".js", ".html", ".png")
FLAGS_OF_OTHERS = {"--repo-type", "--max-num-seqs", "--parallel", "--reasoning-parser"}


@cache
def _prose(page: Path) -> str:
    """The page without its fenced blocks, its front matter and its comments."""
    text = re.sub(r"\A---\n.*?\n---\n", "", page.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


@cache
def _code(page: Path) -> tuple[str, ...]:
    """What stands in backticks; a line that was broken inside them is one again."""
    return tuple(" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", _prose(page)))


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


# --- what is named is there -------------------------------------------------------------------------------------------


def test_the_readme_is_short() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) < 150
    shown = text.split("\n---\n", 1)[1].splitlines()
    assert [line for line in shown if len(line) > 140] == []


@each_page
def test_paths_exist(page: Path) -> None:
    in_blocks = [word for block in blocks_of(page) for word in re.findall(r"(?<![\w/.-])[\w.-]+/[\w./-]+", block.text)]
    named = [code for code in _code(page) if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*/?", code)]
    paths = [
        path
        for path in named + [word for word in in_blocks if word.endswith(SUFFIXES)]
        if "/" in path or (path.endswith(SUFFIXES) and path not in SUFFIXES)
    ]
    assert [path for path in paths if not _is_there(page, path)] == []


def _is_there(page: Path, path: str) -> bool:
    first, last = path.split("/")[0], path.rstrip("/").split("/")[-1]
    known = first in MADE | ELSEWHERE or last in FILES_OF_OTHERS
    return known or (ROOT / path).exists() or (page.parent / path).exists()


@each_page
def test_names_of_the_code_exist(page: Path) -> None:
    names = [code for code in _code(page) if re.fullmatch(r"(?:rag|ui|evals)(?:\.\w+)+", code)]
    assert [name for name in names if not _resolves(name)] == []


def _resolves(name: str) -> bool:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        if not (place.is_dir() or place.with_suffix(".py").exists()):
            continue
        value: Any = importlib.import_module(".".join(parts[:end]))
        for attribute in parts[end:]:
            value = getattr(value, attribute, None)
        return value is not None
    return False


@each_page
def test_links_and_anchors_resolve(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        path, _, anchor = target.partition("#")
        if re.match(r"https?:", target):
            continue
        there = page if not path else (page.parent / path).resolve()
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            broken.append(target)
    assert broken == []


@cache
def _anchors(page: Path) -> frozenset[str]:
    """As GitHub makes them: lower case, no punctuation, dashes for spaces."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def _commands(page: Path, start: str) -> Iterator[str]:
    """Each shown command line that begins so, without what stands before and after it."""
    shown = [block.text.replace("\\\n", " ") for block in blocks_of(page) if block.language in ("", "sh")]
    for text in [*_code(page), *(line for block in shown for line in block.splitlines())]:
        for match in re.finditer(rf"(?:^|[\s/$]){start}(?=\s)([^|#;]*)", text):
            yield match.group(1)


@each_page
def test_make_targets_and_variables_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z_]+) \??=", makefile, re.MULTILINE)) | {"Q"}
    wrong = []
    for line in _commands(page, "make"):
        words = re.sub(r'"[^"]*"', "", line).split()
        wrong += [word for word in words if "=" not in word and word not in targets]
        wrong += [word for word in words if "=" in word and word.partition("=")[0] not in variables]
    assert wrong == []


@pytest.mark.parametrize("start, app", [("citewise", citewise_app), ("(?:python -m )?evals", evals_app)])
@each_page
def test_commands_and_flags_exist(page: Path, start: str, app: Any) -> None:
    commands: Any = get_command(app)
    wrong = []
    for line in _commands(page, start):
        name, *words = re.sub(r'"[^"]*"', "", line).split()
        options = {option for item in getattr(commands.commands.get(name), "params", ()) for option in item.opts}
        if name not in {*commands.commands, "--help"}:
            wrong.append(name)
        wrong += [f"{name} {word}" for word in words if word.startswith("--") and word not in {*options, "--help"}]
    assert wrong == []


def _flags(app: Any) -> set[str]:
    commands: Any = get_command(app)
    return {option for command in commands.commands.values() for item in command.params for option in item.opts}


@each_page
def test_flags_in_the_text_exist(page: Path) -> None:
    flags = [flag for code in _code(page) for flag in re.findall(r"(?<!\S)--[a-z][\w-]*", code)]
    assert set(flags) <= _flags(citewise_app) | _flags(evals_app) | {"--help"} | FLAGS_OF_OTHERS


@each_page
def test_settings_exist(page: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"\b{PREFIX}[A-Z\d_]+", page.read_text("utf-8"))) <= known


def test_every_setting_is_told_with_its_flag_and_default() -> None:
    rows = {}
    for line in (ROOT / "docs" / "settings.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")]
        if len(cells) == 4 and cells[0].startswith(f"`{PREFIX}"):
            rows[cells[0].strip("`")] = (cells[1].strip("`"), cells[2].strip("`"), cells[3])
    expected = {}
    for name, field in Settings.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        flag = flag if flag in _flags(citewise_app) else ""
        expected[PREFIX + name.upper()] = (flag, _default(field.default))
    assert {name: (flag, default) for name, (flag, default, _) in rows.items()} == expected
    for name, field in Settings.model_fields.items():
        choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
        meaning = rows[PREFIX + name.upper()][2]
        assert [choice for choice in choices if f"`{choice}`" not in meaning] == [], name


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "~/.cache/citewise"  # the only one that is found out when it is needed
    return {None: "not set", False: "false"}.get(value, str(value)) if value in (None, False) else str(value)


@pytest.mark.parametrize("package", sorted(ORDER))
def test_the_folders_are_told_in_their_order(package: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text.split(f"\n| `{package}/` |", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == ORDER[package][0]


def test_the_places_of_foreign_libraries_are_told() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    told: dict[str, set[str]] = {}
    for names, places in re.findall(r"^\| ([^|]+) \| ([^|]+) \|[^|]*\|$", text.split("\n| library |", 1)[1], re.M):
        for name in re.findall(r"`(\w+)`", names):
            told[name] = set(re.findall(r"`([\w/.]+)`", places))
    assert told == {name: places for name, places in ALLOWED.items() if places}
