"""The sentences that sum up a paper: what it does, how, and its main result, as they stand in the abstract."""

from collections.abc import Iterator, Sequence

from rag.core.domain import Evidence, Paper, Span
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.sentences import sentences as sentences_of
from rag.evidence.injection import out_of_place
from rag.question import kinds
from rag.question.summaries import SummaryRequest, comparable

_MOST_OF_TITLE = 0.8
_LEAST_WORDS = 4
"""Of a title that is typed in other words or in part."""


def paper_called(target: str, papers: Sequence[Paper]) -> str | None:
    """The id of the first paper whose name or title this is; None where it is that of none."""
    wanted = comparable(target)
    for paper in papers:
        name = comparable(name_in_title(paper.title))
        if wanted and wanted in (name, comparable(paper.title)):
            return paper.id
    typed = set(wanted.split())
    for paper in papers:
        title = set(comparable(paper.title).split())
        shared = len(typed & title)
        if shared >= _LEAST_WORDS and shared >= _MOST_OF_TITLE * len(typed) and shared >= len(title) / 2:
            return paper.id
    return None


def sentences(paper: Paper, request: SummaryRequest) -> tuple[Evidence, ...]:
    """As many sentences as were asked for, in the abstract's order."""
    spans = [span for span in sentences_of(paper.abstract) if not out_of_place(span.of(paper.abstract), paper.abstract)]
    if not spans:
        return ()
    chosen = list(dict.fromkeys(_by_role(paper, spans, request)))[: request.sentences]
    return tuple(Evidence(paper, span, 0.0, {}) for span in sorted(chosen, key=lambda span: span.start))


def _by_role(paper: Paper, spans: Sequence[Span], request: SummaryRequest) -> Iterator[Span]:
    """The sentences, those that a summary needs most first."""
    texts = {span: span.of(paper.abstract) for span in spans}
    told = [span for span in spans if not kinds.holds(texts[span], "code")]
    proposing = [span for span in told if patterns("proposes").search(texts[span])]
    name = name_in_title(paper.title).lower()
    named = (span for span in proposing if name and name in texts[span].lower())
    what = next(named, None) or next(iter(proposing), None)
    what = what or next((span for span in told if kinds.tells_own_work(texts[span])), (told or list(spans))[0])
    after = [span for span in told if span.start > what.start]
    results = [span for span in after if patterns("tells_result").search(texts[span])]
    hows = [span for span in after if span not in results]
    yield what
    if request.part == "contribution":
        yield from hows[:1]
        yield from results[-1:]
    else:
        with_number = [span for span in results if kinds.holds(texts[span], "number")]
        yield from (with_number or results)[-1:]
        yield from hows[:1]
    yield from hows[1:]
    yield from results
    yield from (span for span in told if span.start < what.start)
    yield from spans
