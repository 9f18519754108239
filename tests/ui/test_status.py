"""What the page says of the library and its models, and which questions it proposes."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from rag.core.settings import Settings
from rag.library.overview import Overview, Topic
from rag.question.examples import example_questions
from tests.helpers.answers import Shown, answered, citation, paper
from ui.records import Loading
from ui.views.follow_ups import follow_ups
from ui.views.status import library, ready_line, status, welcome


def test_status_and_welcome_follow_the_loading() -> None:
    settings = Settings(library=Path("my_lib"))
    loading = Loading("loading", "Loading the reader")
    assert "Loading the reader …" in status(loading, settings)["line"]
    assert "Loading the reader … You can ask already." in welcome(loading, settings)
    about = {"reader": "Org/Small-<b>", "embedder": "e", "device": "cpu", "mode": "quote", "mode_reason": "no <writer>"}
    ready = Loading("ready", papers=1, titles=("One",), description=about)
    state = status(ready, settings)
    assert state["count"] == "1 paper" and "Searches 1 paper · answers in exact quotes" in state["line"]
    assert "Small-&lt;b&gt;" in state["runs"] and "no &lt;writer&gt;" in state["runs"] and "Qwen3-4B" in state["runs"]
    assert "4,000 characters" in state["runs"] and "1 paper" in state["runs"]
    assert "my_lib" not in state["runs"]  # a visitor need not know folders
    assert "it is in use" in status(replace(ready, description=about | {"device": "cuda:0"}), settings)["runs"]
    assert "no such &lt;x&gt;" in welcome(Loading("failed", "no such <x>"), settings)


def test_no_model_device_or_setting_is_named_where_a_reader_looks() -> None:
    about = {
        "reader": "Org/Small",
        "embedder": "Org/Finder",
        "device": "cpu",
        "mode": "quote",
        "mode_reason": "no writer is set up: name a server by CITEWISE_WRITER_URL",
    }
    state = status(Loading("ready", papers=70_000, titles=("One",), description=about, overview=OVERVIEW), Settings())
    seen = "".join(str(state[part]) for part in ("line", "welcome", "library", "count"))
    assert not re.search(r"Org/|Finder|CITEWISE_|\b(?:cpu|quote)\b", seen, re.IGNORECASE)
    assert "CITEWISE_WRITER_URL" in state["runs"] and "<details" in state["runs"]  # folded, for whoever runs it


def test_where_questions_go_is_said_of_a_server_that_writes() -> None:
    about = {"mode": "write", "writer": "big", "writer_place": "https://example.org"}
    line = ready_line(Loading("ready", papers=2, description=about))
    assert "writes answers, each sentence checked" in line
    assert "go to the server that writes" in line
    assert "stay on the computer" in ready_line(
        Loading("ready", papers=2, description=about | {"writer_place": "cuda"})
    )


def test_an_empty_library_says_how_to_fill_it_and_offers_nothing_to_ask() -> None:
    empty = status(Loading("ready"), Settings(library=Path("my_lib")))
    assert "citewise ingest FILE --library my_lib" in empty["welcome"] and "cw-nothing" in empty["welcome"]
    assert empty["retry"] and "No papers yet" in empty["line"]
    assert empty["library"] == ""
    assert 'data-do="ask"' not in "".join(map(str, empty.values()))


OVERVIEW = Overview(
    9, (Topic("varroa <mites>", 4), Topic("nectar", 2)), Topic("bees", 9), ((1990, 2), (2020, 1), (2023, 4)), 2
)


def _shown(overview: Overview | None) -> Shown:
    return Shown(library(Loading("ready", papers=9, overview=overview)))


def test_first_sight_names_topics_with_how_many_papers_name_each() -> None:
    shown = _shown(OVERVIEW)
    assert "9 papers; 9 of them name bees." in shown.text
    assert "how many papers name each" in shown.text and "varroa <mites> 4" in shown.text
    assert ("data-question", "Which papers are about varroa <mites>?") in shown.attributes


def test_years_are_bars_with_what_came_before_as_one() -> None:
    shown = _shown(OVERVIEW)
    labels = [value for name, value in shown.attributes if name == "aria-label"][2:]
    assert labels[0] == "2 papers published before 2012"
    assert labels[1:] == [f"{n} paper{'' if n == 1 else 's'} from {year}" for year, n in BARS.items()]
    asked = [value for name, value in shown.attributes if name == "data-question"]
    assert asked[-1] == "Which papers are from 2023?" and "Which papers are published before 2012?" in asked
    assert [value for name, value in shown.attributes if name == "height"] == [
        "50", *("25" if year == 2020 else "100" if year == 2023 else "0" for year in BARS)
    ]  # fmt: skip
    assert "2 papers without one" in shown.text


BARS = {year: {2020: 1, 2023: 4}.get(year, 0) for year in range(2012, 2024)}


def test_papers_of_the_library_can_be_asked_about() -> None:
    shown = _shown(replace(OVERVIEW, titles=("On <Bees> $x^2$",)))
    assert "The newest" in shown.text and "On <Bees>" in shown.text
    assert ("data-title", "On <Bees> $x^2$") in shown.attributes and ("data-do", "ask-about") in shown.attributes
    assert "Some of its papers" in _shown(Overview(9, titles=("One",))).text


def test_a_library_without_years_or_topics_shows_neither_and_one_not_looked_over_nothing() -> None:
    assert "Years" not in _shown(Overview(9, OVERVIEW.topics)).text
    plain = _shown(Overview(1))
    assert "Topics" not in plain.text and "1 paper." in plain.text
    assert _shown(None).text == ""


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
