"""Sentences and windows: where they end, and that every offset is exact."""

import time
from itertools import pairwise

import pytest

from rag.core.domain import Paper, Span
from rag.core.sentences import SENTENCE_MAX_CHARS, WINDOW_MAX_CHARS, WINDOW_SENTENCES, embedded_text, sentences, windows
from rag.ingest.formats import read_papers
from tests.conftest import SEEDS


@pytest.fixture(scope="module")
def seeds() -> list[Paper]:
    return [record for record in read_papers(SEEDS) if isinstance(record, Paper)]


def _check_exact(abstract: str, spans: tuple[Span, ...]) -> None:
    """Spans are in order, apart, without white space around them, and leave out nothing but white space."""
    end = 0
    for span in spans:
        text = span.of(abstract)
        assert text, "a sentence without words"
        assert text == text.strip()
        assert len(text) <= SENTENCE_MAX_CHARS
        assert not abstract[end : span.start].strip()
        assert end <= span.start
        end = span.end
    assert not abstract[end:].strip()


def test_the_seed_abstracts_are_cut_at_exact_offsets(seeds: list[Paper]) -> None:
    assert len(seeds) == 59
    for paper in seeds:
        _check_exact(paper.abstract, sentences(paper.abstract))


def test_seed_sentences_begin_as_sentences_do(seeds: list[Paper]) -> None:
    texts = [span.of(paper.abstract) for paper in seeds for span in sentences(paper.abstract)]
    assert 400 < len(texts) < 600
    lower = [text.split()[0] for text in texts if text[0].islower()]
    assert lower == ["fMRI-Objaverse", "https://github.com/UCSB-NLP-Chang/DiffSTE"]


@pytest.mark.parametrize(
    "expected",
    [
        ["We use a prior, e.g. Gaussian noise.", "It helps, i.e. the loss falls."],
        ["Smith et al. show this.", "We differ."],
        ["It follows Ho et al.", "We go on from there."],
        ["Accuracy rose from 3.2 to 4.51 points.", "Then it fell by 0.31."],
        ["We build on Stable Diffusion v1.5.", "It wins."],
        ["Code is at https://github.com/a.b/c.d.", "See also http://x.y.org/q.html?v=1.2 for more.", "Done."],
        ["Let $x_i = 3.2$ hold.", "Then $p(x) \\propto e^{-0.5x}$ is small."],
        ["We ask “Is it so?” or “why?” in one go.", "Yes, we do."],
        ['He asks "What is it?" and answers.', "Fine."],
        ["What do codecs need?", "We look into it!", "It pays."],
        ["See Fig. 3 and Eq. 2 for it, cf. Sec. 4.", "All is well."],
        ["Noise is i.i.d. Gaussian.", "Samples are i.i.d.", "We prove it."],
        ["No punctuation at all in these words"],
        ["One sentence."],
        ["1. First we look.", "2. Then we act."],
    ],
    ids=[
        "e.g. and i.e.",
        "et al. inside",
        "et al. at the end",
        "decimals",
        "version number at the end",
        "URLs",
        "LaTeX",
        "questions in curly quotes",
        "question in straight quotes",
        "questions and exclamations",
        "Fig. and Eq.",
        "i.i.d. inside and at the end",
        "no punctuation",
        "one",
        "numbered list",
    ],
)
def test_hard_sentences_end_where_a_reader_ends_them(expected: list[str]) -> None:
    abstract = " ".join(expected)
    spans = sentences(abstract)
    assert [span.of(abstract) for span in spans] == expected
    _check_exact(abstract, spans)


@pytest.mark.parametrize(
    "abstract",
    [
        "我们提出了一种新方法。它很快。效果很好！",
        "我们提出了一种新方法。" * 100,
        "Emoji 🐝🐝. Combining e\u0301. 𝔛 is outside the BMP. Done.",
        "  Space before.   Space  between. \n",
        "...",
        "?! ... 1. 2. 3.",
        "“An open quotation. It never ends.",
    ],
    ids=["Chinese", "long Chinese", "emoji", "white space", "dots", "no words", "open quotation"],
)
def test_odd_text_keeps_exact_offsets(abstract: str) -> None:
    spans = sentences(abstract)
    assert spans
    _check_exact(abstract, spans)


@pytest.mark.parametrize("abstract", ["", " ", "\n\t "], ids=["empty", "space", "white space"])
def test_nothing_has_no_sentences_and_no_windows(abstract: str) -> None:
    assert sentences(abstract) == ()
    assert windows(()) == ()


