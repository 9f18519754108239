"""The forms of what the tools take and give, as JSON schemas whose words teach a model. Plain data."""

from collections.abc import Mapping
from typing import Any, get_args

from rag.core.domain import Outcome
from ui.records import HISTORY_MESSAGES

Schema = dict[str, Any]
HITS, MOST_HITS = 10, 50
PAGE, MOST_PAGE = 50, 200


def text(description: str, *examples: str) -> Schema:
    return {"type": "string", "description": description} | ({"examples": list(examples)} if examples else {})


def _texts(description: str, *examples: str) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "description": description, "examples": [list(examples)]}


def number(description: str, least: int, most: int, default: int | None = None) -> Schema:
    bounds = {"type": "integer", "minimum": least, "maximum": most, "description": description}
    return bounds | ({} if default is None else {"default": default})


FILTER: Schema = {
    "type": "object",
    "description": "Only some of the papers: all fields that are given must hold, and of several values in a list one is enough. "
    "Without it the whole library is meant.",
    "properties": {
        "from_year": number("Published in this year or later.", 1, 9_999),
        "to_year": number("Published in this year or earlier.", 1, 9_999),
        "authors": _texts("By one of these authors; a family name is enough.", "Miller", "Ada Lovelace"),
        "venues": _texts("In a journal or conference whose name has these words.", "NeurIPS"),
        "sources": _texts("From one of these imported files: a name, or a pattern.", "scopus.ris", "*.bib"),
        "ids": _texts("With one of these ids, DOIs, arXiv ids or PMIDs.", "10.1000/182", "2312.00858"),
        "text": text("With all of these words in title, abstract, authors, venue or year.", "image editing"),
        "added_since": text("Added to the library then or later.", "2026-11-01", "7d", "yesterday"),
    },
    "additionalProperties": False,
    "examples": [{"from_year": 2020, "to_year": 2023}, {"authors": ["Miller"], "text": "image editing"}],
}
HISTORY: Schema = {
    "type": "array",
    "description": f"What was said before, oldest first, so that a follow-up (“Does it need retraining?”) is understood; the last "
    f"{HISTORY_MESSAGES} messages count. Of an answer of this tool give its `answer` as content, and the `paper_id`s of its "
    "`citations` as `cited`.",
    "items": {
        "type": "object",
        "properties": {
            "role": {"type": "string", "enum": ["user", "assistant"]},
            "content": {"type": "string"},
            "cited": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["role", "content"],
        "additionalProperties": False,
    },
    "examples": [
        [
            {"role": "user", "content": "How fast is DeepCache?"},
            {"role": "assistant", "content": "“… 2.3 times …” [1]", "cited": ["deepcache"]},
        ]
    ],
}


def _maybe(kind: str, description: str) -> Schema:
    return {"type": [kind, "null"], "description": description}


def _row(**more: Schema) -> Schema:
    """A flat record of a paper: only texts, numbers and null, so that rows of one table have the same columns."""
    columns = {
        "paper_id": text("The id, as `get_paper` and a filter's `ids` take it."),
        "title": text("The title; empty where it is not known."),
        "authors": text("All authors, with semicolons between them; empty where they are not known."),
        "year": _maybe("integer", "The year of publication."),
        "venue": _maybe("string", "The journal or conference."),
        "doi": _maybe("string", "The DOI."),
        "arxiv_id": _maybe("string", "The arXiv id."),
        "pmid": _maybe("string", "The PubMed id."),
        "url": _maybe("string", "An address of the paper."),
        "status": _maybe(
            "string", "retracted, withdrawn, concern or corrected, where that is known of it: say so where you cite it."
        ),
        "has_abstract": {"type": "boolean", "description": "Whether the library has its abstract, or only its title."},
    }
    return _object(columns | more)


def _object(properties: Mapping[str, Schema], description: str = "") -> Schema:
    said = {"description": description} if description else {}
    return {"type": "object", "properties": dict(properties), "required": list(properties)} | said


def _rows(row: Schema, description: str) -> Schema:
    return {"type": "array", "items": row, "description": description}


_SENTENCE = _object(
    {
        "text": text("The sentence as it stands in `answer`."),
        "verdict": {
            "type": "string",
            "description": "quote: the exact words of an abstract. supported: written, and checked against its quote. record: told "
            "from the details of papers, such as years and authors.",
        },
        "markers": {"type": "array", "items": {"type": "integer"}, "description": "The numbers of its citations."},
    }
)
_CITATION = _row(
    marker=number("The number in `answer`: [1] is marker 1.", 1, 1_000_000),
    quote=text("The exact words of the abstract; empty where a paper is only named."),
    start=number("Where they begin in the abstract, in characters from 0.", 0, 1_000_000),
    end=number("Where they end.", 0, 1_000_000),
)
ANSWER = _object(
    {
        "outcome": {
            "type": "string",
            "enum": list(get_args(Outcome)),
            "description": "answered: the abstracts say it. partial: they say it but for what stands in `missing`. nearest: no answer, "
            "only the words that come nearest. declined: these abstracts do not say it; `nearest` has the papers that come nearest.",
        },
        "p_answerable": {
            "type": "number",
            "description": "How sure it is that the abstracts answer the question, 0 to 1.",
        },
        "answer": text("The answer, with markers such as [1]."),
        "question": text("The question as it was sent."),
        "understood_as": text("The question as it was understood, without its history."),
        "mode": text("quote: exact words. write: written from them, and checked."),
        "origin": text("abstracts; records: told from authors, years and the like; guide: about citewise itself."),
        "sentences": _rows(_SENTENCE, "The sentences of the answer."),
        "citations": _rows(
            _CITATION, "A row for each quote: which words of which paper, with what is needed to cite it."
        ),
        "missing": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Parts of the question that were not found.",
        },
        "nearest": _rows(_row(), "Where it is not answered, the papers that come nearest."),
        "notice": text("What is to be said with the answer, such as of how many papers it was asked; mostly empty."),
        "library": text("Which library was asked."),
    }
)
SEARCH = _object(
    {
        "words": text("What was looked for."),
        "papers": _rows(
            _row(
                rank=number("1 for the best.", 1, MOST_HITS),
                score={"type": "number", "description": "Higher is better; only to be compared within one search."},
                abstract_begins=text("The beginning of the abstract; `get_paper` gives all of it."),
            ),
            "The best papers, best first.",
        ),
        "notice": text(
            "What is to be said with them, such as that they were found by their words alone; mostly empty."
        ),
        "library": text("Which library was searched."),
    }
)
PAPERS = _object(
    {
        "total": number("How many papers there are by this filter, all pages together.", 0, 10**9),
        "papers": _rows(_row(), "Those of this page, in the order in which they came into the library."),
        "next_cursor": _maybe("string", "Send it as `cursor` for the next page; null at the end."),
        "library": text("Which library they are in."),
    }
)
PAPER = _row(
    abstract=text("The whole abstract, exactly as quotes are taken from it."),
    aliases={
        "type": "array",
        "items": {"type": "string"},
        "description": "Other ids and DOIs that lead to it, of records that were merged into it.",
    },
    library=text("Which library it is in."),
)
LIBRARIES = _object(
    {
        "libraries": _rows(
            _object(
                {
                    "name": text("What the other tools take as `library`."),
                    "state": text("closed: it is opened when it is first asked. opening, open, or failed."),
                    "papers": _maybe("integer", "How many papers it holds, where it is open."),
                    "note": text("What is being done, or why it failed; mostly empty."),
                }
            ),
            "The libraries, the first of which is meant where none is named.",
        )
    }
)
