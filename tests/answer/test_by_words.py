"""What is said where papers were found by their words alone, as the vectors are on a server that is away."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.answer.again import comes_again
from rag.answer.assistant import Assistant
from rag.answer.by_words import ByWords, is_noticed
from rag.core.domain import Answer, Paper
from rag.library.chroma_server import ChromaServer
from rag.output.to_json import answer_json, search_json
from rag.search.hybrid import HybridRetriever
from rag.search.searcher import BY_WORDS
from tests.helpers.assistants import over

ANSWER = Answer("What?", "What?", "quote", "answered", 0.9, "Bees make honey.", notice="Asked of 3 of 4 papers.")


def test_an_answer_says_how_its_papers_were_found_when_they_were_looked_for() -> None:
    searcher: Any = SimpleNamespace(notice="")
    by_words = ByWords(searcher)
    by_words.look()
    searcher.notice = BY_WORDS
    assert by_words.noticed(ANSWER) == ANSWER, "what happens later is of other questions"
    by_words.look()
    searcher.notice = ""
    told = by_words.noticed(ANSWER)
    assert told.notice == f"{BY_WORDS} Asked of 3 of 4 papers."
    assert (is_noticed(told), is_noticed(ANSWER)) == (True, False)
    assert [comes_again(one, {}, is_whole=True) for one in (told, ANSWER)] == [False, True], "it is not kept"
    assert not comes_again(ANSWER, {}, is_whole=False)
    assert answer_json(told)["notice"] == told.notice
    assert search_json("bees", (), BY_WORDS)["notice"] == BY_WORDS
    assert "notice" not in search_json("bees", ())


@pytest.mark.slow
def test_questions_and_searches_go_on_without_the_server_and_say_so(
    assistant: Assistant, tmp_path: Path, few_papers: list[Paper]
) -> None:
    with over(assistant, tmp_path / "library", few_papers) as asked:
        whole = asked.searcher.retriever
        away = HybridRetriever(asked.library, whole.embedder, server=ChromaServer("http://127.0.0.1:9"))
        asked.searcher.retriever = away
        answer = asked.ask("How hot is the water for green tea?")
        assert answer.outcome == "answered"
        assert answer.text.startswith("“Green tea is steeped at 70 degrees.”")
        assert is_noticed(answer)
        assert next(hit.paper.id for hit in asked.search("honey bees")) == "bees"
        assert asked.notice == BY_WORDS
        assert not is_noticed(asked.ask("How many papers are there?")), "it is told without looking for papers"
        asked.searcher.retriever = whole
        assert not is_noticed(asked.ask("How hot is the water for green tea?"))
        away.close()
