"""Source files: the formats and their records."""

import re
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Paper
from rag.ingest.formats.record import BadRecord, make_paper
from rag.ingest.identity import text_id
from tests.conftest import SEEDS
from tests.helpers.sources import ABSTRACT, file, jsonl, read


@pytest.fixture(scope="module")
def seeds() -> dict[str, Paper]:
    papers, rejected = read(SEEDS)
    assert rejected == []
    assert len(papers) == 59
    return {paper.title: paper for paper in papers}


# The seed file.


def test_seed_titles_and_ids_are_unique(seeds: dict[str, Paper]) -> None:
    assert len(seeds) == 59
    assert len({paper.id for paper in seeds.values()}) == 59


@pytest.mark.parametrize(
    ("title", "links"),
    [
        ("DeepCache: Accelerating Diffusion Models for Free", ("https://github.com/horseee/DeepCache",)),
        (
            "Improving Diffusion Models for Scene Text Editing with Dual Encoders",
            ("https://github.com/UCSB-NLP-Chang/DiffSTE",),
        ),
        (
            "Faster Diffusion: Rethinking the Role of UNet Encoder in Diffusion Models",
            ("https://github.com/hutaiHang/Faster-Diffusion",),
        ),
        (
            "SemantiCodec: An Ultra Low Bitrate Semantic Audio Codec for General Sound",
            ("https://haoheliu.github.io/SemantiCodec/",),
        ),
        ("Latent Diffusion Model for Medical Image Standardization and Enhancement", ()),
    ],
    ids=["full stop after it", "DiffSTE", "name in braces after it", "slash at the end", "none"],
)
def test_seed_links_are_the_urls_and_nothing_else(seeds: dict[str, Paper], title: str, links: tuple[str, ...]) -> None:
    assert seeds[title].links == links


def test_every_seed_link_stands_in_its_abstract(seeds: dict[str, Paper]) -> None:
    linked = [paper for paper in seeds.values() if paper.links]
    assert len(linked) == 24
    assert all(link in paper.abstract for paper in linked for link in paper.links)


def test_seed_ids_are_the_same_in_every_run_and_version(seeds: dict[str, Paper]) -> None:
    # Libraries and saved runs hold these ids; a change here makes every library read its papers again.
    assert seeds["DeepCache: Accelerating Diffusion Models for Free"].id == "59a642f78b95d1df"
    assert all(paper.id == text_id(paper.title, paper.abstract) for paper in seeds.values())


def test_seed_junk_lines_are_in_no_paper(seeds: dict[str, Paper]) -> None:
    shown = " ".join(paper.title + paper.abstract for paper in seeds.values())
    assert "Get trending papers" not in shown
    assert "AK and the research community" not in shown


# Pages of titles and abstracts.


def test_junk_before_the_first_title_is_skipped(tmp_path: Path) -> None:
    page = f"new\n\nSubscribe\n\nMar 14\n\nHoney bees\n\n{ABSTRACT}\n"
    papers, rejected = read(file(tmp_path, page, "page.txt"))
    assert [(paper.title, paper.abstract) for paper in papers] == [("Honey bees", ABSTRACT)]
    assert rejected == []


