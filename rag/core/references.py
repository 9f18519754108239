"""Papers as references: BibTeX, RIS, CSL-JSON or a line of text for whoever cites it.

Owns these forms. What a paper does not say (authors, year) is left out, never guessed; only a name without a comma is split into
given and family name, as reference managers need it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rag.core import lexicon
from rag.core.accents import ascii_letters, shown
from rag.core.domain import Paper
from rag.core.escaping import shorten
from rag.core.formulas import formulas
from rag.core.links import paper_address, paper_link
from rag.core.statuses import status_word
from rag.core.tex import tex, tex_of_name, verbatim
from rag.core.text import clean

_LONGEST = 30
"""Most letters of a family name in a key."""

SHOWN_AUTHORS = 4
"""Of a paper with more the others are "et al."."""


def reference(paper: Paper) -> str:
    """The paper as one line of a bibliography: [Retracted] where it is, authors (year). Title. Venue. Link."""
    year = f" ({paper.year})" if paper.year else ""
    authors = ", ".join(shown(clean(author)) for author in paper.authors)
    parts = [authors + year, _title(paper)] if authors else [_title(paper) + year]
    text = " ".join(part if part[-1] in ".?!" else f"{part}." for part in (*parts, clean(paper.venue or "")) if part)
    status = f"[{status_word(paper)}]" if paper.status else ""
    return " ".join(filter(None, (status, text, paper_address(paper), _linked(paper))))


def byline(paper: Paper) -> str:
    """The first authors, the venue and the year, as far as they are known."""
    authors = ", ".join(shorten(shown(author), 60) for author in paper.authors[:SHOWN_AUTHORS])
    if len(paper.authors) > SHOWN_AUTHORS:
        authors += " et al."
    return " · ".join(filter(None, (authors, paper.venue or "", str(paper.year or ""))))


def _remark(paper: Paper) -> str:
    """What became of the paper, and what its abstract links to."""
    status = status_word(paper)
    return " ".join(filter(None, (f"{status}." if status else "", _linked(paper))))


def _linked(paper: Paper) -> str:
    """What the abstract links to, such as code, where the paper's own address is not known."""
    link = paper_link(paper)
    return f"Linked in its abstract: {link}" if link and not paper_address(paper) else ""


