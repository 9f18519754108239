"""Pages of titles and abstracts saved as text: how people lay them out, in several scripts, and what is said of what is left out."""

import textwrap
import time
from pathlib import Path

import pytest

from rag.core.domain import Note, Paper, Rejected
from rag.core.errors import SourceError
from rag.ingest.formats import read_papers, seed_page
from tests.conftest import SEEDS
from tests.helpers.sources import file, read

SONAR = (
    "Tidal turbines are hard to inspect. TideScan measures blade erosion from sonar alone and finds 9 of 10 defects larger "
    "than 4 mm. The method fails in turbid water above 30 NTU, where recall drops to 0.41. We release the recordings."
)
HIVES = (
    "Honeybee colonies lose up to a third of their foragers in wet springs. We weigh 212 hives every ten minutes for three "
    "years and find that weight loss in April predicts winter death. Colonies that were fed in March lost less weight."
)
TIDE, SCALES = "TideScan: Erosion from Sonar", "Hives on Scales"
TWO = [(TIDE, SONAR), (SCALES, HIVES)]
WRAPPED, ALSO_WRAPPED = (textwrap.fill(text, 72) for text in (SONAR, HIVES))


def _read(page: str) -> tuple[list[Paper], list[Rejected]]:
    assert seed_page.recognises(page)
    records = list(seed_page.read(page))
    return (
        [record for record in records if isinstance(record, Paper)],
        [record for record in records if isinstance(record, Rejected)],
    )


def _pairs(page: str) -> list[tuple[str, str]]:
    papers, rejected = _read(page)
    assert rejected == []
    return [(paper.title, paper.abstract) for paper in papers]


# What is a title, what is an abstract.


@pytest.mark.parametrize(
    "page",
    [
        f"{TIDE}\n\n{SONAR}\n\n{SCALES}\n\n{HIVES}\n",
        f"{TIDE}\n\n{WRAPPED}\n\n{SCALES}\n\n{ALSO_WRAPPED}\n".replace("\n", "\r\n"),
        f"{TIDE}\n{SONAR}\n\n{SCALES}\n{HIVES}\n",
        f"{TIDE}\n{SONAR}\n{SCALES}\n{HIVES}\n",
        f"{TIDE}\n{WRAPPED}\n\n{SCALES}\n{ALSO_WRAPPED}\n",
        f"# Reading list\n\n## {TIDE}\n\n{SONAR}\n\n## {SCALES}\n\n{HIVES}\n",
        f"## 1. {TIDE}\n\n> {SONAR}\n\n## 2. {SCALES} ##\n\n> {HIVES}\n",
        f"**{TIDE}**\n\n{SONAR}\n\n**{SCALES}**\n\n{HIVES}\n",
        f"- **{TIDE}**\n\n  {SONAR}\n\n- **{SCALES}**\n\n  {HIVES}\n",
        f"{TIDE}\n======\n\n{SONAR}\n\n{SCALES}\n------\n\n{HIVES}\n",
        f"1. {TIDE}\n\n{SONAR}\n\n2. {SCALES}\n\n{HIVES}\n",
        f"[1] {TIDE}\n\n{SONAR}\n\n[2] {SCALES}\n\n{HIVES}\n",
        f"{TIDE}\n\n{SONAR}\n\n---\n\n{SCALES}\n\n{HIVES}\n\n---\n",
        f"Title: {TIDE}\nAbstract: {SONAR}\n\nTitle: {SCALES}\nAbstract: {HIVES}\n",
        f"Title: {TIDE}\n\n{SONAR}\n\nTitle: {SCALES}\n\n{HIVES}\n",
        f"{TIDE}\n\nAbstract—{SONAR}\n\n{SCALES}\n\nABSTRACT {HIVES}\n",
        f"## {TIDE}\n\n**Abstract:** {SONAR}\n\n## {SCALES}\n\n### Abstract\n\n{HIVES}\n",
        f"Paper 1\n\n{TIDE}\n\n{SONAR}\n\nPaper 2\n\n{SCALES}\n\n{HIVES}\n",
        f"{TIDE}\n\n{SONAR}\n\nKeywords: sonar; tides\n\n{SCALES}\n\n{HIVES}\n\n© 2024 The Authors. All rights reserved.\n",
    ],
    ids=[
        "blank lines",
        "wrapped, Windows line ends",
        "no blank line between",
        "no blank lines at all",
        "wrapped, no blank line between",
        "Markdown headings below one of the page",
        "numbered headings, quoted abstracts",
        "bold titles",
        "bold titles in a list",
        "underlined titles",
        "numbered",
        "numbers in brackets",
        "rules between",
        "labels",
        "titles labelled",
        "abstracts labelled",
        "abstracts labelled in Markdown",
        "papers counted",
        "keywords and copyright below",
    ],
)
def test_a_title_and_its_abstract_are_found_however_the_page_is_laid_out(page: str) -> None:
    assert _pairs(page) == TWO


