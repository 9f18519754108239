"""A written answer: prompt -> text from the writer -> finished sentences -> a draft of those that passed the check.

Owns: which evidence the writer sees, and how its text becomes sentences while it still grows. What becomes of each sentence is
decided in `rag.answer.draft`. Knows nothing of retrieval or screens.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from rag.answer.draft import ENDS_OF_SENTENCES, LONGEST_SENTENCE, Draft, DraftBuilder, overlap
from rag.checking.checker import Checker
from rag.core.domain import Evidence, Message
from rag.core.errors import PromptError, WriterFailed
from rag.core.prompting import Prompt, load_prompt
from rag.core.sentences import sentences as split_sentences
from rag.core.text import clean
from rag.models.writer import Cut, Forget, Writer

EVIDENCE_CHARS = 2_400
"""Of the sentences that the writer sees: about 600 tokens."""
EVIDENCE_SENTENCES = 8
_ENDLESS = "the limits on repetitions and on text without sentences"
_MARKERS_AFTER = re.compile(r"([.!?])((?:\s*[\[【]\d{1,2}(?:\s*,\s*\d{1,2})*[\]】])+)")


class Composer:
    """Writes answers with one writer and one checker.

    Raises:
        PromptError: `prompts/write.md` is missing or has other slots or parts.
    """

    def __init__(self, writer: Writer, checker: Checker) -> None:
        self.writer = writer
        self._checker = checker
        self.prompt: Prompt = load_prompt("write", frozenset({"evidence", "question"}))
        rules, line, task = self.prompt.template.partition("\n---\n")
        if not line or "{" in rules:
            raise PromptError(
                "prompts/write.md must have the rules, a line ---, and then the slots {evidence} and {question}"
            )
        self._rules, self._task = rules, replace(self.prompt, template=task)

    def close(self) -> None:
        """Let go of the writer."""
        self.writer.close()

    def messages(self, question: str, evidence: Sequence[Evidence]) -> list[Message]:
        """The prompt. What never changes comes first, so that a server can keep its state of it."""
        numbered = "\n".join(
            f"[{n}] ({clean(item.paper.title) or 'untitled'}) {clean(item.text)}"
            for n, item in enumerate(evidence, start=1)
        )
        return [
            Message("system", self._rules),
            Message("user", self._task.fill({"evidence": numbered, "question": question})),
        ]

    def compose(self, question: str, evidence: Sequence[Evidence], quotes: Sequence[Evidence]) -> Iterator[Draft]:
        """The growing answer; a draft comes again while nothing new is there, so that the reader can stop.

        Args:
            question: standalone.
            evidence: the ranked sentences, best first.
            quotes: what would be quoted, best first; they take the place of what no evidence supports. The first is always shown.

        Raises:
            WriterFailed: the writer failed, or wrote nothing.

        The last draft is empty where no written sentence was supported: the quotes are the answer then.
        """
        seen = seen_by_writer(evidence, quotes)
        builder = DraftBuilder(self._checker, question, seen, quotes)
        yield builder.draft()
        unfinished = cut = endless = ""
        with closing(self.writer.stream(self.messages(question, seen))) as pieces:  # type: ignore[type-var]
            for piece in pieces:
                if isinstance(piece, Forget):
                    builder, unfinished = DraftBuilder(self._checker, question, seen, quotes), ""
                elif isinstance(piece, Cut):
                    cut = piece.limit
                elif piece:
                    unfinished += piece
                    finished, unfinished = _finished(unfinished)
                    if not all(map(builder.add, finished)) or builder.is_hopeless:
                        unfinished, endless = "", "" if builder.draft().sentences else _ENDLESS
                        break
                yield builder.draft()
        if unfinished.strip():
            builder.add(unfinished)
            cut = "" if unfinished.rstrip().endswith(ENDS_OF_SENTENCES) else cut
        else:
            cut = endless
        if builder.is_untouched:
            raise WriterFailed("the model wrote nothing; ask again, or choose another model")
        builder.complete()
        yield replace(builder.draft(), cut=cut)


def seen_by_writer(evidence: Sequence[Evidence], quotes: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that the writer gets: those that would be quoted, then the best others, within the budget; grouped by paper."""
    wanted = [next((item for item in evidence if overlap(item, quote)), quote) for quote in quotes]
    by_place = {(item.paper.id, item.span.start): item for item in evidence}
    seen: dict[tuple[str, int], Evidence] = {}
    room = EVIDENCE_CHARS
    for item in [*wanted, *by_place.values()]:
        key = (item.paper.id, item.span.start)
        size = len(item.text) + len(item.paper.title)
        if key in seen or len(seen) >= EVIDENCE_SENTENCES or (seen and size > room):
            continue
        seen[key] = item
        room -= size
    papers = list(dict.fromkeys(paper for paper, _ in seen))
    return sorted(seen.values(), key=lambda item: (papers.index(item.paper.id), item.span.start))


def _finished(text: str) -> tuple[list[str], str]:
    """The sentences that are followed by another one, and the rest."""
    text = _MARKERS_AFTER.sub(r"\2\1", text)
    spans = split_sentences(text)
    lines = [span.of(text) for span in spans]
    if len(lines) < 2 and len(text) <= LONGEST_SENTENCE:
        return ([text.strip()], "") if text.rstrip(" ") != text.rstrip() and text.strip() else ([], text)
    # A marker may still follow the point of the last sentence but one.
    return lines[:-1], text[spans[-1].start :] if spans else ""
