"""Text that is damaged so that SQLite sees nothing wrong: it is not shown as the paper's, and comes back where the index has it."""

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from rag.core.errors import LibraryDamaged
from rag.library.repair import repair
from rag.library.store import Library, database_file

NOW = datetime(2026, 1, 2, 3, 4, 5)


def _changed(folder: Path, old: bytes, new: bytes) -> None:
    file = database_file(folder)
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new))


def test_a_changed_character_is_not_shown_as_the_papers(small_library: Path) -> None:
    _changed(small_library, b"Bees make honey", b"Bees make money")
    library = Library.open(small_library)
    for read in (library.papers, lambda: library.find_papers("", 10)):
        with pytest.raises(LibraryDamaged, match=r"is not as it was stored.*doctor --repair"):
            read()
    assert library.problem() == "papers are not as they were stored (1)"
    library.close()


def test_a_repair_takes_the_text_from_the_index(small_library: Path) -> None:
    library = Library.open(small_library)
    before = library.papers()
    library.close()
    _changed(small_library, b"Bees make honey", b"Bees make money")
    done = repair(small_library, NOW)
    assert not done.lost
    library = Library.open(small_library)
    assert (library.papers(), library.problem()) == (before, None)
    library.close()


def test_a_repair_says_which_papers_may_read_otherwise(small_library: Path) -> None:
    library = Library.open(small_library)
    [paper] = [one for one in library.papers() if "Bees" in one.abstract]
    library.close()
    connection = sqlite3.connect(database_file(small_library))
    connection.execute("UPDATE papers SET details = replace(details, '20', '30') WHERE id = ?", (paper.id,))
    connection.execute("UPDATE papers SET record_hash = 'x' WHERE id = ?", (paper.id,))
    connection.commit()
    connection.close()
    done = repair(small_library, NOW)
    assert f"how 1 paper read before some characters changed: {paper.id}" in done.lost
    [saved] = small_library.glob("recovered-*.jsonl")
    assert "Bees make honey" in saved.read_text("utf-8")


def test_damage_of_what_is_kept_beside_the_papers_is_told_and_leaves_the_papers(small_library: Path) -> None:
    statements = {
        "INSERT INTO sources VALUES (7, 'a.ris', 'x', '2026', '{')": "the counts of files that papers came from",
        "INSERT INTO records (id, record_hash, paper, version, record) VALUES ('a', 'b', 'c', 0, '{')": (
            "records that papers were merged from"
        ),
    }
    for statement, what in statements.items():
        kept = database_file(small_library).read_bytes()
        connection = sqlite3.connect(database_file(small_library))
        connection.execute(statement)
        connection.commit()
        connection.close()
        library = Library.open(small_library)
        assert library.problem() == f"{what} cannot be read (1)"
        count = library.count()
        library.close()
        repair(small_library, NOW)
        library = Library.open(small_library)
        assert (library.problem(), library.count()) == (None, count)
        library.close()
        for other in small_library.glob("library.sqlite3.damaged-*"):
            other.unlink()
        database_file(small_library).write_bytes(kept)
