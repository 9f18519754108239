"""Telling what a model thinks from what it answers, while the text still comes in, in pieces that end anywhere.

Owns: the marks that models put around their thinking (tags, brackets, channels), thinking whose beginning is not marked, and thinking
that never ends. A pure state machine: text in, pieces of the answer out. Knows nothing of servers or networks.
"""

import re
from typing import Literal

from rag.core.lexicon import patterns
from rag.models.writer import Forget, Piece

_HEADER = r"<\|(?:channel|start)\|>[^<]{0,60}(?:<\|(?!message)[a-z_]{1,20}\|>[^<]{0,60}){0,3}<\|message\|>"
"""Before each message of a model that writes in channels: who speaks, and in which channel."""
_MARK = re.compile(
    "|".join(
        f"(?P<{kind}>{pattern})"
        for kind, pattern in (
            ("header", _HEADER),
            ("end", patterns("thought_ends").pattern),
            ("open", patterns("thought_opens").pattern),
            ("close", patterns("thought_closes").pattern),
            ("solution", patterns("thought_marks").pattern),
        )
    ),
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"(?:<\|(?:channel|start)\|>[^\n]{0,250}|<[\s/|]{0,2}[a-z|:_/][^<>\n]{0,80}|<[/|]?|\[/?[a-z]{0,5}|◁[^▷]{0,8}|&[a-z;/_:\s]{0,40})\Z",
    re.IGNORECASE,
)
"""What may become a mark with the next piece."""
_LABEL = re.compile(r"^\W{0,4}(?:final )?answer\W{0,3}:\W{0,3}", re.IGNORECASE | re.MULTILINE)
_LONGEST_PHRASE = 40
"""Characters of the longest mark that is made of words."""
_UNDECIDED = 32
"""Characters that tell whether a text begins as thinking does."""


_PARTS = ("<|channel|>", "<|message|>", "<|start|>")


def is_mark(token: str) -> bool:
    """Whether a token is a mark of thinking or a part of one."""
    found = _MARK.fullmatch(token)
    return token in _PARTS or bool(found and found.lastgroup in ("open", "close"))


class ThoughtFilter:
    """Takes a model's text piece by piece and gives the answer's pieces.

    Args:
        thinks: the text begins with thinking, whose beginning is not marked.
        closes_only: so did the model's earlier texts, so nothing is given before thinking has ended.
    """

    def __init__(self, thinks: bool = False, closes_only: bool = False) -> None:
        self.has_thought = False
        """Whether there was thinking."""
        self.closed_only = False
        """Whether thinking ended that had no marked beginning."""
        self.has_answered = False
        """Whether there is text of an answer."""
        self._thought = 0
        self._mode: Literal["undecided", "held", "thinking", "answer"] = (
            "thinking" if thinks else "held" if closes_only else "undecided"
        )
        self._buffer = ""
        self._begins_line = True
        self._held: list[str] = []
        self._since_close: list[str] | None = None
        self._spare = ""
        self._out: list[Piece] = []

    @property
    def thought(self) -> int:
        """Characters of what is or may be thinking, so far."""
        return self._thought + (sum(map(len, self._held)) if self._mode == "held" else 0)

    def feed(self, text: str) -> list[Piece]:
        """The pieces of the answer that this text settles."""
        self._buffer += text
        while mark := _MARK.search(self._buffer):
            before, self._buffer = self._buffer[: mark.start()], self._buffer[mark.end() :]
            self._take(before)
            self._pass(mark.lastgroup or "", mark.group())
        if self._mode == "undecided" and len(self._buffer.lstrip()) < _UNDECIDED:
            return self._given()
        unfinished = _UNFINISHED.search(self._buffer)
        keep = len(self._buffer) - unfinished.start() if unfinished else 0
        if self._mode in ("held", "thinking"):
            keep = max(keep, _LONGEST_PHRASE)
        cut = max(0, len(self._buffer) - keep)
        ready, self._buffer = self._buffer[:cut], self._buffer[cut:]
        self._take(ready)
        return self._given()

    def end(self, cut: bool) -> list[Piece]:
        """The last pieces. `cut`: a limit ended the text, so thinking that has not ended is no answer."""
        rest, self._buffer = self._buffer, ""
        header = rest.lower().startswith(("<|channel|>", "<|start|>"))
        self._take("" if header else rest)
        self._decide(final=True)
        if self._mode == "held":
            text = "".join(self._held)
            labels = list(_LABEL.finditer(text))
            if labels:
                self.has_thought = True
                self._give(text[labels[-1].end() :])
            elif cut:
                self.has_thought = True
            else:
                self._give(text)
        if not self.has_answered and self._spare:
            self._give(self._spare)
        return self._given()

    def _pass(self, kind: str, mark: str) -> None:
        """Go on after a mark."""
        if kind == "open":
            self._decide(final=True)
            if self._mode == "held":
                self._drop_held()
            self._mode = "thinking"
        elif kind == "close":
            self._close()
        elif kind == "header":
            self._decide(final=True)
            if self._mode == "held":
                self._drop_held()
            self._mode = "answer" if "final" in mark.lower() else "thinking"
        elif kind == "solution" and self._mode != "answer" and self._begins_line:
            self._drop_held()
            self._mode = "answer"

    def _close(self) -> None:
        if self._mode == "answer":  # what was given was thinking
            if self.has_answered:
                self._out.append(Forget())
                self._spare = "".join(self._since_close or ())
            self.has_answered = False
        if self._mode != "thinking":
            self.closed_only = True
            self._drop_held()
            self.has_thought = True
        self._mode = "answer"
        self._since_close = []

    def _drop_held(self) -> None:
        self.has_thought = self.has_thought or any(map(str.strip, self._held))
        self._held = []

    def _take(self, text: str) -> None:
        """Text between marks."""
        if text:
            line = text.rpartition("\n")[2]
            self._begins_line = not line.strip() and (line != text or self._begins_line)
        if self._mode == "thinking":
            self._thought += len(text)
            self.has_thought = self.has_thought or bool(text.strip())
        elif self._mode == "answer":
            self._give(text)
        elif text:
            self._held.append(text)
            self._decide(final=False)

    def _decide(self, final: bool) -> None:
        """Whether the text so far begins as an answer does; it is kept until that is known."""
        if self._mode == "undecided":
            text = "".join(self._held).lstrip()
            if len(text) >= _UNDECIDED or (final and text):
                self._mode = "held" if patterns("thought_beginnings").match(text) else "answer"
                if self._mode == "answer":
                    self._held = []
                    self._give(text)

    def _give(self, text: str) -> None:
        if not self.has_answered:
            text = text.lstrip()
        if text:
            self.has_answered = True
            self._out.append(text)
            if self._since_close is not None:
                self._since_close.append(text)

    def _given(self) -> list[Piece]:
        given, self._out = self._out, []
        return given
