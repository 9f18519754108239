"""Exports as each service and reference manager writes them: their layouts, their habits, and what other readers lose of them."""

from pathlib import Path

import pytest

from rag.core.domain import Rejected
from rag.ingest.formats import counted, read_records
from rag.ingest.formats.record import Entry
from tests.helpers.sources import file

TEXT = "Bees make honey and dance. Their dance tells where flowers are and how far."
BOTH = ("Anna B. Miller", "Jan Berg")


def _read(path: Path) -> tuple[list[Entry], list[Rejected]]:
    items = list(read_records(path))
    entries, rejected = (
        [item for item in items if isinstance(item, Entry)],
        [item for item in items if isinstance(item, Rejected)],
    )
    assert counted(path) == len(entries) + len(rejected), "the independent count says otherwise"
    return entries, rejected


RIS = {
    "Mendeley": (
        f"TY  - JOUR\nT1  - Honey\nAU  - Miller, Anna B.\nAU  - Berg, Jan\nY1  - 2019/03/04/\nPY  - 2019/03//\nKW  - bees\n"
        f"N2  - {TEXT}\nJF  - Journal of Bees\nDO  - 10.1234/bees.5\nUR  - https://x.org/1\nER  - \n\n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "EndNote": (
        f"\ufeffTY  - JOUR\r\nAB  - {TEXT[:26]}\r\n\r\n{TEXT[27:]}\r\nAN  - WOS:000001\r\nAU  - Miller, Anna B.\r\nAU  - Berg, Jan\r\n"
        "DA  - Mar\r\nDO  - 10.1234/bees.5\r\nPY  - 2019\r\nT2  - Journal of Bees\r\nTI  - Honey\r\nID  - 12\r\nER  - \r\n\r\n\r\n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "Cochrane": (
        'Provider: John Wiley & Sons, Ltd\nContent:text/plain; charset="UTF-8"\n\nTY  - JOUR\nAN  - CN-01234567\n'
        "AU  - Miller, Anna B.\nAU  - Berg, Jan\nTI  - Honey\nJO  - Journal of Bees\nYR  - 2019\nDOI - 10.1234/bees.5\n"
        f"XR  - PUBMED 12345678\nAB  - {TEXT}\nER  - \n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", "12345678"),
    ),
    "EBSCO": (
        "TY  - JOUR\nID  - 2019-12345-001\nT1  - Honey\nT2  - Journal of Bees\nAU  - Miller, Anna B.\nAU  - Berg, Jan\n"
        "Y1  - 2019/03//Mar2019\nN1  - Accession Number: 2019-12345-001. PMID: 12345678 Partial author list: Miller, Anna B.\n"
        f"M3  - Article\nN2  - {TEXT}\nL3  - 10.1234/bees.5\nDP  - EBSCOhost\nDB  - psyh\nER  - \n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", "12345678"),
    ),
    "IEEE Xplore": (
        "TY  - CONF\nTI  - Honey\nT2  - 2019 Conference on Bees\nAU  - Anna B. Miller\nAU  - Jan Berg\nPY  - 2019\nIS  - \nSN  - \n"
        f"DO  - 10.1234/bees.5\nJO  - 2019 Conference on Bees\nVO  - \nY1  - 4-6 March 2018\nAB  - {TEXT}\nER  - \n\n\n",
        (BOTH, 2019, "2019 Conference on Bees", "10.1234/bees.5", None),
    ),
    "Ovid": (
        "1.\nTY  - JOUR\nDB  - Ovid MEDLINE(R) ALL <1946 to today>\nAN  - 12345678\nID  - 10.1234/bees.5 [doi]\nT1  - Honey\n"
        f"A1  - Miller, Anna B.\nA1  - Berg, Jan\nY1  - 2019//\nN2  - {TEXT}\nJF  - Journal of Bees\nER  - \nNL  - J Bees\n\n"
        "Link to the Ovid Full Text or citation: https://ovidsp.ovid.com/y\n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", "12345678"),
    ),
    "tags in small letters behind spaces": (
        f"  ty  - JOUR\n  ti  - Honey\n  au  - Miller, Anna B.\n  au  - Berg, Jan\n  py  - 2019\n  ab  - {TEXT}\n"
        "  jo  - Journal of Bees\n  do  - 10.1234/bees.5\n  er  -\n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "no spaces behind the tags": (
        f"TY  -JOUR\nTI  -Honey\nAU  -Miller, Anna B.\nAU  -Berg, Jan\nPY  -2019\nAB  -{TEXT}\nJO  -Journal of Bees\n"
        "DO  -10.1234/bees.5\nER  -\n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "several names in a line, and nobody": (
        f"TY  - JOUR\nTI  - Honey\nAU  - Miller, Anna B.; Berg, Jan\nAU  - [No author name available]\nPY  - 2019\nAB  - {TEXT}\n"
        "JO  - Journal of Bees\nDO  - 10.1234/bees.5\nER  -\n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
}


