"""What the window is made of: a question as far as it is answered, and how far the loading is. Plain frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import StringConstraints

from rag.core.domain import Answer, Hit, Mode, Paper
from rag.core.paper_filter import PaperFilter
from rag.core.text import clean
from rag.library.overview import Overview

QUESTIONS_A_MINUTE = 60
HISTORY_MESSAGES = 20
"""Messages of the conversation that a follow-up is understood from; older ones are ignored."""
NOTE_CHARS = 1_000
"""The longest note on a vote."""
NAME_CHARS = 300
"""The longest author, venue, file or words that papers are chosen by."""
PAGE_ROWS = 100
"""Rows of the table of papers that the page gets at once."""

Step = Literal["waiting", "searching", "reading", "writing", "answering", "done", "stopped", "failed"]
ENDED: tuple[Step, ...] = ("done", "stopped", "failed")
TurnId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{4,40}$")]

MODES: Mapping[Mode, str] = {
    "auto": "writes where a model for that is set up, else quotes",
    "quote": "exact words of the abstracts only",
    "write": "new sentences, each checked against the words it cites",
}
EXPORTS = {
    "markdown": "Markdown with footnotes",
    "bibtex": "BibTeX of the cited papers",
    "ris": "RIS of the cited papers",
    "csl-json": "CSL-JSON of the cited papers",
}
"""What an answer can be exported as, by the names of `rag.output.export.FORMATS`."""
PAPER_EXPORTS = {"bibtex": "BibTeX", "ris": "RIS", "csl-json": "CSL-JSON"}
"""What the list of papers can be exported as, by the same names."""
CONVERSATION = "json"
CONVERSATION_EXPORTS = EXPORTS | {CONVERSATION: "The conversation as JSON"}


@dataclass(frozen=True, slots=True)
class Choice:
    """The papers that are asked: `papers` of the `every` that the library held then, by this filter."""

    filter: PaperFilter
    papers: int
    every: int


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """A question and what has come of it so far. `note` is what it waits for, or why it failed; `standalone` is the question as a
    follow-up was understood, `about` the papers that it is about; `lost` counts the sentences of a reopened answer that no longer
    resolve. `of` are the papers that it is asked of, None for the whole library."""

    id: str
    question: str
    step: Step = "waiting"
    note: str = ""
    standalone: str = ""
    hits: tuple[Hit, ...] = ()
    done: int = 0
    total: int = 0
    answer: Answer | None = None
    mode: Mode = "auto"
    papers: int | None = None
    lost: int = 0
    about: tuple[Paper, ...] = ()
    of: Choice | None = None

    @property
    def running(self) -> bool:
        """Whether the question still waits for its answer."""
        return self.step not in ENDED

    def stopped(self) -> "ChatTurn":
        """Ended where it stands, if it was still running."""
        return replace(self, step="stopped") if self.running else self


def standalone_if_other(question: str, standalone: str) -> str:
    """The standalone question, or nothing where it is the question as it was typed."""
    return "" if " ".join(standalone.split()) == clean(question) else standalone


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the loading is. `note` is what is being loaded, or why it failed. Once it is ready, `papers` is how many the library
    holds, and `titles` are those of the first ones; `overview` comes a moment later."""

    state: Literal["loading", "ready", "failed"]
    note: str = ""
    papers: int = 0
    titles: tuple[str, ...] = ()
    description: Mapping[str, str] | None = None
    error: Exception | None = None
    overview: Overview | None = None


STARTING = Loading("loading", "Starting")
