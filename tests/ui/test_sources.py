"""The cards of papers: what they say, what they mark, and that no paper becomes mark-up."""

import re
from dataclasses import replace

import pytest

from rag.core.domain import Dropped, Evidence, Hit, Span
from rag.core.formulas import formulas
from rag.core.links import paper_link
from tests.helpers.answers import HOSTILE, Shown, answered, citation, done, everything, paper, parts
from ui.views.sources import similar_cards


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
    shown = Shown(everything(replace(done(answer), standalone=text + "?")))
    ours = set("article h3 h4 span a p mark blockquote div button details summary ul ol li dl dt dd svg path".split())
    ours |= {"math", "mrow", "mi", "mo", "mn", "abbr"}
    ours |= {"code"} if "\n" in text else set()  # what has lines of its own is shown as they are
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
    assert "A, B, C, D et al. · V · 2023" in similar_cards([Hit(of, 1.0, {})])
    assert "cw-by" not in similar_cards([Hit(paper(), 1.0, {})])


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
    html = str(parts(done(answered(citation(paper(year=2020), "One.", 2))))["sources"])
    assert 'data-text="DeepThing: A Title (2020)."' in html
    assert "@misc&#123;2020deepthing" in html and 'data-do="similar"' in html
    assert ">Open<" not in html  # it has no address
