"""Votes on answers, kept as lines of a file on the machine that serves the window.

Owns what is kept: the time, the vote, the note, the question, the answer and the papers it cites. Nothing about who voted. A vote that
is taken back is a line of its own, `"vote": "withdrawn"`: the file only grows, and the last line on an answer counts.
"""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from rag.core import permissions
from rag.core.errors import FileNotWritten, VoteRefused
from ui.records import NOTE_CHARS

FILE_NAME = "feedback.jsonl"
_MOST_BYTES = 20_000_000
_MOST_OF_ONE = 2_000_000  # bytes that one address may fill of it, so that nobody alone can keep others from voting
_MOST_CITED = 50
_LOCK = threading.Lock()


class Vote(BaseModel):
    """What the page sends. `answer` has the form of `citewise ask --json`."""

    vote: Literal["up", "down", "withdrawn"]
    note: str = Field("", max_length=NOTE_CHARS)
    question: str = Field(max_length=20_000)
    answer: dict[str, Any]


class Shares:
    """How much of the file each address has filled since the window was opened."""

    def __init__(self) -> None:
        self._bytes: dict[str, int] = {}

    def take(self, address: str, size: int) -> None:
        """Count this much to the address.

        Raises:
            VoteRefused: it has filled its share.
        """
        filled = self._bytes.get(address, 0) + size
        if filled > _MOST_OF_ONE:
            raise VoteRefused("too many votes came from your address; what came until now is kept")
        self._bytes[address] = filled


def _short(value: Any, most: int = 200) -> str:
    return str(value or "")[:most]


def keep(file: Path, sent: Any, shares: Shares | None = None, address: str = "") -> None:
    """Add the vote to the file, which only the owner of the process can read. With `shares` it counts to that of the address.

    Raises:
        VoteRefused: it is no vote, or the address has filled its share.
        FileNotWritten: the file cannot be written, or is full.
    """
    try:
        vote = Vote.model_validate(sent)
    except ValidationError as error:
        raise VoteRefused(f"this is no vote: {error.errors()[0]['msg']}") from None
    cited = [
        citation.get("paper_id")
        for sentence in vote.answer.get("sentences") or []
        if isinstance(sentence, dict)
        for citation in sentence.get("citations") or []
        if isinstance(citation, dict)
    ]
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "vote": vote.vote,
        "note": vote.note,
        "question": vote.question,
        "mode": _short(vote.answer.get("mode")),
        "outcome": _short(vote.answer.get("outcome")),
        "answer": _short(vote.answer.get("answer"), 20_000),
        "cited": list(dict.fromkeys(filter(None, map(_short, cited))))[:_MOST_CITED],
    }
    text = (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    try:
        with _LOCK:
            if (file.stat().st_size if file.exists() else 0) + len(text) > _MOST_BYTES:
                raise FileNotWritten(f"{file.name} is full; move it away to keep more votes")
            if shares is not None:
                shares.take(address, len(text))
            with open(file, "ab", opener=permissions.owner_only) as stream:
                stream.write(text)
    except OSError as error:
        raise FileNotWritten(f"the vote could not be kept in {file.name}: {error.strerror or error}") from error
