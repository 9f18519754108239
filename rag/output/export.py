"""Answers and the papers they cite as files: Markdown with footnotes, BibTeX, RIS, CSL-JSON.

Owns the Markdown and which papers count as cited: exactly those that a citation names, each once, in the order of their first
citation. Knows nothing of where the answers come from.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from pathlib import Path

from rag.answer.quoted import DECLINED, lead_of, missing_line, paragraphs, run_ends, withheld_lines
from rag.answer.record_answers import FROM_RECORDS, parts_of_guide
from rag.answer.records import Records
from rag.core.domain import Answer, AnswerSentence, Citation, Paper
from rag.core.errors import NothingToExport
from rag.core.formulas import formulas
from rag.core.references import bibtex, csl_json, reference, ris
from rag.core.text import clean
from rag.library.store import Library
from rag.output.from_json import answer_of, paper_ids, saved_answers

# ASCII punctuation that may be structure in CommonMark or pandoc; each can be escaped by a backslash there.
_STRUCTURE = re.compile(r"[\\`*_{}\[\]<>#|~^$@&]")
_ADDRESS = re.compile(r"https?://[^\s<>]+")
_LINE_START = re.compile(r"^(\d*)([-+.)])")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer; None where it has none."""

    question: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: how it ends, its media type, and how it is made: of papers, or where that is None, by `markdown`."""

    suffix: str
    media_type: str
    of_papers: Callable[[Sequence[Paper]], str] | None

    def render(self, exchanges: Sequence[Exchange]) -> str:
        """The file for these answers."""
        return self.of_papers(cited_papers(exchanges)) if self.of_papers else markdown(exchanges)


def cited_papers(exchanges: Sequence[Exchange]) -> tuple[Paper, ...]:
    """The papers that the answers cite, each once, in the order of their first citation."""
    answers = [exchange.answer for exchange in exchanges if exchange.answer]
    return tuple({paper.id: paper for answer in answers for paper in answer.cited_papers}.values())


def only_papers(exchange: Exchange, ids: Collection[str]) -> Exchange:
    """The exchange with those sentences of its answer alone that cite one of these papers."""
    answer = exchange.answer
    if answer is None:
        return exchange
    kept = tuple(one for one in answer.sentences if any(citation.paper.id in ids for citation in one.citations))
    cited = {citation.paper.id for one in kept for citation in one.citations}
    withheld = tuple(item for item in answer.withheld if item.paper.id in cited)
    return replace(exchange, answer=replace(answer, sentences=kept, missing=(), withheld=withheld))


def markdown(exchanges: Sequence[Exchange]) -> str:
    """Each question as a heading, its answer below, and a footnote for each thing cited.

    A quote's footnote names its paper, once for a run of quotes of it; that of a written sentence also has the words that support it.
    Footnotes are numbered through all the answers, in the syntax of pandoc and GitHub.
    """
    notes: dict[tuple[str, str], int] = {}
    texts: list[str] = []

    def mark(sentence: AnswerSentence, citation: Citation) -> str:
        words = citation.quote if sentence.verdict != "quote" else ""
        key = (citation.paper.id, words)
        if key not in notes:
            notes[key] = len(notes) + 1
            texts.append(f"[^{notes[key]}]: {_note(citation.paper, words)}")
        return f"[^{notes[key]}]"

    def words_of(sentence: AnswerSentence, ends_run: bool) -> str:
        marks = "".join(dict.fromkeys(mark(sentence, citation) for citation in sentence.citations))
        marks = marks if ends_run else ""
        words = escape_markdown(sentence.text)
        return f"\u201c{words}\u201d{marks}" if sentence.verdict == "quote" else f"{words}{marks}"

    blocks: list[str] = []
    for exchange in exchanges:
        blocks.append(f"## {escape_markdown(exchange.question)}")
        blocks += _answer_blocks(exchange.answer, words_of)
    return "\n\n".join([*blocks, *texts]) + "\n"


def _answer_blocks(answer: Answer | None, words_of: Callable[[AnswerSentence, bool], str]) -> list[str]:
    if answer is None:
        return ["*No answer.*"]
    blocks = []
    if " ".join(answer.standalone_question.split()) != " ".join(answer.question.split()):
        blocks.append(f"*Asked as: {escape_markdown(answer.standalone_question)}*")
    if answer.origin == "guide":
        line, examples = parts_of_guide(answer.text)
        return [*blocks, _at_line_start(escape_markdown(line)), *_bullets(map(escape_markdown, examples))]
    lead = lead_of(answer)
    if answer.outcome == "partial":
        blocks.append(f"*{answer.verdict}.*")
    if answer.notice:
        blocks.append(f"*{escape_markdown(answer.notice)}*")
    for paragraph in paragraphs(answer.sentences):
        if "\n" in paragraph.sentences[0].text and paragraph.sentences[0].verdict == "record":
            blocks.append("\n".join(f"    {line}" for line in paragraph.sentences[0].text.splitlines()))
            continue
        name = f"{escape_markdown(paragraph.label)}: " if paragraph.label else ""
        blocks.append(_at_line_start(name + " ".join(starmap(words_of, run_ends(paragraph.sentences)))))
    if answer.origin == "records":
        told = [f"*{FROM_RECORDS}*"] if answer.sentences else [f"*{escape_markdown(answer.text)}*"]
        return [*blocks, *told, *_bullets(_note(paper, "") for paper in answer.nearest)]
    if answer.outcome == "declined":
        blocks += [f"*{DECLINED}*"] if not lead else []
        if answer.nearest:
            blocks.append("Nearest papers:\n\n" + "\n".join(f"- {_note(paper, '')}" for paper in answer.nearest))
    if answer.missing:
        blocks.append(f"*{escape_markdown(missing_line(answer.missing))}*")
    blocks += [f"*{escape_markdown(line)}*" for line in withheld_lines(answer, by_name=True)]
    return blocks


def _bullets(lines: Iterable[str]) -> list[str]:
    """A list as a block; none where there is no line."""
    return list(filter(None, ["\n".join(f"- {line}" for line in lines)]))


def _note(paper: Paper, words: str) -> str:
    quote = f"\u201c{escape_markdown(words)}\u201d " if words else ""
    text = quote + escape_markdown(reference(paper))
    return _at_line_start(_ADDRESS.sub(lambda match: f"<{match[0].replace(chr(92), '')}>", text))


def escape_markdown(text: str) -> str:
    """The text on one line as Markdown that shows it literally; simple formulas stay formulas."""
    line, parts, position = clean(text), [], 0
    for span, formula in formulas(line):
        if not re.search(r"[<>`$]|\][(\[:]", formula):  # no tag, code, image or link where formulas are not known
            parts += [_literal(line[position : span.start]), f"${formula}$"]
            position = span.end
    return "".join(parts) + _literal(line[position:])


def _at_line_start(text: str) -> str:
    """With what would begin a list there escaped."""
    return _LINE_START.sub(r"\1\\\2", text, count=1)


def _literal(text: str) -> str:
    return _STRUCTURE.sub(lambda mark: f"\\{mark[0]}", text)


FORMATS = {
    "markdown": Format("md", "text/markdown", None),
    "bibtex": Format("bib", "application/x-bibtex", bibtex),
    "ris": Format("ris", "application/x-research-info-systems", ris),
    "csl-json": Format("json", "application/vnd.citationstyles.csl+json", csl_json),
}


def export_file(folder: Path, answers: str | None, form: Format) -> tuple[str, int]:
    """The file for answers as JSON, or for all papers of the library in this folder, and how many sentences no longer resolve.

    Raises:
        SavedAnswersDamaged: the text holds no saved answers.
        NothingToExport: Markdown is asked for without answers.
        LibraryError: the library cannot be read.
    """
    library = Library.open(folder)
    try:
        if answers is None:
            if form.of_papers is None:
                raise NothingToExport(
                    "Markdown is made of answers: name a saved conversation, or answers of ask --json"
                )
            return form.of_papers(library.papers()), 0
        turns = saved_answers(answers)
        papers = {paper.id: paper for paper in library.papers(paper_ids([answer for _, answer in turns]))}
        told = Records(library).again
        restored = [(question, answer_of(answer, papers, told) if answer else None) for question, answer in turns]
    finally:
        library.close()
    exchanges = [Exchange(question, one.answer if one else None) for question, one in restored]
    return form.render(exchanges), sum(one.lost for _, one in restored if one)
