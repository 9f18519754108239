"""A written answer, sentence by sentence: prompt -> text from the writer -> sentences that passed the check, with their citations.

Owns: which evidence the writer sees, how its text becomes sentences, which evidence each sentence is cited to, and what happens to
one that no evidence supports: the quote takes its place, or it is dropped. Markers that the writer sets are hints only: citations are
attached here, by the verdict of the checker (repair after writing as in RARR, Gao et al. 2023, arXiv:2210.08726, but before anything is
shown). Knows nothing of retrieval or screens.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from rag.checking.checker import Checked, Checker
from rag.core.domain import AnswerSentence, Citation, Dropped, Evidence
from rag.core.errors import PromptError, WriterFailed
from rag.core.prompting import Prompt, load_prompt
from rag.core.sentences import sentences as split_sentences
from rag.core.text import clean, content_words, links_in, normalise, stem
from rag.evidence.injection import addresses_the_machine
from rag.models.writer import Generator, Message
from rag.question import kinds

EVIDENCE_CHARS = 2_400
"""Of the sentences that the writer sees: about 600 tokens."""
EVIDENCE_SENTENCES = 8
_LONGEST = 500
"""Characters of a sentence; what is longer is no sentence, and of unfinished text that is waited for."""
_MARKER = re.compile(r"\s*[\[(【](?:sentences? )?(\d{1,2}(?:\s*[,;]\s*\d{1,2})*)[\])】]")
_MARKERS_AFTER = re.compile(r"([.!?])((?:\s*[\[【]\d{1,2}(?:\s*,\s*\d{1,2})*[\]】])+)")
_LEAD = re.compile(
    r"^(?:answer:|according to (?:the )?(?:numbered )?(?:sentences?|evidence|abstracts?)(?: \d+)?,?"
    r"|(?:the )?sentences? \d+ (?:states?|says?) that)\s*",
    re.I,
)
_DECLINES = re.compile(
    r"^(?:not in these abstracts|the (?:numbered |given |provided )?(?:sentences?|evidence|abstracts?"
    r"|information|context|papers?) (?:do(?:es)?|did|is|are) ?n[o']t"
    r"|there is no (?:information|mention|evidence)|i (?:can ?not|can't|do not|don't|am)\b|sorry|as an ai"
    r"|it is not (?:mentioned|stated|specified))",
    re.IGNORECASE,
)
_ENDS = (".", "!", "?", ")", '"', "”", "。")
_FEWEST = 3
"""Words that carry a topic in the shortest sentence that says something."""
_OF_ITSELF = re.compile(r"\b(?:I|I'm|my|me|mine)\b(?!-)|\bsystem prompt\b|\bas an AI\b")
_UNSAFE = re.compile(r"<\s*[a-z/!|]|\]\(|!\[|```|\|>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written so far: `sentences` that may be shown, what was `dropped` and why."""

    sentences: tuple[AnswerSentence, ...] = ()
    dropped: tuple[Dropped, ...] = ()


