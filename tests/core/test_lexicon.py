"""The lexicon: every line does what its example says, and a bad line is named."""

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from rag.core import lexicon
from rag.core.errors import LexiconError

FOLDER = Path(str(files("rag.core.lexicon")))


def _names(folder: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / folder).glob("*.txt"))


# One test over all lines of all files, of which there are thousands: each names every line that is wrong.


def test_every_pattern_matches_its_example() -> None:
    wrong = [
        f"{name}: {line.pattern} => {line.example}"
        for name in _names("patterns")
        for line in lexicon.pattern_lines(name)
        if not re.search(line.pattern, line.example, re.IGNORECASE) or not lexicon.patterns(name).search(line.example)
    ]
    assert wrong == []


def test_no_pattern_matches_everything() -> None:
    wrong = [
        name for name in _names("patterns") for text in ("", "green leaves") if lexicon.patterns(name).search(text)
    ]
    assert wrong == []


def test_every_word_stands_once_and_is_matched_whole() -> None:
    twice, wrong = [], []
    for name in _names("words"):
        said = [word for _, line in lexicon._lines(f"words/{name}") for word in line.split()]
        if name != "other_languages":
            twice += [f"{name}: {word}" for word, times in Counter(said).items() if times > 1]
        pattern = lexicon.word_pattern(name)
        for word in said:
            plain = word.removesuffix("*")
            if not pattern.fullmatch(plain.upper()) or bool(pattern.fullmatch(f"{plain}zz")) != word.endswith("*"):
                wrong.append(f"{name}: {word}")
    assert (twice, wrong) == ([], [])


@pytest.mark.parametrize("name", _names("tables"))
def test_no_spelling_stands_twice_in_a_line_of_a_table(name: str) -> None:
    rows = lexicon.table(name)
    assert rows
    for row in rows:
        spellings = [spelling for member in row for spelling in member]
        assert len(spellings) == len(set(spellings)), row


def test_case_counts_only_where_a_line_says_so() -> None:
    assert lexicon.patterns("own_work").search("WE propose it.")
    assert lexicon.patterns("writer_of_itself").search("I think so.")
    assert not lexicon.patterns("writer_of_itself").search("part i of the method")


def test_several_files_are_one_pattern() -> None:
    both = lexicon.patterns("cause", "trouble")
    assert both.search("because of noise")
    assert both.search("a problem")
    assert not lexicon.patterns("cause").search("a problem")


@pytest.fixture
def other_lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lexicon, "files", lambda _: tmp_path)
    lexicon._parts.cache_clear()
    for folder in ("patterns", "words", "tables"):
        (tmp_path / folder).mkdir()
    (tmp_path / "parts.txt").write_text("{bees} = bees?|drones?\n")
    yield tmp_path
    lexicon._parts.cache_clear()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("bees", "pattern => example"),
        ("bees => ", "pattern => example"),
        ("{wasps} => a wasp", r"does not define \{wasps\}"),
        ("(bees => bees", "no regular expression"),
    ],
)
def test_a_bad_pattern_is_named_with_its_line(other_lexicon: Path, line: str, problem: str) -> None:
    (other_lexicon / "patterns" / "bad.txt").write_text(f"# A comment.\n\n{line}\n")
    with pytest.raises(LexiconError, match=rf"patterns/bad\.txt, line 3: .*{problem}"):
        list(lexicon.pattern_lines("bad"))


def test_parts_are_filled_in_and_marks_that_begin_as_comments_do_are_patterns(other_lexicon: Path) -> None:
    (other_lexicon / "patterns" / "good.txt").write_text(r"\b{bees} dance => Bees dance." + "\n### => ### Bees\n")
    first, second = lexicon.pattern_lines("good")
    assert re.search(first.pattern, "a drone dance")
    assert second == lexicon.PatternLine("###", "### Bees")


@pytest.mark.parametrize(
    ("folder", "read", "line", "problem"),
    [
        ("words", lexicon.words, "bees Wasps", "'Wasps' is no lower-case word"),
        ("words", lexicon.words, "b*es", "is no lower-case word"),
        ("tables", lexicon.table, "bees, | wasps", "between two marks"),
    ],
)
def test_a_bad_word_or_row_is_named_with_its_line(
    other_lexicon: Path, folder: str, read: object, line: str, problem: str
) -> None:
    (other_lexicon / folder / "bad.txt").write_text(line)
    with pytest.raises(LexiconError, match=rf"{folder}/bad\.txt, line 1: .*{problem}"):
        read("bad")  # type: ignore[operator]


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(LexiconError, match=r"words/none\.txt cannot be read"):
        lexicon.words("none")
