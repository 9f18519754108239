"""What the page says of the library and its models, and which questions it proposes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from rag.core.settings import Settings
from rag.question.examples import example_questions
from tests.helpers.answers import answered, citation, paper
from ui.records import Loading
from ui.views.follow_ups import follow_ups
from ui.views.status import status, welcome


def test_status_and_welcome_follow_the_loading() -> None:
    settings = Settings(library=Path("my_lib"))
    loading = Loading("loading", "Loading the reader")
    assert "Loading the reader …" in status(loading, settings)["line"]
    assert "Loading the reader … You can ask already." in welcome(loading, settings)
    about = {"reader": "Org/Small-<b>", "embedder": "e", "device": "cpu", "mode": "quote", "mode_reason": "no <writer>"}
    ready = Loading("ready", papers=1, titles=("One",), description=about)
    state = status(ready, settings)
    assert state["count"] == "1 paper" and "Small-&lt;b&gt; · CPU · quote" in state["line"]
    assert "no &lt;writer&gt;" in state["runs"] and "Qwen3-4B" in state["runs"] and "4,000 characters" in state["runs"]
    assert "it is in use" in status(replace(ready, description=about | {"device": "cuda:0"}), settings)["runs"]
    empty = status(replace(ready, papers=0, titles=()), settings)
    assert "citewise ingest FILE --library my_lib" in empty["welcome"] and empty["retry"]
    assert "no such &lt;x&gt;" in welcome(Loading("failed", "no such <x>"), settings)


def test_examples_come_from_the_titles() -> None:
    titles = ["DeepCache: Fast Sampling", "On Image Super-Resolution", "Super-Resolution for Video", "Some Other Thing"]
    assert example_questions(titles) == [
        "What is DeepCache and what does it improve?",
        "Which papers here are about super-resolution?",
        "What does “DeepCache: Fast Sampling” report?",
        "What does “On Image Super-Resolution” report?",
    ]


def test_examples_of_odd_libraries() -> None:
    assert example_questions([]) == []
    assert example_questions(["Bees"]) == ["What does “Bees” report?"]
    assert example_questions(["", "x" * 200]) == []


def test_follow_ups_ask_for_what_was_not_shown_of_the_cited_papers() -> None:
    abstract = "A challenge is speed. We propose DeepCache. It is 2.3 times faster. Code: https://example.org/code"
    of = paper(abstract, "DeepCache: Fast Sampling", links=("https://example.org/code",))
    other = paper("We introduce Pruner. It removes weights.", "Pruner: Small Networks")
    asked = answered(citation(of, "It is 2.3 times faster."), question="How fast?")
    assert follow_ups(asked) == [
        "How does DeepCache work?",
        "Where is the code of DeepCache?",
        "Which challenge does DeepCache address?",
    ]
    both = answered(citation(of, "It is 2.3 times faster."), citation(other, "It removes weights.", 2))
    assert follow_ups(both)[:3] == [
        "How do DeepCache and Pruner differ?",
        "How does DeepCache work?",
        "How does Pruner work?",
    ]
    again = answered(citation(of, "It is 2.3 times faster."), question="How does DeepCache work?")
    assert "How does DeepCache work?" not in follow_ups(again)
    assert follow_ups(answered(citation(paper("One.", ""), "One."))) == []
    unnamed = paper("We propose a cache. It reduces time. One.", "DeepCache: Fast Sampling")
    assert follow_ups(answered(citation(unnamed, "One.")))[:2] == [
        "How does “DeepCache: Fast Sampling” work?",
        "What does “DeepCache: Fast Sampling” reduce?",
    ]


def test_importing_ui_does_not_import_gradio() -> None:
    code = "import sys, ui, ui.views.turn, ui.views.sources, ui.session.turns; sys.exit('gradio' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent.parent, check=False).returncode
        == 0
    )