class Composer:
    """Writes answers with one generator and one checker.

    Raises:
        PromptError: `prompts/write.md` is missing or has other slots or parts.
    """

    def __init__(self, generator: Generator, checker: Checker) -> None:
        self.generator = generator
        self._checker = checker
        self.prompt: Prompt = load_prompt("write", frozenset({"evidence", "question"}))
        rules, line, task = self.prompt.template.partition("\n---\n")
        if not line or "{" in rules:
            raise PromptError(
                "prompts/write.md must have the rules, a line ---, and then the slots {evidence} and {question}"
            )
        self._rules, self._task = rules, replace(self.prompt, template=task)

    def close(self) -> None:
        """Let go of the generator."""
        self.generator.close()

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
            evidence: what was read, best first.
            quotes: what would be quoted, best first; they take the place of what no evidence supports. The first is always told.

        Raises:
            WriterFailed: the writer failed, or wrote nothing.

        The last draft is empty where no written sentence was supported: the quotes are the answer then.
        """
        shown = seen_by_writer(evidence, quotes)
        desk = _Desk(self._checker, question, shown, list(quotes))
        yield desk.draft()
        text = ""
        with closing(self.generator.stream(self.messages(question, shown))) as pieces:  # type: ignore[type-var]
            for piece in pieces:
                text += piece
                if piece:
                    finished, text = _finished(text)
                    if not all(map(desk.take, finished)):
                        text = ""
                        break
                yield desk.draft()
        if text.strip():
            desk.take(text)
        if not desk.taken:
            raise WriterFailed(f"{self.generator.name} wrote nothing")
        desk.complete()
        yield desk.draft()


def seen_by_writer(evidence: Sequence[Evidence], quotes: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that the writer gets: those that would be quoted, then the best others, within the budget; grouped by paper."""
    whole = {(item.paper.id, item.span.start): item for item in evidence}
    wanted = [next((item for item in evidence if _overlap(item, quote)), quote) for quote in quotes]
    chosen: dict[tuple[str, int], Evidence] = {}
    room = EVIDENCE_CHARS
    for item in [*wanted, *whole.values()]:
        key = (item.paper.id, item.span.start)
        size = len(item.text) + len(item.paper.title)
        if key in chosen or len(chosen) >= EVIDENCE_SENTENCES or (chosen and size > room):
            continue
        chosen[key] = item
        room -= size
    papers = list(dict.fromkeys(paper for paper, _ in chosen))
    return sorted(chosen.values(), key=lambda item: (papers.index(item.paper.id), item.span.start))


def _overlap(item: Evidence, other: Evidence | Citation) -> bool:
    start, end = (other.start, other.end) if isinstance(other, Citation) else (other.span.start, other.span.end)
    return item.paper.id == other.paper.id and item.span.start < end and start < item.span.end


def _finished(text: str) -> tuple[list[str], str]:
    """The sentences that are followed by another one, and the rest."""
    text = _MARKERS_AFTER.sub(r"\2\1", text)
    spans = split_sentences(text)
    lines = [span.of(text) for span in spans]
    if len(lines) < 2 and len(text) <= _LONGEST:
        return ([text.strip()], "") if text.rstrip(" ") != text.rstrip() and text.strip() else ([], text)
    # A marker may still follow the point of the last sentence but one.
    return lines[:-1], text[spans[-1].start :] if spans else ""


