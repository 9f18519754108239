"""An answer's paragraphs with the chips of their citations.

Pure; knows nothing of the state of a turn. The cards that the chips point at are those of `ui.views.sources`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from rag.answer.quoted import (
    Paragraph,
    count_line,
    is_without_abstract,
    lead_of,
    missing_line,
    paragraphs,
    run_ends,
    withheld_lines,
)
from rag.answer.record_answers import parts_of_guide
from rag.core.accents import shown
from rag.core.domain import Answer, AnswerSentence
from rag.core.links import paper_link
from rag.core.statuses import status_word
from rag.question import kinds
from ui.records import EXPORTS
from ui.views.marks import prose
from ui.views.sources import Keys, anchor, citation_keys
from ui.views.templating import literal, render

_SHORT_NAMES = {"markdown": "Markdown", "bibtex": "BibTeX", "ris": "RIS", "csl-json": "CSL-JSON"}


def answer_blocks(answer: Answer, turn_id: str) -> list[Markup]:
    """The answer's paragraphs, each an element of its own, so that a page can add one without touching the others."""
    kept_back = [render("line", kind="kept-back", text=line) for line in withheld_lines(answer)]
    if answer.origin == "guide":
        line, _ = parts_of_guide(answer.text)
        return [_record([{"words": prose(line), "quoted": False, "chips": ()}])]
    if answer.outcome == "declined" and not answer.sentences:
        return kept_back
    keys = citation_keys(answer)
    blocks: list[Markup] = []
    groups = paragraphs(answer.sentences)
    if lead := lead_of(answer):
        blocks.append(render("line", kind="lead", text=prose(lead)))
    elif answer.text.startswith(count_line(len(groups)) + "\n"):
        blocks.append(render("line", kind="count-line", text=count_line(len(groups))))
    if is_list(answer):
        blocks.append(_list(answer, groups, turn_id, keys))
        groups = ()
    for paragraph in groups:
        if paragraph.label:
            blocks.append(render("line", kind="paper-name", text=prose(paragraph.label)))
        sentences = _said(paragraph.sentences, turn_id, keys)
        if answer.origin == "records" or all(map(is_without_abstract, paragraph.sentences)):
            blocks.append(_record(sentences))
            continue
        quoted = all(sentence["quoted"] for sentence in sentences)
        blocks.append(render("paragraph", sentences=sentences, quoted=quoted, record=False))
    if answer.missing:
        blocks.append(render("line", kind="missing", text=missing_line(answer.missing)))
    return blocks + kept_back


def is_list(answer: Answer) -> bool:
    """Whether the answer lists papers, one after the other, each with the sentence that says why."""
    papers = [sentence.citations[0].paper.id for sentence in answer.sentences if len(sentence.citations) == 1]
    return (
        answer.outcome == "answered"
        and answer.origin == "abstracts"
        and kinds.form(answer.question) == "list"
        and len(papers) == len(answer.sentences) == len(set(papers))
        and all(sentence.verdict == "quote" or is_without_abstract(sentence) for sentence in answer.sentences)
    )


def _list(answer: Answer, groups: Sequence[Paragraph], turn_id: str, keys: Keys) -> Markup:
    """The papers in rows: which, why, a link to it, and a box to tick for the export."""
    rows = [
        {
            "id": paper.id,
            "title": prose(shown(paper.title)) or "Untitled",
            "plain": shown(paper.title) or "Untitled",
            "link": paper_link(paper),
            "year": paper.year,
            "status": status_word(paper),
            "grave": paper.status in ("retracted", "withdrawn"),
            "sentence": _said(group.sentences[:1], turn_id, keys)[0],
        }
        for group in groups
        for paper in (group.sentences[0].citations[0].paper,)
    ]
    return render("listed", rows=rows, formats=list(EXPORTS.items()), format_names=_SHORT_NAMES)


def _record(sentences: Sequence[Mapping[str, Any]]) -> Markup:
    """What is told and not quoted: set apart from the words of abstracts."""
    return render("paragraph", sentences=sentences, quoted=False, record=True)


def _said(sentences: Sequence[AnswerSentence], turn_id: str, keys: Keys) -> list[Mapping[str, Any]]:
    """The sentences; of a run of quotes of one paper the last has one chip, which stands for them all."""
    said: list[Mapping[str, Any]] = []
    run: list[AnswerSentence] = []
    for sentence, ends in run_ends(sentences):
        run.append(sentence)
        chips = _chips(run, turn_id, keys) if ends else ()
        words = _verbatim(sentence.text) if "\n" in sentence.text else prose(sentence.text)
        said.append({"words": words, "quoted": sentence.verdict == "quote", "chips": chips})
        if ends:
            run = []
    return said


def _chips(run: Sequence[AnswerSentence], turn_id: str, keys: Keys) -> list[Mapping[str, Any]]:
    """The chips of a sentence, one a citation; of a run of quotes one, with the keys and the words of all."""
    shared = [citation for sentence in run for citation in sentence.citations]
    groups = [shared] if len(run) > 1 else [[citation] for citation in shared]
    return [
        {
            "n": group[0].n,
            "anchor": anchor(turn_id, group[0].n),
            "key": " ".join(dict.fromkeys(keys[citation.paper.id, citation.span] for citation in group)),
            "quote": " \u2026 ".join(citation.quote for citation in group),
            "title": shown(group[0].paper.title),
        }
        for group in groups
    ]


def _verbatim(text: str) -> Markup:
    """Text whose lines stay as they are, such as a BibTeX entry."""
    return Markup('<code class="cw-verbatim">{}</code>').format(literal(text))
