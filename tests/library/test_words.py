"""Words of a large library as arrays: the same scores as FTS5 gives, complete before they are used, made anew where they are wrong."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.core.paper_filter import PaperFilter
from rag.ingest.formats.record import make_paper
from rag.library import indexes, stems, word_file, word_index
from rag.library.files import database_file
from rag.library.store import Library
from rag.library.view import View
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder

_TOPICS = ("pruning of networks", "word_embedding tables", "naïve Bayes", "l'été of C++ users", "networks, networks!")
PAPERS = [
    make_paper(
        id=f"p{n:02}",
        title=f"{_TOPICS[n % 5].capitalize()} {n}" if n % 7 else "",
        abstract=f"We study {_TOPICS[(n + n // 5) % 5]} number {n % 3}. {'Networks learn. ' * (n % 4)}It ran in {2000 + n}.",
        authors=["Ada Lovelace"] if n % 4 == 0 else ["Bea Schmidt"],
    )
    for n in range(30)
]
QUESTIONS: list[list[str]] = [
    ["networks"],
    ["pruned", "network", "pruning"],
    ["the", "of", "we"],
    ["été", "naive", "bayes"],
    ["word_embedding", "tables"],
    ["nothing", "holds", "these"],
    ["_"],
    ["2003", "3"],
    [word for topic in _TOPICS for word in topic.lower().split()] * 3,
    ['quo"te', "networks"],
    [],
]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "FEWEST", 3)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words") / "library"
    add(folder, PAPERS)
    return folder


@pytest.fixture
def folder(stored: Path, tmp_path: Path) -> Path:
    """A copy of a library without an index of its words."""
    (tmp_path / "library").mkdir()
    database_file(tmp_path / "library").write_bytes(database_file(stored).read_bytes())
    return tmp_path / "library"


def answers(library: Library) -> list[object]:
    ids = [paper.id for paper in library.papers()]
    found: list[object] = []
    for words in QUESTIONS:
        for limit in (1, 4, 100):
            found.append(list(library.lexical(words, limit).items()))
        found.append(library.lexical_of(words, ids[::2]))
        found.append(library.holding([*words, "naïve Bayes"]))
    return found


def by_sql(library: Library, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    with monkeypatch.context() as patch:
        patch.setattr(type(library._words), "now", lambda *_: None)
        return answers(library)


def loaded(library: Library) -> bool:
    """Whether the library's words are there as arrays, after what is being made is done."""
    library.prepare_words()
    library._words.wait()
    return library._words.now((library._database.identity, library.stored_revision), library.count) is not None


def changed(folder: Path, gone: Sequence[str], come: Sequence[Paper]) -> None:
    if come:
        add(folder, come)
    with Library.open_for_writing(folder, HashEmbedder().identity) as library, library.changing() as connection:
        connection.executemany("DELETE FROM papers WHERE id = ?", [(one,) for one in gone])


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    with closing(Library.open(folder)) as opened:
        yield opened


