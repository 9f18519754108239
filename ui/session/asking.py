"""How the window asks an assistant: what was answered before is not computed again, as long as nothing has changed.

Owns what "the same question" is; what is kept of the answers is `rag.answer.kept_answers`'.
"""

from collections.abc import Generator, Hashable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answer.kept_answers import KeptAnswers, Key
from rag.core.domain import Answer, Message, Mode, Progress
from rag.core.paper_filter import EVERY_PAPER, PaperFilter

if TYPE_CHECKING:
    from ui.session.loading import Answerer


@dataclass(frozen=True, slots=True)
class Asking:
    """An assistant over the papers that a filter means, as it is asked. Any thread may ask.

    `whole` is that of the whole library, which `library` stands for: another one each time that it is opened, since with the models and
    settings of an open one nothing changes. `mode` is that of the settings.
    """

    whole: "Answerer"
    kept: KeptAnswers
    library: Hashable
    mode: Mode = "auto"
    chosen: PaperFilter = EVERY_PAPER

    @property
    def revision(self) -> int:
        """That of the library."""
        return self.whole.revision

    def stream(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Iterator[Progress | Answer]:
        """As `Assistant.stream`; of an answer that was there `timings_ms` say so.

        Raises:
            QuestionError: the question is empty or too long.
        """

        def ask() -> Iterator[Progress | Answer]:
            return self.whole.over(self.chosen).stream(question, history, mode, most_papers)

        if not self.kept.most:
            return ask()
        state = self.whole.state

        def may_keep(answer: Answer) -> bool:
            return self.whole.comes_again(answer) and self.whole.state == state

        key = Key(self.library, state, self._question(question, history, mode, most_papers))
        return self.kept.steps(key, ask, may_keep)

    def is_there(self, question: str, history: Sequence[Message], mode: Mode, most_papers: int | None) -> bool:
        """Whether the answer seems to be there; the library is not looked at."""
        return self.kept.held_lately(self.library, self._question(question, history, mode, most_papers))

    def _question(self, question: str, history: Sequence[Message], mode: Mode, most_papers: int | None) -> Hashable:
        return question, tuple(history), self._manner(mode), most_papers, self.chosen

    def _manner(self, mode: Mode) -> Mode:
        """The mode that is meant: without a writer `auto` quotes."""
        wanted = self.mode if mode == "auto" else mode
        return "quote" if wanted == "auto" and self.whole.description.get("mode") != "write" else wanted

    def ask(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Answer:
        """The complete answer, as `Assistant.ask`.

        Raises:
            QuestionError: the question is empty or too long.
        """
        steps = self.stream(question, history, mode, most_papers)
        if isinstance(steps, Generator):
            with closing(steps):
                return next(step for step in steps if isinstance(step, Answer))
        return next(step for step in steps if isinstance(step, Answer))


def is_kept(answer: Answer | None) -> bool:
    """Whether an answer was there already when it was asked for."""
    return answer is not None and "cached" in answer.timings_ms
