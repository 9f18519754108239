"""Pasted text told apart: records, and what only names papers."""

import pytest

from rag.question.paper_lists import Name, kinds_of, names_in, parted

RIS = "TY  - JOUR\nTI  - A title\nER  - "
BIBTEX = "@article{a,\n  title = {A {T}itle},\n  doi = {10.1/x}\n}"


def said(text: str) -> list[tuple[str, str]]:
    return [(name.kind, name.text) for name in names_in(text.splitlines())]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("10.1000/182", [("DOI", "10.1000/182")]),
        ("https://doi.org/10.1000/182.", [("DOI", "10.1000/182")]),
        ("10.1000/1, 10.1000/2; 10.1000/3", [("DOI", "10.1000/1"), ("DOI", "10.1000/2"), ("DOI", "10.1000/3")]),
        ("arXiv:2301.00001v2", [("arXiv id", "2301.00001")]),
        ("PMID: 12345678", [("PMID", "12345678")]),
        ("12345678 23456789", [("PMID", "12345678"), ("PMID", "23456789")]),
        ("[3] Attention Is All You Need", [("title", "Attention Is All You Need")]),
        ("“Attention Is All You Need”", [("title", "Attention Is All You Need")]),
        ("2001: A Space Odyssey", [("title", "2001: A Space Odyssey")]),
        ("doi", []),
        ("", []),
        ("---", []),
        ("We show that this is a sentence of an abstract and that it names no paper at all, as readers will see.", []),
        ("x" * 700, []),
    ],
)
def test_each_line_is_taken_for_what_it_is(line: str, expected: list[tuple[str, str]]) -> None:
    assert said(line) == expected


def test_a_reference_is_one_paper_with_its_identifier() -> None:
    line = "Devlin, J. (2018). BERT: Pre-training of Transformers. arXiv:1810.04805"
    assert names_in([line]) == [Name("arXiv id", line, ("1810.04805",))]


def test_each_paper_is_named_once() -> None:
    assert said("10.1000/1\nhttps://doi.org/10.1000/1\nA Title\na title") == [
        ("DOI", "10.1000/1"),
        ("title", "A Title"),
    ]


@pytest.mark.parametrize("record", [RIS, BIBTEX, '{"title": "A",\n "abstract": "B"}'])
def test_what_stands_around_records_is_taken_out_and_lines_keep_their_numbers(record: str) -> None:
    inside, outside = parted(f"10.1000/other\n{record}\nA Title\n")
    assert outside == ["10.1000/other", "A Title"]
    assert inside.splitlines()[1 : 1 + len(record.splitlines())] == record.splitlines()
    assert inside.splitlines()[0] == ""


def test_a_text_without_such_records_stays_whole() -> None:
    page = "A Title\n\nAn abstract of it.\n"
    assert parted(page) == (page, [])


def test_kinds_are_counted_in_words() -> None:
    assert kinds_of(names_in("10.1000/1\n10.1000/2\nA Title\n12345678".splitlines())) == "2 DOIs, 1 title and 1 PMID"
    assert kinds_of(names_in(["A Title"])) == "1 title"