def test_scores_and_counts_are_those_of_fts5_to_the_last_bit(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = by_sql(library, monkeypatch)
    assert loaded(library)
    monkeypatch.setattr("rag.library.queries.best_by_words", _only_phrases)
    assert answers(library) == expected
    assert any(expected)


def _only_phrases(words: Sequence[str], limit: int) -> object:
    assert not words or "word_embedding" in words, "FTS5 was asked though the arrays are there"
    from rag.library.queries import _bm25

    return _bm25(words, "ORDER BY score DESC, p.id LIMIT ?", (limit,))


def test_a_view_scores_its_own_papers_by_the_words_of_the_whole_library(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = View.of(library, PaperFilter(authors=("Lovelace",)))
    expected = by_sql(view, monkeypatch)
    assert loaded(library)
    assert view._words.now((library._database.identity, library.stored_revision), library.count) is not None
    assert answers(view) == expected
    assert view.holding(["networks"])["networks"] < library.holding(["networks"])["networks"]


def test_until_the_arrays_are_there_fts5_answers(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = by_sql(library, monkeypatch)
    monkeypatch.setattr(word_index.WordIndex, "_make", lambda _: None)
    assert answers(library) == expected


def test_a_small_library_has_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "FEWEST", 31)
    word_index.publish(folder)
    assert not word_index.word_index_file(folder).exists()
    with closing(Library.open(folder)) as library:
        assert library.lexical(["networks"], 5)
        assert library._words._maker is None


def test_a_writer_leaves_the_words_of_what_it_wrote(folder: Path) -> None:
    with Library.open_for_writing(folder, HashEmbedder().identity) as library:
        indexes.publish(library, None)
    written = word_index.word_index_file(folder)
    before = written.stat().st_mtime_ns
    assert written.stat().st_mode & 0o777 == database_file(folder).stat().st_mode & 0o777
    with closing(Library.open(folder)) as library:
        assert loaded(library)
    assert written.stat().st_mtime_ns == before


@pytest.mark.parametrize("share", [0.1, 1.0], ids=["anew", "taken over"])
def test_words_follow_the_papers(folder: Path, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "_MOST_CHANGED", share)
    monkeypatch.setattr(word_index, "_REST", 0)
    new = make_paper(id="new", title="Zebras and networks", abstract="Pruning of zebras is not naïve.")
    other = make_paper(id="p03", title="Something else", abstract="Aardvarks have no networks.")
    word_index.publish(folder)
    with closing(Library.open(folder)) as library:
        assert loaded(library)
        changed(folder, ["p00", "p07", "p29"], [new, other])
        expected = by_sql(library, monkeypatch)
        assert answers(library) == expected
        assert loaded(library)
        assert answers(library) == expected
        assert library.holding(["zebra", "aardvark"]) == {"zebra": 1, "aardvark": 1}
        assert library.lexical(["zebra"], 5).keys() == {"new"}
    # The reader has left them for others.
    kept = word_file.read(word_index.word_index_file(folder))
    assert kept is not None
    assert b"zebra" in kept.vocabulary()
    with closing(Library.open(folder)) as library:
        assert loaded(library)
        assert answers(library) == expected


def test_a_stem_that_no_paper_holds_any_more_is_gone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "_MOST_CHANGED", 1.0)
    word_index.publish(folder)
    changed(folder, ["p05"], [])
    word_index.publish(folder)
    kept = word_file.read(word_index.word_index_file(folder))
    assert kept is not None
    assert b"2005" not in kept.vocabulary()
    assert b"2006" in kept.vocabulary()


@pytest.mark.parametrize("place", [10, 5_000, -1, "half", "empty"])
def test_a_damaged_file_is_made_anew(folder: Path, place: int | str, monkeypatch: pytest.MonkeyPatch) -> None:
    word_index.publish(folder)
    file = word_index.word_index_file(folder)
    whole = file.read_bytes()
    if isinstance(place, int):
        broken = bytearray(whole)
        broken[place] ^= 0x55
    else:
        broken = bytearray(whole[: len(whole) // 2] if place == "half" else b"")
    if place == -1:  # the room after the last array is of no array
        broken[5_000] ^= 0x55
    file.write_bytes(broken)
    assert word_file.read(file) is None
    with closing(Library.open(folder)) as library:
        expected = by_sql(library, monkeypatch)
        assert loaded(library)
        assert answers(library) == expected
    assert file.read_bytes() == whole


def test_the_file_of_another_library_is_not_believed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [make_paper(id=paper.id, title="Cats", abstract=f"Dogs number {n}.") for n, paper in enumerate(PAPERS)]
    add(tmp_path / "other", other)
    word_index.publish(tmp_path / "other")
    word_index.word_index_file(tmp_path / "other").replace(word_index.word_index_file(folder))
    with closing(Library.open(folder)) as library:
        expected = by_sql(library, monkeypatch)
        assert loaded(library)
        assert answers(library) == expected


def test_a_writer_that_was_killed_leaves_the_words_as_they_were(folder: Path) -> None:
    word_index.publish(folder)
    file = word_index.word_index_file(folder)
    whole = file.read_bytes()
    left = file.with_name("words.index.0123abcd.new")
    left.write_bytes(whole[:100])
    with closing(Library.open(folder)) as library:
        assert loaded(library)
    assert file.read_bytes() == whole
    word_index.publish(folder)
    assert not left.exists()


def test_where_the_file_cannot_be_written_the_words_are_kept_in_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space is left")

    monkeypatch.setattr(word_file, "write", full)
    word_index.publish(folder)
    with closing(Library.open(folder)) as library:
        expected = by_sql(library, monkeypatch)
        assert loaded(library)
        assert answers(library) == expected
    assert not word_index.word_index_file(folder).exists()


def test_words_are_cut_as_the_tables_say(folder: Path) -> None:
    with closing(sqlite3.connect(database_file(folder))) as connection:
        (statement,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'papers_fts'").fetchone()
    assert f"tokenize='{stems.TOKENIZER}'" in statement


def test_what_a_library_holds_is_what_its_texts_hold(folder: Path) -> None:
    with word_index._reading(folder) as connection:
        texts = connection.execute("SELECT key, title, abstract FROM papers ORDER BY key").fetchall()
        stored, cut = stems.in_library(connection), stems.in_texts(texts)
    assert stored.stems == cut.stems
    for name in ("keys", "lengths", "of_stem", "papers", "counts"):
        assert getattr(stored, name).tolist() == getattr(cut, name).tolist(), name
