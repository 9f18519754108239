"""What the page is made of, as strings: no paper or question may become mark-up, and every chip has its card."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rag.answer.quoted import text_of
from rag.core.domain import Answer, AnswerSentence, Citation, Dropped, Evidence, Hit, Paper, Span
from rag.core.escaping import escape_html, printable, safe_url, shorten
from rag.core.formulas import formulas
from rag.core.settings import Settings
from rag.output.references import paper_link
from ui.records import ChatTurn, Loading
from ui.views.examples import example_questions
from ui.views.follow_ups import follow_ups
from ui.views.marks import Mark, marked, prose
from ui.views.mathml import mathml
from ui.views.sources import paper_card, source_card, timing_line
from ui.views.status import status, welcome
from ui.views.turn import answer_blocks, outcome_row, turn_parts

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    r"\xi \alpha \(x\)",
    "$O(n)$ and $$x$$",
    "**bold** _it_ ~~gone~~",
    "[link](javascript:alert(1))",
    "![img](https://example.org/x.png)",
    "# head",
    "1. list",
    "- list",
    "    code",
    "head\n===",
    "<script>alert(1)</script>",
    "`code` ```fence```",
    "a | b\n--|--",
    "https://example.org www.example.org me@example.org",
    "&lt;b&gt; &#60;",
    "{{value}} {% x %}",
    "<think>thought</think>",
    "</span></article>\" onclick='alert(1)",
    "[1] [^1]",
]


class Shown(HTMLParser):
    """Collects what a browser would show of HTML, and the tags and attributes it would act on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def paper(abstract: str = "One. Two words. Three.", title: str = "DeepThing: A Title", **rest: object) -> Paper:
    return Paper(rest.pop("id", title), title, abstract, **rest)  # type: ignore[arg-type]


def citation(of: Paper, words: str, n: int = 1) -> Citation:
    start = of.abstract.index(words)
    return Citation(n, of, start, start + len(words))


def answered(*citations: Citation, question: str = "q") -> Answer:
    sentences = tuple(AnswerSentence(c.quote, "quote", (c,)) for c in citations)
    return Answer(question, question, "quote", "answered", 0.9, text_of(sentences), sentences=sentences)


def done(answer: Answer, turn_id: str = "turn1") -> ChatTurn:
    return ChatTurn(turn_id, answer.question, "done", answer=answer)


def parts(turn: ChatTurn) -> dict[str, object]:
    return turn_parts(turn, 59, {"reader": "Org/Small", "device": "cpu"})


def everything(turn: ChatTurn) -> str:
    made = parts(turn)
    return "".join([*made.pop("blocks"), *(str(made[name]) for name in ("asked", "state", "foot", "sources"))])  # type: ignore[misc]


# --- escaping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_text_literally(text: str) -> None:
    shown = Shown(f'<p title="{escape_html(text)}">{escape_html(text)}</p>')
    assert shown.text == text
    assert (shown.tags, shown.attributes) == (["p"], [("title", text)])
    assert not re.search(r"[$`\\{}]", escape_html(text))


def test_invisible_characters_are_dropped() -> None:
    assert printable("a\x00b\x1b[0m\u202ec\u2066d\x7f\U000e0041") == "ab[0mcd"
    assert printable("\ud800x") == "\ufffdx"
    assert printable("a\r\nb\tc") == "a\nb\tc"


@pytest.mark.parametrize("url", ["https://example.org/a?b=c#d", "http://example.org"])
def test_web_addresses_are_links(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "ftp://example.org",
        ),
        *(" https://example.org", "https://", "https://[", "https://a b", "https://exa\u202emple.org"),
        *("//example.org", "/local", "", None),
    ],
)
def test_other_addresses_are_not(url: str | None) -> None:
    assert safe_url(url) is None


def test_shorten_cuts_at_a_word() -> None:
    assert shorten("one  two\nthree", 99) == "one two three"
    assert shorten("one two, three", 10) == "one two…"