def test_titles_without_abstract_are_reported_with_their_line_and_the_rest_goes_in(tmp_path: Path) -> None:
    page = f"new\n\nBees\n\n{ABSTRACT}\n\nLonely\n\nAnts\n\n{ABSTRACT}\n\nWasps\n\n{ABSTRACT}\n\nLast\n"
    papers, rejected = read(file(tmp_path, page, "page.txt"))
    assert [paper.title for paper in papers] == ["Bees", "Ants", "Wasps"]
    assert [(item.line, item.title) for item in rejected] == [(7, "Lonely"), (17, "Last")]
    assert {item.reason for item in rejected} == {"a title without an abstract"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_wrapped_titles_and_abstracts_become_one_line(tmp_path: Path, newline: str) -> None:
    page = f"Honey\n  bees\n\n{ABSTRACT.replace('dance. ', 'dance.' + chr(10))}\n".replace("\n", newline)
    papers, _ = read(file(tmp_path, page, "page.txt"))
    assert papers[0].title == "Honey bees"
    assert papers[0].abstract == ABSTRACT


# corpus.jsonl.


def test_all_fields_of_a_record_arrive(tmp_path: Path) -> None:
    record = {
        "id": "a-1",
        "title": "Honey bees",
        "abstract": "Bees dance. See https://bees.org/dance.",
        "authors": ["Karl von Frisch", " ", "Martin  Lindauer"],
        "url": "https://bees.org/1",
        "year": "1967",
        "doi": "https://doi.org/10.1000/ABC",
        "arxiv_id": "arXiv:2401.00001v3",
        "pmid": 123,
        "venue": "Bee World",
        "unknown": {"is": "ignored"},
    }
    papers, rejected = read(file(tmp_path, jsonl(record)))
    assert rejected == []
    assert papers == [
        Paper(
            id="a-1",
            title="Honey bees",
            abstract="Bees dance. See https://bees.org/dance.",
            authors=("Karl von Frisch", "Martin Lindauer"),
            url="https://bees.org/1",
            year=1967,
            doi="10.1000/abc",
            arxiv_id="2401.00001",
            pmid="123",
            venue="Bee World",
            links=("https://bees.org/dance",),
            version=3,
        )
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": "x", "doi": "10.1/a", "arxiv_id": "2401.1v2", "pmid": "7"}, "x"),
        ({"id": 42, "doi": "10.1/a"}, "42"),
        ({"id": " ", "doi": "10.1/A", "arxiv_id": "2401.1v2", "pmid": "7"}, "10.1/a"),
        ({"doi": "doi: 10.1/A"}, "10.1/a"),
        ({"doi": "http://dx.doi.org/10.1/A"}, "10.1/a"),
        ({"doi": "", "arxiv_id": "2401.00001v12", "pmid": "7"}, "2401.00001"),
        ({"arxiv_id": "https://arxiv.org/abs/2401.00001v2"}, "2401.00001"),
        ({"arxiv_id": "cs.CL/0001001"}, "cs.CL/0001001"),
        ({"doi": None, "arxiv_id": None, "pmid": 7}, "7"),
        ({}, text_id("T", "Words.")),
    ],
    ids=[
        "own id first",
        "number as id",
        "DOI next",
        "DOI with prefix",
        "DOI as URL",
        "arXiv id without version",
        "arXiv id as URL",
        "old arXiv id",
        "PMID",
        "hash of the text",
    ],
)
def test_the_id_is_the_first_identifier_there_is(tmp_path: Path, fields: dict[str, Any], expected: str) -> None:
    papers, _ = read(file(tmp_path, jsonl({"title": "T", "abstract": "Words.", **fields})))
    assert [paper.id for paper in papers] == [expected]


