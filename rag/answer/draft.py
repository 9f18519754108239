"""What becomes of a written sentence: it is shown with its citations, its quote is shown instead, or it is dropped.

Owns: which sentences say nothing worth checking, which evidence each sentence is cited to, and what takes the place of one that no
evidence supports. Citations are attached here, by the verdict of the checker (repair after writing as in RARR, Gao et al. 2023,
arXiv:2210.08726, but before anything is shown); markers that the writer sets are hints only. Knows nothing of prompts or generators.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from rag.checking.checker import Checked, Checker
from rag.core.domain import AnswerSentence, Citation, Dropped, Evidence
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.text import clean, content_words, links_in, normalise, stem
from rag.evidence.injection import addresses_the_machine
from rag.question import kinds

LONGEST_SENTENCE = 500
"""Characters; what is longer is no sentence."""
_MARKER = re.compile(r"\s*[\[(【](?:sentences? )?(\d{1,2}(?:\s*[,;]\s*\d{1,2})*)[\])】]")
_LEAD = patterns("writer_lead")
_FINDS_NONE = patterns("writer_finds_none")
_OF_ITSELF = patterns("writer_of_itself")
ENDS_OF_SENTENCES = (".", "!", "?", ")", '"', "”", "。")
_FEWEST = 3
"""Words that carry a topic in the shortest sentence that says something."""
_MOST_DROPPED = 12
_NOT_PLAIN = "not a plain sentence"
_UNSAFE = re.compile(r"<\s*[a-z/!|]|\]\(|!\[|```|\|>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A written answer as far as it goes: `sentences` that may be shown, and what was `dropped` and why. `cut`: the limit that cut off
    its last sentence, or ""."""

    sentences: tuple[AnswerSentence, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    cut: str = ""


class DraftBuilder:
    """Takes written sentences one by one and builds the draft.

    Args:
        checker: decides what is supported.
        question: standalone.
        evidence: what the writer saw, in the order of its numbers.
        quotes: what would be quoted, best first.
    """

    def __init__(
        self, checker: Checker, question: str, evidence: Sequence[Evidence], quotes: Sequence[Evidence]
    ) -> None:
        self._checker = checker
        self._evidence = evidence
        self._quotes = quotes
        self._names = _names_of(question, evidence)
        self._question_stems = _stems(question) | _stems("yes no")
        self._paper_numbers: dict[str, int] = {}
        self._written: set[str] = set()
        self._sentences: list[AnswerSentence] = []
        self._dropped: list[Dropped] = []

    @property
    def is_untouched(self) -> bool:
        """Whether no sentence has come yet that holds a word."""
        return not self._written

    @property
    def is_hopeless(self) -> bool:
        """Whether so much has come that may not be shown, and nothing that may, that nothing more is waited for."""
        return len(self._dropped) >= _MOST_DROPPED and not self._sentences

    def draft(self) -> Draft:
        """The draft as it stands."""
        return Draft(tuple(self._sentences), tuple(self._dropped))

    def add(self, raw: str) -> bool:
        """Check a sentence and show it, its quote, or nothing; False where the writer should stop."""
        hints = [int(number) for match in _MARKER.finditer(raw) for number in re.findall(r"\d+", match.group(1))]
        text = self._plain(raw)
        if not any(map(str.isalnum, text)):
            return True
        text = text[0].upper() + text[1:]
        if normalise(text) in self._written:
            self._drop(text, "said before; the writer repeats itself")
            return False
        self._written.add(normalise(text))
        problem = self._problem(text)
        if problem:
            too_long = problem == _NOT_PLAIN and len(text) > LONGEST_SENTENCE
            self._drop(text[:LONGEST_SENTENCE] if too_long else text, problem)
            return not too_long
        items, checked = self._best_support(text, hints)
        if checked.supported:
            self._sentences.append(AnswerSentence(text, "supported", tuple(map(self._cite, items))))
        else:
            replaced = self._show_quote_like(items)
            self._drop(text, checked.reason + ("; the quote is shown instead" if replaced else ""))
        return True

    def complete(self) -> None:
        """Show the best quote too where no written sentence cites it; where nothing written is left, leave all to the quotes."""
        if all(sentence.verdict == "quote" for sentence in self._sentences):
            self._sentences = []
        elif self._quotes and not self._is_shown(self._quotes[0]):
            self._show(self._quotes[0])

    def _plain(self, raw: str) -> str:
        """Without markers, mark-up of lists, lead-ins, and the title in brackets that the evidence was shown with, which small
        models copy."""
        text = _LEAD.sub("", clean(_MARKER.sub("", raw)).lstrip("-*•# ").replace("**", ""))
        titles = {item.paper.title for item in self._evidence}
        for title in titles | {name_in_title(title) or title for title in titles}:
            text = text.removeprefix(f"({title})").strip()
        return text

    def _problem(self, text: str) -> str:
        """Why a sentence is not even checked; "" where it is."""
        if not text.endswith(ENDS_OF_SENTENCES) or len(_stems(text) - _EMPTY) < _FEWEST:
            return "not a whole sentence"
        if text.endswith("?") or _stems(text) <= self._question_stems:
            return "only repeats the question"
        if _FINDS_NONE.search(text):
            return "the writer finds no answer in the evidence"
        if (
            len(text) > LONGEST_SENTENCE
            or _UNSAFE.search(text)
            or _OF_ITSELF.search(text)
            or addresses_the_machine(text)
        ):
            return _NOT_PLAIN
        return ""

    def _drop(self, text: str, reason: str) -> None:
        self._dropped.append(Dropped(text, reason))

    def _best_support(self, text: str, hints: Sequence[int]) -> tuple[list[Evidence], Checked]:
        """The evidence that supports a sentence best: one sentence, or two of one paper."""
        singles = [(n, item, self._check(text, [item])) for n, item in enumerate(self._evidence, start=1)]
        # What the writer points to first where it is supported; the verdict is the checker's.
        singles.sort(key=lambda single: (not single[2].supported, single[0] not in hints, -single[2].score))
        _, best, checked = singles[0]
        if checked.supported:
            return [best], checked
        for (_, item, _), (_, other, _) in product(singles[:3], singles[:4]):
            if item != other and item.paper.id == other.paper.id:
                pair = sorted([item, other], key=lambda evidence: evidence.span.start)
                together = self._check(text, pair)
                if together.supported:
                    return pair, together
        return [best], checked

    def _check(self, text: str, items: Sequence[Evidence]) -> Checked:
        """The checker's verdict, and what a writer must not get wrong besides: links, and whose figure it is."""
        paper = items[0].paper
        evidence = " ".join(item.text for item in items)
        checked = self._checker.check(text, paper.title, evidence)
        if not checked.supported:
            return checked
        if set(links_in(text)) - set(links_in(evidence)):
            return replace(checked, supported=False, score=0.0, reason="a link is not in the evidence")
        of_paper = normalise(f"{paper.title} {paper.abstract}")
        if self._names and not any(name in of_paper for name in self._names):
            return replace(checked, supported=False, score=0.0, reason="the question is about another paper's method")
        return checked

    def _show_quote_like(self, items: Sequence[Evidence]) -> bool:
        """Show the quote of this evidence, else the next one not shown yet; False where none is left."""
        left = [quote for quote in self._quotes if not self._is_shown(quote)]
        alike = [quote for quote in left if any(overlap(item, quote) for item in items)]
        for quote in [*alike, *left][:1]:
            self._show(quote)
            return True
        return False

    def _is_shown(self, quote: Evidence) -> bool:
        return any(overlap(quote, citation) for sentence in self._sentences for citation in sentence.citations)

    def _show(self, quote: Evidence) -> None:
        self._sentences.append(AnswerSentence(quote.text, "quote", (self._cite(quote),)))

    def _cite(self, item: Evidence) -> Citation:
        n = self._paper_numbers.setdefault(item.paper.id, len(self._paper_numbers) + 1)
        return Citation(n, item.paper, item.span)


def overlap(item: Evidence, other: Evidence | Citation) -> bool:
    """Whether both are words of one place in one paper."""
    return item.paper.id == other.paper.id and item.span.overlaps(other.span)


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, content_words(text)))


_EMPTY = _stems("answer question yes no following")


def _names_of(question: str, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """The names in a question that some of the papers hold: what is shown must be of a paper that holds one of them."""
    texts = [normalise(f"{item.paper.title} {item.paper.abstract}") for item in evidence]
    return tuple(name for name in map(normalise, kinds.names(question)) if any(name in text for text in texts))
