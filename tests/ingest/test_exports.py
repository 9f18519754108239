"""Files that databases and reference managers export: recognised by what is in them, read record by record, none dropped in silence."""

import re
from pathlib import Path

import pytest

from rag.core.domain import Note, Paper, Rejected
from rag.ingest.formats import EXPORTS, read_records
from tests.helpers.sources import ABSTRACT, file, read

RIS = f"""Provider: Some Database
TY  - JOUR
TI  - Honey and
      dance of bees
AU  - Miller, Anna B.
A2  - Editor, Ed
AU  - van der Berg, Jan
PY  - 2021/03/04/
T2  - Journal of Bees
DO  - https://doi.org/10.1234/Bees.5
AN  - 34567890
DB  - PubMed
UR  - https://example.org/bees; https://example.org/other
N2  - {ABSTRACT}
KW  - honey
ER  -
"""
MEDLINE = f"""
PMID- 12345678
OWN - NLM
DP  - 2019 Mar 4
TI  - Honey and
      dance of bees.
LID - 10.1234/bees.5 [doi]
LID - S0000-1 [pii]
AB  - BACKGROUND: Bees are insects. RESULTS: {ABSTRACT[:80]}
      {ABSTRACT[80:].strip()}
FAU - Miller, Anna B
AU  - Miller AB
JT  - Journal of bees
"""
WOS = f"""FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Miller, AB
   Berg, J
AF Miller, Anna B.
   Berg, Jan
TI Honey and
   dance of bees
SO JOURNAL OF BEES
AB {ABSTRACT}
PY 2020
DI 10.1234/bees.5
PM 12345678
ER

EF
"""
BIBTEX = f"""Some Database
EXPORT DATE: 1 May

@string{{jb = "Journal of " # "Bees"}}
@comment{{nothing here}}
@ARTICLE{{miller2021,
  author = {{Miller, Anna B. and Jos{{\\'e}} M{{\\"u}}ller and {{Bee Society of Austria}}}},
  title = {{{{Honey}} and the {{\\L}}ód{{\\'z}} dance: 50\\% of $x^2$}},
  journal = jb,
  year = 2021,
  doi = {{10.1234/bees\\_5}},
  eprint = {{2101.01234v2}}, archivePrefix = {{arXiv}},
  abstract = {{{ABSTRACT} It costs 10\\% \\& more.}}
}}
"""
PUBMED = f"""<?xml version="1.0"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">12345678</PMID><Article>
<Journal><JournalIssue><PubDate><MedlineDate>2018 Nov-Dec</MedlineDate></PubDate></JournalIssue><Title>Journal of bees</Title></Journal>
<ArticleTitle>Honey of <i>Apis mellifera</i> and CO<sub>2</sub>.</ArticleTitle>
<ELocationID EIdType="doi">10.1234/bees.5</ELocationID>
<Abstract><AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">Bees &amp; wasps are <b>insects</b> (p&lt;0.05).</AbstractText>
<AbstractText Label="RESULTS">{ABSTRACT}</AbstractText><CopyrightInformation>nobody</CopyrightInformation></Abstract>
<AuthorList><Author><LastName>Miller</LastName><ForeName>Anna B</ForeName><Initials>AB</Initials></Author>
<Author><CollectiveName>Bee Society</CollectiveName></Author></AuthorList></Article></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">12345678</ArticleId></ArticleIdList>
<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9/other</ArticleId></ArticleIdList></Reference></ReferenceList>
</PubmedData></PubmedArticle></PubmedArticleSet>
"""
ENDNOTE = f"""<?xml version="1.0"?><xml><records><record><ref-type name="Journal Article">17</ref-type>
<contributors><authors><author><style face="normal">Miller, Anna B.</style></author></authors></contributors>
<titles><title><style face="normal">Honey and </style><style face="italic">dance</style><style face="normal"> of bees</style></title>
<secondary-title><style>Journal of Bees</style></secondary-title></titles><dates><year><style>2021</style></year></dates>
<electronic-resource-num><style>10.1234/bees.5</style></electronic-resource-num>
<abstract><style>{ABSTRACT}</style></abstract></record></records></xml>
"""
ATOM = f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title>
<entry><id>http://arxiv.org/abs/2101.01234v2</id><title>Honey and
  dance</title><updated>2022-02-24T15:05:19Z</updated><published>2021-01-24T15:05:19Z</published>
