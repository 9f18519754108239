"""How one question is put to a server: what is tried now, and after a refusal what to change or how long to wait.

Knows nothing of connections but that a line can wait.
"""

import logging
import random
from dataclasses import dataclass, field

from rag.core.errors import ServerFailed, WriterFailed
from rag.models import server_words as words
from rag.models.server_body import moved
from rag.models.server_line import Line
from rag.models.server_request import PLAIN, WHOLE, Form, Refusal, asked_again

log = logging.getLogger(__name__)
FIRST_WAIT = 0.25
"""Seconds; doubled with each try, and a little more or less by chance, so that many do not come back in the same moment."""
_RETRIES = 3
"""Of a request that a server refused for now, or that did not reach it."""
_DROPS = 1
"""Times that a request is sent again whose connection broke before a word came: the server may have begun to work on it."""
_LONGEST_WAIT = 10.0
"""A server that wants to be asked again later than that is not waited for."""
_MOST_TURNS = 16
"""Times that a server is asked in another way for one answer."""


def backed_off(tries: int) -> float:
    """Seconds to wait after so many tries in vain."""
    return float(FIRST_WAIT * 2**tries * random.uniform(0.75, 1.25))


@dataclass(slots=True)
class Way:
    """How one question is being asked: the form, the beginnings of the paths and the models that are left to try, the first one now."""

    form: Form
    bases: list[str]
    names: list[str]
    turns: int = 0
    first: Refusal | None = None
    """What was said before everything was left out that can be."""
    only_thought: WriterFailed | None = None
    """Why it is asked again with room for thinking."""
    seen: set[Form] = field(default_factory=set)
    _waits: int = 0
    _loads: int = 0
    _drops: int = 0

    def goes_on_after_drop(self, line: Line, *, unsent: bool, stale: bool) -> bool:
        """Whether to send the request again that got no answer, after a wait. `unsent`: it did not reach the server; `stale`: it went
        over an old connection, which the server had closed."""
        if line.is_over:
            return False
        if unsent:
            self._waits += 1
            return self._waits <= _RETRIES and line.wait(backed_off(self._waits - 1))
        self._drops += 1
        return self._drops <= _DROPS + stale and (stale or line.wait(backed_off(self._drops)))

    def thinks(self, error: WriterFailed, form: Form) -> None:
        """Go on with room for thinking."""
        self.turns += 1
        self.only_thought, self.form = error, form

    def goes_on_after(self, what: Refusal, line: Line, *, by_proxy: bool) -> bool:
        """Whether something is left to try; it is set up then, and waited for. `by_proxy`: a proxy may have refused in its place.

        Raises:
            ServerFailed: the server was loading until the limit.
        """
        log.info("the server at %s answered with status %s: %s", self.bases[0], what.status, what.said)
        line.rest()
        if what.is_loading:
            self._loads += 1
            if line.wait(min(1.0, FIRST_WAIT * self._loads)):
                return True
            raise ServerFailed(words.not_ready_in(line.limits.seconds))
        self.turns += 1
        if self.turns >= _MOST_TURNS:
            return False
        if what.is_for_now and not what.is_of_model and not (by_proxy and what.is_behind_gateway):
            return self._waits_for(what, line)
        if what.status in (301, 302, 307, 308) and (base := moved(self.bases[0], what.location)):
            self.bases = [base]
            return True
        if what.is_of_path and len(self.bases) > 1:
            self.bases = self.bases[1:]
            return True
        if (form := asked_again(self.form, what)) and form not in self.seen:
            log.info("asking %s again as %s", self.bases[0], form)
            if form in (PLAIN, WHOLE):  # left out without a word of it
                self.first = self.first or what
            self.form = form
            return True
        if what.is_of_model and len(self.names) > 1:
            self.names = self.names[1:]
            return True
        return False

    def _waits_for(self, what: Refusal, line: Line) -> bool:
        self._waits += 1
        wait = backed_off(self._waits - 1) if what.wait is None else what.wait
        return self._waits <= _RETRIES and wait <= _LONGEST_WAIT and line.wait(wait)

    def told(self, what: Refusal) -> Refusal:
        """Of the last refusal and the first one that which says more."""
        return what if what.is_of_model or what.is_long or what.is_of_server or not self.first else self.first