def test_a_second_paragraph_belongs_to_the_abstract_before_it() -> None:
    short = "Scales in spring can warn beekeepers."
    page = f"{TIDE}\n\n{SONAR}\n\n{HIVES}\n\n{SCALES}\n\n{HIVES}\n\n{short}\n"
    assert _pairs(page) == [(TIDE, f"{SONAR} {HIVES}"), (SCALES, f"{HIVES} {short}")]


def test_an_abstract_of_ten_words_that_end_in_a_full_stop_is_one() -> None:
    foam = ("A Note on Foam", "We show that foam collapses in 3 s under ultrasound.")
    tea = ("Does Tea Cool?", "It does, in 300 s under a small fan.")
    page = f"{foam[0]}\n\n{foam[1]}\n\n{tea[0]}\n\n{tea[1]}\n"
    assert _pairs(page) == [foam, tea]
    assert _pairs(f"{page}\n{TIDE}\n\n{SONAR}\n") == [foam, tea, (TIDE, SONAR)]
    assert _pairs(f"{foam[0]}\n\n{foam[1]}\n") == [foam]


def test_titles_that_end_in_a_full_stop_are_titles_where_the_page_writes_them_so() -> None:
    titles = "Weighing hives on scales in wet springs.", "Erosion of blades measured from sonar.", "Foam falls at last."
    page = "".join(f"{title}\n\n{text}\n\n" for title, text in zip(titles, (HIVES, SONAR, HIVES), strict=True))
    assert [title for title, _ in _pairs(page)] == list(titles)


@pytest.mark.parametrize(
    ("parts", "abstract"),
    [
        (
            ["BACKGROUND: Hives die.", "METHODS: We weighed 212 hives.", "CONCLUSIONS: Scales help."],
            "BACKGROUND: Hives die. METHODS: We weighed 212 hives. CONCLUSIONS: Scales help.",
        ),
        (["Background — Hives die.", "Results. They do."], "Background — Hives die. Results. They do."),
        (["OBJECTIVE Hives die.", "RESULTS We weighed 212."], "OBJECTIVE Hives die. RESULTS We weighed 212."),
        (
            ["Objective", "Hives die.", "Conclusions:", "Scales help."],
            "Objective: Hives die. Conclusions: Scales help.",
        ),
        (["### Methods", "We weigh.", "**Results:** They die."], "Methods: We weigh. Results: They die."),
        (["Materials and methods: " + HIVES, "Results: Yes."], f"Materials and methods: {HIVES} Results: Yes."),
        (["Introduction: Hives die.\nMethods: We weigh."], "Introduction: Hives die. Methods: We weigh."),
        (["Hives die in spring.", "METHODS: We weigh."], "Hives die in spring. METHODS: We weigh."),
        (
            ["Design, Setting, and Participants: Hives.", "Background/Aims: To know.", "Methods (n = 12): We weigh."],
            "Design, Setting, and Participants: Hives. Background/Aims: To know. Methods (n = 12): We weigh.",
        ),
        (["Methods\nWe weigh 212 hives."], "Methods: We weigh 212 hives."),
        (["Hintergrund: Bienen sterben.", "Ergebnisse: Ja."], "Hintergrund: Bienen sterben. Ergebnisse: Ja."),
        (["【目的】研究蜜蜂。", "【结论】有效。"], "【目的】研究蜜蜂。【结论】有效。"),
    ],
    ids=[
        "capitals",
        "dash and stop",
        "no mark",
        "headings",
        "Markdown",
        "long",
        "lines",
        "first part unnamed",
        "several names",
        "heading line",
        "German",
        "Chinese",
    ],
)
def test_the_parts_of_a_structured_abstract_are_one_abstract_below_its_title(parts: list[str], abstract: str) -> None:
    page = "\n\n".join([SCALES, *parts, TIDE, SONAR])
    [first, second] = _pairs(page)
    assert (first[0], first[1].replace("】 ", "】").replace("。 【", "。【")) == (SCALES, abstract)
    assert second == (TIDE, SONAR)