<summary>{ABSTRACT}</summary><author><name>Anna B. Miller</name></author>
<arxiv:doi>10.1234/bees.5</arxiv:doi><arxiv:journal_ref>Journal of Bees 5</arxiv:journal_ref></entry></feed>
"""
ACL = f"""<?xml version='1.0'?><collection id="2021.bees"><volume id="1"><meta><booktitle>Proceedings of Bees</booktitle>
<year>2021</year></meta><frontmatter><url>2021.bees-1.0</url></frontmatter>
<paper id="1"><title>Honey for <fixed-case>NLP</fixed-case></title><author><first>Anna</first><last>Miller</last></author>
<abstract>{ABSTRACT}</abstract><url hash="1">2021.bees-1.1</url><doi>10.1234/bees.5</doi></paper></volume></collection>
"""
TABLE = f"""Authors,Author full names,Title,Year,Source title,DOI,PubMed ID,Abstract
"Miller A.B.; Berg J.","Miller, Anna B. (57200000001); Berg, Jan (57200000002)","Honey, and ""sweet"" dance",\
2021,Journal of Bees,10.1234/bees.5,NA,"{ABSTRACT}
It has a second line."
"""
REFER = f"""%0 Journal Article
%T Honey and dance of bees
%A Miller, Anna B.
%A Berg, Jan
%J Journal of Bees
%D 2021
%R 10.1234/bees.5
%X {ABSTRACT}

"""
OVID = f"""VN  - Ovid Technologies
DB  - Ovid MEDLINE(R)
UI  - 12345678
FA  - Miller, Anna B
FA  - Berg, Jan
TI  - Honey and
      dance of bees.