def test_the_hash_id_ignores_spelling_of_space_and_case_but_not_words() -> None:
    plain = make_paper(title="Honey bees", abstract="Bees dance – often.").id
    assert make_paper(title="HONEY  Bees", abstract="bees dance - often.\n").id == plain
    assert make_paper(title="Honey bees", abstract="Bees dance - seldom.").id != plain
    assert len(plain) == 16


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"title": "Bad", "abstract": "cut', "not JSON: .*"),
        ('["Bad"]', "not a JSON object but a list"),
        ("null", "not a JSON object but null"),
        ({"title": "Bad", "count": 12}, "no abstract, and nothing else that a paper has: .*"),
        ({"title": "", "abstract": None}, "no abstract and no title"),
        ({"title": "2001", "abstract": " \u200b\n"}, "no abstract, and no title with a word"),
        ({"title": "Bad", "abstract": "?! … 1. 2."}, "no word in its abstract: .*"),
        ({"title": "Bad", "abstract": [["a"], {"b": True}]}, "abstract is not text but a list"),
        ({"title": "Bad", "abstract": {"x": {"y": 1}}}, "abstract is not text but an object"),
        ({"title": "Bad", "abstract": True}, "abstract is not text but true or false"),
        ({"title": {"x": 1}, "abstract": "a"}, "title is not text but an object"),
        ({"title": "Bad", "abstract": "word " * 6_001}, "its abstract has 30,004 characters; at most 30,000 are taken"),
        ({"title": "Bad " * 600, "abstract": "a"}, "its title has 2,399 characters; at most 2,000 are taken"),
        (
            {"title": "Bad", "abstract": "a " + "x" * 1_001},
            "its abstract holds a word of more than 1,000 characters: x*…",
        ),
    ],
    ids=[
        "line cut off",
        "a list",
        "null",
        "no record of a paper",
        "neither title nor abstract",
        "invisible abstract and no words in the title",
        "no words",
        "abstract a nested list",
        "abstract an object without text",
        "abstract a boolean",
        "title an object",
        "long abstract",
        "long title",
        "endless word",
    ],
)
def test_a_bad_record_is_rejected_with_its_line_and_the_rest_goes_in(tmp_path: Path, bad: Any, reason: str) -> None:
    good = {"title": "First", "abstract": "One."}, {"title": "Last", "abstract": "Two."}
    papers, rejected = read(file(tmp_path, jsonl(good[0], "", bad, good[1])))
    assert [paper.title for paper in papers] == ["First", "Last"]
    assert [item.line for item in rejected] == [3]
    assert re.fullmatch(reason, rejected[0].reason)
    named = isinstance(bad, dict) and isinstance(bad["title"], str)
    assert rejected[0].title[:3] == (bad["title"][:3] if named else "")
    assert len(rejected[0].title) <= 200


@pytest.mark.parametrize("year", [None, "", 2020, "2020"], ids=["null", "empty", "number", "text"])
def test_a_year_may_be_missing_a_number_or_text(tmp_path: Path, year: Any) -> None:
    papers, _ = read(file(tmp_path, jsonl({"title": "T", "abstract": "A.", "year": year})))
    assert [paper.year for paper in papers] == [2020 if year else None]


def test_a_paper_needs_no_title(tmp_path: Path) -> None:
    papers, rejected = read(file(tmp_path, jsonl({"abstract": "Only words."})))
    assert [(paper.title, paper.abstract) for paper in papers] == [("", "Only words.")]
    assert rejected == []


def test_make_paper_refuses_what_has_neither_abstract_nor_title() -> None:
    with pytest.raises(BadRecord, match="no abstract"):
        make_paper(title="1984?", abstract="\u202e\u200b ")


# Text from strangers.


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("\x1b[31mRed\x1b[0m\x07 bees\x00", "[31mRed[0m bees"),
        ("Bees \u202egnicnad\u202c \u2066again\u2069", "Bees gnicnad again"),
        ("Ho\u200bney\u00ad bees\ufeff", "Honey bees"),
        ("Honey\r\n\t bees", "Honey bees"),
        ('<script>alert("1")</script> & <x>bees</x>', '<script>alert("1")</script> & <x>bees</x>'),
    ],
    ids=["terminal escapes", "bidi overrides", "invisible", "line breaks", "unknown markup stays text"],
)
def test_titles_keep_their_visible_text_only(tmp_path: Path, title: str, shown: str) -> None:
    papers, _ = read(file(tmp_path, jsonl({"title": title, "abstract": f"About {title}."})))
    assert papers[0].title == shown
    assert papers[0].abstract == f"About {shown}."


@pytest.mark.slow
def test_all_abstracts_of_scifact_are_read(big_data: Path) -> None:
    papers, rejected = read(big_data / "scifact" / "corpus.jsonl")
    assert rejected == []
    assert len(papers) == 5_183
    assert len({paper.id for paper in papers}) == 5_183
