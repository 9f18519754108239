"""Exports, read back by the parsers that reference managers and writers use: exactly the cited papers, every character of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.answer.quoted import text_of
from rag.cli import app
from rag.core.domain import Answer, AnswerSentence, Citation, Paper, Span
from rag.core.references import bibtex, csl_json, reference, ris
from rag.output.export import FORMATS, Exchange, cited_papers, markdown
from rag.output.to_json import answer_json
from tests.conftest import add

HOSTILE = "50% & $5_{a}$ {b} <i>\\xi~^ #1 [x](y) *z* `q` | ![i](j) \"k\" 'l' @m\nTY  - X"
ADA = "Ada van der Berg"
FAST = "FastCache: Faster $O(n)$ Sampling"
PAPERS = (
    Paper("a", FAST, "It is 2.3 times faster. No retraining.", (ADA, "Li, Wei"), year=2023, doi="10.1/a_b"),
    Paper(
        "b",
        "FastCache again",
        "Both by 41% and 24%.",
        (ADA, "The Example Group of Ten"),
        year=2023,
        arxiv_id="2312.09608",
    ),
    Paper("h", HOSTILE, HOSTILE, (HOSTILE, "Solo"), venue=HOSTILE, url="https://example.org/{x}"),
    Paper("n", "Not cited", "Nothing.", links=("https://github.com/a/b",)),
)
BY_ID = {paper.id: paper for paper in PAPERS}


def cite(paper_id: str, words: str, n: int) -> Citation:
    start = BY_ID[paper_id].abstract.index(words)
    return Citation(n, BY_ID[paper_id], Span(start, start + len(words)))


def answer(*sentences: AnswerSentence, question: str = "How fast?") -> Answer:
    return Answer(question, question, "quote", "answered", 0.9, text_of(sentences), sentences=sentences)


def quoted(*cited: Citation) -> Answer:
    return answer(*(AnswerSentence(c.quote, "quote", (c,)) for c in cited))


TALK = (
    Exchange("How fast?", quoted(cite("b", "Both by 41% and 24%.", 1), cite("a", "It is 2.3 times faster.", 2))),
    Exchange(
        "And *what* else?",
        replace(
            answer(
                AnswerSentence("It needs no retraining.", "supported", (cite("a", "No retraining.", 1),)),
                AnswerSentence(BY_ID["h"].abstract, "quote", (cite("h", HOSTILE, 2),)),
            ),
            outcome="partial",
            missing=("its *cost*",),
        ),
    ),
    Exchange(
        "The weather?",
        Answer("The weather?", "The weather?", "quote", "declined", 0.1, "Not there.", nearest=(BY_ID["n"],)),
    ),
    Exchange("Stopped?", None),
)


def test_cited_papers_are_those_of_the_citations_each_once_in_their_order() -> None:
    assert [paper.id for paper in cited_papers(TALK)] == ["b", "a", "h"]


def test_bibtex_parses_and_has_the_cited_papers() -> None:
    bibtexparser = pytest.importorskip("bibtexparser")
    made = bibtexparser.parse_string(FORMATS["bibtex"].render(TALK))
    assert made.failed_blocks == []
    assert [entry.key for entry in made.entries][:2] == ["vanderberg2023fastcache", "vanderberg2023fastcachea"]
    again, first, hostile = made.entries
    assert first["title"] == "{FastCache: Faster $O(n)$ Sampling}"
    assert first["author"] == "van der Berg, Ada and Li, Wei"
    assert (first["year"], first["doi"], first["url"]) == ("2023", r"10.1/a_b", "https://doi.org/10.1/a_b")
    assert (again["eprint"], again["archiveprefix"]) == ("2312.09608", "arXiv")
    assert again["author"] == "van der Berg, Ada and {The Example Group of Ten}"
    assert hostile.entry_type == "article"
    assert hostile["url"] == "https://example.org/%7Bx%7D"
    assert r"50\% \& $5_{a}$ \{b\} <i>\textbackslash{}xi\textasciitilde{}\textasciicircum{} \#1" in hostile["title"]


def test_ris_parses_and_has_the_cited_papers() -> None:
    rispy = pytest.importorskip("rispy")
    again, first, hostile = rispy.loads(FORMATS["ris"].render(TALK))
    assert first["title"] == "FastCache: Faster $O(n)$ Sampling"
    assert first["authors"] == ["van der Berg, Ada", "Li, Wei"]
    assert (first["year"], first["doi"]) == ("2023", "10.1/a_b")
    assert again["urls"] == ["https://arxiv.org/abs/2312.09608"]
    assert hostile["title"] == " ".join(HOSTILE.split()) and hostile["type_of_reference"] == "JOUR"


def test_csl_json_is_read_by_a_citation_processor() -> None:
    source = pytest.importorskip("citeproc.source.json")
    items = json.loads(FORMATS["csl-json"].render(TALK))
    assert [item["id"] for item in items] == list(source.CiteProcJSON(items))
    again, first, hostile = items
    assert first["author"] == [{"family": "van der Berg", "given": "Ada"}, {"family": "Li", "given": "Wei"}]
    assert again["author"][1] == {"literal": "The Example Group of Ten"}
    assert first["issued"] == {"date-parts": [[2023]]}
    assert hostile["title"] == " ".join(HOSTILE.split()) and "issued" not in hostile


def test_markdown_parses_to_footnotes_that_are_the_sources() -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": False})
    parser.use(pytest.importorskip("mdit_py_plugins.footnote").footnote_plugin)
    html = parser.render(markdown(TALK))
    assert (
        html.count('class="footnote-item"') == 4
    )  # of paper a one for its quote, one for the words behind what was written
    assert html.count("footnote-ref") == 4
    assert "<h2>And *what* else?</h2>" in html
    assert "“It is 2.3 times faster.”<sup" in html and "It needs no retraining.<sup" in html
    assert "“No retraining.” Ada van der Berg, Li, Wei (2023)" in html
    assert '<a href="https://doi.org/10.1/a_b">' in html
    assert "Not found in these abstracts: its *cost*" in html and "<em>Not found in these abstracts.</em>" in html
    assert "<em>No answer.</em>" in html
    assert "<i>" not in html and "<img" not in html and "<code>" not in html
    shown = (
        " ".join(HOSTILE.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )
    assert f"“{shown}”" in html


@pytest.mark.parametrize(
    "text",
    [
        "2.5 times faster.",
        "1. First.",
        "- a",
        "+ b",
        "$![x](https://example.org/p)$",
        "$[x]: https://example.org$",
        "# h",
    ],
)
def test_markdown_shows_every_beginning_literally(text: str) -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark")
    paper = Paper("p", "T", text)
    said = AnswerSentence(text, "supported", (Citation(1, paper, Span(0, len(text))),))
    html = parser.render(markdown([Exchange("q", answer(said))]))
    assert f"<p>{text}[^1]</p>" in html


def test_a_title_cannot_end_its_bibtex_field() -> None:
    bibtexparser = pytest.importorskip("bibtexparser")
    sly = Paper("s", "A $a}}, note={{b$ title", "x", doi="10.1/}, note={x", arxiv_id="1}{")
    [entry] = bibtexparser.parse_string(bibtex([sly])).entries
    assert {field.key for field in entry.fields} == {"title", "doi", "eprint", "archiveprefix", "url"}


def test_what_a_paper_does_not_say_is_left_out() -> None:
    bare = Paper("x", "", "Only an abstract.")
    assert reference(bare) == "Only an abstract."
    assert bibtex([bare]) == "@misc{paper,\n  title = {{Only an abstract.}}\n}\n"
    assert ris([bare]) == "TY  - GEN\nTI  - Only an abstract.\nER  - \n"
    assert json.loads(csl_json([bare])) == [{"id": "paper", "type": "article", "title": "Only an abstract."}]
    assert reference(PAPERS[3]) == "Not cited. Linked in its abstract: https://github.com/a/b"


def test_many_papers_of_one_name_have_keys_of_their_own() -> None:
    same = [Paper(str(n), "Same", "x") for n in range(60)]
    keys = [line for line in bibtex(same).splitlines() if line.startswith("@")]
    assert len(set(keys)) == 60


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    add(tmp_path / "shelf", list(PAPERS))
    return tmp_path / "shelf"


def run(*arguments: str, text: str | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["export", *arguments], input=text)
    return done.exit_code, done.stdout, done.stderr


def saved(exchanges: tuple[Exchange, ...]) -> str:
    turns = [{"question": one.question, "answer": answer_json(one.answer) if one.answer else None} for one in exchanges]
    return json.dumps({"citewise": "0.1.0", "turns": turns})


@pytest.mark.parametrize("form", list(FORMATS))
def test_command_makes_the_same_file_of_a_saved_conversation(shelf: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "talk.json").write_text(saved(TALK), "utf-8")
    code, out, err = run(str(tmp_path / "talk.json"), "--library", str(shelf), "--format", form)
    assert (code, err) == (0, "")
    assert out == FORMATS[form].render(TALK)


def test_command_takes_lines_of_answers_and_writes_a_file_once(shelf: Path, tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(answer_json(one.answer)) for one in TALK if one.answer)
    out = tmp_path / "refs.bib"
    assert run("-", "--library", str(shelf), "--out", str(out), text=lines) == (0, "", "")
    assert out.read_text("utf-8").count("@") >= 3
    code, _, err = run("-", "--library", str(shelf), "--out", str(out), text=lines)
    assert code == 1 and "is there already; nothing was overwritten" in err


def test_command_without_answers_exports_the_library(shelf: Path) -> None:
    code, out, _ = run("--library", str(shelf), "--format", "csl-json")
    assert code == 0 and len(json.loads(out)) == len(PAPERS)
    code, _, err = run("--library", str(shelf), "--format", "markdown")
    assert code == 1 and "Markdown is made of answers" in err


def test_command_leaves_out_what_no_longer_resolves_and_says_so(shelf: Path) -> None:
    talk = json.loads(saved(TALK))
    talk["turns"][0]["answer"]["sentences"][1]["citations"][0]["start"] += 1
    code, out, err = run("-", "--library", str(shelf), text=json.dumps(talk))
    assert code == 0 and err.startswith("citewise: 1 left out")
    assert "41" not in out and out.count("\n@") == 2


@pytest.mark.parametrize("text", ["", "no json", "{}", "[]", '{"turns": []}', '{"sentences": 7}'])
def test_command_says_what_is_wrong_with_its_input(shelf: Path, text: str) -> None:
    code, out, err = run("-", "--library", str(shelf), text=text)
    assert (code, out) == (1, "")
    assert err.startswith(("citewise: this is n", "citewise: there are no answers in it"))


def test_markdown_says_first_what_nearest_words_are() -> None:
    lead = "Not in the abstract of A: a licence. Nearest words:"
    answer = Answer("q", "q", "quote", "nearest", 0.1, lead, notice=lead)
    assert markdown([Exchange("q", answer)]) == f"## q\n\n*{lead}*\n"
