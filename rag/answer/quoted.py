"""Evidence -> the answer's sentences and its text. In quote mode every sentence is verbatim, so nothing can be invented.

Owns: order and grouping of quotes, numbering of papers, the markers, the labels that name a paper, what a declined or partial answer
says. Pure functions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.core.domain import AnswerSentence, Citation, Evidence, Paper

DECLINED = "Not in these abstracts."
_POINTS_BACK = re.compile(
    r"\b(?:this|these|those|such|it|its|they|their|them|the former|the latter)\b"
    r"|\bour (?:\w+ ){0,2}(?:method|model|approach|framework|findings?|results?)\b",
    re.IGNORECASE,
)
_OWN_WORK = re.compile(r"\b(?:this|these) (?:paper|work|study|article|survey)\b|\bit is\b", re.IGNORECASE)
_LONGEST_NAME = 6
"""Words of a title before its colon that still read as a name."""


def quote(chosen: Sequence[Evidence]) -> tuple[AnswerSentence, ...]:
    """The chosen sentences, grouped by paper: the paper of the first one first, and of each paper the first one chosen before the
    others, which keep the abstract's order.

    Papers are numbered from 1 in the order they appear; all quotes of a paper carry its number.
    """
    papers = list(dict.fromkeys(item.paper.id for item in chosen))
    made: list[AnswerSentence] = []
    for n, paper_id in enumerate(papers, start=1):
        first, *others = (item for item in chosen if item.paper.id == paper_id)
        for item in (first, *sorted(others, key=lambda item: item.span.start)):
            citation = Citation(n, item.paper, item.span.start, item.span.end)
            made.append(AnswerSentence(citation.quote, "quote", (citation,)))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences of an answer that stand together. `label` names their paper; it is empty where no name is needed."""

    label: str
    sentences: tuple[AnswerSentence, ...]


def paragraphs(sentences: Sequence[AnswerSentence]) -> tuple[Paragraph, ...]:
    """A quoted answer's paragraphs, one a paper; a written answer is one paragraph.

    A paper is named before its quotes where there are several papers, or where the first quote points to something that is not
    shown.
    """
    if any(sentence.verdict != "quote" for sentence in sentences):
        return (Paragraph("", tuple(sentences)),)
    groups: dict[int, list[AnswerSentence]] = {}
    for sentence in sentences:
        groups.setdefault(sentence.citations[0].n, []).append(sentence)
    made = []
    for group in groups.values():
        name = short_name(group[0].citations[0].paper)
        needed = name and (len(groups) > 1 or _needs_name(group[0], name))
        made.append(Paragraph(name if needed else "", tuple(group)))
    return tuple(made)


def text_of(sentences: Sequence[AnswerSentence], counted: bool = False, missing: Sequence[str] = ()) -> str:
    """The answer as shown: each sentence with its markers, a paragraph a paper; quotes in quotation marks.

    `counted` says first how many papers there are; `missing` are the parts of the question that were not found.
    """
    grouped = paragraphs(sentences)
    shown: list[str] = []
    if counted:
        shown.append(count_line(len(grouped)))
    for paragraph in grouped:
        if paragraph.label:
            shown.append(f"{paragraph.label}:")
        shown.append(" ".join(map(_marked, paragraph.sentences)))
    if missing:
        shown.append(missing_line(missing))
    return "\n\n".join(shown)


def count_line(papers: int) -> str:
    """How a list of papers begins."""
    return f"{papers} papers:" if papers != 1 else "1 paper:"


def missing_line(missing: Sequence[str]) -> str:
    """How a partial answer ends."""
    return "Not found in these abstracts: " + "; ".join(missing)


def written_text(sentences: Sequence[AnswerSentence], missing: Sequence[str] = ()) -> str:
    """A written answer as shown: its sentences in order, in one paragraph; what has to be quoted stands in quotation marks."""
    shown = [" ".join(map(_marked, sentences))]
    if missing:
        shown.append(missing_line(missing))
    return "\n\n".join(filter(None, shown))


def _marked(sentence: AnswerSentence) -> str:
    markers = "".join(f"[{n}]" for n in dict.fromkeys(citation.n for citation in sentence.citations))
    return f"\u201c{sentence.text}\u201d {markers}" if sentence.verdict == "quote" else f"{sentence.text} {markers}"


def short_name(paper: Paper) -> str:
    """What a paper is called: the name before the colon of its title, else the whole title."""
    name, colon, _ = paper.title.partition(":")
    return name.strip() if colon and len(name.split()) <= _LONGEST_NAME else paper.title


def _needs_name(sentence: AnswerSentence, name: str) -> bool:
    pointing = _POINTS_BACK.search(_OWN_WORK.sub("", sentence.text)) is not None
    return pointing and name.lower() not in sentence.text.lower()


def declined_text(nearest: Sequence[Paper]) -> str:
    """What a declined answer says: that it is not there, and the titles of the nearest papers."""
    if not nearest:
        return DECLINED
    return f"{DECLINED} Nearest: " + "; ".join(paper.title or paper.abstract[:60] for paper in nearest) + "."