def test_titles_that_begin_with_the_name_of_a_part_are_titles() -> None:
    titles = (
        "Background Subtraction with Nets",
        "Methods for Hives",
        "METHODS FOR WEIGHING HIVES",
        "SUMMARY OF 2023 BEES",
    )
    page = "".join(f"{title}\n\n{SONAR}\n\n" for title in titles)
    assert [title for title, _ in _pairs(page)] == list(titles)


@pytest.mark.parametrize(
    "title",
    [
        "Preexisting infection induces inhibition of innate defense.",
        "Memory Management and Response Time",
        "Towards Generalizable and Robust Parsing",
        "Studying Questions Beyond SQuAD 2.0",
        "Topic Constructions Inspired by Tian et al. (2024)",
        "Context: Programs for All",
        "DESign: Dynamic Context-Aware Convolution",
        "Proceedings of 2019",
    ],
)
def test_a_title_that_looks_like_something_else_is_one_between_two_abstracts(title: str) -> None:
    page = f"{TIDE}\n\n{SONAR}\n\n{title}\n\n{HIVES}\n\n{SCALES}\n\n{SONAR}\n"
    assert [got for got, _ in _pairs(page)] == [TIDE, title, SCALES]


def test_a_sentence_between_two_paragraphs_that_speaks_as_an_abstract_does_is_a_paragraph() -> None:
    middle = "These results hold in dry springs too."
    page = f"{SCALES}\n\n{HIVES}\n\n{middle}\n\n{SONAR}\n\n{TIDE}\n\n{SONAR}\n"
    assert _pairs(page)[0] == (SCALES, f"{HIVES} {middle} {SONAR}")


def test_a_hyphen_at_the_end_of_a_line_gets_no_blank() -> None:
    page = f"{TIDE}\n\nA counterfactually-\naugmented set, end-\nto-end, with pre-\nand post-tests\nby: (1) us.\n{WRAPPED}\n"
    words = "A counterfactually-augmented set, end-to-end, with pre- and post-tests by: (1) us."
    assert _pairs(page)[0][1].startswith(words)


@pytest.mark.parametrize(
    "rest", ["Yeast Genes and Regulates Nucleosome Positioning", "P.R.S. Algorithm", "by Phrase Augmentation"]
)
def test_the_second_line_of_a_wrapped_title_is_no_line_of_authors(rest: str) -> None:
    first = "Variant Histone Is Globally Localized to the Promoters of Inactive"
    assert _pairs(f"{first}\n{rest}\n\n{WRAPPED}\n\n{SCALES}\n\n{HIVES}\n")[0] == (f"{first} {rest}", SONAR)


def test_titles_that_name_a_place_or_begin_with_a_number_are_titles() -> None:
    titles = "3D Scans of a School of Fish, Revisited", "University Choice of 2023 Students", "12 Tests of Foam"
    page = "".join(f"{title}\n\n{SONAR}\n\n" for title in titles)
    assert [title for title, _ in _pairs(page)] == list(titles)


CHINESE = (
    "我们提出一种仅利用声呐测量叶片侵蚀的方法，能够发现十分之九的大于四毫米的缺陷。该方法在浊度高于三十的水中失效。"
)


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        ("基于声呐的叶片侵蚀检测", CHINESE),
        ("泡沫札记", "我们证明泡沫在超声下三秒内坍塌。"),
        ("ソナーによるブレード侵食の検出", "本研究ではソナーのみを用いてブレードの侵食を測定する手法を提案する。"),
        ("소나를 이용한 날개 침식 검출", "본 연구는 소나만으로 날개 침식을 측정하며 결함 열 개 중 아홉 개를 찾아낸다."),
        ("Ульи на весах", "Пчёлы теряют до трети сборщиц дождливой весной."),
        ("خلايا على الموازين", "تفقد مستعمرات النحل ثلث العاملات في الربيع الرطب كل عام تقريبا."),
        ("जीवन और मधुमक्खी", "मधुमक्खियाँ वसंत में अपने एक तिहाई साथियों को खो देती हैं।"),
    ],
    ids=["Chinese", "short Chinese", "Japanese", "Korean", "Cyrillic", "Arabic", "Hindi"],
)
def test_other_scripts_are_read(title: str, abstract: str) -> None:
    assert _pairs(f"{title}\n\n{abstract}\n\n{TIDE}\n\n{SONAR}\n\n{title} 2\n\n{abstract}\n")[::2] == [
        (title, abstract),
        (f"{title} 2", abstract),
    ]


