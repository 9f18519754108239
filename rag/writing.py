"""Evidence -> the answer's sentences and its text. In quote mode every sentence is verbatim, so nothing can be invented.

Owns: order and grouping of quotes, numbering of papers, the markers, what a declined answer says. Pure functions.
"""

from collections.abc import Sequence

from rag.domain import AnswerSentence, Citation, Evidence, Paper

DECLINED = "Not in these abstracts."


def quote(chosen: Sequence[Evidence]) -> tuple[AnswerSentence, ...]:
    """The chosen sentences, grouped by paper (the paper of the best sentence first), in the abstract's order within one.

    Papers are numbered from 1 in the order they appear; all quotes of a paper carry its number.
    """
    papers = list(dict.fromkeys(item.paper.id for item in chosen))
    made: list[AnswerSentence] = []
    for n, paper_id in enumerate(papers, start=1):
        of_paper = sorted((item for item in chosen if item.paper.id == paper_id), key=lambda item: item.span.start)
        for item in of_paper:
            citation = Citation(n, item.paper, item.span.start, item.span.end)
            made.append(AnswerSentence(citation.quote, "quote", (citation,)))
    return tuple(made)


def text_of(sentences: Sequence[AnswerSentence]) -> str:
    """The answer as shown: each sentence with its markers, a paragraph a paper; quotes in quotation marks."""
    paragraphs: dict[int, list[str]] = {}
    for sentence in sentences:
        markers = "".join(f"[{n}]" for n in dict.fromkeys(citation.n for citation in sentence.citations))
        words = f"\u201c{sentence.text}\u201d" if sentence.verdict == "quote" else sentence.text
        paragraphs.setdefault(sentence.citations[0].n, []).append(f"{words} {markers}")
    return "\n\n".join(" ".join(parts) for parts in paragraphs.values())


def declined_text(nearest: Sequence[Paper]) -> str:
    """What a declined answer says: that it is not there, and the titles of the nearest papers."""
    if not nearest:
        return DECLINED
    return f"{DECLINED} Nearest: " + "; ".join(paper.title or paper.abstract[:60] for paper in nearest) + "."