# --- marks and formulas -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(0, 3, "0")], '<mark data-q="0">abc</mark>defgh', id="start"),
        pytest.param([(5, 8, "0")], 'abcde<mark data-q="0">fgh</mark>', id="end"),
        pytest.param(
            [(4, 6, "1"), (1, 2, "0")], 'a<mark data-q="0">b</mark>cd<mark data-q="1">ef</mark>gh', id="out_of_order"
        ),
        pytest.param(
            [(1, 4, "0"), (3, 6, "1")],
            'a<mark data-q="0">bc</mark><mark data-q="0 1">d</mark><mark data-q="1">ef</mark>gh',
            id="overlapping",
        ),
        pytest.param(
            [(1, 6, None), (2, 3, "0")],
            'a<mark class="cw-read">b</mark><mark data-q="0">c</mark><mark class="cw-read">def</mark>gh',
            id="cited_within_read",
        ),
        pytest.param(
            [(2, 2, "0"), (6, 99, "1"), (-5, 1, "2")],
            '<mark data-q="2">a</mark>bcdef<mark data-q="1">gh</mark>',
            id="empty_and_out_of_range",
        ),
        pytest.param([], "abcdefgh", id="none"),
    ],
)
def test_marks(spans: list[tuple[int, int, str | None]], expected: str) -> None:
    assert marked("abcdefgh", [Mark(Span(start, end), key) for start, end, key in spans]) == expected


def test_marks_stand_at_offsets_of_the_stored_text_not_of_the_escaped_one() -> None:
    abstract = "a < b\x00 & \u202e<i>c</i> \\xi d"
    start = abstract.index("<i>")
    html = marked(abstract, [Mark(Span(start, start + len("<i>c</i>")), "0")])
    assert '<mark data-q="0">&lt;i&gt;c&lt;/i&gt;</mark> &#92;xi d' in html
    assert Shown(html).text == "a < b & <i>c</i> \\xi d"


def test_formulas_are_drawn_and_keep_their_tex_for_who_cannot_see_them() -> None:
    html = prose(r"It takes $O(n \log n)$ steps, \(x_i\) each.")
    assert html.count("<math ") == 2 and "<msub><mi>x</mi><mi>i</mi></msub>" in html
    assert ("alttext", r"O(n \log n)") in Shown(html).attributes


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6 more",
        "a $ b $ c",
        r"\xi and \alpha alone",
        "$x",
        r"$\unknowncommand{x}$",
        "$" + "{" * 300 + "x" + "}" * 300 + "$",
        r"$\frac{a$",
        "$x^y^z$",
        "$5$10",
    ],
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert Shown(prose(text)).tags == []
    assert Shown(prose(text)).text == text


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"\style{background:url(https://example.org)}{x}",
        r"\class{cw-card}{x}",
        r"\color{red;--x:url(y)}{x}",
        r"<script>alert(1)</script>",
        '" onload="alert(1)',
    ],
)
def test_a_formula_can_only_draw(tex: str) -> None:
    shown = Shown(mathml(tex) or "")
    assert set(shown.tags) <= {"math", "mrow", "mi", "mo", "mn", "mtext", "mstyle"}
    assert {name for name, _ in shown.attributes} <= {"alttext", "display", "stretchy"}


def test_a_mark_that_cuts_a_formula_leaves_it_as_tex() -> None:
    text = "of $x_i$ here"
    assert "<math" in marked(text, [Mark(Span(0, len(text)), "0")])
    cut = marked(text, [Mark(Span(0, 5), "0")])
    assert "<math" not in cut and Shown(cut).text == text


# --- cards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_hostile_paper_or_question_becomes_markup(text: str) -> None:
    of = paper(abstract=text, title=text, authors=(text,), venue=text, url="javascript:alert(1)", doi=text)
    near = paper(abstract=text, title=text, id="near", links=("javascript:alert(1)",))
    answer = replace(
        answered(citation(of, text), question=text),
        standalone_question=text + "?",
        retrieved=(Hit(near, 1.0, {"dense": 0.5}), Hit(of, 1.0, {})),
        evidence=(Evidence(near, Span(0, len(text)), 1.0, {"own": 1.0}),),
        dropped=(Dropped(text, text),),
        notice=text,
        mode=text,
        missing=(text,),
        outcome="partial",
    )
    shown = Shown(everything(replace(done(answer), asked_as=text + "?")))
    ours = set("article h3 h4 span a p mark blockquote div button details summary ul ol li dl dt dd svg path".split())
    ours |= {"math", "mrow", "mi", "mo", "mn"}
    assert set(shown.tags) <= ours
    assert not {name for name, _ in shown.attributes if name.startswith("on") or name in ("style", "src")}
    assert all(
        str(value).startswith(("https://doi.org/", "#src-turn1-")) for name, value in shown.attributes if name == "href"
    )
    if not formulas(text):
        assert shown.text.count(text) >= 8


