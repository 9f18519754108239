"""Pasted text told apart: records of papers, and what only names papers (identifiers, titles, references). Pure functions on strings.

Nothing is fetched for a name, so a list of them is no record. Knows nothing of libraries and of how records are read.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.core.identifiers import arxiv_of_doi, normal_arxiv, normal_doi
from rag.core.text import words
from rag.question.identifiers import identifiers_in, without_identifiers

MOST_NAMES = 1_000
"""As many are looked at."""
_BULLET = re.compile(r"^\s*(?:[-*\u2022\u2013]\s+|\[?\(?\d{1,4}[\])]\s*|\d{1,4}\.\s+(?=\D))")
_QUOTED = "\"'\u201c\u201d\u2018\u2019"
_BARE_PMID = re.compile(r"\d{4,9}")
_MOST_CHARS = 600
"""A line longer than that is running text and names no paper."""
_MOST_WORDS, _SENTENCE_WORDS = 60, 12
"""So many words name no paper, nor do as many in a sentence that tells no year, which a reference does."""
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_HEADS = frozenset("doi dois pmid pmids id ids title titles url arxiv arxiv_id reference references".split())
"""What stands above a column."""
_REFERENCE_WORDS = 3
"""As many words beside an identifier make its line a reference."""

_BIBTEX = re.compile(r"^\s*@\w{1,40}\s*[{(]")
_JSON = re.compile(r"^\s*[{\[]")
_RIS, _RIS_END = re.compile(r"^TY {1,2}- ?"), re.compile(r"^ER {1,2}-")


@dataclass(frozen=True, slots=True)
class Name:
    """What stands for one paper in a list: a kind ("DOI", "arXiv id", "PMID", "identifier", "title"), the text as it was pasted, and
    the identifiers in it as a library looks them up; none of a title."""

    kind: str
    text: str
    keys: tuple[str, ...] = ()


def parted(text: str) -> tuple[str, list[str]]:
    """The text without the lines that stand outside of its records, which leave an empty line each; and these lines.

    Records are known by how they begin and end in BibTeX, RIS and JSON; of any other text all lines count as inside.
    """
    inside, outside, any_record = [], list[str](), False
    for line, is_inside in _told(text.splitlines()):
        any_record |= is_inside
        inside.append(line if is_inside else "")
        if not is_inside and line.strip():
            outside.append(line)
    return ("\n".join(inside), outside) if any_record else (text, [])


def _told(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a record."""
    depth, in_ris = 0, False
    for line in lines:
        begins = not depth and not in_ris
        if begins and _RIS.match(line):
            in_ris = True
        if in_ris:
            yield line, True
            in_ris = not _RIS_END.match(line)
        elif depth > 0 or (begins and (_BIBTEX.match(line) or _JSON.match(line))):
            yield line, True
            depth = max(0, depth + sum(map(line.count, "{[")) - sum(map(line.count, "}]")))
        else:
            yield line, False


def names_in(lines: Sequence[str]) -> list[Name]:
    """The papers that lines name, each once and in their order; running text names none."""
    found: dict[tuple[str, ...], Name] = {}
    for line in lines:
        for name in _of_line(_BULLET.sub("", line).strip().strip(_QUOTED).strip()):
            found.setdefault(name.keys[:1] or tuple(words(name.text)), name)
    return list(found.values())[:MOST_NAMES]


def _of_line(line: str) -> list[Name]:
    if not line or len(line) > _MOST_CHARS:
        return []
    if all(_BARE_PMID.fullmatch(part) for part in re.split(r"[,;\s]+", line.strip(" ,;"))):
        return [Name("PMID", part, (part,)) for part in re.split(r"[,;\s]+", line.strip(" ,;"))]
    keys = _apart(identifiers_in(line))
    if not keys:
        return [Name("title", line)] if _may_be_title(line) else []
    rest = words(without_identifiers(line))
    if len(rest) >= _REFERENCE_WORDS:
        return [Name(_kind(keys[0]), line, keys)]
    return [Name(_kind(key), key, tuple(filter(None, (key, arxiv_of_doi(key))))) for key in keys]


def _may_be_title(line: str) -> bool:
    typed = words(line)
    if not any(any(map(str.isalpha, word)) for word in typed) or line.lower() in _HEADS:
        return False
    is_sentence = line.endswith(".") and len(typed) >= _SENTENCE_WORDS and not _YEAR.search(line)
    return len(typed) <= _MOST_WORDS and not is_sentence


def _apart(identifiers: Sequence[str]) -> tuple[str, ...]:
    """The identifiers without the addresses that they stand in."""
    plain = [one for one in identifiers if "://" not in one]
    links = [one for one in identifiers if "://" in one and not any(key in one.lower() for key in plain)]
    return (*plain, *dict.fromkeys(link.rstrip("/") for link in links))


def _kind(key: str) -> str:
    if normal_doi(key) == key:
        return "DOI"
    if normal_arxiv(key) == key:
        return "arXiv id"
    return "PMID" if key.isdigit() and len(key) < 10 else "identifier"


def kinds_of(names: Sequence[Name]) -> str:
    """How many of which kind, in words: "3 DOIs and 1 title"."""
    counts = Counter(name.kind for name in names)
    said = [f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items()]
    return " and ".join((", ".join(said[:-1]), said[-1])) if len(said) > 1 else "".join(said)
