"""What a question asks of the record of a paper: who wrote it, when and where it came out, its DOI or address, its abstract.

Owns: what counts as such a question, and the words that name the paper in it. Whether a paper of that name is there is decided
elsewhere: where none is, the question is an ordinary one. The words are in the lexicon. Pure functions on strings.
"""

import re
from dataclasses import dataclass
from typing import Literal

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import words
from rag.question.talk import plain

Detail = Literal["authors", "year", "venue", "identifier", "reference", "bibtex", "abstract", "affiliation"]
Place = Literal["", "first", "last"]
Scheme = Literal["", "DOI", "arXiv id", "PMID"]
_SCHEMES: tuple[tuple[Scheme, re.Pattern[str]], ...] = (
    ("DOI", re.compile(r"\bdoi\b")),
    ("arXiv id", re.compile(r"\barxiv\b")),
    ("PMID", re.compile(r"\b(?:pmid|pubmed)\b")),
)
_FORMS: tuple[Detail, ...] = ("bibtex", "abstract", "affiliation", "authors", "year", "venue", "identifier")
_PLACES: tuple[tuple[Place, re.Pattern[str]], ...] = (
    ("first", re.compile(r"\b(?:first|lead) author\b")),
    ("last", re.compile(r"\b(?:last|senior) author\b")),
)
_OF_WORDS: tuple[tuple[Detail, re.Pattern[str]], ...] = (
    ("bibtex", re.compile(r"\bbib ?(?:tex|entry)\b")),
    ("abstract", re.compile(r"\babstract\b")),
    ("authors", re.compile(r"\b(?:authors?|writers?|whom|whose|who)\b")),
    ("year", re.compile(r"\b(?:year|date|when)\b")),
    ("venue", re.compile(r"\b(?:journal|venue|conference|publisher)\b")),
)
_PERSONS = frozenset({"he", "she", "his", "her"})
_POINTERS = (lexicon.words("pronouns") - _PERSONS) | lexicon.words("paper_pointers")
_FRAME = patterns("paper_frame")
_AROUND = re.compile(r"^(?:the|a|an)\s+|\s+(?:papers?|article|study|preprint|publication|abstract|method|model)$")


@dataclass(frozen=True, slots=True)
class DetailQuestion:
    """`subject` are the words that name the paper, "" where the papers of the last answer are meant. `scheme` is the kind of identifier
    that is asked for, "" for any. `place` says which of the authors is meant, "" where all are."""

    detail: Detail
    subject: str = ""
    scheme: Scheme = ""
    place: Place = ""


def detail_question(question: str) -> DetailQuestion | None:
    """What the question asks of a record, if it may be that."""
    text = plain(question)
    if not text:
        return None
    if patterns("detail_alone").fullmatch(text):
        return DetailQuestion(_kind_of(text), scheme=_scheme_of(text), place=_place_of(text))
    for detail in _FORMS:
        match = patterns(f"detail_{detail}").fullmatch(text)
        if match:
            group = next(n for n, found in enumerate(match.groups(), start=1) if found is not None)
            named, around = match[group], f"{text[: match.start(group)]} {text[match.end(group) :]}"
            kind = detail if detail != "identifier" else _kind_of(around)
            scheme: Scheme = _scheme_of(around) if kind == "identifier" else ""
            return DetailQuestion(kind, subject_of(named), scheme, _place_of(around) if kind == "authors" else "")
    return None


def _kind_of(text: str) -> Detail:
    """By a word of it: those that name no other detail ask for an address."""
    for detail, pattern in _OF_WORDS:
        if pattern.search(text):
            return detail
    return "reference" if patterns("names_detail").search(text) else "identifier"


def _scheme_of(text: str) -> Scheme:
    return next((scheme for scheme, pattern in _SCHEMES if pattern.search(text)), "")


def _place_of(text: str) -> Place:
    return next((place for place, pattern in _PLACES if pattern.search(text)), "")


def subject_of(named: str) -> str:
    """The words that name a paper, without what stands around them; "" where they only point back."""
    if points_back(named):
        return ""
    return " ".join(named.strip(" \"'\u201c\u201d\u2018\u2019").split())


def points_back(named: str) -> bool:
    """Whether words name no paper but point to the last answer, such as "this paper" or "the second one"."""
    return set(words(named)) <= _POINTERS


def namings(subject: str) -> tuple[str, ...]:
    """The ways to read what names a paper, the words as they stand first: "the GrainSort paper" is GrainSort too."""
    bare = _FRAME.sub("", subject, count=1)
    return tuple(dict.fromkeys(form for form in (subject, bare, _AROUND.sub("", _AROUND.sub("", bare))) if form))
