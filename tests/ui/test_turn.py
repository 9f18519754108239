"""A turn of the chat: its state, its paragraphs and chips, and why it came out so."""

import re
from dataclasses import replace

from rag.answer.quoted import text_of
from rag.core.domain import Answer, AnswerSentence, Dropped, Evidence, Hit, Span
from tests.helpers.answers import Shown, answered, citation, done, paper, parts
from ui.records import ChatTurn
from ui.views.answer import answer_blocks
from ui.views.follow_ups import follow_ups
from ui.views.outcomes import outcome_row
from ui.views.sources import timing_line


def test_every_chip_points_at_the_card_and_the_mark_of_its_words() -> None:
    first, second = paper("Alpha one. Alpha two.", "A"), paper("Beta.", "B")
    answer = answered(citation(first, "Alpha one."), citation(first, "Alpha two."), citation(second, "Beta.", 2))
    html = parts(done(answer, "turn7"))
    chips = re.findall(
        r'class="cw-chip" href="#(\S+)" data-q="([\d ]+)" data-quote="(.*?)"',
        "".join(html["blocks"]),  # type: ignore[arg-type]
    )
    # The quotes of one paper in a row have one chip, which stands for all of them.
    assert chips == [("src-turn7-1", "0 1", "Alpha one. \u2026 Alpha two."), ("src-turn7-2", "2", "Beta.")]
    for card, keys, quotes in chips:
        cut = str(html["sources"]).split(f'id="{card}"')[1].split("</article>")[0]
        for key, words in zip(keys.split(), quotes.split(" \u2026 "), strict=True):
            assert f'<mark data-q="{key}">{words}</mark>' in cut
    assert html["label"] == "Sources: 2 papers"


def test_quotes_and_written_sentences_are_told_apart() -> None:
    of = paper()
    quote = answered(citation(of, "One."))
    assert answer_blocks(quote, "turn1")[0].startswith('<blockquote class="cw-words"')
    written = replace(
        quote, mode="write", sentences=(AnswerSentence("It is one.", "supported", (citation(of, "One."),)),)
    )
    [block] = answer_blocks(written, "turn1")
    assert block.startswith('<p class="cw-words"') and "It is one." in block and "\u201c" not in block
    assert 'data-quote="One."' in block


def test_a_marker_among_a_papers_own_words_stays_text() -> None:
    of = paper("As shown in [1] and [2], it works.")
    *_, block = answer_blocks(answered(citation(of, of.abstract)), "turn1")
    assert block.count("cw-chip") == 1
    assert "As shown in [1] and [2], it works." in Shown(block).text


def test_a_growing_answer_only_adds_to_what_is_there() -> None:
    papers = [paper(f"Words {n}.", f"Paper {n}") for n in range(1, 5)]
    cited = [citation(one, one.abstract, n) for n, one in enumerate(papers, 1)]
    grown = [answer_blocks(answered(*cited[:n]), "turn1") for n in range(2, 5)]
    assert grown[0] == grown[1][: len(grown[0])] and grown[1] == grown[2][: len(grown[1])]


def test_outcome_is_said_plainly() -> None:
    answer = answered(citation(paper("Alpha.", "A"), "Alpha."), citation(paper("Beta.", "B"), "Beta.", 2))
    answer = replace(answer, timings_ms={"total": 912.0})
    assert Shown(outcome_row(answer)).text == "Answered 2 papers, exact words · 0.9 s"
    partial = replace(answer, outcome="partial", missing=("its cost",))
    assert Shown(outcome_row(partial)).text.startswith("Answered in part 2 papers, exact words · 0.9 s.")
    assert "Not found in these abstracts: its cost" in "".join(answer_blocks(partial, "turn1"))
    assert Shown(outcome_row(replace(answer, outcome="declined"))).text.startswith("Not found No abstract")
    assert "1 sentence left out: no longer in this library" in outcome_row(answer, lost=1)


def test_nearest_words_are_shown_and_not_claimed() -> None:
    lead = "Not in the abstract of A: a licence. Nearest words:"
    answer = answered(citation(paper("Alpha <i>. We propose B.", "A"), "Alpha <i>."))
    answer = replace(answer, outcome="nearest", notice=lead, text=text_of(answer.sentences, lead=lead))
    shown = parts(done(answer))
    assert Shown(str(shown["state"])).text.startswith("Nearest words Shown because they come near; they do not answer")
    first, quote = map(str, shown["blocks"])  # type: ignore[call-overload]
    assert Shown(first).text == lead and "cw-lead" in first
    assert "Alpha &lt;i&gt;." in quote and "cw-chip" in quote
    assert shown["label"] == "Nearest words: 1 paper"
    assert "cw-next" not in str(shown["foot"])  # what could be asked next is checked first
    assert "is not said in so many words" in str(shown["foot"])


