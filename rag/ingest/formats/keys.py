"""The names that services and people give to the fields of a record, and which values say nothing.

Owns these names. Knows nothing of what becomes of the values.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from rag.core.escaping import shorten
from rag.core.text import clean

TITLES = "title papertitle articletitle displayname primarytitle headline name ti titles".split()
ABSTRACTS = (
    "abstract abstracttext abstractnote paperabstract abstracts abstractinvertedindex ab summary description descriptions "
    "text body content contents passage articleabstract"
).split()
SURE_TITLES = (
    "title papertitle articletitle documenttitle primarytitle ti titles originaltitle displayname headline".split()
)
"""Of a record without an abstract: under other names stand the names of people, groups and files too."""
SURE_ABSTRACTS = "abstract abstracttext abstractnote paperabstract abstracts abstractinvertedindex ab text".split()
SURE_FIELDS = (
    "arxivid arxiv eprint isbn journal journalname journaltitle containertitle booktitle publicationtitle "
    "issued published publishedprint publicationdate pubdate coverdate datepublished"
).split()
NO_PAPERS = frozenset("attachment note annotation".split())
"""Kinds of items of Zotero that belong to papers and are none."""
AUTHORS = (
    "authors author creators creator authorships authorlist authornames authorstring authorfullnames contributors "
    "contributor au"
).split()
IDS = "id docid docno paperid corpusid uid corduid articleid recordid pid identifier key".split()
DOIS = "doi doiurl articledoi".split()
ARXIV = "arxivid arxiv eprint entryid abs pdf pdfurl".split()
PMIDS = "pmid pubmedid pubmed".split()
PMCIDS = "pmcid pmc pmcids pubmedcentral pubmedcentralid".split()
ACL_IDS = "aclid acl anthologyid aclanthologyid".split()
ISBNS = "isbn isbns isbn13 isbn10 printisbn electronicisbn eisbn isbntype".split()
URLS = "url link landingpageurl absurl htmlurl abs pdfurl pdf uri".split()
VENUES = (
    "venue journal journalname journaltitle containertitle journalref booktitle publicationtitle publication publicationvenue "
    "sourcetitle conference proceedingstitle primarylocation hostvenue series"
).split()
YEARS = "year publicationyear pubyear py publishedyear yearpublished".split()
DATES = (
    "issued published publishedprint publishedonline publicationdate publisheddate publishedat pubdate date coverdate posted "
    "datepublished submitteddate versions created createdat updatedate updated"
).split()
_ENVELOPES = frozenset(
    (
        "data attributes metadata source info row paper article record work message fields item document publication node "
        "bibliographic"
    ).split()
)
_MOST_DEPTH = 4


def is_paper(value: Any) -> bool:
    """Whether an object has a title or an abstract under any of their names."""
    if not isinstance(value, Mapping):
        return False
    keys = {plain_key(key) for key in value}
    return not keys.isdisjoint(ABSTRACTS) or not keys.isdisjoint(TITLES[:5])


def unwrapped(value: Any, depth: int = 0) -> Any:
    """The object with the paper's fields, where a service has put it into others, such as {"_source": {…}}; else the value itself."""
    if not isinstance(value, Mapping) or is_paper(value) or depth >= _MOST_DEPTH:
        return value
    for key, inner in value.items():
        if plain_key(key) in _ENVELOPES and isinstance(inner, Mapping):
            found = unwrapped(inner, depth + 1)
            if is_paper(found):
                outer = {name: item for name, item in value.items() if plain_key(name) in ("id", "key")}
                return {**outer, **found}
    return value


def plain_key(key: Any) -> str:
    """A key's name for comparing: "dc:Journal-Ref" is "journalref"."""
    return re.sub(r"[^a-z0-9#$]", "", str(key)[:80].rpartition(":")[2].lower())


def missing(value: Any) -> bool:
    """Null, NaN, infinity, an empty text or a word for none of these."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return (
        value is None
        or value in ("", [], {})
        or (isinstance(value, str) and value.strip().lower() in ("", "nan", "null", "none", "n/a"))
    )


def kind_of(value: Any) -> str:
    """A value's kind in plain words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "null" if value is None else "text" if isinstance(value, str) else "a number"


def shown(value: Any) -> str:
    """A value in a message, short."""
    if isinstance(value, Mapping | list):
        return kind_of(value)
    text = str(value) if not isinstance(value, int) or abs(value) < 10**60 else "a very long number"
    return repr(shorten(clean(text[:300]), 60)) if isinstance(value, str) else text[:60]
