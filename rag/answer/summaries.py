"""The sentences that sum up a paper: what it does, how, and its main result, as they stand in the abstract."""

from collections.abc import Iterator, Sequence

from rag.core import lexicon
from rag.core.domain import Evidence, Paper, Span
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.sentences import sentences as sentences_of
from rag.core.text import content_words
from rag.evidence.injection import quotable
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
    typed = set(content_words(wanted))
    titles = {paper.id: set(comparable(paper.title).split()) for paper in papers}
    for paper_id, title in titles.items():
        shared = len(typed & title)
        if shared >= _LEAST_WORDS and shared >= _MOST_OF_TITLE * len(typed) and shared >= len(title) / 2:
            return paper_id
    # "The paper on scene text editing" is the one with these words in its title.
    holders = [paper_id for paper_id, title in titles.items() if typed <= title]
    told_so = patterns("says_paper").search(target) is not None
    return holders[0] if told_so and len(holders) == 1 and len(typed) > 1 else None


def is_pronoun(target: str) -> bool:
    """Whether a paper is meant that was spoken of: "it", "this paper"."""
    return set(comparable(target).split()) <= lexicon.words("pronouns")


def sentences(paper: Paper, request: SummaryRequest) -> tuple[Evidence, ...]:
    """As many sentences as were asked for, in the abstract's order."""
    spans = quotable(paper.abstract, sentences_of(paper.abstract))
    if not spans:
        return ()
    chosen = list(dict.fromkeys(_by_role(paper, spans, request)))[: request.sentences]
    return tuple(Evidence(paper, span, 0.0, {}) for span in sorted(chosen, key=lambda span: span.start))


def _by_role(paper: Paper, spans: Sequence[Span], request: SummaryRequest) -> Iterator[Span]:
    """The sentences, those that a summary needs most first."""
    texts = {span: span.of(paper.abstract) for span in spans}
    told = [span for span in spans if not kinds.holds(texts[span], "code")]
    what = _purpose(paper, told, request) or (told or list(spans))[0]
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


def _purpose(paper: Paper, spans: Sequence[Span], request: SummaryRequest) -> Span | None:
    """The sentence that says what a paper does: the one that introduces what it is called, before others that propose something."""
    names = {name for name in (comparable(name_in_title(paper.title)), comparable(request.target)) if name}
    texts = {span: span.of(paper.abstract) for span in spans}
    own = [span for span in spans if kinds.tells_own_work(texts[span])]
    named = [span for span in own if any(name in comparable(texts[span]) for name in names)]
    introducing = [span for span in named if patterns("introduces").search(texts[span])]
    proposing = [span for span in spans if patterns("proposes").search(texts[span])]
    return next(iter((*introducing, *proposing, *named, *own)), None)
