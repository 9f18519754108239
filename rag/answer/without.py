"""Papers that do without something, or are not about it: by their own words, or because they do not name it.

Owns: how such papers are looked up, and what is said where abstracts do not tell. Abstracts seldom say what they lack, so that a paper
which does not name a thing is never said to lack it.
"""

from collections.abc import Sequence

from rag.answer import without_abstract
from rag.answer.told import MOST_LISTED, Told, evidence, introduction, sentences_of
from rag.core.domain import Evidence, Hit, Paper
from rag.core.escaping import counted
from rag.core.text import stem, words
from rag.library.store import Library
from rag.question.negations import Negation, lacks, names_of, naming, topic

_CANDIDATES = 300
"""Papers that name a thing, the best first, whose sentences are looked at."""
_SAID_IN_A_WORD = ("unsupervised", "unpaired")
_TOPIC_SHARE = 0.66
_SHOWN = 3


def papers(condition: Negation, hits: Sequence[Hit], library: Library, *, only: bool = False) -> Told:
    """The papers for which a condition without a topic, or one of doing without something, holds; `only` among those found."""
    if condition.manner != "without":
        return _not_named(condition, hits, library, only)
    own = _in_own_words(condition, hits, library, only)
    if own:
        says = "says in its own words that it does" if len(own) == 1 else "say in their own words that they do"
        more = "Abstracts seldom say what they lack, so there may be more:"
        lead = f"{counted(len(own), 'paper')} {says} without {condition.name}. {more}"
        return Told(lead, tuple(own[:MOST_LISTED]))
    count, silent = library.papers_without(_words_for(condition), MOST_LISTED)
    found = [hit.paper for hit in hits if not _names(hit.paper, condition)]
    of_all = f"{len(found)} of these {len(hits)}" if only else f"{count} of {library.count()}"
    lead = (
        f"No abstract here says in its own words that it does without {condition.name}; abstracts seldom say what they lack. "
        f"{of_all} do not name {condition.name}"
    )
    silent = _on_topic(found, condition) if condition.has_topic else found or ([] if only else silent)
    shown = _introduced(silent[:_SHOWN], library)
    lead += f". Nearest words, of {len(shown)} of these:" if shown else "."
    return Told(lead, tuple(shown), "nearest" if shown else "declined")


def _not_named(condition: Negation, hits: Sequence[Hit], library: Library, only: bool) -> Told:
    count, silent = library.papers_without(_words_for(condition), MOST_LISTED)
    total = library.count()
    if only:
        silent = [hit.paper for hit in hits if not _names(hit.paper, condition)]
        count, total = len(silent), len(hits)
    others = [name for thing in condition.things for name in _other_names(thing)]
    known = f" (nor {', '.join(others[:4])})" if others else ""
    lead = f"{count} of {total} papers here do not name {condition.name}{known} in title or abstract"
    if not silent:
        return Told(f"{lead}.", (), "declined")
    more = f"; the first {len(silent)}:" if count > len(silent) else ":"
    return Told(lead + more, (*_introduced(silent, library), *without_abstract.evidence_of(silent)))


def _in_own_words(condition: Negation, hits: Sequence[Hit], library: Library, only: bool) -> list[Evidence]:
    named = {} if only else library.lexical([*_words_for(condition), *_SAID_IN_A_WORD], _CANDIDATES)
    found = {hit.paper.id: hit.paper for hit in hits}
    found |= {paper.id: paper for paper in library.papers([paper_id for paper_id in named if paper_id not in found])}
    candidates = _on_topic(list(found.values()), condition) if condition.has_topic else list(found.values())
    own: list[Evidence] = []
    for paper, spans in sentences_of(candidates, library):
        of_paper = [span for span in spans if any(lacks(span.of(paper.abstract), thing) for thing in condition.things)]
        told = " ".join(span.of(paper.abstract) for span in of_paper)
        if of_paper and all(lacks(told, thing) for thing in condition.things):
            own.append(evidence(paper, of_paper[0]))
    return own


def _words_for(condition: Negation) -> list[str]:
    return [word for thing in condition.things for name in names_of(thing) for word in _key_words(name)]


def _other_names(thing: str) -> list[str]:
    """The other words for a thing, each in one form."""
    first, *others = names_of(thing)
    by_stem = {stem(name): name for name in reversed(others)}
    return [name for name in others if by_stem[stem(name)] == name and stem(name) != stem(first)]


def _key_words(name: str) -> list[str]:
    """The words by which a name is looked up: of one of several words the last alone would be too common."""
    parts = words(name)
    return [" ".join(parts)] if parts else []


def _names(paper: Paper, condition: Negation) -> bool:
    return any(naming(thing).search(f"{paper.title} {paper.abstract}") for thing in condition.things)


def _on_topic(found: Sequence[Paper], condition: Negation) -> list[Paper]:
    """Those that hold most of the words that the question has besides the condition."""
    wanted = {stem(word) for word in topic(condition.rest)}
    kept = []
    for paper in found:
        there = {stem(word) for word in words(f"{paper.title} {paper.abstract}")}
        if len(wanted & there) >= _TOPIC_SHARE * len(wanted):
            kept.append(paper)
    return kept


def _introduced(found: Sequence[Paper], library: Library) -> list[Evidence]:
    introduced = ((paper, introduction(paper, spans)) for paper, spans in sentences_of(found, library))
    return [evidence(paper, span) for paper, span in introduced if span is not None]
