"""What the record of a paper says: its authors, its year, where it came out, its DOI and addresses, its reference.

Owns: finding the paper that a question names, and the wording of what its record says or does not say.
"""

import re
from collections.abc import Sequence

from rag.answer import record_answers
from rag.answer.quoted import short_name
from rag.core.domain import Answer, AnswerSentence, Paper
from rag.core.escaping import counted
from rag.core.lexicon import patterns
from rag.core.links import arxiv_address, doi_address, paper_address, pubmed_address
from rag.core.names import name_in_title
from rag.core.references import bibtex
from rag.core.text import STOP_WORDS, clean, content_words, stem, words
from rag.library.store import Library
from rag.question import kinds
from rag.question.follow_up import Query
from rag.question.identifiers import identifiers_in
from rag.question.record_details import Detail, DetailQuestion, Place, Scheme, namings

_JOINED = re.compile(r"\s*(?:,|;|&|\band\b)\s*")
_MOST = 3
"""Papers of one name that are told of."""
_LOOKED_AT = 20
_QUERY_WORDS = 12
_PHRASE = 3
"""Words of a title that are enough to name its paper."""
_SOON = 60
"""Characters in which what is introduced is named."""
_SHOWN_AUTHORS = 30
_WHAT: dict[Detail, str] = {
    "authors": "no authors",
    "year": "no year",
    "venue": "no journal or conference",
    "identifier": "no DOI and no address",
    "reference": "no more than a title",
    "bibtex": "no more than a title",
    "abstract": "no abstract",
    "affiliation": "no affiliations or addresses of authors",
}


class Called:
    """Finds the papers that are called something. `about` are those that "it" means."""

    def __init__(self, library: Library, about: Sequence[str] = ()) -> None:
        self._library = library
        self._about = about

    def papers(self, subject: str) -> list[Paper]:
        """Those that these words name, at most three, none where they name none or too many; without words those that are meant."""
        if not subject:
            by_id = {paper.id: paper for paper in self._library.papers(self._about)}
            return [by_id[paper_id] for paper_id in self._about if paper_id in by_id][:_MOST]
        for form in namings(subject):
            found = self._library.papers_identified(identifiers_in(form)) or self._named(form)
            if found:
                return found[:_MOST]
        return self._on(subject) or self._each(subject)

    def _each(self, subject: str) -> list[Paper]:
        """Of "GrainSort and TideScan": each of them; none where one of them names no paper."""
        names = [name for name in _JOINED.split(subject) if name]
        each = [self._named(form) for name in names for form in namings(name)[-1:]]
        if not 2 <= len(names) <= _MOST or not all(each):
            return []
        return list({found[0].id: found[0] for found in each}.values())

    def titled(self, title: str) -> list[Paper]:
        """Those of this title."""
        wanted = words(title)
        return [paper for paper in self.near(title) if wanted and words(paper.title) == wanted][:_MOST]

    def _named(self, name: str) -> list[Paper]:
        wanted = words(name)
        near = self.near(name)
        same = [paper for paper in near if wanted in (words(paper.title), words(name_in_title(paper.title)))]
        if same:
            return same
        within = [paper for paper in near if _stands_in(wanted, paper.title, name)]
        if not within and len(wanted) <= 2:
            within = [paper for paper in near if _introduces(paper.abstract, name)]
            # What several abstracts name is none of theirs: a data set, a method that all use.
            within = within if len(within) == 1 else []
        return within if len(within) <= _MOST else []

    def near(self, name: str) -> list[Paper]:
        """The papers that share the most with these words, best first, at most 20."""
        scores = self._library.lexical(content_words(name)[:_QUERY_WORDS], _LOOKED_AT)
        by_id = {paper.id: paper for paper in self._library.papers(scores)}
        return [by_id[paper_id] for paper_id in sorted(scores, key=lambda one: -scores[one]) if paper_id in by_id]

    def _on(self, subject: str) -> list[Paper]:
        """Of "the paper on wheat kernels": those that hold all of its words, if they are few, else those with them in the title."""
        frame = patterns("paper_on").match(subject)
        topic = subject[frame.end() :] if frame else ""
        if not set(words(topic)) - STOP_WORDS:
            return []
        wanted = {stem(word) for word in content_words(topic)}
        count, papers = self._library.find_papers(" ".join(content_words(topic)), _MOST)
        if count <= _MOST and papers:
            return list(papers)
        titled = [paper for paper in self.near(topic) if wanted <= set(map(stem, words(paper.title)))]
        return titled if len(titled) <= _MOST else []


def _stands_in(wanted: Sequence[str], title: str, name: str) -> bool:
    """Whether the words stand in the title as they are, and are a name there or long enough to be no accident."""
    if f" {' '.join(wanted)} " not in f" {' '.join(words(title))} ":
        return False
    if len(set(wanted) - STOP_WORDS) >= _PHRASE:
        return True
    # Of "Diffusion-Based" the first word alone is no name.
    names = [named for found in kinds.names(title) if (named := set(words(found))) <= set(wanted)]
    return bool(names) and set(wanted) <= set().union(*names) | STOP_WORDS