SO  - Journal of Bees. 10(3):1-9, 2021 Mar.
AB  - {ABSTRACT}
DO  - https://dx.doi.org/10.1234/bees.5
"""
COCHRANE = f"""Record #1 of 1
ID: CN-01234567
AU: Miller AB
AU: Berg J
TI: Honey and dance of bees
SO: Journal of Bees
YR: 2021
XR: PUBMED 12345678
DOI: 10.1234/bees.5
AB: {ABSTRACT}
US: https://www.cochranelibrary.com/central/doi/10.1002/central/CN-01234567/full
"""
REFWORKS = f"""RT Journal Article
SR 1
A1 Miller, Anna B.;Berg, Jan
T1 Honey and dance of bees
JF Journal of Bees
YR 2021
vo 3
AB {ABSTRACT}
DO 10.1234/bees.5
"""
NOTEEXPRESS = f"""{{Reference Type}}: Journal Article
{{Title}}: Honey and dance of bees
{{Author}}: Miller, Anna B.;Berg, Jan
{{Journal}}: Journal of Bees
{{Year}}: 2021
{{DOI}}: 10.1234/bees.5
{{Abstract}}: {ABSTRACT}
"""
EUROPE_PMC = f"""<?xml version="1.0"?><responseWrapper><hitCount>1</hitCount><resultList><result><id>12345678</id>
<source>MED</source><pmid>12345678</pmid><doi>10.1234/bees.5</doi><title>Honey of &lt;i>Apis&lt;/i></title>
<authorString>Miller AB, Bee Society.</authorString><authorList><author><fullName>Miller AB</fullName>
<firstName>Anna B</firstName><lastName>Miller</lastName><initials>AB</initials></author>
<author><collectiveName>Bee Society</collectiveName></author></authorList>
<journalInfo><journal><title>Journal of Bees</title></journal></journalInfo><pubYear>2021</pubYear>
<abstractText>&lt;h4>Results&lt;/h4>{ABSTRACT}</abstractText></result></resultList></responseWrapper>
"""
OAI = f"""<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record>
<header><identifier>oai:x:1</identifier></header><metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Honey and dance</dc:title><dc:creator>Miller, Anna B.</dc:creator>
<dc:creator>Berg, Jan</dc:creator><dc:description>{ABSTRACT}</dc:description><dc:description>Comment: 5 pages</dc:description>
<dc:date>2021-01-24</dc:date><dc:date>2022-05-01</dc:date><dc:source>Journal of Bees</dc:source>
<dc:identifier>http://arxiv.org/abs/2101.01234</dc:identifier><dc:identifier>doi:10.1234/bees.5</dc:identifier>
</oai_dc:dc></metadata></record></ListRecords></OAI-PMH>
"""
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:z="http://www.zotero.org/namespaces/export#"
 xmlns:dcterms="http://purl.org/dc/terms/" xmlns:bib="http://purl.org/net/biblio#" xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:link="http://purl.org/rss/1.0/modules/link/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<bib:Article rdf:about="#item_1"><z:itemType>journalArticle</z:itemType><dcterms:isPartOf rdf:resource="urn:issn:0000-0001"/>
<bib:authors><rdf:Seq><rdf:li><foaf:Person><foaf:surname>Miller</foaf:surname><foaf:givenName>Anna B.</foaf:givenName></foaf:Person>
</rdf:li><rdf:li><foaf:Person><foaf:surname>Berg</foaf:surname><foaf:givenName>Jan</foaf:givenName></foaf:Person></rdf:li></rdf:Seq>
</bib:authors><link:link rdf:resource="#item_2"/><dc:title>Honey and dance</dc:title><dcterms:abstract>{ABSTRACT}</dcterms:abstract>
<dc:date>2021-03-04</dc:date></bib:Article>
<z:Attachment rdf:about="#item_2"><z:itemType>attachment</z:itemType><dc:title>Full Text</dc:title></z:Attachment>
<bib:Journal rdf:about="urn:issn:0000-0001"><dc:title>Journal of Bees</dc:title><dc:identifier>DOI 10.1234/bees.5</dc:identifier>
</bib:Journal></rdf:RDF>
"""
JATS = f"""<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "JATS-archivearticle1.dtd"><article><front>
<journal-meta><journal-id>bees</journal-id><journal-title-group><journal-title>Journal of Bees</journal-title></journal-title-group>
</journal-meta><article-meta><article-id pub-id-type="pmid">12345678</article-id><article-id pub-id-type="doi">10.1234/bees.5
</article-id><title-group><article-title>Honey of <italic>Apis</italic></article-title></title-group><contrib-group>
<contrib contrib-type="author"><name><surname>Miller</surname><given-names>Anna B</given-names></name><xref>1</xref></contrib>
<contrib contrib-type="author"><collab>Bee Society</collab></contrib><contrib contrib-type="editor"><name><surname>Ed</surname>
</name></contrib></contrib-group><pub-date pub-type="epub"><year>2020</year></pub-date><pub-date pub-type="ppub"><year>2021</year>
</pub-date><abstract abstract-type="graphical"><p>A picture.</p></abstract><abstract><sec><title>Results</title><p>{ABSTRACT}</p>
</sec></abstract></article-meta></front><body><p>Text</p></body></article>
"""
EACH = {
    "Ovid with names of fields": f"""<1>
Unique Identifier
  30000001
Title
  Honey bees dance
    for flowers.
Authors
  Smith JA, Lee K.
Source
  Journal of Hives. 12(3):1-9, 2018 Mar.
Abstract
  {ABSTRACT}
Institution
  A hive.
""",
    "Ovid": OVID,
    "Cochrane": COCHRANE,
    "RefWorks": REFWORKS,
    "NoteExpress": NOTEEXPRESS,
    "Europe PMC XML": EUROPE_PMC,
    "OAI-PMH": OAI,
    "Zotero RDF": RDF,
    "JATS": JATS,
    "EndNote tags": REFER,
    "RIS": RIS,
    "MEDLINE": MEDLINE,
    "Web of Science": WOS,
    "BibTeX": BIBTEX,
    "PubMed XML": PUBMED,
    "EndNote XML": ENDNOTE,
    "arXiv Atom": ATOM,
    "ACL Anthology XML": ACL,
    "a table with column names": TABLE,
}


def one(folder: Path, content: str | bytes) -> Paper:
    """The only paper of a file whose name tells nothing."""
    papers, rejected = read(file(folder, content, "export"))
    assert (len(papers), rejected) == (1, [])
    return papers[0]


def test_each_format_has_an_example() -> None:
    assert set(EACH) == set(EXPORTS)


