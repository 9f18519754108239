"""A writer for tests that says what it is told. One with random weights is in `evals.bench.random_writer`."""

from collections.abc import Iterator, Sequence

from rag.core.domain import Message


class ScriptedWriter:
    """Says the texts it is given, one a question, in pieces of a few letters; an exception among them is raised."""

    name, place = "scripted", "here"

    def __init__(self, *texts: str | Exception) -> None:
        self._texts = list(texts)
        self.asked: list[Sequence[Message]] = []
        self.closed = 0

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        self.asked.append(messages)
        text = self._texts.pop(0)
        try:
            for piece in [text[i : i + 7] for i in range(0, len(text), 7)] if isinstance(text, str) else []:
                yield piece
                yield ""
            if isinstance(text, Exception):
                raise text
        finally:
            self.closed += 1

    def close(self) -> None:
        pass