def test_three_thousand_words_without_a_full_stop_are_cut_between_words() -> None:
    abstract = " ".join(f"word{number}" for number in range(3_000))
    spans = sentences(abstract)
    _check_exact(abstract, spans)
    assert len(spans) > 1
    assert " ".join(span.of(abstract) for span in spans) == abstract
    assert all(span.of(abstract).startswith("word") for span in spans)
    assert sum(len(span.of(abstract).split()) for span in spans) == 3_000


def test_a_long_sentence_is_cut_at_a_clause_end_where_there_is_one() -> None:
    abstract = "word " * 90 + "ends a clause; " + "more " * 60 + "is all."
    spans = sentences(abstract)
    _check_exact(abstract, spans)
    assert spans[0].of(abstract).endswith("ends a clause;")


def test_one_endless_word_is_cut_at_the_limit() -> None:
    abstract = "x" * (2 * SENTENCE_MAX_CHARS + 1)
    assert [span.end - span.start for span in sentences(abstract)] == [SENTENCE_MAX_CHARS, SENTENCE_MAX_CHARS, 1]


def test_a_sentence_of_just_the_limit_stays_whole() -> None:
    abstract = "word " * (SENTENCE_MAX_CHARS // 5 - 1) + "last."
    assert len(abstract) == SENTENCE_MAX_CHARS
    assert sentences(abstract) == (Span(0, SENTENCE_MAX_CHARS),)


@pytest.mark.parametrize(
    "marks",
    [
        "?! ",
        ".) ",
        "x; ",
        *(
            pytest.param(marks, marks=pytest.mark.slow)
            for marks in ("1. ", "a . . . ", "b.\"')]} ", "a? b ", "et al. We ")
        ),
    ],
)
def test_text_of_nothing_but_marks_is_cut_in_time_that_grows_with_its_length(marks: str) -> None:
    abstract = "Why " + marks * (30_000 // len(marks))
    started = time.process_time()
    spans = sentences(abstract)
    assert time.process_time() - started < 4.5, "it took 10 to 18 s when the time grew with the square of the length"
    _check_exact(abstract, spans)


def test_a_text_longer_than_a_block_is_cut_as_its_parts_are() -> None:
    part = "We build on Stable Diffusion v1.5, e.g. for U.S. maps. It wins (see Fig. 3). What do we need? More of it! "
    alone = [span.of(part) for span in sentences(part)]
    abstract = (part * 60).rstrip()
    assert [span.of(abstract) for span in sentences(abstract)] == alone * 60


# Windows.


def _spans(count: int, length: int) -> tuple[Span, ...]:
    return tuple(Span(number * (length + 1), number * (length + 1) + length) for number in range(count))


def _check_windows(spans: tuple[Span, ...], made: tuple[Span, ...]) -> None:
    starts, ends = {span.start for span in spans}, {span.end for span in spans}
    for window in made:
        assert window.start in starts
        assert window.end in ends
        inside = [span for span in spans if window.start <= span.start and span.end <= window.end]
        assert 1 <= len(inside) <= WINDOW_SENTENCES
        assert window.end - window.start <= WINDOW_MAX_CHARS
    for span in spans:
        assert any(window.start <= span.start and span.end <= window.end for window in made)
    assert all(one.start < two.start and one.end < two.end for one, two in pairwise(made))


def test_windows_of_the_seeds_cover_every_sentence_under_the_size_cap(seeds: list[Paper]) -> None:
    for paper in seeds:
        spans = sentences(paper.abstract)
        _check_windows(spans, windows(spans))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 50])
@pytest.mark.parametrize("length", [10, 290, 420, SENTENCE_MAX_CHARS])
def test_windows_of_any_shape_cover_every_sentence_under_the_size_cap(count: int, length: int) -> None:
    spans = _spans(count, length)
    _check_windows(spans, windows(spans))


def test_neighbouring_windows_share_half_of_their_sentences() -> None:
    spans = _spans(10, 50)
    places = [(spans.index(Span(w.start, w.start + 50)), (w.end + 1) // 51) for w in windows(spans)]
    assert places == [(0, 4), (2, 6), (4, 8), (6, 10)]


def test_a_window_holds_fewer_sentences_where_they_are_long() -> None:
    spans = _spans(3, SENTENCE_MAX_CHARS)  # two and the space between them are 1,201 characters
    assert windows(spans) == spans


def test_a_short_abstract_is_one_window() -> None:
    assert windows(_spans(WINDOW_SENTENCES, 50)) == (Span(0, 50 * 4 + 3),)


@pytest.mark.parametrize(("title", "text"), [("Bees", "Bees. They dance."), ("", "They dance.")], ids=["title", "none"])
def test_the_title_is_embedded_with_every_passage(title: str, text: str) -> None:
    assert embedded_text(title, "They dance.") == text