@pytest.mark.parametrize(
    ("fields", "link"),
    [
        ({"url": "https://example.org/p", "doi": "10.1/x"}, "https://example.org/p"),
        ({"url": "javascript:alert(1)", "doi": "10.1/a b"}, "https://doi.org/10.1/a%20b"),
        ({"arxiv_id": "2312.09608"}, "https://arxiv.org/abs/2312.09608"),
        ({"pmid": "123"}, "https://pubmed.ncbi.nlm.nih.gov/123/"),
        ({"links": ("ftp://x", "https://github.com/a/b")}, "https://github.com/a/b"),
        ({}, None),
    ],
)
def test_paper_link_takes_the_best_there_is(fields: dict[str, object], link: str | None) -> None:
    assert paper_link(paper(**fields)) == link


def test_card_names_authors_and_year_where_known() -> None:
    of = paper(authors=tuple("ABCDE"), year=2023, venue="V")
    assert "A, B, C, D et al. · V · 2023" in paper_card(of)
    assert "cw-by" not in paper_card(paper())


def test_card_marks_what_is_cited_and_more_faintly_what_else_was_read_best() -> None:
    of = paper("One. Two words. Three. Four. Five. Six.")
    cited = citation(of, "Two words.")
    read = ["Two words.", "Five.", "One.", "Six.", "Three."]
    evidence = tuple(
        Evidence(of, Span(of.abstract.index(words), of.abstract.index(words) + len(words)), 5.0 - n, {})
        for n, words in enumerate(read)
    )
    html = str(parts(done(replace(answered(cited), evidence=evidence)))["sources"])
    assert re.findall(r'<mark data-q="0">(.*?)</mark>', html) == ["Two words."]
    assert sorted(re.findall(r'<mark class="cw-read">(.*?)</mark>', html)) == ["Five.", "One.", "Six."]


def test_card_offers_its_citation_and_others_like_it() -> None:
    html = source_card(2, [citation(paper(year=2020), "One.", 2)], [], {("DeepThing: A Title", 0, 4): "0"}, "turn1")
    assert 'data-text="DeepThing: A Title (2020)."' in html
    assert "@misc&#123;2020deepthing" in html and 'data-do="similar"' in html
    assert ">Open<" not in html  # it has no address


# --- answers ----------------------------------------------------------------------------------------------------------


def test_every_chip_points_at_the_card_and_the_mark_of_its_words() -> None:
    first, second = paper("Alpha one. Alpha two.", "A"), paper("Beta.", "B")
    answer = answered(citation(first, "Alpha one."), citation(first, "Alpha two."), citation(second, "Beta.", 2))
    made = parts(done(answer, "turn7"))
    chips = re.findall(r'class="cw-chip" href="#(\S+)" data-q="(\d)" data-quote="(.*?)"', "".join(made["blocks"]))  # type: ignore[arg-type]
    assert chips == [
        ("src-turn7-1", "0", "Alpha one."),
        ("src-turn7-1", "1", "Alpha two."),
        ("src-turn7-2", "2", "Beta."),
    ]
    for card, key, words in chips:
        cut = str(made["sources"]).split(f'id="{card}"')[1].split("</article>")[0]
        assert f'<mark data-q="{key}">{words}</mark>' in cut
    assert made["label"] == "Sources: 2 papers"


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
    assert Shown(outcome_row(replace(answer, outcome="declined"))).text.startswith("Not in this library No abstract")
    assert "1 sentence left out: no longer in this library" in outcome_row(answer, lost=1)


def test_declined_shows_the_nearest_papers_without_numbers_or_marks() -> None:
    near = paper("Abstract <b>.", "Near <i>")
    answer = Answer("q", "q", "quote", "declined", 0.1, "Not in these abstracts. Nearest: Near <i>", nearest=(near,))
    made = parts(done(answer))
    assert made["label"] == "Nearest papers: 1 paper" and made["blocks"] == []
    html = str(made["sources"])
    assert "Near &lt;i&gt;" in html and "Abstract &lt;b&gt;." in html and "cw-n" not in html.replace("cw-note", "")
    assert "What does \u201cNear &lt;i&gt;\u201d report?" in str(made["foot"])


