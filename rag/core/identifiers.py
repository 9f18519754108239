"""Identifiers of papers in one form each, so that two records of a paper can be told by comparing texts.

Owns: DOI, arXiv id, PMID, PMCID, ACL id and ISBN. Each function takes what stands in a field, which may be an address, hold a prefix
or a version, and gives the identifier, or "" where there is none. Pure functions; knows nothing of papers and files.
"""

import html
import re
import unicodedata
from urllib.parse import unquote

from rag.core.text import clean

_MOST_CHARS = 2_000
_DASHES = re.compile("[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")

_DOI = re.compile(r"(?<![\d.])10\.\d{1,9}(?:\.\d{1,9}){0,5}/\S{1,300}")
_SICI = re.compile(r"10\.\d{4,9}/\(sici\)", re.IGNORECASE)
"""Such DOIs, of the years about 2000, hold angle brackets and semicolons; in all others these end the DOI."""
_DOI_END = re.compile(r"[\"<>;|{}]|,(?=10\.|http|$)|[?#]|&(?=[a-z_]{1,20}=)", re.IGNORECASE)
_PAGE = re.compile(
    r"(?:/(?:full|abstract|abs|summary|e?pdf|pdfdirect|pdfplus|epub|html|full-?text|full-?html|_pdf|_article|meta|references|keywords"
    r"|related-content)){1,3}(?:/[a-z]{2}(?:[_-][a-z]{2,4})?)?(?:\.html)?$|\.full(?:-text|\.pdf)?(?:\+html)?$|\.pdf(?:\+html)?$"
)
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}

_VERSION_OF_NO_DOI = re.compile(
    r"(10\.(?:1101|64898)/\d[\d.]{0,30}|10\.48550/arxiv\..{1,40}?)v(\d{1,3})(?:\.full(?:-text)?)?$"
)
"""The preprint servers that have one DOI for all versions; what stands behind it comes from the address of a page."""
_VERSION_OF_DOI = re.compile(
    r"(10\.(?:21203|22541|55458|20944|26434|7287|6084|31219|31234|31235|17605|36227|14293|1149|12688|32388|1590)/.{1,200}?)"
    r"(?:[./_-]?v(\d{1,3})|(?<=research\.\d{4})\.(\d{1,2})|(?<=research\.\d{5})\.(\d{1,2})|(?<=research\.\d{6})\.(\d{1,2}))$"
)
"""The servers that give each version a DOI of its own."""
_PREPRINT = re.compile(
    r"10\.(?:48550|31219|31234|31235|2139|36227|26434|20944|21203|22541|55458|14293|5281|12688|64898|7287|32388)/"
    r"|10\.312(?:2[0-9]|3[0-9])/|10\.(?:31124|31730|32942|33767|33774|34055|35542|35543|51224)/"
    r"|10\.1101/\d|10\.1590/scielopreprints|10\.2196/preprints|10\.5194/egusphere-\d|10\.\d+/(?:arxiv|osf|ssrn)"
)

_ARXIV = re.compile(
    r"(?<![\w.])(?:(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})|([a-z]{2,8}(?:-[a-z]{2,4})?)(?:\.[a-z]{2})?/(\d{7}))(?:v(\d{1,3}))?(?![\d])",
    re.IGNORECASE,
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.{1,60})", re.IGNORECASE)
_PMCID = re.compile(r"pmc\s?0{0,9}(\d{1,9})(?!\d)|(?<![\d.])0{0,9}(\d{1,9})(?:\.0)?(?!\.?\d)", re.IGNORECASE)
_ACL = re.compile(
    r"(?<![\w.-])(?:([A-Z]\d{2}-\d{4})|((?:19|20)\d{2}\.[a-z0-9_]{1,40}-[a-z0-9_]{1,40}\.\d{1,5}))(?:v\d{1,2})?(?![\w-])",
    re.IGNORECASE,
)
_ISBN = re.compile(r"(?<!\d)(?:97[89][ -]?)?(?:\d[ -]?){9}[\dx](?![\d-])", re.IGNORECASE)


def _plain(text: str) -> str:
    return _DASHES.sub("-", unicodedata.normalize("NFKC", clean(text[:_MOST_CHARS])))


