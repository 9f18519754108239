"""Details that the quoted papers do not give: the nearest words are shown, and no answer is claimed."""

from collections.abc import Sequence

from rag.answer.quoted import short_name
from rag.answer.told import Told
from rag.core.domain import Answer, Evidence, Paper
from rag.core.lexicon import patterns
from rag.core.sentences import sentences
from rag.evidence.injection import out_of_place
from rag.question import kinds
from rag.question.details import Detail, detail
from rag.question.follow_up import Query
from rag.search.paper_names import owners

_MOST_SHOWN = 2


def missing(query: Query, answer: Answer, quotes: Sequence[Evidence]) -> Told | None:
    """The line and the nearest words, where no paper quoted holds the detail that is asked for; None where one does."""
    asked = detail(query.typed)
    papers = answer.cited_papers
    if asked is None or not papers:
        return None
    if asked.of_own_work and not (query.about or owners(query.text, answer.retrieved) or _points_at_a_paper(query)):
        return None
    texts = [text for paper in papers for text in (*_told(paper, asked), paper.title)]
    if not asked.missing_from(texts):
        return None
    place = f"the abstract of {short_name(papers[0])}" if len(papers) == 1 else "these abstracts"
    best = _nearest(papers[0], asked) or [item for item in quotes if item.paper.id == quotes[0].paper.id]
    return Told(f"Not in {place}: {asked.name}. Nearest words:", tuple(best[:_MOST_SHOWN]), "nearest")


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
    spans = [span for span in sentences(paper.abstract) if not out_of_place(span.of(paper.abstract), paper.abstract)]
    return [Evidence(paper, span, 0.0, {}) for span in spans if asked.near.search(span.of(paper.abstract))]
