"""The papers that a question means by their records: those of an author, of some years, at a venue, the newest ones.

Owns: which words of a question are the names of authors and venues of this library; whether such papers are listed, quoted, or searched
for what else the question asks. Only a name that a record has counts as one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.answer import record_answers
from rag.answer.library_facts import LISTED, list_of
from rag.answer.quoted import short_name
from rag.core.domain import Answer, Paper
from rag.core.escaping import counted
from rag.core.lexicon import patterns
from rag.core.text import content_words
from rag.library.bibliography import Bibliography
from rag.library.store import Library
from rag.question import filters, kinds
from rag.question.filters import Phrase, Place, Years
from rag.question.follow_up import Query, points_back

_JOINED = re.compile(r"\s*(?:,|&|\band\b)\s*")
_WRITE = re.compile(
    r"\b(?:write|written|wrote|publish|published|authored?|co-?authored?)\b(?: (?:anything|something|any|a papers?|papers?))?",
    re.IGNORECASE,
)
_YEAR_AT_END = re.compile(r"\s+((?:19|20)\d\d)$")
_MOST_QUOTED = 5
"""Papers of an author whose findings are quoted where nothing else is asked."""
_NEWEST = 5
_ONE_PAPER = re.compile(r"\b(?:paper|article|study|publication|abstract|work|one)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Papers chosen by their records: their ids in the library's order, in words, and what is left of the question."""

    ids: tuple[str, ...]
    label: str
    rest: str
    of_papers: bool = True


def narrowed(query: Query, library: Library, bibliography: Callable[[], Bibliography]) -> Answer | Query:
    """The answer where papers are asked for by their records alone, else the query restricted to these papers; the query as it is where
    it says nothing of records."""
    if query.by_identifier:
        return query
    if not query.about:
        return _narrowed(query, library, bibliography)
    if patterns("same_authors").search(query.typed):
        return _by_the_same(query, library, bibliography())
    if points_back(query.typed):
        return query
    # It leans on the last answer only because it has few words: those may be the name of an author, or a year.
    alone = Query(query.typed, query.typed, query.typed, query.typed)
    found = _narrowed(alone, library, bibliography)
    return query if found is alone else found


def _by_the_same(query: Query, library: Library, details: Bibliography) -> Answer:
    """The other papers by the authors of those that the question is about."""
    about = library.papers(query.about)
    names = " and ".join(short_name(paper) for paper in about)
    authors = dict.fromkeys(author for paper in about for author in paper.authors)
    if not authors:
        return record_answers.not_recorded(query, f"No authors are on record for {names}.", about)
    theirs = {paper_id for author in authors for paper_id in details.of_author(author)} - set(query.about)
    ids = [entry.id for entry in details.entries if entry.id in theirs]
    if not ids:
        return record_answers.not_recorded(query, f"No other paper here is by an author of {names}.", about)
    verb = "paper here is" if len(ids) == 1 else "papers here are"
    head = f"{len(ids):,} other {verb} by an author of {names}:"
    return list_of(query, head, library.papers(ids[:LISTED]), len(ids))


def _narrowed(query: Query, library: Library, bibliography: Callable[[], Bibliography]) -> Answer | Query:
    years = filters.years(query.typed)
    rest = years.rest if years else query.typed
    order, without_order = filters.order(rest)
    authors, venues = list(filters.author_places(rest)), list(filters.venue_places(rest))
    if not (years or order or authors or venues):
        return query
    details = bibliography()
    chosen = _of_author(authors, details) or _of_venue(venues, details)
    if isinstance(chosen, str):
        return record_answers.not_recorded(query, chosen)
    if order and chosen is None:
        return _in_order(query, order == "oldest", without_order, years, library, details)
    if years:
        chosen = _of_years(years, chosen, details)
        if isinstance(chosen, str):
            return _without_years(query, years, chosen)
    if chosen is None:
        return query
    return _answer(query, chosen, library, details)


