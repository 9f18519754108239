"""Cards: the excerpt of a folded one, what a filter found, and left-overs of TeX as people read them."""

import re
from dataclasses import replace

from rag.core.domain import Span
from rag.ingest.merging import Record
from rag.library.catalogue import Entry, Row
from tests.helpers.answers import Shown, answered, citation, done, everything, paper, parts
from ui.views.catalogue import paper as details
from ui.views.catalogue import rows
from ui.views.excerpts import excerpt
from ui.views.hits import hits, passage
from ui.views.marks import Mark, prose, with_marks

SENTENCES = [f"Sentence number {n} tells something of its own about bees and their hives." for n in range(1, 9)]
LONG = paper(" ".join(SENTENCES), "Long: A Paper", id="long")
OTHER = paper(" ".join(SENTENCES).replace("bees", "ants"), "Other: A Paper", id="other", url="https://example.org/o")


def _card(html: str, n: int) -> str:
    return re.findall(r"<article.*?</article>", html, re.DOTALL)[n]


def _first_shown(card: str) -> str:
    return Shown(
        re.sub(r'<span class="cw-(?:rest|gap)".*?</span>', "", re.findall(r'<p class="cw-abstract".*?</p>', card)[0])
    ).text


def _two() -> str:
    both = answered(citation(LONG, SENTENCES[3]), citation(OTHER, SENTENCES[0].replace("bees", "ants"), 2))
    return str(parts(done(both))["sources"])


def test_the_card_of_a_list_shows_the_quoted_sentence_with_one_before_and_after_it() -> None:
    assert _first_shown(_card(_two(), 0)).strip() == " ".join(SENTENCES[2:5])
    assert _first_shown(_card(_two(), 1)).strip() == " ".join(SENTENCES[:2]).replace("bees", "ants")


def test_a_folded_card_holds_the_whole_abstract_and_a_button_that_says_its_state() -> None:
    card = _card(_two(), 0)
    words = Shown(
        re.sub(r'<span class="cw-gap".*?</span>', "", re.findall(r'<p class="cw-abstract".*?</p>', card)[0])
    ).text
    assert words.strip() == LONG.abstract
    assert 'data-do="unfold" aria-expanded="false" aria-controls="src-turn1-1-abstract"' in card
    assert 'id="src-turn1-1-abstract"' in card
    assert f'<mark data-q="0">{SENTENCES[3]}</mark>' in card


def test_the_card_of_a_single_paper_is_open() -> None:
    html = str(parts(done(answered(citation(LONG, SENTENCES[3]))))["sources"])
    assert "unfold" not in html and "cw-rest" not in html and "cw-folded" not in html


def test_an_abstract_of_which_little_would_be_left_out_is_not_folded() -> None:
    assert excerpt("One. Two. Three. Four. Five. Six.", [Span(0, 4)]) == [(Span(0, 33), True)]


def test_pieces_of_an_excerpt_are_the_whole_text_in_order() -> None:
    pieces = excerpt(LONG.abstract, [Span(0, 5), Span(len(LONG.abstract) - 5, len(LONG.abstract))])
    assert "".join(span.of(LONG.abstract) for span, _ in pieces) == LONG.abstract
    assert [shown for _, shown in pieces] == [True, False, True]


def test_an_abbreviation_ends_no_sentence_of_an_excerpt() -> None:
    before, after = "We begin at the beginning of it all. " * 5, "The end comes after all of that. " * 6
    text = f"{before}Caches, e.g. FastCache by A. Apis et al. Many, are fast. Quoted words. {after}"
    at = text.index("Quoted words.")
    pieces = excerpt(text, [Span(at, at + 13)])
    assert [span.of(text).strip() for span, shown in pieces if shown] == [
        "Caches, e.g. FastCache by A. Apis et al. Many, are fast. Quoted words. The end comes after all of that."
    ]


def test_the_card_of_a_record_shows_the_beginning_of_the_abstract() -> None:
    assert [shown for _, shown in excerpt(LONG.abstract, [Span(0, 0)])] == [True, False]
    assert excerpt("", [Span(0, 0)]) == [(Span(0, 0), True)]


