"""What the page is made of, as strings: no paper or question may become mark-up, and every chip has its card."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rag.domain import Answer, AnswerSentence, Citation, Evidence, Hit, Paper, Span, Turn
from rag.escaping import clean, escape_html, escape_markdown, safe_url, shorten
from rag.settings import Settings
from ui.conversation import ChatTurn, Conversation, content_to_text, history_turns
from ui.examples import example_questions
from ui.loading import Loading
from ui.rendering import answer_markdown, assistant_message, chat_messages, header, outcome_line, welcome
from ui.sources import marked, panel, paper_link, source_card, timing_line

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


def answered(*citations: Citation, text: str | None = None, question: str = "q") -> Answer:
    sentences = tuple(AnswerSentence(c.quote, "quote", (c,)) for c in citations)
    shown = text if text is not None else " ".join(f"“{c.quote}” [{c.n}]" for c in citations)
    return Answer(question, question, "quote", "answered", 0.9, shown, sentences=sentences)


def done(answer: Answer, number: int = 1) -> ChatTurn:
    return ChatTurn(number, answer.question, "done", answer=answer)


# --- escaping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_text_literally(text: str) -> None:
    shown = Shown(f'<p title="{escape_html(text)}">{escape_html(text)}</p>')
    assert shown.text == text
    assert (shown.tags, shown.attributes) == (["p"], [("title", text)])
    assert not re.search(r"[$`\\{}]", escape_html(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_has_nothing_that_could_be_structure(text: str) -> None:
    escaped = escape_markdown(text)
    assert not re.search(r"[<>*_`\\\[\]${}|~^@=]|&(?!#\d+;)|(?<!&)#|://|www\.", escaped)
    assert not re.search(r"^(\s|[-+]|\d+[.)])", escaped, re.MULTILINE)
    assert Shown(escaped).text == re.sub(r"^ +", "", text, flags=re.MULTILINE)


def test_markdown_leaves_prose_alone() -> None:
    prose = "It's “2.3 times” faster (by 41%), e.g. for U-Net; is that so?"
    assert escape_markdown(prose) == prose


def test_invisible_characters_are_dropped() -> None:
    assert clean("a\x00b\x1b[0m\u202ec\u2066d\x7f\U000e0041") == "ab[0mcd"
    assert clean("\ud800x") == "\ufffdx"
    assert clean("a\r\nb\tc") == "a\nb\tc"


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


# --- cards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(0, 3)], "<mark>abc</mark>defgh", id="start"),
        pytest.param([(5, 8)], "abcde<mark>fgh</mark>", id="end"),
        pytest.param([(4, 6), (1, 2)], "a<mark>b</mark>cd<mark>ef</mark>gh", id="out_of_order"),
        pytest.param([(1, 4), (3, 6)], "a<mark>bcdef</mark>gh", id="overlapping"),
        pytest.param([(1, 6), (2, 3)], "a<mark>bcdef</mark>gh", id="nested"),
        pytest.param([(1, 3), (3, 5)], "a<mark>bcde</mark>fgh", id="touching"),
        pytest.param([(2, 2), (6, 99), (-5, 1)], "<mark>a</mark>bcdef<mark>gh</mark>", id="empty_and_out_of_range"),
        pytest.param([], "abcdefgh", id="none"),
    ],
)
def test_marks(spans: list[tuple[int, int]], expected: str) -> None:
    assert marked("abcdefgh", [Span(*span) for span in spans]) == expected


def test_marks_stand_at_offsets_of_the_stored_text_not_of_the_escaped_one() -> None:
    abstract = "a < b\x00 & \u202e<i>c</i> \\xi d"
    start = abstract.index("<i>")
    html = marked(abstract, [Span(start, start + len("<i>c</i>"))])
    assert "<mark>&lt;i&gt;c&lt;/i&gt;</mark> &#92;xi d" in html
    assert Shown(html).text == "a < b & <i>c</i> \\xi d"


@pytest.mark.parametrize("text", HOSTILE)
def test_card_of_a_hostile_paper_has_only_our_tags(text: str) -> None:
    of = paper(abstract=text, title=text, authors=(text,), venue=text, url="javascript:alert(1)", doi=text)
    shown = Shown(source_card(1, [citation(of, text)], "src-1-1"))
    assert set(shown.tags) <= {"article", "h3", "span", "a", "p", "mark"}
    assert {name for name, _ in shown.attributes} <= {"class", "id", "aria-label", "dir", "href", "target", "rel"}
    assert all(value.startswith("https://doi.org/") for name, value in shown.attributes if name == "href" and value)
    assert text in shown.text


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
    assert "A, B, C, D et al. · V · 2023" in source_card(1, [citation(of, "One.")], "x")
    assert "cw-by" not in source_card(1, [citation(paper(), "One.")], "x")


# --- answers ----------------------------------------------------------------------------------------------------------


def test_markers_become_links_to_the_cards_of_their_turn() -> None:
    first, second = paper("Alpha one. Alpha two."), paper("Beta.", "B")
    answer = answered(citation(first, "Alpha one."), citation(first, "Alpha two."), citation(second, "Beta.", 2))
    assert answer_markdown(answer, 7) == (
        "> “Alpha one.” [[1]](#src-7-1) “Alpha two.” [[1]](#src-7-1) “Beta.” [[2]](#src-7-2)"
    )


def test_a_marker_among_a_papers_own_words_stays_text() -> None:
    of = paper("As shown in [1] and [2], it works.")
    text = answer_markdown(answered(citation(of, of.abstract)), 1)
    assert text == "> “As shown in &#91;1&#93; and &#91;2&#93;, it works.” [[1]](#src-1-1)"


def test_a_marker_without_a_citation_stays_text() -> None:
    answer = answered(citation(paper(), "One."), text="“One.” [1] [3]")
    assert answer_markdown(answer, 1) == "> “One.” [[1]](#src-1-1) &#91;3&#93;"


def test_every_chip_of_every_turn_has_one_card_of_its_own_paper() -> None:
    papers = [paper("Alpha.", "A"), paper("Beta.", "B")]
    turns = (
        done(answered(citation(papers[0], "Alpha.")), 1),
        done(answered(citation(papers[1], "Beta."), citation(papers[0], "Alpha.", 2)), 2),
    )
    conversation = Conversation(turns)
    html = panel(conversation, 2)
    chips = re.findall(r"\(#(src-[\d-]+)\)", "".join(m["content"] for m in chat_messages(conversation)))
    ids = re.findall(r'id="(src-[\d-]+)"', html)
    assert sorted(chips) == sorted(ids) == sorted(set(ids)) == ["src-1-1", "src-2-1", "src-2-2"]
    title = {i: re.search(rf'id="{i}".*?</span>(\w)</h3>', html)[1] for i in ids}  # type: ignore[index]
    assert title == {"src-1-1": "A", "src-2-1": "B", "src-2-2": "A"}
    assert html.index("src-2-1") < html.index("<details") < html.index("src-1-1")


def test_outcome_is_said_plainly() -> None:
    answer = answered(citation(paper("Alpha.", "A"), "Alpha."), citation(paper("Beta.", "B"), "Beta.", 2))
    assert outcome_line(answer) == "✓ 2 papers, exact words"
    partial = replace(answer, outcome="partial", missing=("its cost",))
    assert outcome_line(partial) == "✓ 2 papers, exact words. Part of the question is not in these abstracts"
    assert outcome_line(replace(answer, outcome="declined")).startswith("Declined")


def test_declined_shows_the_nearest_papers_without_numbers_or_marks() -> None:
    near = paper("Abstract <b>.", "Near <i>")
    answer = Answer("q", "q", "quote", "declined", 0.1, "Not in these abstracts. Nearest: Near <i>", nearest=(near,))
    html = panel(Conversation((done(answer),)), 59)
    assert "Nearest papers" in html and "Near &lt;i&gt;" in html and "Abstract &lt;b&gt;." in html
    assert "cw-n" not in html and "<mark>" not in html
    assert assistant_message(done(answer)).startswith("Not in these abstracts. Nearest: Near &#60;i&#62;")


def test_found_papers_are_shown_until_the_answer_comes() -> None:
    hit = Hit(paper(), 1.0, {})
    html = panel(Conversation((ChatTurn(1, "q", "reading", hits=(hit,)),)), 1)
    assert "Found" in html and "cw-found" in html and "Two words" not in html


def test_follow_up_says_how_it_was_understood() -> None:
    turn = replace(done(answered(citation(paper(), "One."))), asked_as="and *that*?")
    assert "*Asked as: and &#42;that&#42;?*" in assistant_message(turn)


def test_errors_are_escaped() -> None:
    assert assistant_message(ChatTurn(1, "q", "failed", note="bad <b>\n\n# x")) == "**bad &#60;b&#62; &#35; x**"


def test_timing_line() -> None:
    evidence = tuple(Evidence(paper(), Span(0, 3), 1.0, {}) for _ in range(10))
    times = {"retrieve": 41.0, "read": 912.0}
    answer = replace(answered(), evidence=evidence, timings_ms=times)
    assert timing_line(answer, 59) == "Searched 59 papers, 0.04 s · read 10 sentences, 0.9 s"
    assert timing_line(replace(answer, timings_ms={}), 1) == "Searched 1 paper · read 10 sentences"


def test_header_and_welcome_follow_the_loading() -> None:
    settings = Settings(library=Path("my_lib"))
    loading = Loading("loading", "Loading the reader")
    assert "Loading the reader …" in header(loading) and "Loading the reader" in welcome(loading, settings)
    about = {"reader": "Org/Small-<b>", "embedder": "e", "device": "CPU", "mode": "quote"}
    ready = Loading("ready", papers=(paper(),), description=about)
    assert "1 paper<" in header(ready) and "Small-&lt;b&gt; · CPU · quote" in header(ready)
    assert "citewise ingest FILE --library my&#95;lib" in welcome(replace(ready, papers=()), settings)
    assert "no such <x>" not in welcome(Loading("failed", "no such <x>"), settings)


# --- examples and history ---------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ({"type": "text", "text": "a"}, "a"),
        (["a", {"type": "file", "file": {"path": "x"}}], "a"),
        (None, ""),
        (7, ""),
    ],
)
def test_content_to_text(content: object, text: str) -> None:
    assert content_to_text(content) == text


def test_history_takes_both_shapes_and_skips_the_rest() -> None:
    messages = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
        {"role": "system", "content": "obey"},
        {"role": "user", "content": " "},
        {},
    ]
    assert history_turns(messages) == (Turn("user", "one"), Turn("assistant", "two"))
    assert history_turns(None) == ()


def test_history_of_the_chat_has_the_words_as_shown() -> None:
    of = paper("A *b* c.")
    conversation = Conversation((done(answered(citation(of, "A *b* c."))),)).asked("next")
    assert conversation.history() == (Turn("user", "q"), Turn("assistant", "“A *b* c.” [1]"))


def test_importing_ui_does_not_import_gradio() -> None:
    code = "import sys, ui, ui.rendering, ui.sources; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent, check=False).returncode == 0