def _of_author(places: Sequence[Place], details: Bibliography) -> _Chosen | str | None:
    """The papers of the author that the question names; a sentence where it names one that no record has."""
    for place in places:
        for phrase in place.phrases:
            if not (place.of_papers or phrase.does) or not (
                _is_capital(phrase.words) or place.of_papers or phrase.does
            ):
                continue
            ids = _by(phrase.words, details, place)
            if place.year is not None:
                ids = tuple(paper_id for paper_id in ids if paper_id in set(details.of_years(place.year, place.year)))
            if ids:
                return _Chosen(ids, f"by {_named(phrase.words)}", phrase.rest, place.of_papers)
    unknown = next((place.phrases[0] for place in places if place.sure and place.phrases), None)
    if unknown is None or not _is_name(unknown) or filters.has_topic(unknown.rest):
        return None
    if not details.with_authors:
        return "The records of this library name no authors."
    return f"No record of this library names an author called {_named(unknown.words)}."


def _by(name: str, details: Bibliography, place: Place) -> tuple[str, ...]:
    """Ids of the papers by this author; by all of several, else by any of them."""
    given = place.of_papers and place.sure
    whole = details.of_author(name, given)
    names = [part for part in _JOINED.split(name) if part]
    if whole or len(names) < 2:
        return whole
    each = [details.of_author(part) for part in names]
    if not all(each):
        return ()
    together = set(each[0]).intersection(*each[1:]) or set().union(*each)
    return tuple(entry.id for entry in details.entries if entry.id in together)


def _of_venue(places: Sequence[Place], details: Bibliography) -> _Chosen | str | None:
    """The papers of the venue that the question names; a sentence where it names one that no record has."""
    for place in places:
        for phrase in place.phrases:
            if not _may_be_venue(phrase.words):
                continue
            ids, label = details.of_venue(phrase.words), phrase.words
            with_year = _YEAR_AT_END.search(phrase.words)
            if not ids and with_year:
                year = int(with_year[1])
                of_year = set(details.of_years(year, year))
                ids = tuple(one for one in details.of_venue(phrase.words[: with_year.start()]) if one in of_year)
            if ids:
                return _Chosen(ids, f"in {label}", phrase.rest)
    unknown = next((place.phrases[0] for place in places if place.sure and place.phrases), None)
    if unknown is None or not _is_name(unknown) or filters.has_topic(unknown.rest):
        return None
    if not details.with_venue:
        return "The records of this library name no journals or conferences."
    return f"No record of this library names {unknown.words} as the journal or conference."


def _may_be_venue(words: str) -> bool:
    """One plain word in small letters is more likely a topic: "papers in medicine"."""
    return _is_capital(words) or len(words.split()) > 2


def _is_capital(words: str) -> bool:
    return words[:1].isupper()


def _is_name(phrase: Phrase) -> bool:
    """Whether all of its words, but for small ones, are written as names."""
    return all(
        word[:1].isupper() for word in phrase.words.split() if len(word) > 3 or word[:1].isupper()
    ) and _is_capital(phrase.words)


def _named(words: str) -> str:
    return words if any(letter.isupper() for letter in words) else words.title()


def _of_years(years: Years, chosen: _Chosen | None, details: Bibliography) -> _Chosen | str:
    """Those of the years; a sentence where no record has them."""
    if not details.with_year:
        return "The records of this library name no years."
    ids = details.of_years(years.first, years.last)
    if chosen is None:
        return _Chosen(ids, years.label, years.rest) if ids else f"No record of this library is {years.label}."
    both = tuple(one for one in chosen.ids if one in set(ids))
    if not both:
        return f"No record of this library is {chosen.label} and {years.label}."
    return replace(chosen, ids=both, label=f"{chosen.label} {years.label}")


def _without_years(query: Query, years: Years, why: str) -> Answer | Query:
    """Where the years cannot be told, what else is asked is answered, and it is said that they were not looked at."""
    if "name no years" in why and filters.has_topic(years.rest):
        return _asked(query, years.rest, notice=f"{why} Papers of any year were looked at.")
    return record_answers.not_recorded(query, why)


