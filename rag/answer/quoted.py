"""Evidence -> the answer's sentences and its text. In quote mode every sentence is verbatim, so nothing can be invented.

Owns: order and grouping of quotes, numbering of papers, the markers, the labels that name a paper, what a declined or partial answer
says. Pure functions.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from rag.core.accents import shown
from rag.core.domain import Answer, AnswerSentence, Citation, Evidence, Paper
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.text import STOP_WORDS, content_words
from rag.evidence.injection import addresses_the_machine
from rag.question import kinds
from rag.question.kinds import Kind

DECLINED = "Not found in these abstracts."
UNSURE = "No abstract here is sure to answer this. Nearest words:"
"""The line before quotes that may help where it is likelier than not, but not likely enough, that they answer."""
NO_ABSTRACT = "The library has no abstract of this paper."
"""What stands for the quote of a paper whose title is its only text."""
_MOST_LOOKED_FOR = 8
_POINTS_BACK = patterns("points_back")
_POINTS_NOWHERE = patterns("points_nowhere")
_TOLD_ALONE: tuple[Kind, ...] = ("number", "code")
"""What one sentence gives, so that others need not come before it."""
_MOST_NAME_WORDS = 6
"""Words of a title before its colon that still read as a name."""


def quote(evidence: Sequence[Evidence], question: str = "") -> tuple[AnswerSentence, ...]:
    """The evidence, best first, grouped by paper: the paper of the best sentence first, the sentences of each in the abstract's order,
    after the best one where that alone holds the number or the code that the question asks for.

    Papers are numbered from 1 in the order they appear; all quotes of a paper carry its number.
    """
    papers = list(dict.fromkeys(item.paper.id for item in evidence))
    sentences: list[AnswerSentence] = []
    for n, paper_id in enumerate(papers, start=1):
        first, *others = (item for item in evidence if item.paper.id == paper_id)
        rest = sorted(others, key=_start)
        ordered = [first, *rest] if _alone(first, rest, question) else sorted([first, *rest], key=_start)
        sentences += [_sentence(Citation(n, item.paper, item.span)) for item in ordered]
    return tuple(sentences)


def _sentence(citation: Citation) -> AnswerSentence:
    """The quote; or of a paper without an abstract that there is none."""
    if citation.paper.abstract:
        return AnswerSentence(citation.quote, "quote", (citation,))
    return AnswerSentence(NO_ABSTRACT, "record", (citation,))


def is_without_abstract(sentence: AnswerSentence) -> bool:
    """Whether a sentence only says that its paper has no abstract here."""
    return sentence.verdict == "record" and sentence.text == NO_ABSTRACT


def _start(item: Evidence) -> int:
    return item.span.start


def _alone(first: Evidence, others: Sequence[Evidence], question: str) -> bool:
    """Whether a sentence holds what is asked for, and no other that would stand before it does."""
    before = [item for item in others if item.span.start < first.span.start]
    return any(
        kinds.asks(question, kind)
        and kinds.holds(first.text, kind)
        and not any(kinds.holds(item.text, kind) for item in before)
        for kind in _TOLD_ALONE
    )


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences of an answer that stand together. `label` names their paper; it is empty where no name is needed."""

    label: str
    sentences: tuple[AnswerSentence, ...]


def paragraphs(sentences: Sequence[AnswerSentence]) -> tuple[Paragraph, ...]:
    """A quoted answer's paragraphs, one a paper; a written answer is one paragraph; of what records say each sentence is one.

    A paper is named before its quotes where there are several papers, or where the first quote points to something that is not
    shown; one without an abstract is named always.
    """
    if all(sentence.verdict == "record" for sentence in sentences):
        return tuple(Paragraph(_name_of_bare(sentence), (sentence,)) for sentence in sentences)
    if any(sentence.verdict == "supported" for sentence in sentences):
        return (Paragraph("", tuple(sentences)),)
    groups: dict[int, list[AnswerSentence]] = {}
    for sentence in sentences:
        groups.setdefault(sentence.citations[0].n, []).append(sentence)
    grouped = []
    for group in groups.values():
        name = short_name(group[0].citations[0].paper)
        needed = name and (len(groups) > 1 or _needs_name(group[0], name))
        grouped.append(Paragraph(name if needed else "", tuple(group)))
    return tuple(grouped)


def _name_of_bare(sentence: AnswerSentence) -> str:
    return short_name(sentence.citations[0].paper) if is_without_abstract(sentence) else ""


def text_of(
    sentences: Sequence[AnswerSentence], with_count: bool = False, missing: Sequence[str] = (), lead: str = ""
) -> str:
    """The answer as shown: each sentence with its markers, a paragraph a paper; quotes in quotation marks.

    `with_count` says first how many papers there are; `missing` are the parts of the question that were not found; `lead` is a line
    that says what the quotes are, in place of the count.
    """
    groups = paragraphs(sentences)
    blocks: list[str] = [lead] if lead else []
    if with_count and not lead:
        blocks.append(count_line(len(groups)))
    for paragraph in groups:
        if paragraph.label:
            blocks.append(f"{paragraph.label}:")
        blocks.append(" ".join(_with_markers(sentence, ends) for sentence, ends in run_ends(paragraph.sentences)))
    if missing:
        blocks.append(missing_line(missing))
    return "\n\n".join(blocks)


