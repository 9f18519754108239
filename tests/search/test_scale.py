"""What a question costs does not grow with the library: counted in rows, statements and steps of SQLite, whatever else is running."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from evals.bench.made import made_library
from rag.answer.records import Records
from rag.core.domain import Paper
from rag.core.paper_filter import PaperFilter
from rag.core.sentences import sentences
from rag.ingest.formats import read_papers
from rag.library import word_index
from rag.library.sqlite import Database
from rag.library.store import Library
from rag.library.view import View
from rag.question.follow_up import Query
from rag.search.chosen import ChosenRetriever
from rag.search.hybrid import HybridRetriever
from rag.search.late_interaction import LateInteraction
from rag.search.reranker import Reranker
from tests.conftest import SEEDS
from tests.helpers.fakes import HashEmbedder

pytestmark = pytest.mark.slow
_SIZES = (500, 2_000)
_GROWS = 1.3
"""Four times as many papers give more candidates of both kinds: up to 200 in all."""
_STEPS = 500
_BY_RECORDS = ("Which papers did Ada Lovelace write?", "What came out in 2007 on diffusion?", "Who wrote paper 7?")


def papers(count: int) -> list[Paper]:
    """Papers of the seeds' sentences, mixed; the first ones are the same whatever the count."""
    seeds = [paper for paper in read_papers(SEEDS) if isinstance(paper, Paper)]
    every = [span.of(paper.abstract) for paper in seeds for span in sentences(paper.abstract)]
    chance = random.Random(7)
    return [
        replace(
            seeds[n % len(seeds)],
            id=f"paper-{n}",
            title=f"{seeds[n % len(seeds)].title} {n}",
            abstract=" ".join(chance.sample(every, 7)),
            authors=("Ada Lovelace",) if n % 50 == 0 else (f"Author {n}",),
            year=2000 + n % 20,
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Library]]:
    """Of both sizes, with their words as arrays, which small libraries do without."""
    folder = tmp_path_factory.mktemp("scale")
    every = papers(_SIZES[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_index, "FEWEST", _SIZES[0])
        opened = []
        for size in _SIZES:
            made_library(folder / str(size), every[:size], HashEmbedder().identity)
            opened.append(Library.open(folder / str(size)))
            opened[-1].prepare_words()
            opened[-1]._words.wait()
        yield opened
        for library in opened:
            library.close()


@contextmanager
def counted(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Rows, statements and thousands of steps of one library's connection while the block runs."""
    seen = Counter[str]()
    rows = Database.rows

    def counting(self: Database, statement: str, values: Sequence[object] = ()) -> list[object]:
        found = rows(self, statement, values)
        if self is library._database:
            seen["statements"] += 1
            seen["rows"] += len(found)
            seen["by FTS5"] += "MATCH" in statement
        return found

    def step() -> int:
        seen["steps"] += 1
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(Database, "rows", counting)
        library._database.connection.set_progress_handler(step, _STEPS)
        try:
            yield seen
        finally:
            library._database.connection.set_progress_handler(None, 0)


def cost(library: Library, retriever: HybridRetriever, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    reranker = Reranker(LateInteraction(retriever.embedder), late_weight=0.75)
    questions = [paper.title for paper in papers(_SIZES[0])[::25]]
    reranker.rerank(questions[0], retriever.hits(questions[0], 20), library)
    with counted(library, monkeypatch) as seen:
        for question in questions:
            hits = retriever.hits(question, 20)
            assert len(hits) == 20
            reranker.rerank(question, hits, library)
    assert not seen["by FTS5"], "FTS5 was asked for what the arrays hold"
    return seen


def assert_alike(small: Counter[str], large: Counter[str]) -> None:
    for name in ("rows", "statements", "steps"):
        assert small[name], name
        assert large[name] <= _GROWS * small[name], (name, small, large)


def test_a_question_costs_no_more_in_a_larger_library(
    libraries: list[Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []
    for library in libraries:
        with closing(HybridRetriever(library, HashEmbedder())) as retriever:
            costs.append(cost(library, retriever, monkeypatch))
    assert_alike(*costs)


def test_nor_among_chosen_papers(libraries: list[Library], monkeypatch: pytest.MonkeyPatch) -> None:
    costs = []
    for library in libraries:
        with (
            closing(HybridRetriever(library, HashEmbedder())) as whole,
            closing(View.of(library, PaperFilter(from_year=2010))) as view,
        ):
            assert view.count() == library.count() // 2
            costs.append(cost(view, ChosenRetriever(whole, view), monkeypatch))
    assert_alike(*costs)


def test_records_are_looked_through_once(libraries: list[Library], monkeypatch: pytest.MonkeyPatch) -> None:
    library = libraries[-1]
    records = Records(library)

    def ask() -> Counter[str]:
        with counted(library, monkeypatch) as seen:
            for question in _BY_RECORDS:
                records.answer(Query(question, question, question, question))
        return seen

    first, again = ask(), ask()
    assert first["rows"] > len(papers(_SIZES[-1]))
    assert again["rows"] < first["rows"] / 4


def test_opening_reads_the_words_that_are_there(libraries: list[Library]) -> None:
    file = word_index.word_index_file(Path(libraries[-1].folder))
    before = file.stat().st_mtime_ns
    with closing(Library.open(file.parent)) as library:
        library.prepare_words()
        library._words.wait()
        assert library._words.now((library._database.identity, library.stored_revision), library.count) is not None
    assert file.stat().st_mtime_ns == before
