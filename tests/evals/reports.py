"""Runs to report, made by hand, and what a browser makes of a page."""

from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from evals.runs.run import Run
from rag.core.domain import Paper

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror="alert(1)">'
BEES = Paper("bees", "Honey bees", "Bees make honey. They dance for 40 minutes to tell where flowers are.")
TEA = Paper("tea", "Green tea", "Green tea is steeped at 70 degrees. Longer is bitter.", url="https://example.org/tea")
HOSTILE = Paper(
    "x", f"Title {SCRIPT}{IMAGE}", f"We show {SCRIPT} and {IMAGE} & more. Another one.", url="javascript:alert(1)"
)
PAPERS = (BEES, TEA, HOSTILE)
MANIFEST: dict[str, Any] = {
    "format": 1,
    "citewise": "0.1.0",
    "commit": "0123456789abcdef",
    "started": "2026-01-02T03:04:05+00:00",
    "mode": "quote",
    "set": {"path": "small.jsonl", "sha256": "aa", "n": 1},
    "library": {"fingerprint": "fedcba9876543210", "papers": 3},
    "embedder": {"name": "embedder-1", "sha256": "bb"},
    "reader": {"name": "reader-1", "sha256": "cc"},
    "writer": None,
    "machine": {"device": "cpu"},
}


def answered(name: str, paper: Paper, quote: str, **changes: Any) -> dict[str, Any]:
    """A line whose answer quotes these words of the paper; `changes` go into the line, those of `case` into the case."""
    start = paper.abstract.index(quote)
    cited = {
        "n": 1,
        "paper_id": paper.id,
        "title": paper.title,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    }
    found = [paper, *(other for other in PAPERS if other != paper)]
    case = {"id": name, "question": f"What of {name}?", "gold": [paper.title], "type": "plain"}
    case |= changes.pop("case", {})
    return {
        "id": name,
        "case": case,
        "question": case["question"],
        "standalone_question": case["question"],
        "mode": "quote",
        "outcome": "answered",
        "p_answerable": 0.9,
        "answer": f"“{quote}” [1]",
        "sentences": [{"text": quote, "verdict": "quote", "citations": [cited]}],
        "dropped": [],
        "missing": [],
        "nearest": [],
        "retrieved": [
            {"paper_id": p.id, "title": p.title, "score": 3.0 - n, "parts": {"dense": 0.5, "lexical": 2.0}}
            for n, p in enumerate(found)
        ],
        "timings_ms": {"rewrite": 0, "retrieve": 20, "read": 500, "first_text": 510, "total": 520},
        "error": None,
    } | changes


def declined(name: str, **changes: Any) -> dict[str, Any]:
    """A line of a question that was declined."""
    return (
        answered(name, BEES, "Bees make honey.", case=changes.pop("case", {}))
        | {
            "outcome": "declined",
            "p_answerable": 0.1,
            "answer": "No abstract here answers this.",
            "sentences": [],
        }
        | changes
    )


def failing(name: str) -> dict[str, Any]:
    """A line of a question that failed."""
    case = {"id": name, "question": "Why?", "gold": ["bees"], "nuggets": [["40 minutes"]]}
    return {"id": name, "case": case, "question": "Why?", "error": f"ValueError: no {SCRIPT}"}


def make_run(*items: dict[str, Any], name: str = "run.jsonl", **manifest: Any) -> Run:
    return Run(Path(name), MANIFEST | manifest, tuple(deepcopy(items)))


def some_run() -> Run:
    return make_run(
        answered("honey", BEES, "Bees make honey."),
        answered("tea", TEA, "Longer is bitter.", case={"type": "odd one", "nuggets": [["70 degrees"], ["bitter"]]}),
        declined("off", case={"question": "What of the weather?", "gold": [], "answerable": False, "type": "off"}),
        failing("broken"),
    )


class Parsed(HTMLParser):
    """What a browser makes of a page: its elements, the texts in `<mark>`, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[str] = []
        self.texts: list[str] = []
        self._in_mark = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_mark = tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._in_mark:
            self.marks.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def attributes(self, tag: str, name: str) -> list[str]:
        return [attrs[name] or "" for found, attrs in self.elements if found == tag and name in attrs]