def run_ends(sentences: Sequence[AnswerSentence]) -> Iterator[tuple[AnswerSentence, bool]]:
    """Each sentence, and whether its markers are shown: of a run of quotes of one paper those of the last alone."""
    for sentence, following in zip_longest(sentences, sentences[1:]):
        goes_on = (
            following is not None
            and sentence.verdict == following.verdict == "quote"
            and _numbers(sentence) == _numbers(following)
        )
        yield sentence, not goes_on


def lead_of(answer: Answer) -> str:
    """The line that says what the quotes of an answer are: its notice, where its text begins with that; else ""."""
    return answer.notice if answer.notice and answer.text.startswith(answer.notice) else ""


def noticed(answer: Answer, notice: str) -> Answer:
    """The answer with a notice before its own; the line that says what its quotes are begins with it too."""
    if not notice:
        return answer
    text = f"{notice} {answer.text}" if lead_of(answer) else answer.text
    return replace(answer, notice=f"{notice} {answer.notice}".strip(), text=text)


def count_line(papers: int) -> str:
    """How a list of papers begins."""
    return f"{papers} papers:" if papers != 1 else "1 paper:"


def missing_line(missing: Sequence[str]) -> str:
    """How a partial answer ends."""
    return "Not found in these abstracts: " + "; ".join(missing)


def withheld_lines(answer: Answer, by_name: bool = False) -> list[str]:
    """What was kept back of its papers, and why, in sentences without the words kept back; none where nothing was.

    A cited paper is told by its marker, any other by its name; `by_name` tells all so.
    """
    markers = {} if by_name else {paper.id: f"[{n}]" for n, paper in enumerate(answer.cited_papers, start=1)}
    counts = Counter((item.paper, item.reason) for item in answer.withheld)
    lines = []
    for (paper, reason), count in counts.items():
        of_paper = markers.get(paper.id, f"\u201c{short_name(paper)}\u201d")
        if count == 1:
            lines.append(f"1 sentence of {of_paper} was kept back: {reason}.")
        else:
            lines.append(f"{count} sentences of {of_paper} were kept back, each because {reason}.")
    return lines


def written_text(sentences: Sequence[AnswerSentence], missing: Sequence[str] = ()) -> str:
    """A written answer as shown: its sentences in order, in one paragraph; what has to be quoted stands in quotation marks."""
    blocks = [" ".join(map(_with_markers, sentences))]
    if missing:
        blocks.append(missing_line(missing))
    return "\n\n".join(filter(None, blocks))


def record_text(sentences: Sequence[AnswerSentence]) -> str:
    """What records say as shown: a line a sentence."""
    return "\n".join(map(_with_markers, sentences))


def _with_markers(sentence: AnswerSentence, ends_run: bool = True) -> str:
    markers = "".join(f"[{n}]" for n in _numbers(sentence)) if ends_run else ""
    words = f"\u201c{sentence.text}\u201d" if sentence.verdict == "quote" else sentence.text
    return f"{words} {markers}".rstrip()


def _numbers(sentence: AnswerSentence) -> tuple[int, ...]:
    return tuple(dict.fromkeys(citation.n for citation in sentence.citations))


def short_name(paper: Paper) -> str:
    """What a paper is called: the name before the colon of its title, else the whole title."""
    return shown(name_in_title(paper.title, _MOST_NAME_WORDS) or paper.title)


def _needs_name(sentence: AnswerSentence, name: str) -> bool:
    points_back = _POINTS_BACK.search(_POINTS_NOWHERE.sub("", sentence.text)) is not None
    return points_back and name.lower() not in sentence.text.lower()


def in_order_of_papers(evidence: Sequence[Evidence]) -> tuple[AnswerSentence, ...]:
    """Sentences of several papers, each paper with its number, in the order they have."""
    numbers = {paper_id: n for n, paper_id in enumerate(dict.fromkeys(item.paper.id for item in evidence), start=1)}
    return tuple(_sentence(Citation(numbers[item.paper.id], item.paper, item.span)) for item in evidence)


def declined_text(nearest: Sequence[Paper], question: str = "", lead: str = DECLINED) -> str:
    """What a declined answer says: that it is not there, as `lead` puts it, the words of a short question that were looked for, and the
    titles of the nearest papers."""
    wanted = list(dict.fromkeys(word for word in content_words(question) if word not in STOP_WORDS))
    # An order among the words of a long question must not be carried out by repeating them.
    told = 0 < len(wanted) <= _MOST_LOOKED_FOR and not addresses_the_machine(question)
    told = told and patterns("tells_to_say").search(question.lower()) is None
    looked_for = f" Looked for: {', '.join(wanted)}." if told else ""
    titles = "; ".join(shown(paper.title) or paper.abstract[:60] for paper in nearest)
    return f"{lead}{looked_for}" + (f" Nearest papers: {titles}." if nearest else "")