def test_wrapped_chinese_gets_no_blanks() -> None:
    page = f"泡沫札记\n\n{CHINESE[:30]}\n{CHINESE[30:]}\n\n{TIDE}\n\n{SONAR}\n"
    assert _pairs(page)[0] == ("泡沫札记", CHINESE)


# Authors, identifiers, and what a page has around its papers.


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("A. Miller, B. Schmidt", ("A. Miller", "B. Schmidt")),
        ("Anna Miller¹, Bernd Schmidt² and Karl von Roe*", ("Anna Miller", "Bernd Schmidt", "Karl von Roe")),
        ("Miller A(1), Schmidt B(2).", ("Miller A", "Schmidt B")),
        ("Miller, A., Schmidt, B.", ("Miller, A.", "Schmidt, B.")),
        ("By Anna Miller", ("Anna Miller",)),
        ("J. Doe", ("J. Doe",)),
        ("Authors: The TideScan Collaboration", ("The TideScan Collaboration",)),
        ("王伟，李娜", ("王伟", "李娜")),
        ("Anna Miller, University of Kassel", ("Anna Miller",)),
        ("Anna Miller (miller@example.org), Bernd Schmidt (University of Kassel)", ("Anna Miller", "Bernd Schmidt")),
        ("Ashish Vaswani et al., 2017", ()),
        ("Authors: Anna Miller, Bernd Schmidt,\n  Karl von Roe", ("Anna Miller", "Bernd Schmidt", "Karl von Roe")),
        ("Authors: Anna Miller,\nBernd Schmidt", ("Anna Miller", "Bernd Schmidt")),
        ("Anna Miller; Jean-Luc d'Arc", ("Anna Miller", "Jean-Luc d'Arc")),
    ],
)
@pytest.mark.parametrize("below", ["\n", "\n\n", "\n\nDepartment of Physics, University of Kassel\n\n"])
def test_a_line_of_authors_is_no_title(line: str, authors: tuple[str, ...], below: str) -> None:
    papers, rejected = _read(f"{TIDE}\n\n{line}{below}{SONAR}\n\n{SCALES}\n\n{HIVES}\n")
    assert [(paper.title, paper.authors) for paper in papers] == [(TIDE, authors), (SCALES, ())]
    assert papers[0].abstract == SONAR
    assert rejected == []


def test_where_all_papers_are_laid_out_alike_the_first_line_is_the_title() -> None:
    rows = [(TIDE, "Anna Miller", SONAR), (SCALES, "Jane Doe", HIVES), ("Foam and Milk", "Karl Roe", SONAR)]
    papers, rejected = _read("Daily\n\n" + "".join(f"{title}\n\n{name}\n\n{text}\n\n" for title, name, text in rows))
    assert [(paper.title, *paper.authors) for paper in papers] == [(title, name) for title, name, _ in rows]
    assert rejected == []


MAIL = f"""Submissions to:
Computation and Language

------------------------------------------------------------------------------
\\\\
arXiv:2401.01234
Date: Mon, 1 Jan 2024 10:00:00 GMT   (123kb)

Title: TideScan: Erosion
  from Sonar
Authors: Anna Miller, Bernd Schmidt
Categories: cs.CL cs.LG
Comments: 12 pages; see also arXiv:2301.00001
\\\\
{textwrap.indent(WRAPPED, "  ")}
\\\\ ( https://arxiv.org/abs/2401.01234 ,  123kb)
------------------------------------------------------------------------------
\\\\
arXiv:2401.01235
Date: Mon, 1 Jan 2024 11:00:00 GMT   (99kb)

Title: Hives on Scales
Authors: Jane Doe
\\\\
{textwrap.indent(ALSO_WRAPPED, "  ")}
\\\\ ( https://arxiv.org/abs/2401.01235 ,  99kb)
"""
LISTING = f"""[1] arXiv:2401.01234 [pdf, html, other]
Title: TideScan: Erosion from Sonar
Anna Miller, Bernd Schmidt
Comments: 12 pages, 3 figures
Subjects: Computation and Language (cs.CL); Machine Learning (cs.LG)
{SONAR}

[2] arXiv:2401.01235 [pdf, html, other]
Title: Hives on Scales
Authors: Jane Doe
Subjects: Machine Learning (cs.LG)

Abstract

{HIVES}
"""


