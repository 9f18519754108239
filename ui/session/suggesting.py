"""The questions that the page offers, checked before they are shown: examples to begin with, and what could be asked next.

Owns: when they are asked silently, and the limits of that. What may be offered, `rag.question.examples` and `ui.views.follow_ups` say.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.answer.suggestions import Suggestions
from rag.core.domain import Answer, Message
from rag.core.errors import CitewiseError
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.question.examples import example_candidates
from ui.session.loading import Loader
from ui.views.follow_ups import follow_ups
from ui.views.templating import render

logger = logging.getLogger(__name__)

_PAPERS = 500
"""Papers that examples are made of."""
_MOST_EXAMPLES, _MOST_NEXT = 4, 3
_CHOICES = 8
"""Choices of papers whose examples are remembered, the latest ones."""
_TRIES_OF_A_KIND, _SECONDS_OF_A_KIND = 4, 60.0
_CANDIDATES, _TRIES, _SECONDS = 8, 5, 20.0
"""Of what could be asked next: questions made, asked, and the time for all of it, after which the page has what is known."""


@dataclass(slots=True)
class _Examples:
    """The examples that are known to be answered so far."""

    found: tuple[str, ...] = ()
    done: bool = False


class Suggesting:
    """Examples of the present revision of the library, asked in a thread for each choice of papers that was seen lately. Any thread may
    call it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock = threading.Lock()
        self._of: object = None
        self._known: OrderedDict[PaperFilter, _Examples] = OrderedDict()

    def examples(self, chosen: PaperFilter = EVERY_PAPER) -> Mapping[str, Any]:
        """The examples that are known to be answered by these papers, and whether more may come. Asking begins with the first call."""
        assistant = self._loader.assistant()
        of = (id(assistant), assistant.revision)
        with self._lock:
            if self._of != of:
                self._of, self._known = of, OrderedDict()
            known = self._known.get(chosen)
            if known is None:
                known = self._known[chosen] = _Examples()
                threading.Thread(target=self._find, args=(known, chosen), name="citewise-examples", daemon=True).start()
            self._known.move_to_end(chosen)
            while len(self._known) > _CHOICES:
                self._known.popitem(last=False)
            return {"examples": list(known.found), "done": known.done}

    def _find(self, known: _Examples, chosen: PaperFilter) -> None:
        with self._loader.used():
            self._look_for(known, chosen)

    def _look_for(self, known: _Examples, chosen: PaperFilter) -> None:
        suggestions = self._loader.suggestions()
        try:
            _, papers = self._loader.over(chosen).find_papers("", _PAPERS)
            kinds = example_candidates(papers)
            for candidates in kinds:
                if len(known.found) == _MOST_EXAMPLES or not self._is_wanted(known, chosen):
                    break
                self._add(known, suggestions, candidates, chosen)
        except CitewiseError:
            logger.info("the examples could not be asked", exc_info=True)
        finally:
            known.done = True

    def _is_wanted(self, known: _Examples, chosen: PaperFilter) -> bool:
        """Whether nothing has taken its place: another revision, or other choices."""
        with self._lock:
            return self._known.get(chosen) is known

    def _add(self, known: _Examples, suggestions: Suggestions, candidates: Sequence[str], chosen: PaperFilter) -> None:
        tries, seconds = _TRIES_OF_A_KIND, _SECONDS_OF_A_KIND
        known.found += tuple(suggestions.answered(candidates, most=1, tries=tries, seconds=seconds, chosen=chosen))

    def next(self, answer: Answer, history: Sequence[Message], chosen: PaperFilter = EVERY_PAPER) -> str:
        """HTML of the questions that could be asked after an answer; "" where none is known to be answered."""
        about = {paper.id for paper in (*answer.cited_papers, *answer.nearest)} if answer.origin != "guide" else set()
        found = self._loader.suggestions().answered(
            follow_ups(answer, _CANDIDATES),
            history,
            most=_MOST_NEXT,
            tries=_TRIES,
            seconds=_SECONDS,
            papers=about,
            urgent=True,
            chosen=chosen,
        )
        declined = answer.outcome in ("declined", "nearest") or answer.origin == "guide"
        return str(render("next", suggestions=found, declined=declined)) if found else ""