# --- DOI --------------------------------------------------------------------------------------------------------------


def normal_doi(text: str) -> str:
    """The first DOI in a text, as it resolves: lower case, without prefix, address, page or the punctuation of a sentence.

    Percent signs and entities of an address are resolved. A version is left out where the server has one DOI for all versions
    (bioRxiv, medRxiv, the arXiv) and stays where it is part of the DOI: see `doi_of_all_versions`.
    """
    plain = _plain(html.unescape(unquote(unquote(text[:_MOST_CHARS])))).replace("\\_", "_")
    match = _DOI.search(plain)
    if not match:
        return ""
    doi = match[0]
    if not _SICI.match(doi) and (end := _DOI_END.search(doi)):
        doi = doi[: end.start()]
    doi = _without_closing(doi).lower()
    doi = _without_closing(_PAGE.sub("", doi))
    if version := _VERSION_OF_NO_DOI.match(doi):
        doi = version[1]
    return doi if doi.partition("/")[2] else ""


def doi_of_all_versions(doi: str) -> str:
    """A DOI in its normal form without the version of a preprint that may end it: "10.21203/rs.3.rs-1/v2" is "10.21203/rs.3.rs-1"."""
    match = _VERSION_OF_NO_DOI.match(doi) or _VERSION_OF_DOI.match(doi)
    return match[1] if match else doi


def is_preprint_doi(doi: str) -> bool:
    """Whether a DOI in its normal form is of a server of preprints, not of a publication."""
    return bool(_PREPRINT.match(doi))


def _without_closing(doi: str) -> str:
    """Without what ends the sentence, quotes, or a bracket that was opened before the DOI."""
    end = len(doi)
    while end:
        last = doi[end - 1]
        opening = _CLOSING.get(last)
        if last in ".,;:!?*'\"`/\\" or (opening and doi.count(last, 0, end) > doi.count(opening, 0, end)):
            end -= 1
        else:
            break
    return doi[:end]


# --- arXiv ------------------------------------------------------------------------------------------------------------


def normal_arxiv(text: str) -> str:
    """The arXiv id in a text (an id, an address, "arXiv:…", a DOI of the arXiv), lower case, without version and class of subject."""
    plain = _plain(unquote(text[:_MOST_CHARS]))
    plain = re.sub(r"10\.48550/arxiv\.", " ", plain, flags=re.IGNORECASE)
    match = _ARXIV.search(plain)
    if not match:
        return ""
    new, archive, number, _ = match.groups()
    return new or f"{archive.lower()}/{number}"


def arxiv_of_doi(doi: str) -> str:
    """The arXiv id that a DOI of the arXiv stands for; "" where it is another's."""
    match = _ARXIV_DOI.fullmatch(doi)
    return (normal_arxiv(match[1]) or match[1].lower()) if match else ""


# --- PubMed, ACL Anthology, books -----------------------------------------------------------------------------------


def normal_pmcid(text: str) -> str:
    """The id of a PubMed Central article: "PMC" and its number, without a version."""
    match = _PMCID.search(_plain(text))
    number = (match[1] or match[2]) if match else "0"
    return f"PMC{number}" if number != "0" else ""


def normal_acl(text: str) -> str:
    """The id of the ACL Anthology in an id, an address or a DOI: "P19-1001", "2020.acl-main.1"."""
    match = _ACL.search(_plain(unquote(text[:_MOST_CHARS])))
    if not match:
        return ""
    return match[1].upper() if match[1] else match[2].lower()


def normal_isbn(text: str) -> str:
    """The first ISBN of a text whose check digit is right, as its 13 digits; an ISSN is none."""
    for match in _ISBN.finditer(_plain(text)):
        digits = re.sub(r"[ -]", "", match[0]).upper()
        if len(digits) == 13 and _check_digit_13(digits[:12]) == digits[12]:
            return digits
        if len(digits) == 10 and sum((10 - n) * (10 if d == "X" else int(d)) for n, d in enumerate(digits)) % 11 == 0:
            return f"978{digits[:9]}{_check_digit_13(f'978{digits[:9]}')}"
    return ""


def _check_digit_13(digits: str) -> str:
    return str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10)