@pytest.mark.parametrize("name", EACH)
def test_an_export_is_recognised_by_its_content_alone(tmp_path: Path, name: str) -> None:
    paper = one(tmp_path, EACH[name])
    assert paper.title.startswith("Honey")
    assert ABSTRACT in paper.abstract
    recognised = [other for other, reader in EXPORTS.items() if reader.recognises(EACH[name])]
    assert recognised == [name]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "crlf"])
def test_byte_order_marks_utf_16_and_windows_line_ends_change_nothing(tmp_path: Path, name: str, encoding: str) -> None:
    text = EACH[name]
    data = text.replace("\n", "\r\n").encode() if encoding == "crlf" else text.encode(encoding)
    assert one(tmp_path, data) == one(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RIS", (("Anna B. Miller", "Jan van der Berg"), 2021, "Journal of Bees", "10.1234/bees.5", "34567890")),
        ("MEDLINE", (("Anna B Miller",), 2019, "Journal of bees", "10.1234/bees.5", "12345678")),
        ("Web of Science", (("Anna B. Miller", "Jan Berg"), 2020, "JOURNAL OF BEES", "10.1234/bees.5", "12345678")),
        ("PubMed XML", (("Anna B Miller", "Bee Society"), 2018, "Journal of bees", "10.1234/bees.5", "12345678")),
        ("EndNote tags", (("Anna B. Miller", "Jan Berg"), 2021, "Journal of Bees", "10.1234/bees.5", None)),
        ("EndNote XML", (("Anna B. Miller",), 2021, "Journal of Bees", "10.1234/bees.5", None)),
        ("Ovid", (("Anna B Miller", "Jan Berg"), 2021, "Journal of Bees", "10.1234/bees.5", "12345678")),
        ("Cochrane", (("Miller AB", "Berg J"), 2021, "Journal of Bees", "10.1234/bees.5", "12345678")),
        ("RefWorks", (("Anna B. Miller", "Jan Berg"), 2021, "Journal of Bees", "10.1234/bees.5", None)),
        ("NoteExpress", (("Anna B. Miller", "Jan Berg"), 2021, "Journal of Bees", "10.1234/bees.5", None)),
        ("Europe PMC XML", (("Anna B Miller", "Bee Society"), 2021, "Journal of Bees", "10.1234/bees.5", "12345678")),
        ("OAI-PMH", (("Anna B. Miller", "Jan Berg"), 2021, "Journal of Bees", "10.1234/bees.5", None)),
        ("Zotero RDF", (("Anna B. Miller", "Jan Berg"), 2021, "Journal of Bees", "10.1234/bees.5", None)),
        ("JATS", (("Anna B Miller", "Bee Society"), 2021, "Journal of Bees", "10.1234/bees.5", "12345678")),
        ("arXiv Atom", (("Anna B. Miller",), 2021, "Journal of Bees 5", "10.1234/bees.5", None)),
        ("ACL Anthology XML", (("Anna Miller",), 2021, "Proceedings of Bees", "10.1234/bees.5", None)),
        (
            "a table with column names",
            (("Anna B. Miller", "Jan Berg"), 2021, "Journal of Bees", "10.1234/bees.5", None),
        ),
        (
            "BibTeX",
            (
                ("Anna B. Miller", "José Müller", "Bee Society of Austria"),
                2021,
                "Journal of Bees",
                "10.1234/bees_5",
                None,
            ),
        ),
    ],
)
def test_the_fields_of_an_export(tmp_path: Path, name: str, expected: tuple[object, ...]) -> None:
    paper = one(tmp_path, EACH[name])
    assert (paper.authors, paper.year, paper.venue, paper.doi, paper.pmid) == expected


def test_text_over_several_lines_is_one_text(tmp_path: Path) -> None:
    for text in (RIS, MEDLINE.replace("bees.\n", "bees\n"), WOS):
        assert one(tmp_path, text).title == "Honey and dance of bees"


def test_latex_becomes_characters_and_formulas_stay(tmp_path: Path) -> None:
    paper = one(tmp_path, BIBTEX)
    assert paper.title == "Honey and the Łódź dance: 50% of $x^2$"
    assert paper.abstract.endswith("It costs 10% & more.")
    assert paper.arxiv_id == "2101.01234"


