"""A writer for tests that says what it is told. One with random weights is in `evals.bench.random_writer`."""

from collections.abc import Iterator, Sequence

from rag.core.domain import Message
from rag.models.writer import Piece

Said = str | Exception | tuple[Piece, ...]


class ScriptedWriter:
    """Says the texts it is given, one a question, in pieces of a few letters, or the pieces as they are; an exception is raised."""

    name, place = "scripted", "here"

    def __init__(self, *texts: Said) -> None:
        self._texts: list[Said] = list(texts)
        self.asked: list[Sequence[Message]] = []
        self.closed = 0

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        self.asked.append(messages)
        text = self._texts.pop(0)
        try:
            if isinstance(text, Exception):
                raise text
            for piece in text if isinstance(text, tuple) else [text[i : i + 7] for i in range(0, len(text), 7)]:
                yield piece
                yield ""
        finally:
            self.closed += 1

    def close(self) -> None:
        pass