@pytest.mark.parametrize("page", [MAIL, LISTING], ids=["by mail", "from the web"])
def test_a_listing_of_arxiv_gives_titles_authors_and_ids(page: str) -> None:
    papers, rejected = _read(page)
    assert [(paper.id, paper.title, paper.authors, paper.abstract) for paper in papers] == [
        ("2401.01234", TIDE, ("Anna Miller", "Bernd Schmidt"), SONAR),
        ("2401.01235", SCALES, ("Jane Doe",), HIVES),
    ]
    assert rejected == []


def test_a_listing_without_abstracts_is_refused_title_by_title() -> None:
    page = "\n".join(line for line in LISTING.split("\n") if line not in (SONAR, HIVES, "Abstract"))
    papers, rejected = _read(page)
    assert papers == []
    assert [(item.title, item.reason) for item in rejected] == [
        (TIDE, "no abstract stands below this title"),
        (SCALES, "no abstract stands below this title"),
    ]


def test_the_text_format_of_pubmed_gives_authors_and_ids() -> None:
    page = f"""1. Nat Med. 2024 Jan;30(1):1-10. doi: 10.1038/s41591-1. Epub 2024 Jan 3.

TideScan: Erosion from Sonar.

Miller A(1), Schmidt B(2).

Author information:
(1)Department of Physics, University of Kassel, Kassel, Germany.
(2)Google Research, Zurich, Switzerland.

BACKGROUND: Tidal turbines are hard to inspect.
RESULTS: It finds 9 of 10 defects.

© 2024. The Author(s).

DOI: 10.1038/s41591-1
PMID: 38182779 [Indexed for MEDLINE]


2. Bee World. 2023 May;12(3):45-9.

Hives on scales.

Doe J(1).

{ALSO_WRAPPED}

PMID: 37000001
"""
    (first, second), rejected = _read(page)
    assert rejected == []
    assert (first.title, first.authors, first.doi, first.pmid) == (
        "TideScan: Erosion from Sonar.",
        ("Miller A", "Schmidt B"),
        "10.1038/s41591-1",
        "38182779",
    )
    assert first.abstract == "BACKGROUND: Tidal turbines are hard to inspect. RESULTS: It finds 9 of 10 defects."
    assert (second.title, second.authors, second.pmid) == ("Hives on scales.", ("Doe J",), "37000001")
    assert (second.venue, second.year, second.abstract) == ("Bee World", 2023, HIVES)


def test_a_title_that_is_a_link_gives_the_address() -> None:
    papers, _ = _read(f"## [{TIDE}](https://arxiv.org/abs/2401.01234)\n\n{SONAR}\n\n## *{SCALES}*\n\n{HIVES}\n")
    assert (papers[0].title, papers[0].id) == (TIDE, "2401.01234")
    assert papers[0].url == "https://arxiv.org/abs/2401.01234"
    assert papers[1].title == SCALES


def test_a_link_below_an_abstract_is_part_of_it_and_a_bare_one_is_the_address() -> None:
    papers, rejected = _read(
        f"{TIDE}\n\n{SONAR}\n\nCode: https://github.com/a/b\n\n{SCALES}\n\n{HIVES}\n\nhttps://example.org/hives\n"
    )
    assert papers[0].links == ("https://github.com/a/b",)
    assert papers[1].url == "https://example.org/hives"
    assert rejected == []


# What is refused, and what is said of it.


def test_a_name_that_may_as_well_be_the_title_is_refused_with_what_to_do(tmp_path: Path) -> None:
    papers, rejected = read(file(tmp_path, f"{TIDE}\n\nJohn Smith\n\n{SONAR}\n", "page.txt"))
    assert papers == []
    assert [item.line for item in rejected] == [3]
    assert "not clear whether this is the title or the author" in rejected[0].reason
    assert 'write "Title:"' in rejected[0].reason


