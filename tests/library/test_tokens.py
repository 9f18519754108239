"""Token vectors kept with their papers: stored, read, replaced, repaired, and made where an older library lacks them."""

import logging
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Paper
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.ingest.formats.record import make_paper
from rag.library.backup import backup
from rag.library.header import version_of
from rag.library.repair import repair
from rag.library.restore import restore
from rag.library.setting_aside import put_back, take_out
from rag.library.store import Library, database_file
from rag.library.view import View
from rag.models.spans import TokenVectors
from rag.search.late_interaction import LateInteraction
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder

NOW = datetime(2026, 1, 2)
QUESTION = "Where do bees dance, and is iron steeped?"


class Counting(HashEmbedder):
    """Remembers of which texts it made tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        self.texts += [text for text in texts if text != QUESTION]
        return super().embed_tokens(texts)


@pytest.fixture
def small_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_papers: list[Paper]) -> Path:
    """A library of the four papers that keeps tokens, as those of many papers do."""
    monkeypatch.setattr("rag.library.header.MANY_PAPERS", 1)
    add(tmp_path / "library", few_papers)
    return tmp_path / "library"


def _sql(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database_file(folder))) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            connection.execute(statement)


def _scores(folder: Path) -> tuple[dict[str, float], list[str]]:
    """How well each paper matches, and of which texts tokens were made for it."""
    embedder = Counting()
    with closing(Library.open(folder)) as library:
        matches = LateInteraction(embedder).match(QUESTION, library.papers(), library)
    return {name: match.score() for name, match in matches.items()}, sorted(embedder.texts)


def _problem(folder: Path) -> str | None:
    with closing(Library.open(folder)) as library:
        return library.problem()


def _older(folder: Path) -> None:
    _sql(folder, "DROP TABLE tokens", "PRAGMA user_version = 4")


def test_tokens_are_made_when_a_paper_comes_in_and_not_when_it_is_found(small_library: Path) -> None:
    scores, made = _scores(small_library)
    assert made == []
    assert scores["bees"] > scores["ants"] + 0.1


def test_an_older_library_answers_with_exact_tokens_and_stays_as_it_is(small_library: Path) -> None:
    scores, _ = _scores(small_library)
    _older(small_library)
    later, made = _scores(small_library)
    assert len(made) == 4
    # Of words that mean the same wherever they stand: a word that is there matches wholly, one that is not by its noise alone.
    assert later["rust"] > 0.7 > later["tea"] > 0.5 > 0.01 > later["ants"]
    assert later["tea"] == pytest.approx(later["bees"], abs=1e-6)
    assert max(abs(later[name] - scores[name]) for name in scores) < 0.1
    with closing(Library.open(small_library)) as library:
        assert (library.without_tokens(), version_of(small_library, library._database.connection)) == (4, 4), (
            "reading changes nothing"
        )


def test_a_paper_that_changes_or_goes_takes_its_tokens_along(small_library: Path) -> None:
    add(small_library, [make_paper(id="tea", title="Oolong", abstract="Bees dance in oolong.")])
    scores, made = _scores(small_library)
    assert made == []
    assert scores["tea"] > scores["bees"] > 0.3, "of the text that it has now"
    _sql(small_library, "DELETE FROM papers WHERE id = 'bees'")
    with closing(sqlite3.connect(database_file(small_library))) as connection:
        assert connection.execute("SELECT count(*) FROM tokens").fetchone() == (3,)


def test_what_an_older_library_lacks_is_made_on_request_in_batches_and_keeps_the_revision(small_library: Path) -> None:
    scores, _ = _scores(small_library)
    _older(small_library)
    embedder = Counting()
    told: list[tuple[int, int]] = []
    with Library.open_for_writing(small_library, embedder.identity) as library:
        before = library.revision
        assert library.fill_tokens(embedder, lambda *some: told.append(some)) == 4
        assert library.fill_tokens(embedder) == 0
        assert library.revision == before
    assert (len(embedder.texts), told) == (4, [(4, 4)])
    assert _scores(small_library) == (scores, [])


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE tokens SET codes = substr(codes, 1, length(codes) - 1) WHERE paper = 1", 1),
        ("UPDATE tokens SET codes = zeroblob(length(codes)) WHERE paper = 1", 1),
        ("UPDATE tokens SET codes = 'text' WHERE paper = 1", 1),
        ("UPDATE tokens SET codes = (SELECT codes FROM tokens WHERE paper = 2) WHERE paper = 1", 1),
        ("UPDATE meta SET value = replace(value, '64', '96') WHERE key = 'embedder'", 4),
    ],
    ids=["short", "zeros", "no bytes", "of another paper", "another dimension"],
)
def test_damaged_tokens_are_made_anew_for_the_question_and_told(
    damage: str, found: int, small_library: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scores, _ = _scores(small_library)
    copy = Path(shutil.copytree(small_library, tmp_path / "copy"))
    _older(copy)
    exact, _ = _scores(copy)
    assert exact["bees"] != scores["bees"]
    _sql(small_library, damage)
    with caplog.at_level(logging.WARNING):
        again, made = _scores(small_library)
    assert len(made) == found
    assert again == (exact if found == 4 else scores | {"bees": exact["bees"]})
    assert sum("not of its text" in record.getMessage() for record in caplog.records) == found
    if found == 1:
        assert _problem(small_library) == "token vectors are not those of their papers (1)"


def test_a_repair_leaves_damaged_tokens_out_and_loses_no_paper(small_library: Path) -> None:
    papers = len(_scores(small_library)[0])
    _sql(small_library, "UPDATE tokens SET codes = zeroblob(50) WHERE paper IN (1, 2)")
    done = repair(small_library, NOW)
    assert done.lost == ()
    assert "token vectors are not those of their papers (2)" in done.done[0]
    assert _problem(small_library) is None
    with closing(Library.open(small_library)) as library:
        assert (library.count(), library.without_tokens()) == (papers, 2)


def test_a_repair_of_an_older_library_finds_no_tokens_and_goes_on(small_library: Path) -> None:
    _older(small_library)
    file = database_file(small_library)
    file.write_bytes(file.read_bytes().replace(b"Bees make honey", b"Bees make\xff\xfe\xfd\xfc\xfb\xfa"))
    repair(small_library, NOW)
    with closing(Library.open(small_library)) as library:
        assert (library.count(), library.without_tokens()) == (3, 3)


def test_they_are_in_backups_and_come_back_with_papers_that_were_taken_out(small_library: Path, tmp_path: Path) -> None:
    scores, _ = _scores(small_library)
    take_out(small_library, ["bees"], tmp_path / "kept.sqlite3")
    put_back(small_library, tmp_path / "kept.sqlite3")
    assert _scores(small_library) == (scores, [])
    backup(small_library, tmp_path / "papers.citewise")
    restore(tmp_path / "papers.citewise", tmp_path / "other", NOW)
    assert _scores(tmp_path / "other") == (scores, [])


def test_papers_that_were_taken_out_before_there_were_tokens_come_back_without(
    small_library: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.sqlite3"
    take_out(small_library, ["bees"], kept)
    with closing(sqlite3.connect(kept)) as connection, connection:
        connection.execute("DROP TABLE tokens")
    put_back(small_library, kept)
    with closing(Library.open(small_library)) as library:
        assert (library.count(), library.without_tokens()) == (4, 1)


def test_a_view_has_those_of_its_papers(small_library: Path, few_papers: list[Paper]) -> None:
    with closing(Library.open(small_library)) as library:
        view = View.of(library, PaperFilter(ids=("bees", "tea")))
        assert set(view.stored_tokens(few_papers)) == {"bees", "tea"}
        assert set(library.stored_tokens(few_papers)) == {"ants", "bees", "rust", "tea"}


def test_tokens_of_a_text_that_was_changed_since_it_was_found_are_not_used(
    small_library: Path, few_papers: list[Paper]
) -> None:
    add(small_library, [make_paper(id="bees", title="Honey bees", abstract="Bees sleep.")])
    with closing(Library.open(small_library)) as library:
        assert "bees" not in library.stored_tokens(few_papers)
        assert "bees" in library.stored_tokens(library.papers(["bees"]))


def test_doctor_tells_what_is_not_kept_and_its_repair_makes_it(
    small_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import doctor

    def tiny(*_: Any) -> HashEmbedder:
        return HashEmbedder()

    monkeypatch.setattr("rag.models.embedder.TransformerEmbedder", tiny)
    settings = Settings.load(library=small_library)
    _older(small_library)
    assert "the token vectors of 4 papers are not kept" in doctor._library(settings)
    told: list[tuple[str, int, int]] = []
    findings = doctor.repaired(settings, lambda *some: told.append(some))
    assert findings[-1].detail == "the token vectors of 4 papers were made" and told == [("token vectors", 4, 4)]
    assert "token vectors" not in doctor._library(settings)
    assert "token vectors" not in doctor.repaired(settings)[-1].detail


def test_a_repair_with_another_embedder_says_why_no_tokens_were_made(
    small_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import doctor

    monkeypatch.setattr("rag.models.embedder.TransformerEmbedder", lambda *_: HashEmbedder(name="other"))
    _older(small_library)
    last = doctor.repaired(Settings.load(library=small_library))[-1]
    assert not last.ok
    assert "the token vectors of 4 papers were not made: the library" in last.detail


def test_a_copy_of_an_older_library_that_is_written_to_has_tokens_of_what_came_in(
    small_library: Path, tmp_path: Path
) -> None:
    _older(small_library)
    copy = Path(shutil.copytree(small_library, tmp_path / "copy"))
    add(copy, [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
    with closing(Library.open(copy)) as library:
        assert library.without_tokens() == 4
        assert set(library.stored_tokens(library.papers())) == {"moss"}