def test_labels_of_a_structured_abstract_stay_and_tags_go(tmp_path: Path) -> None:
    paper = one(tmp_path, PUBMED)
    assert paper.title == "Honey of Apis mellifera and CO2."
    assert paper.abstract.startswith("BACKGROUND: Bees & wasps are insects (p<0.05). RESULTS: Bees make honey")
    assert "nobody" not in paper.abstract


def test_a_volume_tells_the_year_and_the_venue_of_its_papers(tmp_path: Path) -> None:
    paper = one(tmp_path, ACL)
    assert (paper.title, paper.url) == ("Honey for NLP", "https://aclanthology.org/2021.bees-1.1/")


@pytest.mark.parametrize(
    "between",
    ["", "ER  - \n", "ER  - \nER  - \n", "\n\n2.\n", "ER  - \nKW  - a tag behind the end\n"],
    ids=["not closed", "closed", "closed twice", "a stray line", "a tag behind the end"],
)
def test_records_of_ris_are_kept_apart_however_they_end(tmp_path: Path, between: str) -> None:
    records = "".join(
        f"TY  - JOUR\nTI  - Honey {n}\nAB  - {ABSTRACT} Number {n}.\n{between}" for n in ("one", "two", "three")
    )
    papers, rejected = read(file(tmp_path, records))
    assert rejected == []
    assert [paper.title for paper in papers] == ["Honey one", "Honey two", "Honey three"]
    assert EXPORTS["RIS"].count([records]) == 3


def test_a_line_of_an_abstract_that_looks_like_an_end_is_text(tmp_path: Path) -> None:
    text = RIS.replace(ABSTRACT, f"{ABSTRACT}\nER then some more\nTY of things")
    assert one(tmp_path, text).abstract.endswith("ER then some more TY of things")


@pytest.mark.parametrize("name", ["RIS", "MEDLINE", "Web of Science", "BibTeX", "a table with column names"])
def test_a_line_in_another_encoding_is_read_as_windows_1252_and_noted(tmp_path: Path, name: str) -> None:
    data = EACH[name].replace("dance", "Tänze").encode("cp1252", "replace")
    items = list(read_records(file(tmp_path, data)))
    notes = [item for item in items if isinstance(item, Note)]
    assert ["Windows-1252" in note.text for note in notes] == [True]
    assert "Tänze" in one(tmp_path, data).title + one(tmp_path, data).abstract


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("BibTeX", "@article{broken, title = {No end,\n  abstract = {nothing closes this\n\n"),
        ("PubMed XML", "<PubmedArticle><PMID>1</PMID><i>wrong</b></PubmedArticle>\n"),
        ("PubMed XML", "<PubmedArticle><PMID>1</PMID>\n"),
        ("ACL Anthology XML", "<paper id='7'><title>&nothing;</title></paper>\n"),
        ("arXiv Atom", "<entry><title>never closed</title>\n"),
    ],
)
def test_a_broken_record_costs_itself_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, broken: str
) -> None:
    text = EACH[name]
    opening = {
        "BibTeX": "@ARTICLE",
        "PubMed XML": "<PubmedArticle>",
        "ACL Anthology XML": "<paper ",
        "arXiv Atom": "<entry>",
    }
    place = text.index(opening[name])
    papers, rejected = read(file(tmp_path, text[:place] + broken + text[place:]))
    assert capfd.readouterr() == ("", "")
    assert [paper.title[:5] for paper in papers] == ["Honey"]
    assert len(rejected) == 1
    assert rejected[0].line == text[:place].count("\n") + 1


def test_a_row_with_an_open_quotation_mark_costs_itself_alone(tmp_path: Path) -> None:
    rows = f'title,abstract\n"One","{ABSTRACT}"\n"Two","{ABSTRACT} it never closes\n"Three","{ABSTRACT}"\n'
    papers, rejected = read(file(tmp_path, rows))
    assert "One" in [paper.title for paper in papers]
    assert "Three" in [paper.title for paper in papers] or [item.line for item in rejected] == [3]


def test_a_row_with_too_many_cells_is_named_and_not_shifted(tmp_path: Path) -> None:
    papers, rejected = read(file(tmp_path, f"title,abstract,year\nHoney, and dance,{ABSTRACT},2021\n"))
    assert papers == []
    assert "4 cells for 3 columns" in rejected[0].reason


