"""Time grows with the length of a text and no faster, whatever strangers write: every pattern and every function that meets their text
is tried with long runs of marks, letters and words. What counts is this thread's time, so that a busy machine fails nothing."""

import re
import string
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from rag.answer import conditions
from rag.checking import names as checked_names
from rag.checking import negation, numbers
from rag.core import escaping, formulas, lexicon, names, readings, text
from rag.core import identifiers as of_papers
from rag.core.domain import Span
from rag.core.sentences import SENTENCE_MAX_CHARS
from rag.evidence import injection
from rag.question import follow_up, identifiers, kinds, languages, pasted, talk

LENGTH = 20_000
MOST_SECONDS = 0.2
"""A quadratic search takes seconds."""
MARKS = [*string.punctuation, " ", "\n", "\u201c", "\u2019", "\u2013", "\u2026", "\u3002", "\uff08"]
RUNS = [
    *"aA1_",
    "\u00e9",
    "\u4e2d",
    "a ",
    "a, ",
    "A-",
    "a-",
    "-a",
    "aA1+",
    "1.",
    "1,",
    "?! ",
    ". ",
    "it is ",
    "what the ",
]
RUNS += [
    "which papers ",
    "[x](",
    "![",
    "<a ",
    "<|",
    "\\(",
    "$a",
    "{a",
    "http://a.b/ ",
    "10.1234/",
    "and ",
    "between and ",
]
HOSTILE = [
    "http://a" + ")" * LENGTH,
    "https://a.b/(" * (LENGTH // 13),
    "a" * LENGTH + ",",
    "aA1+" * (LENGTH // 4) + ".",
    "which" + " " * LENGTH + "x",
    "<script" + ">" * LENGTH,
    "ok" + "!" * LENGTH + "x",
]

FUNCTIONS: list[Callable[[str], object]] = [
    text.clean,
    text.normalise,
    text.links_in,
    text.words,
    text.content_words,
    escaping.printable,
    escaping.escape_html,
    escaping.safe_url,
    lambda run: escaping.shorten(run, 100),
    formulas.formulas,
    readings.as_read,
    of_papers.normal_doi,
    of_papers.doi_of_all_versions,
    of_papers.normal_arxiv,
    of_papers.normal_pmcid,
    of_papers.normal_acl,
    of_papers.normal_isbn,
    names.name_in_title,
    follow_up.leans_on_history,
    follow_up.quotes_in,
    kinds.form,
    kinds.papers_asked_for,
    kinds.target,
    kinds.names,
    kinds.parts,
    kinds.in_another_language,
    kinds.tells_own_work,
    lambda run: [kinds.asks(run, kind) for kind in ("number", "cause", "code")],
    lambda run: [kinds.holds(run, kind) for kind in ("number", "cause", "code")],
    languages.is_foreign,
    lambda run: languages.in_english(run, ["x"]),
    pasted.passage,
    pasted.name_alone,
    talk.talk,
    talk.whole,
    identifiers.identifiers_in,
    identifiers.without_identifiers,
    lambda run: injection.kept_back(run, (Span(0, len(run)),)),
]
OF_A_SENTENCE: list[Callable[[str], object]] = [
    lambda run: numbers.number_conflicts(run, run),
    negation.negated,
    lambda run: negation.contrast_conflicts(run, run),
    lambda run: negation.negation_conflicts(run, run),
    lambda run: checked_names.missing_names(run, run),
    conditions.conditions,
]


def _long(run: str, length: int = LENGTH) -> str:
    return (run * (length // len(run) + 1))[:length]


def _slow(work: Callable[[str], object], run: str) -> bool:
    """Whether it takes too long, twice: the first time may load a library."""
    for _ in range(2):
        begun = time.thread_time()
        work(run)
        if time.thread_time() - begun < MOST_SECONDS:
            return False
    return True


def _pattern_names() -> list[str]:
    folder = Path(str(files("rag.core.lexicon"))) / "patterns"
    return sorted(path.stem for path in folder.glob("*.txt"))


def _runs_of(example: str) -> Iterator[str]:
    """What the author of a pattern had in mind, again and again: the likeliest to begin a match and not to end it."""
    yield example + " "
    yield from (f"{word} " for word in dict.fromkeys(example.split()))
    yield example[: len(example) // 2]


@pytest.mark.parametrize(
    "run", [" ", "-", "!", "[", "a", "A", "1", "a, ", "?! ", *HOSTILE], ids=lambda run: repr(run[:12])
)
def test_no_function_takes_long_over_a_run(run: str) -> None:
    whole = _long(run) if len(run) < 50 else run
    assert [work for work in FUNCTIONS if _slow(work, whole)] == []


@pytest.mark.slow
@pytest.mark.parametrize("run", [*MARKS, *RUNS], ids=repr)
def test_no_function_takes_long_over_any_run(run: str) -> None:
    assert [work for work in FUNCTIONS if _slow(work, _long(run))] == []
    sentence = _long(run, SENTENCE_MAX_CHARS)
    assert [work for work in OF_A_SENTENCE if _slow(work, sentence)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", _pattern_names())
def test_no_pattern_of_the_lexicon_takes_long_over_any_run(name: str) -> None:
    slow = []
    for line in lexicon.pattern_lines(name):
        search = re.compile(line.pattern, re.IGNORECASE).search
        every = [_long(run) for run in (*MARKS, *RUNS, *_runs_of(line.example))] + HOSTILE
        slow += [f"{line.pattern}: {run[:20]!r}" for run in every if _slow(search, run)]
    assert slow == []


def test_a_search_that_grows_with_the_square_is_caught() -> None:
    assert _slow(re.compile(r"^\W*(?:ok)?\W*x").search, "!" * 6_000)