def test_a_line_that_says_why_it_is_declined_stands_in_place_of_the_usual_one() -> None:
    lead = "This library's model reads English; ask in English."
    answer = Answer("q", "q", "quote", "declined", 0.0, lead, notice=lead)
    assert Shown(outcome_row(answer)).text == f"Not found {lead}"


def test_declined_shows_the_nearest_papers_without_numbers_or_marks() -> None:
    near = paper("Abstract <b>.", "Near <i>")
    answer = Answer(
        "q", "q", "quote", "declined", 0.1, "Not found in these abstracts. Nearest papers: Near <i>", nearest=(near,)
    )
    shown = parts(done(answer))
    assert shown["label"] == "Nearest papers: 1 paper" and shown["blocks"] == []
    html = str(shown["sources"])
    assert "Near &lt;i&gt;" in html and "Abstract &lt;b&gt;." in html and "cw-n" not in html.replace("cw-note", "")
    assert follow_ups(answer)[0] == "What is \u201cNear <i>\u201d?"


def test_found_papers_are_shown_until_the_answer_comes() -> None:
    html = parts(ChatTurn("turn1", "q", "reading", hits=(Hit(paper(), 1.0, {}),), done=3, total=10))
    assert html["label"] == "Found so far: 1 paper" and "cw-found" in str(html["sources"])
    assert Shown(str(html["state"])).text == "Found 1 paperReading sentence 3 of 10 …"


def test_states_of_a_turn_that_did_not_end_well() -> None:
    assert "Bad &lt;b&gt; # x." in str(parts(ChatTurn("turn1", "q", "failed", note="bad <b>\n\n# x"))["state"])
    stopped = parts(replace(done(answered(citation(paper(), "One."))), step="stopped"))
    assert Shown(str(stopped["state"])).text == "Stopped The answer is incomplete."
    assert 'data-do="retry"' in str(stopped["foot"]) and "cw-why" not in str(stopped["foot"])
    assert "Loading the reader …" in str(parts(ChatTurn("turn1", "q", "waiting", note="Loading the reader"))["state"])


def test_why_has_scores_times_models_and_what_was_not_shown() -> None:
    of = paper()
    answer = replace(
        answered(citation(of, "One.")),
        mode="write",
        dropped=(Dropped("It is seven.", "the number 7 is not in the evidence"),),
        retrieved=(Hit(of, 3.14, {"dense": 0.62}),),
        evidence=(Evidence(of, Span(0, 4), 2.5, {"likelihood": -1.5}),),
        timings_ms={"retrieve": 41.0, "total": 990.0},
    )
    text = Shown(str(parts(done(answer))["foot"])).text
    for words in (
        "It is seven.",
        "the number 7",
        "+3.14",
        "dense 0.62",
        "likelihood -1.50",
        "0.04 s",
        "0.99 s",
        "Small",
    ):
        assert words in text
    assert "with probability 0.90" in text and "write" in text


def test_timing_line() -> None:
    evidence = tuple(Evidence(paper(), Span(0, 3), 1.0, {}) for _ in range(10))
    answer = replace(answered(), evidence=evidence, timings_ms={"retrieve": 41.0, "read": 912.0})
    assert timing_line(answer, 59) == "Searched 59 papers, 0.04 s · read 10 sentences, 0.9 s"
    assert timing_line(replace(answer, timings_ms={}), 1) == "Searched 1 paper · read 10 sentences"


def test_what_a_question_is_about_stands_in_a_pill_with_a_button_to_take_it_away() -> None:
    papers = [paper(title=title) for title in ("Fast: A", "Slow: B", "A long title <b>without</b> a name")]
    answer = replace(answered(citation(papers[0], "One.")), standalone_question="q (about: Fast: A)")
    turn = replace(done(answer), standalone="q (about: Fast: A)", about=tuple(papers[:1]))
    html = str(parts(turn)["asked"])
    assert "About: Fast" in " ".join(Shown(html).text.split())
    assert html.count('data-do="ask-all"') == 2
    two = Shown(str(parts(replace(turn, about=tuple(papers[:2])))["asked"])).text
    assert "Fast and Slow" in two
    three = str(parts(replace(turn, about=tuple(papers)))["asked"])
    assert "3 papers" in Shown(three).text and "&lt;b&gt;" in three
    assert "Asked as" in Shown(str(parts(replace(turn, about=()))["asked"])).text
    assert parts(replace(turn, standalone=""))["asked"] == ""