@pytest.mark.parametrize("maker", RIS)
def test_ris_of_many_makers(tmp_path: Path, maker: str) -> None:
    text, expected = RIS[maker]
    [entry], rejected = _read(file(tmp_path, text, "export"))
    paper = entry.paper
    assert (paper.title, paper.abstract, rejected) == ("Honey", TEXT, [])
    assert (paper.authors, paper.year, paper.venue, paper.doi, paper.pmid) == expected


TABLES = {
    "Scopus before 2020": (
        "\ufeffAuthors,Title,Year,Source title,Volume,DOI,Link,Abstract,Document Type,EID\n"
        f'"Miller A.B., Berg J.","Honey",2019,"Journal of Bees","3","10.1234/bees.5","https://x.org","{TEXT}",Article,2-s2.0-1\n',
        (("Miller A.B.", "Berg J."), 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "Web of Science in Excel": (
        "Publication Type,Authors,Author Full Names,Article Title,Source Title,Abstract,Publication Year,DOI,Pubmed Id\n"
        f'J,"Miller, AB","Miller, Anna B.; Berg, Jan",Honey,Journal of Bees,"{TEXT}",2019,10.1234/bees.5,12345678\n',
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", "12345678"),
    ),
    "Dimensions": (
        "\"About the data: Exported on Nov 26, 2026. Criteria: 'bees' in full data.\"\n"
        "Rank,Publication ID,DOI,PMID,Title,Abstract,Source title,Publication Date,PubYear,Authors,Authors (Raw Affiliation)\n"
        f'500,pub.1,10.1234/bees.5,12345678,Honey,"{TEXT}",Journal of Bees,2019-03-04,2019,"Miller, Anna B.; Berg, Jan","x"\n',
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", "12345678"),
    ),
    "Lens": (
        "Lens ID,Title,Date Published,Publication Year,Source Title,Author/s,Abstract,PMID,DOI\n"
        f'000-001,Honey,2019-03-04,2019,Journal of Bees,"Anna B. Miller; Jan Berg","{TEXT}",12345678,10.1234/bees.5\n',
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", "12345678"),
    ),
    "IEEE Xplore": (
        '"Document Title",Authors,"Publication Title",Date Added To Xplore,"Publication Year","Abstract","DOI",PDF Link\n'
        f'"Honey","Anna B. Miller; Jan Berg","Journal of Bees","4 Mar 2020","2019","{TEXT}","10.1234/bees.5","https://x.org"\n',
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "Rayyan": (
        "key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,language,publisher,location,abstract,notes,doi,keywords,"
        "pubmed_id,pmc_id\n"
        f'rayyan-100,Honey,2019,3,1,Journal of Bees,,3,4,1-9,"Miller, Anna B. and Berg, Jan",,eng,,,"{TEXT}",'
        '"RAYYAN-INCLUSION: {""Anna""=>""Included""}",10.1234/bees.5,,12345678,PMC123\n',
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", "12345678"),
    ),
    "Covidence": (
        "Title,Authors,Abstract,Published Year,Published Month,Journal,DOI,Ref,Covidence #,Study,Notes,Tags\n"
        f'Honey,"Miller, Anna B.; Berg, Jan","{TEXT}",2019,March,Journal of Bees,10.1234/bees.5,12,#12,Miller 2019,,\n',
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "ASReview": (
        "record_id,title,abstract,authors,journal,doi,year,asreview_label\n"
        f"0,Honey,\"{TEXT}\",\"['Miller, Anna B.', 'Berg, Jan']\",Journal of Bees,10.1234/bees.5,2019,1\n",
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "Zotero": (
        '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Url","Abstract Note","Date"\n'
        '"ABCD1234","journalArticle","2019","Miller, Anna B.; Berg, Jan","Honey","Journal of Bees","10.1234/bees.5","https://x.org",'
        f'"{TEXT}","2019-03-04"\n',
        (BOTH, 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
    "Embase": (
        "Title,Author Names,Source,Abstract,Open URL Link\n"
        f'Honey,"Miller A.B., Berg J.",Journal of Bees (2019) 3:4 (1-9). Date of Publication: 2019,"{TEXT}",'
        "https://x.org?sid=EMBASE&id=doi:10.1234%2Fbees.5&atitle=Honey\n",
        (("Miller A.B.", "Berg J."), 2019, "Journal of Bees", "10.1234/bees.5", None),
    ),
}


@pytest.mark.parametrize("maker", TABLES)
def test_tables_of_many_makers(tmp_path: Path, maker: str) -> None:
    text, expected = TABLES[maker]
    [entry], rejected = _read(file(tmp_path, text, "export"))
    paper = entry.paper
    assert (paper.title, paper.abstract, rejected) == ("Honey", TEXT, [])
    assert (paper.authors, paper.year, paper.venue, paper.doi, paper.pmid) == expected


@pytest.mark.parametrize(
    "text",
    [
        '"Item Title","Publication Title","Item DOI","Authors","Publication Year","URL","Content Type"\n'
        '"Honey","Journal of Bees","10.1234/bees.5","Anna B. Miller","2019","http://x.org","Article"\n',
        '\ufeffPMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n'
        '12345678,Honey,"Miller AB, Berg J.",J Bees. 2019,Miller AB,J Bees,2019,2019/03/04,,,10.1234/bees.5\n',
    ],
    ids=["Springer", "PubMed"],
)  # fmt: skip
def test_tables_without_abstracts_are_recognised_and_every_row_is_accounted_for(tmp_path: Path, text: str) -> None:
    entries, rejected = _read(file(tmp_path, text, "export"))
    assert [item.paper.title if isinstance(item, Entry) else item.title for item in (*entries, *rejected)] == ["Honey"]


def test_empty_lines_of_a_table_are_no_rows(tmp_path: Path) -> None:
    entries, rejected = _read(
        file(tmp_path, f"title;abstract;doi\n\nOne;{TEXT};\n;;\n\n\n  ;  ; \nTwo;{TEXT} More.;\n\n")
    )
    assert ([entry.paper.title for entry in entries], rejected) == (["One", "Two"], [])


def test_a_quotation_mark_inside_a_cell_swallows_no_row(tmp_path: Path) -> None:
    rows = [f'a 5" pipe,{TEXT} {n},2019' for n in range(3)] + [
        f'"quoted ""5"" pipe",{TEXT} {n},2019' for n in range(3, 5)
    ]
    entries, rejected = _read(file(tmp_path, "title,abstract,year\n" + "\n".join(rows)))
    assert ([entry.paper.year for entry in entries], rejected) == ([2019] * 5, [])


def test_the_number_of_a_row_is_no_id_of_a_paper_nor_is_an_id_that_two_rows_have(tmp_path: Path) -> None:
    text = f"record_id,title,abstract\n0,One,{TEXT}\n1,Two,{TEXT} More.\n"
    entries, _ = _read(file(tmp_path, text))
    assert {entry.paper.id for entry in entries}.isdisjoint({"0", "1"})
    entries, _ = _read(file(tmp_path, f"id,title,abstract\n7,One,{TEXT}\n7,Two,{TEXT} More.\n8,Three,{TEXT} Most.\n"))
    assert [entry.paper.id == name for entry, name in zip(entries, "778", strict=True)] == [True, False, True]
    assert entries[1].notes == ("id left out: another row has '7' too",)


BIBTEX = {
    "Google Scholar": "@article{m2019,\n  title={Honey},\n  author={Miller, Anna B. and Berg, Jan and others},\n"
    "  journal={Journal of Bees},"
    "\n  year={2019},\n  doi={10.1234/bees.5},\n  abstract={%s}\n}\n",
    "DBLP": "@article{DBLP:journals/bees/MillerB19,\n  author       = {Anna B. Miller and\n                  Jan Berg},\n"
    "  title        = {Honey},\n  journal      = {Journal of Bees},\n  year         = {2019},\n  doi          = {10.1234/BEES.5},\n"
    "  abstract     = {%s},\n  bibsource    = {dblp computer science bibliography, https://dblp.org}\n}\n",
    "ACM": "@inproceedings{10.1145/1.2,\nauthor = {Miller, Anna B. and Berg, Jan},\ntitle = {Honey},\nyear = {2019},\n"
    "doi = {10.1234/bees.5},\nabstract = {%s},\nbooktitle = {Journal of Bees},\nseries = {BEES '19}\n}\n",
    "biblatex": "@online{m,\n  title = {Honey},\n  author = {Miller, Anna B. and Berg, Jan},\n  date = {2019-03},\n"
    "  journaltitle = {Journal of Bees},\n  doi = {10.1234/bees.5},\n  abstract = {%s},\n  file = {C\\:\\\\Users\\\\a\\\\b.pdf}\n}\n",
    "a key with spaces, quoted values, no comma": '@article{ Müller et al 2019,\n author = "Miller, Anna B. and Berg, Jan"\n'
    ' title = "Honey",\n year = 2019, journal = "Journal of Bees"\n abstract = "%s",\n doi = {10.1234/bees.5}\n}\n',
    "no key": "@article{title={Honey}, author={Miller, Anna B. and Berg, Jan}, year=2019, journal={Journal of Bees},"
    "doi={10.1234/bees.5}, abstract={%s}}",
    "round brackets": '@article(m, title={Honey}, author="Miller, Anna B. and Berg, Jan", year=2019, journal={Journal of Bees}, '
    "doi={10.1234/bees.5}, abstract={%s})",
    "a bracket too many": "@article{m,\n title={Honey}},\n author={Miller, Anna B. and Berg, Jan},\n year=2019,\n"
    " journal={Journal of Bees},\n doi={10.1234/bees.5},\n abstract={%s}\n}\n",
    "strings": '@string{jb = "Journal of "}\n@STRING{ bees = {Bees} }\n@article{m, title={Hon} # "ey", journal = jb # bees,'
    ' year = "2019",'
    " author={Miller, Anna B. and Berg, Jan}, doi={10.1234/bees.5}, abstract={%s}}",
}  # fmt: skip


@pytest.mark.parametrize("maker", BIBTEX)
def test_bibtex_of_many_makers(tmp_path: Path, maker: str) -> None:
    [entry], rejected = _read(file(tmp_path, BIBTEX[maker] % TEXT, "export"))
    paper = entry.paper
    assert (paper.title, paper.abstract, rejected) == ("Honey", TEXT, [])
    assert (paper.authors, paper.year, paper.venue, paper.doi) == (BOTH, 2019, "Journal of Bees", "10.1234/bees.5")


def test_chinese_and_japanese_exports(tmp_path: Path) -> None:
    text = "蜜蜂通过舞蹈传递信息。我们研究了蜜蜂舞蹈与花蜜距离的关系。"
    for content in (
        f"%0 Journal Article\n%A 张三\n%A 李四;\n%T 蜜蜂\n%J 蜜蜂学报\n%D 2019\n%X {text}\n%W CNKI\n\n",
        f"RT Journal Article\nSR 1\nA1 张三;李四\nT1 蜜蜂\nJF 蜜蜂学报\nYR 2019\nvo 3\nAB {text}\nDS CNKI\n\n",
        f"{{Reference Type}}: Journal Article\n{{Title}}: 蜜蜂\n{{Author}}: 张三;李四\n{{Journal}}: 蜜蜂学报\n{{Year}}: 2019\n"
        f"{{Abstract}}: {text}\n",
        f"TY  - JOUR\nTI  - 蜜蜂\nAU  - 张三;李四\nJO  - 蜜蜂学报\nPY  - 2019\nAB  - {text}\nER  - \n",
        f"@article{{张三2019,\n  title={{蜜蜂}},\n  author={{张三 and 李四}},\n  journal={{蜜蜂学报}},\n"
        f"  year={{2019}},\n  abstract={{{text}}}\n}}\n",
        f"标题\ttitle\tabstract\tauthors\tyear\tjournal\nx\t蜜蜂\t{text}\t张三；李四\t2019\t蜜蜂学报\n",
    ):
        [entry], rejected = _read(file(tmp_path, content, "export"))
        paper = entry.paper
        assert (paper.title, paper.abstract, paper.authors) == ("蜜蜂", text, ("张三", "李四"))
        assert (paper.year, paper.venue, rejected) == (2019, "蜜蜂学报", [])


# --- what is known to be lost elsewhere -------------------------------------------------------------------------------


def test_files_of_several_makers_put_together_keep_every_title_and_abstract(tmp_path: Path) -> None:
    """Merging exports of Embase (T1, N2), EBSCO and PubMed loses titles where a reader knows one tag a file."""
    text = "".join(text.lstrip("\ufeff") + "\n" for text, _ in list(RIS.values())[:6])
    entries, rejected = _read(file(tmp_path, text, "merged.ris"))
    assert [(entry.paper.title, entry.paper.abstract) for entry in entries] == [("Honey", TEXT)] * 6
    assert rejected == []


def test_a_sentence_behind_each_record_is_no_part_of_it(tmp_path: Path) -> None:
    one = f"TY  - JOUR\nA1  - Miller, Anna B.\nT1  - Honey %d\nN2  - {TEXT} %d\nER  - \nLink to the full text: https://x.org/%d\n\n"
    entries, _ = _read(file(tmp_path, "".join(one % (n, n, n) for n in range(3)), "embase.ris"))
    assert [entry.paper.abstract for entry in entries] == [f"{TEXT} {n}" for n in range(3)]


def test_a_record_without_a_type_or_with_its_end_missing_is_a_record(tmp_path: Path) -> None:
    text = (
        f"TY  - JOUR\nTI  - One\nAB  - {TEXT} 1\nER  - \n\nAU  - Miller, Anna B.\nTI  - Two\nAB  - {TEXT} 2\nER  - \n"
    )
    text += f"TY  - JOUR\nTI  - Three\nAB  - {TEXT} 3\nTY  - JOUR\nTI  - Four\nAB  - {TEXT} 4\n"
    entries, rejected = _read(file(tmp_path, text, "x.ris"))
    assert [entry.paper.title for entry in entries] == ["One", "Two", "Three", "Four"]
    assert [entry.paper.authors for entry in entries] == [(), ("Anna B. Miller",), (), ()]
    assert [entry.line for entry in entries] == [1, 6, 10, 13]
    assert rejected == []


def test_unknown_tags_and_lines_that_look_like_tags_cost_nothing(tmp_path: Path) -> None:
    text = f"TY  - JOUR\nZZ  - odd\nX9  - odd\nTI  - Honey\nAB  - {TEXT[:26]}\nCO2 - a gas\nTNF-alpha - {TEXT[27:]}\nER  - \n"
    [entry], _ = _read(file(tmp_path, text, "x.ris"))
    assert entry.paper.abstract == f"{TEXT[:26]} CO2 - a gas TNF-alpha - {TEXT[27:]}"


@pytest.mark.parametrize(
    "broken",
    [
        "@misc{I am not a correct bibtex{{}",
        "@article{b,\n  title = {No end,\n  abstract = {" + TEXT + "},\n  year = 2019\n}\n",
        "@article{b,\n  title = {Whole},\n  abstract = {" + TEXT + "}\n",
        '@article{b,\n  title = "No end,\n  year = 2019\n}\n',
        "@article{b, title = {Whole}, abstract = {" + TEXT + "}",
    ],
    ids=["no entry at all", "an open title", "its last bracket missing", "an open quote", "in one line"],
)
def test_an_entry_that_nothing_closes_is_named_and_those_around_it_are_read(tmp_path: Path, broken: str) -> None:
    good = [f"@article{{k{n},\n  title = {{Honey {n}}},\n  abstract = {{{TEXT} {n}}}\n}}\n" for n in range(3)]
    entries, rejected = _read(file(tmp_path, good[0] + "\n" + broken + "\n" + good[1] + good[2], "x.bib"))
    assert [entry.paper.title for entry in entries] == ["Honey 0", "Honey 1", "Honey 2"]
    assert [(item.line, item.reason[:29], item.raw[:5]) for item in rejected] == [
        (6, "it is no whole BibTeX entry: ", broken[:5])
    ]


def test_entries_of_every_type_and_several_in_a_line_are_read(tmp_path: Path) -> None:
    kinds = ["article", "ONLINE", "software", "Dataset", "thesis", "madeup"]
    text = " ".join(f"@{kind}{{{kind}, title={{{kind}}}, abstract={{{TEXT} {kind}}}}}" for kind in kinds)
    entries, rejected = _read(file(tmp_path, text + '\n@comment{@article{no, title={No}}}\n@preamble{ "x" }\n'))
    assert ([entry.paper.title for entry in entries], rejected) == (kinds, [])


PUBMED = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">1</PMID><Article>
<ArticleTitle><i>TIC236</i> and CO<sub>2</sub> of bees.</ArticleTitle><Abstract>%s</Abstract></Article></MedlineCitation>
</PubmedArticle></PubmedArticleSet>
"""


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("<AbstractText>Bald eagle (<i>Haliaeetus leucocephalus</i>) eats fish.</AbstractText>",
         "Bald eagle (Haliaeetus leucocephalus) eats fish."),
        ("<AbstractText><b>Aim</b>: to see.</AbstractText>", "Aim: to see."),
        (
            '<AbstractText Label="AIM"><i>First</i> words.</AbstractText><AbstractText Label="END">Last <b>words</b>.</AbstractText>',
            "AIM: First words. END: Last words.",
        ),
        (
            '<AbstractText>It is <mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>x</mml:mi><mml:mo>=</mml:mo>'
            "<mml:mn>1</mml:mn></mml:math> here.</AbstractText>",
            "It is x=1 here.",
        ),
        ("<AbstractText>p &lt; 0.05 and <sup>13</sup>C.</AbstractText>", "p < 0.05 and 13C."),
    ],
    ids=["species", "first word", "sections", "formula", "comparison"],
)  # fmt: skip
def test_tags_in_pubmed_s_texts_do_not_cut_them(tmp_path: Path, abstract: str, expected: str) -> None:
    [entry], _ = _read(file(tmp_path, PUBMED % abstract))
    assert entry.paper.abstract == expected
    assert entry.paper.title == "TIC236 and CO2 of bees."
