"""Details that the quoted papers do not give: the nearest words are shown, and no answer is claimed."""

from collections.abc import Sequence

from rag.answer import conditions
from rag.answer.quoted import short_name
from rag.answer.told import Told
from rag.core.domain import Answer, Evidence, Paper
from rag.core.lexicon import patterns
from rag.core.sentences import sentences
from rag.evidence.injection import quotable
from rag.question import kinds
from rag.question.details import Detail, detail
from rag.question.follow_up import Query
from rag.search.paper_names import owners

_MOST_SHOWN = 2


def missing(query: Query, answer: Answer, quotes: Sequence[Evidence]) -> Told | None:
    """The line and the nearest words, where the papers asked about do not hold the detail that is asked for, or not under the
    condition that is asked for; None where one does.

    Args:
        query: the question.
        answer: the usual one; where it is declined, a detail is missed only in a paper that the question names.
        quotes: what it quotes, or would have quoted, best first.
    """
    return _detail(query, answer, quotes) or conditions.missing(query, answer, quotes)


def _detail(query: Query, answer: Answer, quotes: Sequence[Evidence]) -> Told | None:
    asked = detail(query.typed)
    if asked is None or not quotes:
        return None
    named = _named(query, answer, asked)
    papers = named or answer.cited_papers
    if not papers or (asked.of_own_work and not named and not _points_at_a_paper(query)):
        return None
    texts = [text for paper in papers for text in (*_told(paper, asked), paper.title)]
    if not asked.missing_from(texts):
        return None
    place = f"the abstract of {short_name(papers[0])}" if len(papers) == 1 else "these abstracts"
    ids = {paper.id for paper in papers}
    best = _nearest(papers[0], asked) or [item for item in (*quotes, *answer.evidence) if item.paper.id in ids]
    if not best:
        return None
    shown = list(dict.fromkeys((item.paper.id, item.span) for item in best))[:_MOST_SHOWN]
    evidence = tuple(next(item for item in best if (item.paper.id, item.span) == key) for key in shown)
    return Told(f"Not in {place}: {asked.name}. Nearest words:", evidence, "nearest")


def _named(query: Query, answer: Answer, asked: Detail) -> tuple[Paper, ...]:
    """The papers that the question is about, or that own a name of it: not a measure's, nor that of what it is measured on."""
    found = [hit.paper for hit in answer.retrieved]
    if query.about:
        return tuple(paper for paper in found if paper.id in query.about)
    names = patterns("measured_on").sub(" ", asked.held.sub(" ", query.typed)) if asked.measured else query.typed
    owned = owners(names, answer.retrieved)
    return tuple(paper for paper in found if paper.id in owned)


def _points_at_a_paper(query: Query) -> bool:
    return patterns("of_one_paper").search(query.typed) is not None


def _told(paper: Paper, asked: Detail) -> list[str]:
    """The sentences in which the detail may stand: for what a work lacks itself, those on the work itself."""
    texts = [span.of(paper.abstract) for span in sentences(paper.abstract)]
    if not asked.of_own_work:
        return texts
    first = next((place for place, text in enumerate(texts) if kinds.tells_own_work(text)), 0)
    return [text for text in texts[first:] if not patterns("others_work").search(text)]


def _nearest(paper: Paper, asked: Detail) -> list[Evidence]:
    if asked.near is None:
        return []
    spans = quotable(paper.abstract, sentences(paper.abstract))
    return [Evidence(paper, span, 0.0, {}) for span in spans if asked.near.search(span.of(paper.abstract))]