def bibtex(papers: Sequence[Paper]) -> str:
    """One entry a paper, with keys of its own.

    Entry types and fields as in the BibTeX documentation; `eprint` as arXiv's help pages ask for it.
    """
    entries = []
    for key, paper in zip(_keys(papers), papers, strict=True):
        fields = {
            "title": f"{{{tex(_stored_title(paper))}}}",  # the inner braces keep the capitals of names
            "author": " and ".join(_tex_name(author) for author in paper.authors),
            "year": str(paper.year or ""),
            "journal" if paper.venue else "howpublished": tex(clean(paper.venue or "")),
            "doi": verbatim(clean(paper.doi or "")),
            "eprint": verbatim(paper.arxiv_id or ""),
            "archiveprefix": "arXiv" if paper.arxiv_id else "",
            "pmid": paper.pmid or "",
            "pmcid": paper.pmcid or "",
            "isbn": paper.isbn or "",
            "url": verbatim(paper_address(paper) or ""),
            "note": tex(_remark(paper)),
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        entries.append(f"@{'article' if paper.venue else 'misc'}{{{key},\n" + ",\n".join(lines) + "\n}\n")
    return "\n".join(entries)


def ris(papers: Sequence[Paper]) -> str:
    """One record a paper, in the RIS format of reference managers."""
    records = []
    for paper in papers:
        lines = [("TY", "JOUR" if paper.venue else "GEN"), ("TI", _title(paper))]
        lines += [("AU", ", ".join(filter(None, _name(author)))) for author in paper.authors]
        lines += [
            ("PY", str(paper.year or "")),
            ("JO", clean(paper.venue or "")),
            ("DO", clean(paper.doi or "")),
            ("AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else paper.pmid or ""),
            ("C2", paper.pmcid or ""),
            ("SN", paper.isbn or ""),
            ("UR", paper_address(paper) or ""),
            ("N1", f"{status_word(paper)}." if paper.status else ""),
            ("N1", _linked(paper)),
        ]
        records.append("".join(f"{tag}  - {value}\n" for tag, value in lines if value) + "ER  - \n")
    return "\n".join(records)


def csl_json(papers: Sequence[Paper]) -> str:
    """A list of items as citation processors read them (https://docs.citationstyles.org/)."""
    items: list[dict[str, Any]] = []
    for key, paper in zip(_keys(papers), papers, strict=True):
        item = {
            "id": key,
            "type": "article-journal" if paper.venue else "article",
            "title": _title(paper),
            "author": [_csl_name(author) for author in paper.authors],
            "issued": {"date-parts": [[paper.year]]} if paper.year else None,
            "container-title": clean(paper.venue or ""),
            "DOI": clean(paper.doi or ""),
            "PMID": paper.pmid,
            "PMCID": paper.pmcid,
            "ISBN": paper.isbn,
            "status": paper.status,
            "number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else None,
            "URL": paper_address(paper),
            "note": _remark(paper),
        }
        items.append({name: value for name, value in item.items() if value})
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def _title(paper: Paper) -> str:
    return shown(_stored_title(paper))


def _stored_title(paper: Paper) -> str:
    return clean(paper.title) or clean(paper.abstract)[:80]


def _name(author: str) -> tuple[str, str]:
    """Family and given name; an organisation, or a name of one word, has no given name."""
    name = shown(clean(author))
    if "," in name:
        family, _, given = name.partition(",")
        return family.strip(), given.strip()
    words = name.split()
    if not 2 <= len(words) <= 5 or any(word in ("of", "for", "and", "the") for word in words):
        return name, ""
    first = next(
        (place for place, word in enumerate(words[1:-1], 1) if word in lexicon.words("name_particles")), len(words) - 1
    )
    return " ".join(words[first:]), " ".join(words[:first])


def _csl_name(author: str) -> dict[str, str]:
    family, given = _name(author)
    return {"family": family, "given": given} if given else {"literal": family}


def _tex_name(author: str) -> str:
    parts = [tex_of_name(part, accents="\\" in author) for part in _name(author) if part]
    # Braces: BibTeX parts a name at blanks and commas, and a list of them at "and".
    if len(parts) == 1:
        return f"{{{parts[0]}}}"
    return ", ".join(f"{{{part}}}" if re.search(r",|\band\b", part, re.IGNORECASE) else part for part in parts)


def _keys(papers: Iterable[Paper]) -> list[str]:
    """A key for each paper, such as `example2023fastcache`, or `bounds-holder` without authors; a letter tells equal ones apart."""
    keys: list[str] = []
    used: Counter[str] = Counter()
    for paper in papers:
        base = _key(paper) or "paper"
        key = base
        while key in used:
            used[base] += 1
            key = base + _letters(used[base] - 1)
        used[key] = 1
        keys.append(key)
    return keys


def _key(paper: Paper) -> str:
    family = _ascii(_name(paper.authors[0])[0])[:_LONGEST] if paper.authors else ""
    words = map(_ascii, re.split(r"[^\w'’]+", _without_formulas(shown(paper.title))))
    telling = [word for word in words if re.search("[a-z]", word) and word not in lexicon.words("dull_in_keys")]
    if family or paper.year:
        return f"{family}{paper.year or ''}{''.join(telling[:1])}"
    return "-".join(telling[:2])


def _without_formulas(text: str) -> str:
    parts, position = [], 0
    for span, _ in formulas(text):
        parts.append(text[position : span.start])
        position = span.end
    return " ".join((*parts, text[position:]))


def _letters(number: int) -> str:
    """1 -> a, 26 -> z, 27 -> aa."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def _ascii(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", ascii_letters(word).lower())