def test_references_with_addresses_are_there_for_printing() -> None:
    assert '<p class="cw-reference">Other: A Paper. https://example.org/o</p>' in _card(_two(), 1)
    assert "cw-reference" not in _card(_two(), 0)  # it would repeat the title


def test_what_a_filter_found_is_marked_in_title_names_and_abstract() -> None:
    of = paper("We reuse caches. Nothing else.", "DeepCache: Caching", authors=("Ada Cachet",))
    html = rows([Row(of)], "cache")
    assert re.findall(r'<mark class="cw-hit">(.*?)</mark>', html) == ["Cache", "Caching", "Cachet"]
    whole = details(Entry(Row(of), (Record(of),)), "cache", edits=False)
    assert '<mark class="cw-hit">caches</mark>' in whole


def test_a_hit_in_the_abstract_alone_is_shown_without_unfolding_it() -> None:
    of = paper(f"{'Long ago there was a thing. ' * 9}We prune trees. {'The end is far. ' * 9}", "A Title")
    found = passage(of.abstract, "pruning")
    assert found.startswith("… ") and found.endswith(" …") and "We prune trees." in found
    assert '<p class="cw-row-passage">' in rows([Row(of)], "pruning")
    assert "passage" not in rows([Row(of)], "title")
    assert "passage" not in rows([Row(of)], "")


def test_signs_in_a_filter_are_no_pattern() -> None:
    assert hits("a (b) c", "(b") == [Mark(Span(2, 4), kind="hit")]
    assert hits("anything", "( * ?") == []
    assert "cw-hit" not in rows([Row(paper())], "<b>")


def test_each_paper_of_the_library_can_be_asked_about() -> None:
    of = paper(title='DeepThing: A "Title"')
    html = details(Entry(Row(of), (Record(of),)), "", edits=False)
    assert 'data-do="ask-about" data-title="DeepThing: A &quot;Title&quot;"' in html
    assert "ask-about" not in str(parts(done(answered(citation(LONG, SENTENCES[3]))))["sources"])


def test_left_overs_of_tex_are_read_and_the_exact_words_are_their_title() -> None:
    html = prose(r"It saves 62\% and is 2.3times \textbf{faster}, sometimes.")
    assert Shown(html).text == "It saves 62% and is 2.3× faster, sometimes."
    assert (
        'title="&#92;%">%<' in html and 'title="times">×<' in html and 'title="&#92;textbf&#123;faster&#125;"' in html
    )


def test_a_left_over_that_a_mark_cuts_stays_as_it_stands() -> None:
    text = "It is 2.3times faster."
    cut = text.index("times") + 2
    assert "cw-tex" not in with_marks(text, [Mark(Span(0, cut), "0")])
    assert "×</abbr> faster" in with_marks(text, [Mark(Span(0, len(text)), "0")])


def test_the_tip_and_what_is_copied_or_kept_have_the_exact_words() -> None:
    of = paper(r"We save 62\% of time.", "Saver: A Title")
    answer = answered(citation(of, of.abstract))
    assert Shown(everything(done(answer))).text.count("We save 62% of time.") == 2
    assert ("data-quote", of.abstract) in Shown(everything(done(answer))).attributes
    assert answer.text.startswith(f"“{of.abstract}”") or of.abstract in answer.text


def test_hostile_left_overs_stay_text() -> None:
    html = prose(r"\textbf{<img src=x onerror=alert(1)>} \href{javascript:alert(1)}{\url{javascript:x}}")
    assert set(Shown(html).tags) == {"abbr"} and not [
        n for n, _ in Shown(html).attributes if n not in ("class", "title")
    ]


def test_marks_and_readings_of_a_card_agree_with_the_quote() -> None:
    of = paper(r"One is \emph{slow}. Ours is 20times faster. Three.", "T: A")
    html = str(parts(done(replace(answered(citation(of, "Ours is 20times faster.")))))["sources"])
    marked = re.findall(r'<mark data-q="0">(.*?)</mark>', html)
    assert [Shown(words).text for words in marked] == ["Ours is 20× faster."]