def _in_order(
    query: Query, oldest: bool, rest: str, years: Years | None, library: Library, details: Bibliography
) -> Answer | Query:
    """The newest or the oldest papers, of those that hold all words of the topic where there is one."""
    word = "oldest" if oldest else "newest"
    topic = [one for one in content_words(rest) if filters.has_topic(one)]
    if not details.with_year:
        why = "The records of this library name no years."
        return (
            _asked(query, rest, notice=f"{why} Papers of any year were looked at.")
            if topic
            else record_answers.not_recorded(query, why)
        )
    among: Sequence[Paper] | None = None
    if topic:
        _, among = library.find_papers(" ".join(topic), len(details.entries))
    allowed = set(details.of_years(years.first, years.last) if years else details.of_years(None, None))
    allowed &= {paper.id for paper in among} if among is not None else allowed
    dated = [(entry.year, entry.id) for entry in details.entries if entry.id in allowed and entry.year is not None]
    if not dated:
        return query
    every = len(dated)
    dated.sort(key=lambda item: item[0], reverse=not oldest)
    one = _ONE_PAPER.search(query.typed) is not None
    dated = [item for item in dated if item[0] == dated[0][0]] if one else dated
    ids = [paper_id for _, paper_id in dated[:_NEWEST]]
    by_id = {paper.id: paper for paper in library.papers(ids)}
    undated = len(details.entries) - details.with_year
    about = f" with “{' '.join(topic)}”" if topic else ""
    left_out = f" ({counted(undated, 'paper')} without a year left out)" if undated else ""
    head = f"The {word} of {counted(every, 'paper')}{about}{left_out}:"
    return list_of(query, head, [by_id[paper_id] for paper_id in ids], len(ids))


def _answer(query: Query, chosen: _Chosen, library: Library, details: Bibliography) -> Answer | Query:
    rest = " ".join(_WRITE.sub(" ", chosen.rest).replace(" ?", "?").split()) if chosen.of_papers else chosen.rest
    every = counted(len(details.entries), "paper")
    if filters.has_topic(rest):
        were = "was" if len(chosen.ids) == 1 else "were"
        notice = f"Only the {len(chosen.ids):,} of {every} {chosen.label} {were} searched."
        return _asked(query, rest, within=chosen.ids, notice=notice)
    if chosen.of_papers:
        verb = "is" if len(chosen.ids) == 1 else "are"
        head = f"{len(chosen.ids):,} of {every} {verb} {chosen.label}:"
        return list_of(query, head, library.papers(chosen.ids[:LISTED]), len(chosen.ids))
    return _findings(query, chosen, library)


def _findings(query: Query, chosen: _Chosen, library: Library) -> Query:
    """What the papers of an author say, where no more is asked: they are quoted as if each were named."""
    papers = library.papers(chosen.ids[:_MOST_QUOTED])
    titles = "; ".join(paper.title for paper in papers if paper.title)
    several = len(papers) > 1
    asked = "What does each of them find?" if several else "What are the main results?"
    more = len(chosen.ids) - len(papers)
    return replace(
        query,
        own_words=asked,
        text=f"{asked} (about: {titles})",
        sentence_question="What are the main results?",
        about=tuple(paper.id for paper in papers),
        by_identifier=True,
        within=tuple(paper.id for paper in papers),
        shown=query.asked_as,
        notice=f"{counted(more, 'more paper')} {chosen.label} {'is' if more == 1 else 'are'} not quoted."
        if more
        else "",
    )


def _asked(query: Query, rest: str, within: tuple[str, ...] | None = None, notice: str = "") -> Query:
    """The question without what it says of records, over these papers."""
    text = rest.strip(" ,")
    if kinds.form(query.typed) == "list" and kinds.form(text) != "list":
        text = f"Which papers are about {text}"
    return replace(
        query, own_words=text, text=text, sentence_question=text, within=within, shown=query.asked_as, notice=notice
    )