@pytest.mark.parametrize(
    "head",
    ["title;abstract;year", "Title\tAbstract\tYear", "sep=;\nTitle;Abstract;Year", '"title" | "abstract" | "year"'],
)
def test_the_delimiter_is_taken_from_the_row_of_names(tmp_path: Path, head: str) -> None:
    mark = next(mark for mark in ";\t|" if mark in head.splitlines()[-1])
    paper = one(tmp_path, f"{head}\n\n{mark.join(['Honey', ABSTRACT, '2021'])}\n{mark}{mark}\n")
    assert (paper.title, paper.year) == ("Honey", 2021)


@pytest.mark.parametrize(
    "head",
    [
        "Key,Item Type,Publication Year,Author,Title,Publication Title,DOI,Url,Abstract Note",
        "Lens ID,Title,Date Published,Publication Year,Source Title,Author/s,Abstract,DOI",
        "PT\tAU\tAF\tTI\tSO\tAB\tPY\tDI",
        '"Document Title",Authors,"Publication Title","Publication Year",Abstract,DOI,"PDF Link"',
        '"About the data: Exported on Jan 1, 2024. Criteria: bees"\n"Publication ID",DOI,Title,Abstract,"Source title",PubYear,Authors',
        "\ufeffTITLE ;ABSTRACT ; Authors;Year;Journal;doi",
    ],
    ids=["Zotero", "Lens", "Web of Science", "IEEE", "Dimensions", "own"],
)
def test_tables_of_many_makers_are_understood_by_the_names_of_their_columns(tmp_path: Path, head: str) -> None:
    mark = next(mark for mark in "\t;," if mark in head.splitlines()[-1])
    values = {
        ("title", "documenttitle", "ti"): "Honey",
        ("abstract", "abstractnote", "ab"): ABSTRACT,
        ("author", "authors", "af", "au"): "Miller, Anna; Berg, Jan",
        ("year", "publicationyear", "pubyear", "py"): "2021",
        ("publicationtitle", "sourcetitle", "journal", "so"): "Journal of Bees",
        ("doi", "di"): "10.1234/bees.5",
    }
    names = [re.sub(r"\W", "", name).lower() for name in head.splitlines()[-1].split(mark)]
    cells = [next((value for keys, value in values.items() if name in keys), "") for name in names]
    quoted = mark.join(f'"{cell}"' for cell in cells)
    paper = one(tmp_path, f"{head}\n{quoted}\n")
    assert (paper.title, paper.authors, paper.year) == ("Honey", ("Anna Miller", "Jan Berg"), 2021)
    assert (paper.venue, paper.doi, paper.abstract) == ("Journal of Bees", "10.1234/bees.5", ABSTRACT)


def test_two_entries_with_one_key_are_both_read(tmp_path: Path) -> None:
    other = BIBTEX.replace("{Honey}", "{Wax}").replace(ABSTRACT, ABSTRACT + " Wax too.").replace("10.1234", "10.4321")
    papers, rejected = read(file(tmp_path, BIBTEX + other[other.index("@ARTICLE") :]))
    assert ([paper.title.split()[0] for paper in papers], rejected) == (["Honey", "Wax"], [])


def test_entities_that_a_document_declares_are_never_read(tmp_path: Path) -> None:
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    text = PUBMED.replace("Bees &amp; wasps", "&b; and &f;").replace("<PubmedArticleSet>", bomb + "<PubmedArticleSet>")
    papers, rejected = read(file(tmp_path, text))
    assert papers == []
    assert "not XML" in rejected[0].reason


def test_an_error_of_the_arxiv_is_no_paper(tmp_path: Path) -> None:
    text = ATOM.replace("http://arxiv.org/abs/2101.01234v2", "http://arxiv.org/api/errors#incorrect_id")
    papers, rejected = read(file(tmp_path, text))
    assert papers == []
    assert isinstance(rejected[0], Rejected)
    assert "answered with an error" in rejected[0].reason


@pytest.mark.parametrize("name", EACH)
def test_records_are_counted_without_being_read(name: str) -> None:
    reader = EXPORTS[name]
    assert reader.count([EACH[name]]) == 1