def _introduces(abstract: str, name: str) -> bool:
    """Whether the abstract has the name more than once, or soon after a word such as "introduce", as a name."""
    lower = name.lower()
    named = lower in map(str.lower, kinds.names(abstract))
    return named and (abstract.lower().count(lower) > 1 or introduces_by_name(abstract, name))


def introduces_by_name(abstract: str, name: str) -> bool:
    """Whether the abstract has the name soon after a word such as "introduce", as a name."""
    lower, text = name.lower(), abstract.lower()
    if lower not in map(str.lower, kinds.names(abstract)):
        return False
    after = (text[match.end() : match.end() + _SOON] for match in patterns("introduces").finditer(text))
    return any(re.search(rf"(?<!\w){re.escape(lower)}(?!\w)", words_after) for words_after in after)


def answer(question: DetailQuestion, query: Query, called: Called) -> Answer | None:
    """What the records say; None where the question names no paper, so that it may be another kind of question."""
    papers = called.papers(question.subject)
    if not papers:
        return None if question.subject else _which(query)
    if question.detail == "bibtex":
        return _entries(query, papers)
    every = [(paper, fact(question, paper)) for paper in papers]
    what = f"no {question.scheme}" if question.scheme else _WHAT[question.detail]
    if not any(said for _, said in every):
        return record_answers.not_recorded(query, _missing(what, papers), papers)
    lines = [(paper, f"{_name(paper)}: {said or f'its record names {what}'}") for paper, said in every]
    return record_answers.from_records(query, record_answers.said_of(lines))


def _entries(query: Query, papers: Sequence[Paper]) -> Answer:
    """The BibTeX entries, each below a line that names its paper."""
    said: list[AnswerSentence] = []
    for line, entry in zip(
        record_answers.said_of((paper, f"{_name(paper)} as BibTeX:") for paper in papers),
        bibtex(papers).split("\n\n"),
        strict=True,
    ):
        said += [line, record_answers.said(entry.strip())]
    return record_answers.from_records(query, said)


def _which(query: Query) -> Answer:
    return record_answers.guide(query, "Which paper do you mean? Name it, or ask about it first.")


def _missing(what: str, papers: Sequence[Paper]) -> str:
    *others, last = map(_name, papers)
    names = f"{', '.join(others)} and {last}" if others else last
    one = not others
    return f"The record{'' if one else 's'} of {names} name{'s' if one else ''} {what}."


def _name(paper: Paper) -> str:
    return clean(short_name(paper)) or clean(paper.abstract)[:60]


def fact(question: DetailQuestion, paper: Paper) -> str:
    """What the record says of what is asked, "" where nothing."""
    if question.detail == "authors":
        return _author_at(question.place, paper) if question.place else authors(paper)
    if question.detail == "year":
        return f"published in {paper.year}" if paper.year else ""
    if question.detail == "venue":
        return ", ".join(filter(None, (clean(paper.venue or ""), str(paper.year or "") if paper.venue else "")))
    if question.detail == "identifier":
        return _identifiers(paper, question.scheme)
    if question.detail == "reference":
        return listing(paper) if paper.authors or paper.year or paper.venue or _identifiers(paper, "") else ""
    return ""


def _author_at(place: Place, paper: Paper) -> str:
    if not paper.authors:
        return ""
    author = clean(paper.authors[0 if place == "first" else -1])
    return f"{author}, the {place} of {counted(len(paper.authors), 'author')}" if len(paper.authors) > 1 else author


def authors(paper: Paper, most: int = _SHOWN_AUTHORS) -> str:
    """The authors in their order; of very many the first ones."""
    names = [clean(author) for author in paper.authors]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _identifiers(paper: Paper, scheme: Scheme) -> str:
    """DOI, arXiv id, PMID with their addresses, and the URL; or that the one asked for is not there, and what else is."""
    of_scheme: dict[Scheme, str] = {
        "DOI": f"DOI {paper.doi} ({doi_address(paper)})" if paper.doi else "",
        "arXiv id": f"arXiv {paper.arxiv_id} ({arxiv_address(paper)})" if paper.arxiv_id else "",
        "PMID": f"PMID {paper.pmid} ({pubmed_address(paper)})" if paper.pmid else "",
        "": (paper_address(paper) or "") if paper.url else "",
    }
    if scheme and of_scheme[scheme]:
        return of_scheme[scheme]
    known = "; ".join(filter(None, of_scheme.values()))
    if not known and not scheme and paper.links:
        return f"its record names no DOI and no address; its abstract links to {paper.links[0]}"
    return f"its record names no {scheme}, but {known}" if scheme and known else known


def listing(paper: Paper) -> str:
    """A paper as a line of a list: authors (year). Title. Venue. DOI or address."""
    year = f" ({paper.year})" if paper.year else ""
    by = authors(paper, 8)
    title = clean(paper.title) or clean(paper.abstract)[:80]
    parts = [by + year, title] if by else [title + year]
    parts += filter(None, (clean(paper.venue or ""), _address(paper)))
    return ". ".join(part.rstrip(".") for part in parts)


def _address(paper: Paper) -> str:
    return (f"doi:{paper.doi}" if paper.doi else paper_address(paper)) or ""