class _Desk:
    """The answer being made."""

    def __init__(self, checker: Checker, question: str, evidence: Sequence[Evidence], quotes: list[Evidence]) -> None:
        self._checker = checker
        self._evidence = evidence
        self._quotes = quotes
        self._names = _names_of(question, evidence)
        self._asked = _stems(question) | _stems("yes no")
        self._numbers: dict[str, int] = {}
        self._said: set[str] = set()
        self._sentences: list[AnswerSentence] = []
        self._dropped: list[Dropped] = []
        self.taken = 0

    def draft(self) -> Draft:
        return Draft(tuple(self._sentences), tuple(self._dropped))

    def take(self, raw: str) -> bool:
        """Check a sentence and show it, its quote, or nothing; False where the writer should stop."""
        hints = [int(number) for match in _MARKER.finditer(raw) for number in re.findall(r"\d+", match.group(1))]
        text = _LEAD.sub("", clean(_MARKER.sub("", raw)).lstrip("-*•# ").replace("**", ""))
        text = self._without_title(text)
        if not any(map(str.isalnum, text)):
            return True
        self.taken += 1
        text = text[0].upper() + text[1:]
        if normalise(text) in self._said:
            self._dropped.append(Dropped(text, "said before; the writer repeats itself"))
            return False
        self._said.add(normalise(text))
        if not text.endswith(_ENDS) or len(_stems(text) - _EMPTY) < _FEWEST:
            self._dropped.append(Dropped(text, "not a whole sentence"))
            return True
        if text.endswith("?") or _stems(text) <= self._asked:
            self._dropped.append(Dropped(text, "only repeats the question"))
            return True
        if _DECLINES.search(text):
            self._dropped.append(Dropped(text, "the writer finds no answer in the evidence"))
            return True
        if len(text) > _LONGEST or _UNSAFE.search(text) or _OF_ITSELF.search(text) or addresses_the_machine(text):
            self._dropped.append(Dropped(text[:_LONGEST], "not a plain sentence"))
            return len(text) <= _LONGEST
        items, checked = self._best(text, hints)
        if checked.supported:
            self._sentences.append(AnswerSentence(text, "supported", tuple(map(self._cite, items))))
            return True
        replaced = self._quote_like(items)
        self._dropped.append(Dropped(text, checked.reason + ("; the quote is shown instead" if replaced else "")))
        return True

    def _without_title(self, text: str) -> str:
        """Without the title in brackets that the evidence was shown with, which small models copy."""
        titles = {item.paper.title for item in self._evidence}
        for title in titles | {title.partition(":")[0] for title in titles}:
            text = text.removeprefix(f"({title})").strip()
        return text

    def complete(self) -> None:
        """The best quote is told where nothing that was written is cited to it; all quotes, in their order, where
        nothing written is left."""
        if all(sentence.verdict == "quote" for sentence in self._sentences):
            self._sentences = []
        elif self._quotes and not self._told(self._quotes[0]):
            self._show(self._quotes[0])

    def _best(self, text: str, hints: Sequence[int]) -> tuple[list[Evidence], Checked]:
        """The evidence that supports a sentence best: one sentence, or two of one paper."""
        hinted = {n - 1 for n in hints}
        singles = [([item], self._check(text, [item])) for item in self._evidence]
        # What the writer points to first where it is supported; the verdict is the checker's.
        order = sorted(
            range(len(singles)), key=lambda i: (not singles[i][1].supported, i not in hinted, -singles[i][1].score)
        )
        singles = [singles[i] for i in order]
        best = singles[0]
        if best[1].supported:
            return best
        for items, _ in singles[:3]:
            for others, _ in singles[:4]:
                pair = sorted([*items, *others], key=lambda item: item.span.start)
                if others != items and others[0].paper.id == items[0].paper.id:
                    checked = self._check(text, pair)
                    if checked.supported:
                        return pair, checked
        return best

    def _check(self, text: str, items: Sequence[Evidence]) -> Checked:
        """The checker's verdict, and what a writer must not get wrong besides: links, and whose figure it is."""
        paper = items[0].paper
        evidence = " ".join(item.text for item in items)
        checked = self._checker.check(text, paper.title, evidence)
        if not checked.supported:
            return checked
        if set(links_in(text)) - set(links_in(evidence)):
            return replace(checked, supported=False, score=0.0, reason="a link is not in the evidence")
        held = normalise(f"{paper.title} {paper.abstract}")
        if self._names and not any(name in held for name in self._names):
            return replace(checked, supported=False, score=0.0, reason="the question is about another paper's method")
        return checked

    def _quote_like(self, items: Sequence[Evidence]) -> bool:
        """Show the quote of this evidence, else the next one not told yet; False where none is left."""
        untold = [quote for quote in self._quotes if not self._told(quote)]
        alike = [quote for quote in untold if any(_overlap(item, quote) for item in items)]
        for quote in [*alike, *untold][:1]:
            self._show(quote)
            return True
        return False

    def _told(self, quote: Evidence) -> bool:
        return any(_overlap(quote, citation) for sentence in self._sentences for citation in sentence.citations)

    def _show(self, quote: Evidence) -> None:
        self._sentences.append(AnswerSentence(quote.text, "quote", (self._cite(quote),)))

    def _cite(self, item: Evidence) -> Citation:
        n = self._numbers.setdefault(item.paper.id, len(self._numbers) + 1)
        return Citation(n, item.paper, item.span.start, item.span.end)


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, content_words(text)))


_EMPTY = _stems("answer question yes no following")


def _names_of(question: str, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """The names in a question that some of the papers hold: what is told must be of a paper that holds one of them."""
    held = [normalise(f"{item.paper.title} {item.paper.abstract}") for item in evidence]
    return tuple(name for name in map(normalise, kinds.names(question)) if any(name in text for text in held))