def test_found_papers_are_shown_until_the_answer_comes() -> None:
    made = parts(ChatTurn("turn1", "q", "reading", hits=(Hit(paper(), 1.0, {}),), done=3, total=10))
    assert made["label"] == "Found so far: 1 paper" and "cw-found" in str(made["sources"])
    assert Shown(str(made["state"])).text == "Found 1 paperReading sentence 3 of 10 …"


def test_states_of_a_turn_that_did_not_end_well() -> None:
    assert "bad &lt;b&gt; # x" in str(parts(ChatTurn("turn1", "q", "failed", note="bad <b>\n\n# x"))["state"])
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


# --- the library and its models -----------------------------------------------------------------------------------------


def test_status_and_welcome_follow_the_loading() -> None:
    settings = Settings(library=Path("my_lib"))
    loading = Loading("loading", "Loading the reader")
    assert "Loading the reader …" in status(loading, settings)["line"]
    assert "Loading the reader … You can ask already." in welcome(loading, settings)
    about = {"reader": "Org/Small-<b>", "embedder": "e", "device": "cpu", "mode": "quote", "mode_reason": "no <writer>"}
    ready = Loading("ready", papers=(paper(),), description=about)
    said = status(ready, settings)
    assert said["count"] == "1 paper" and "Small-&lt;b&gt; · CPU · quote" in said["line"]
    assert "no &lt;writer&gt;" in said["runs"] and "Qwen3-4B" in said["runs"] and "4,000 characters" in said["runs"]
    assert "it is in use" in status(replace(ready, description=about | {"device": "cuda:0"}), settings)["runs"]
    empty = status(replace(ready, papers=()), settings)
    assert "citewise ingest FILE --library my_lib" in empty["welcome"] and empty["retry"]
    assert "no such &lt;x&gt;" in welcome(Loading("failed", "no such <x>"), settings)


def test_examples_come_from_the_titles() -> None:
    titles = ["DeepCache: Fast Sampling", "On Image Super-Resolution", "Super-Resolution for Video", "Some Other Thing"]
    assert example_questions([paper(title=title) for title in titles]) == [
        "What is DeepCache and what does it improve?",
        "Which papers here are about super-resolution?",
        "What does “DeepCache: Fast Sampling” report?",
        "What does “On Image Super-Resolution” report?",
    ]


def test_examples_of_odd_libraries() -> None:
    assert example_questions([]) == []
    assert example_questions([paper(title="Bees")]) == ["What does “Bees” report?"]
    assert example_questions([paper(title=""), paper(title="x" * 200)]) == []


def test_follow_ups_ask_for_what_was_not_shown_of_the_cited_papers() -> None:
    abstract = "A challenge is speed. We propose DeepCache. It is 2.3 times faster. Code: https://example.org/code"
    of = paper(abstract, "DeepCache: Fast Sampling", links=("https://example.org/code",))
    other = paper("We introduce Pruner. It removes weights.", "Pruner: Small Networks")
    asked = answered(citation(of, "It is 2.3 times faster."), question="How fast?")
    assert follow_ups(asked) == [
        "How does DeepCache work?",
        "Where is the code of DeepCache?",
        "Which challenge does DeepCache address?",
    ]
    both = answered(citation(of, "It is 2.3 times faster."), citation(other, "It removes weights.", 2))
    assert follow_ups(both)[:3] == [
        "How do DeepCache and Pruner differ?",
        "How does DeepCache work?",
        "How does Pruner work?",
    ]
    again = answered(citation(of, "It is 2.3 times faster."), question="How does DeepCache work?")
    assert "How does DeepCache work?" not in follow_ups(again)
    assert follow_ups(answered(citation(paper("One.", ""), "One."))) == []
    unnamed = paper("We propose a cache. It reduces time. One.", "DeepCache: Fast Sampling")
    assert follow_ups(answered(citation(unnamed, "One.")))[:2] == [
        "How does “DeepCache: Fast Sampling” work?",
        "What does “DeepCache: Fast Sampling” reduce?",
    ]


def test_importing_ui_does_not_import_gradio() -> None:
    code = "import sys, ui, ui.views.turn, ui.views.sources, ui.session.turns; sys.exit('gradio' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent.parent, check=False).returncode
        == 0
    )
