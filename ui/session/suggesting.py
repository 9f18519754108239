"""The questions that the page offers, checked before they are shown: examples to begin with, and what could be asked next.

Owns: when they are asked silently, and the limits of that. What may be offered, `rag.question.examples` and `ui.views.follow_ups` say.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from rag.answer.suggestions import Suggestions
from rag.core.domain import Answer, Message
from rag.core.errors import CitewiseError
from rag.question.examples import example_candidates
from ui.session.loading import Answerer, Loader
from ui.views.follow_ups import follow_ups
from ui.views.templating import render

logger = logging.getLogger(__name__)

_PAPERS = 500
"""Papers that examples are made of."""
_MOST_EXAMPLES, _MOST_NEXT = 4, 3
_TRIES_OF_A_KIND, _SECONDS_OF_A_KIND = 4, 60.0
_CANDIDATES, _TRIES, _SECONDS = 8, 5, 20.0
"""Of what could be asked next: questions made, asked, and the time for all of it, after which the page has what is known."""


class Suggesting:
    """Examples of one revision of the library at a time, asked in a thread of their own. Any thread may call it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock = threading.Lock()
        self._of: object = None
        self._examples: tuple[str, ...] = ()
        self._done = False

    def examples(self) -> Mapping[str, Any]:
        """The examples that are known to be answered, and whether more may come. Asking begins with the first call of a revision."""
        assistant = self._loader.assistant()
        of = (id(assistant), assistant.revision)
        with self._lock:
            if self._of != of:
                self._of, self._examples, self._done = of, (), False
                threading.Thread(target=self._find, args=(of, assistant), name="citewise-examples", daemon=True).start()
            return {"examples": list(self._examples), "done": self._done}

    def _find(self, of: object, assistant: Answerer) -> None:
        suggestions = self._loader.suggestions()
        try:
            _, papers = assistant.find_papers("", _PAPERS)
            kinds = example_candidates(papers)
            for candidates in kinds:
                if len(self._examples) == _MOST_EXAMPLES:
                    break
                self._add(of, suggestions, candidates)
        except CitewiseError:
            logger.info("the examples could not be asked", exc_info=True)
        finally:
            with self._lock:
                self._done = self._done or self._of == of

    def _add(self, of: object, suggestions: Suggestions, candidates: Sequence[str]) -> None:
        found = suggestions.answered(candidates, most=1, tries=_TRIES_OF_A_KIND, seconds=_SECONDS_OF_A_KIND)
        with self._lock:
            if self._of == of:
                self._examples = (*self._examples, *found)

    def next(self, answer: Answer, history: Sequence[Message]) -> str:
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
        )
        declined = answer.outcome in ("declined", "nearest") or answer.origin == "guide"
        return str(render("next", suggestions=found, declined=declined)) if found else ""
