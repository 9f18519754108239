"""A page of papers saved as text: short junk lines first, then alternating blocks of title and abstract.

Blocks are separated by blank lines. A block of at least `ABSTRACT_WORDS` words is an abstract; the shorter block right
before it is its title.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.core.domain import Paper, Rejected
from rag.ingest.formats.record import BadRecord, make_paper

ABSTRACT_WORDS = 40


@dataclass(frozen=True, slots=True)
class _Block:
    line: int
    text: str

    @property
    def is_abstract(self) -> bool:
        return len(self.text.split()) >= ABSTRACT_WORDS


def recognises(text: str) -> bool:
    """Whether, from the first title on, the blocks do alternate for the most part."""
    blocks = list(_blocks(text))
    kinds = [block.is_abstract for block in blocks]
    pairs = sum(not first and second for first, second in pairwise(kinds))
    if not pairs or text.lstrip().startswith(("{", "[", "<", "@")):
        return False
    after_junk = len(kinds) - max(0, kinds.index(True) - 1)
    return 2 * pairs >= 0.6 * after_junk


def read(text: str) -> Iterator[Paper | Rejected]:
    """The papers in page order. Short blocks before the first title are junk; later stray blocks are rejected."""
    title: _Block | None = None
    started = False
    for block in _blocks(text):
        if not block.is_abstract:
            if title and started:
                yield Rejected(title.line, "a title without an abstract", title.text)
            title = block
        elif title is None:
            yield Rejected(block.line, f"an abstract without a title: {block.text[:60]}…")
        else:
            started = True
            try:
                yield make_paper(title=title.text, abstract=block.text)
            except BadRecord as error:
                yield Rejected(block.line, str(error), title.text)
            title = None
    if title:
        yield Rejected(title.line, "a title without an abstract", title.text)


def _blocks(text: str) -> Iterator[_Block]:
    start, lines = 0, list[str]()
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            start = start if lines else number
            lines.append(line.strip())
        elif lines:
            yield _Block(start, " ".join(lines))
            lines = []
