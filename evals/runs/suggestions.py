"""Whether the questions that the window suggests lead anywhere: each is asked, and counts as good where it is answered from a paper
that the answer before it cited.

Owns that measure. What is suggested, `ui.views.follow_ups` and `rag.answer.suggestions` decide.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evals.cases.question_set import Case
from rag.answer.assistant import Assistant
from rag.answer.suggestions import Suggestions
from rag.core.domain import Message
from ui.views.follow_ups import LIMIT, follow_ups

_CANDIDATES, _TRIES, _SECONDS = 8, 5, 60.0


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A suggestion and what came of it: how its answer came out, and whether that cites a paper of the answer before."""

    asked: str
    suggestion: str
    outcome: str
    from_cited: bool
    new: bool
    """Whether it shows a sentence that the answer before did not show."""


def follow(assistant: Assistant, cases: Sequence[Case], progress: Callable[[], None]) -> list[FollowUp]:
    """Ask each case, and then each question suggested after its answer, as a visitor would who clicks it."""
    items: list[FollowUp] = []
    suggestions = Suggestions(assistant)
    for case in cases:
        answer = assistant.ask(case.question, case.history)
        cited = {paper.id for paper in answer.cited_papers} or {paper.id for paper in answer.nearest}
        before = {sentence.text for sentence in answer.sentences}
        history = (*case.history, Message("user", case.question), answer.message)
        candidates = follow_ups(answer, _CANDIDATES)
        for suggestion in suggestions.answered(
            candidates, history, most=LIMIT, tries=_TRIES, seconds=_SECONDS, papers=cited
        ):
            then = assistant.ask(suggestion, history)
            items.append(
                FollowUp(
                    case.question,
                    suggestion,
                    then.outcome,
                    bool(cited & {paper.id for paper in then.cited_papers}),
                    any(sentence.text not in before for sentence in then.sentences),
                )
            )
        progress()
    return items


def shares(results: Iterable[FollowUp]) -> dict[str, float]:
    """How many there are, and the shares that are answered, answered from a paper cited before, and with something new."""
    items = list(results)
    total = len(items) or 1
    return {
        "n": len(items),
        "answered": sum(item.outcome != "declined" for item in items) / total,
        "from_cited": sum(item.from_cited for item in items) / total,
        "new": sum(item.from_cited and item.new for item in items) / total,
    }