def test_running_text_below_a_title_is_no_abstract() -> None:
    papers, rejected = _read(f"{SCALES}\n\n{HIVES}\n\nThe Story of a Turbine\n\n" + f"{SONAR}\n\n" * 6)
    assert [paper.title for paper in papers] == [SCALES]
    assert [(item.line, item.title) for item in rejected] == [(5, "The Story of a Turbine")]
    assert rejected[0].reason == "6 paragraphs stand below this title: that is running text, not an abstract"


def test_a_book_in_one_paragraph_is_no_abstract() -> None:
    papers, rejected = _read(f"{SCALES}\n\n{HIVES}\n\nA Long Tale\n\n" + "We go on and on. " * 2_000)
    assert [paper.title for paper in papers] == [SCALES]
    assert "33,999 characters stand below this title" in rejected[0].reason


@pytest.mark.parametrize(
    "page",
    [
        "Dear Bob,\n\nI wanted to tell you that the meeting is at noon.\n\nBest,\n\nAlice\n",
        "milk\n\neggs\n\nhoney\n",
        f"{SONAR}\n\n{HIVES}\n\n{SONAR}\n",
        f"How to install\n\n```\nmake\n```\n\n{SONAR}\n",
    ],
    ids=["letter", "list", "prose", "manual"],
)
def test_what_is_no_page_of_papers_is_refused(tmp_path: Path, page: str) -> None:
    with pytest.raises(SourceError, match="in no format that citewise knows"):
        read_papers(file(tmp_path, page, "page.txt"))


def test_furniture_above_and_between_the_papers_is_no_paper() -> None:
    above = "new\n\nSign up to get the latest papers in your inbox every single day.\n\nMar 14\n\n"
    page = f"{above}{TIDE}\n\nUpvote 12\n\nPublished on Mar 14\n\n{SONAR}\n\n{SCALES}\n\n7 upvotes\n\n{HIVES}\n"
    assert _pairs(page) == TWO


def test_what_belongs_to_no_paper_is_named_with_its_line_in_one_note() -> None:
    page = f"new\n\nSubscribe\n\n{TIDE}\n\nAnna Miller, Bernd Schmidt\n\n{SONAR}\n\nKeywords: sonar\n\n{SCALES}\n\n{HIVES}\n"
    [note] = [record for record in seed_page.read(page) if isinstance(record, Note)]
    assert note == Note(
        1, "left out, as no part of a title or an abstract: line 1: new; line 3: Subscribe; line 11: keywords: sonar"
    )
    assert not [
        record
        for record in seed_page.read(page.partition("Subscribe")[2].replace("Keywords: sonar", ""))
        if isinstance(record, Note)
    ]


def test_the_note_stays_short_on_a_page_full_of_furniture() -> None:
    page = "".join(f"{SCALES} {n}\n\nUpvote {n}\n\n{HIVES}\n\n" for n in range(300))
    [note] = [record for record in seed_page.read(page) if isinstance(record, Note)]
    assert note.text.endswith("; and 290 more") and len(note.text) < 400


# Size.


@pytest.mark.parametrize(
    "page",
    [
        "".join(f"Title number {n}\n\n{SONAR}\n\n" for n in range(200)),
        "We do it now.\n\n" * 4_000,
        "short line\n\n" * 4_000 + f"{TIDE}\n\n{SONAR}",
        f"{TIDE}\n\n" + "METHODS: \n\n" * 4_000,
        f"{TIDE}\n\n" + "We do it. " * 6_000,
        "word word\n" * 6_000,
        "Anna Miller, Bernd Schmidt\n\n" * 2_000,
        ("A" + " " * 3_990 + ";\n\n") * 15,
        ("**" + "a*" * 2_000 + "\n\n") * 15,
        *(mark * 60_000 for mark in "#*_-=.,:;()[]{}\\\"'>|"),
    ],
)
def test_time_grows_with_the_page(page: str) -> None:
    # Quadratic work would take minutes here; a busy machine takes well under a second.
    start = time.process_time()
    seed_page.recognises(page)
    sum(1 for _ in seed_page.read(page))
    assert time.process_time() - start < 3


def test_the_seed_page_gives_its_papers_and_rejects_nothing() -> None:
    papers, rejected = read(SEEDS)
    assert (len(papers), rejected) == (59, [])
    assert [record.line for record in seed_page.read(SEEDS.read_text("utf-8")) if isinstance(record, Note)] == [1]
    assert {(paper.authors, paper.url, paper.year, paper.doi) for paper in papers} == {((), None, None, None)}
