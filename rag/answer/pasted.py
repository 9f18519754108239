"""Finds the paper whose name, title or words were typed as they stand, and shows it.

Owns: which paper a name or title alone means, in which sentences a pasted text stands, how near is near, and the wording of both.
Looked up by words alone: no model is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from rag.answer import told, without_abstract
from rag.answer.paper_facts import Called, introduces_by_name, listing
from rag.answer.quoted import short_name
from rag.answer.told import Told
from rag.core.domain import Answer, Evidence, Paper, Span
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.text import STOP_WORDS, content_words, words
from rag.library.store import Library
from rag.question import kinds
from rag.question.follow_up import Query
from rag.question.pasted import Passage

NOT_HERE = "This text is in none of these abstracts; these are the words that come nearest."
_ALIKE = 0.9
"""How alike the letters of a title and of what was typed must be where they are not the same (0..1)."""
_PART = 5
"""Words of a title in a row that mean its paper whatever the rest of it is, small words left out."""
_LEAST_PART, _SHARE = 3, 0.5
"""Fewer are enough where they are half of the title."""
_ENDS_NAME = frozenset("for via with of in using through by from on".split())
_COMMON = 3
"""What more papers than these hold is a topic, unless it is written as a name."""
_NEAR, _NEAR_UNASKED = 0.6, 0.65
"""Share of a text's words that an abstract has in their order, from which on it is nearly there; where nothing says that it was pasted,
more is needed."""
_RUN, _LONG_RUN = 2, 5
"""Words in a row that count, and as many as one run needs where nothing says that it was pasted."""
_DASH = re.compile(r"\s[-\u2013\u2014]{1,3}\s|\?\s")
"""It parts a title as a colon does."""
_RARE, _LOOKED_UP, _CANDIDATES = 8, 60, 10
_MOST_PARTED = 3
"""Words that may be one name, written apart ("Deep Cache")."""
_FEWEST_ALIKE = 4
"""Words of a title that is known with a slip of the pen."""
_LOOKED_AT = 20
_MOST_WORDS = 1_200
_SEARCHED = 400
"""Characters of a text that was not found which its nearest words are searched for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands in an abstract: the sentences, and the share of its words that stand there in their order (0..1)."""

    paper: Paper
    spans: tuple[Span, ...]
    share: float

    @property
    def is_exact(self) -> bool:
        """Whether all of its words stand there as they are."""
        return self.share == 1


def papers_called(name: str, library: Library) -> list[Paper]:
    """The papers that a name or title alone means: in part, with a slip of the pen, or in other letters, too; at most three."""
    typed = words(name)
    if not typed or set(typed) <= STOP_WORDS:
        return []
    near = _near(name, typed, library)
    same = [paper for paper in near if "".join(typed) in _names(paper) and _means_it(name, paper, library)]
    same = same or [paper for paper in near if _begins(typed, paper.title) and _held_once(typed, library)]
    if same:
        return same[:3]
    parts = [paper for paper in near if _is_part(typed, words(paper.title), alone=len(near) == 1)]
    alike = [
        paper for paper in near if len(typed) >= _FEWEST_ALIKE and any(_alike(typed, title) for title in _titles(paper))
    ]
    introducing = [paper for paper in near if len(name.split()) == 1 and introduces_by_name(paper.abstract, name)]
    for found in (parts, alike, introducing):
        if len(found) == 1:
            return found
    return []


def _near(name: str, typed: Sequence[str], library: Library) -> list[Paper]:
    """The papers that the name may be one of: those that hold its words in a row, else, since few questions are titles, those alike."""
    rows = [" ".join(typed)] + (["".join(typed)] if 1 < len(typed) <= _MOST_PARTED else [])
    near = library.papers(library.lexical(rows, _LOOKED_AT))
    if not near and len(typed) >= _FEWEST_ALIKE and not patterns("begins_question").match(name):
        near = Called(library).near(name)
    return near


def _titles(paper: Paper) -> list[list[str]]:
    """The words of a title, of what stands before its colon, and after it."""
    name = name_in_title(paper.title)
    parts = [name, paper.title[len(name) :]] if name else []
    dash = _DASH.search(paper.title)
    parts += [paper.title[: dash.start()], paper.title[dash.end() :]] if dash else []
    return [title for part in (paper.title, *parts) if (title := words(part))]


def _names(paper: Paper) -> set[str]:
    """A title and its parts without what writers vary: spaces, dashes, capitals."""
    whole, *parts = _titles(paper) or [[]]
    return {"".join(whole), *("".join(part) for n, part in enumerate(parts) if n % 2 == 0 or len(part) >= _LEAST_PART)}


def _means_it(name: str, paper: Paper, library: Library) -> bool:
    """A name of plain words that many papers hold is a topic too, unless it is written as the title writes it."""
    title_name = name_in_title(paper.title)
    squashed = "".join(words(name))
    if squashed != "".join(words(title_name)) or name.strip() == title_name or kinds.names(title_name):
        return True
    return library.find_papers(" ".join(words(name)), 1)[0] <= _COMMON


def _begins(typed: Sequence[str], title: str) -> bool:
    """Whether a title begins so, up to a word such as "for" ("Null-text Inversion for Editing ...")."""
    first = words(title)
    return (
        len(typed) > 1 and first[: len(typed)] == list(typed) and set(first[len(typed) : len(typed) + 1]) <= _ENDS_NAME
    )


def _held_once(typed: Sequence[str], library: Library) -> bool:
    return library.find_papers(" ".join(typed), 1)[0] == 1


def _is_part(typed: Sequence[str], title: Sequence[str], alone: bool) -> bool:
    """Whether the words stand in a row in a title, and are no topic: `alone` says that no other paper has them so."""
    if f" {' '.join(typed)} " not in f" {' '.join(title)} ":
        return False
    telling = len([word for word in typed if word not in STOP_WORDS])
    return telling >= _PART or (alone and telling >= _LEAST_PART and len(typed) >= _SHARE * len(title))


def _alike(typed: Sequence[str], title: Sequence[str]) -> bool:
    if len(title) < _FEWEST_ALIKE:
        return False
    matcher = SequenceMatcher(None, "".join(typed), "".join(title), autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def place_of(passage: Passage, library: Library) -> Place | None:
    """The place that holds the most of a text, None where no abstract holds nearly all of it."""
    typed = words(passage.text)[:_MOST_WORDS]
    looked_up = [word for word in dict.fromkeys(content_words(passage.text)) if len(word) > 2][:_LOOKED_UP]
    counts = {word: count for word, count in library.holding(looked_up).items() if count}
    rare = sorted(counts, key=lambda word: counts[word])[:_RARE]
    scores = library.lexical(rare, _CANDIDATES)
    places = (_place(typed, paper, passage.asked) for paper in library.papers(scores))
    return max((place for place in places if place), key=lambda place: place.share, default=None)


def _place(typed: Sequence[str], paper: Paper, asked: bool) -> Place | None:
    there, spans = told.words_with_spans(paper.abstract)
    matcher = SequenceMatcher(None, typed, there, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size >= _RUN]
    share = sum(block.size for block in blocks) / len(typed) if typed else 0.0
    longest = max((block.size for block in blocks), default=0)
    if share < _NEAR or not (asked or (share >= _NEAR_UNASKED and longest >= _LONG_RUN)):
        return None
    held = [Span(spans[block.b].start, spans[block.b + block.size - 1].end) for block in blocks]
    sentences = tuple(
        sentence
        for sentence in told.quotable_sentences(paper)
        if sum(max(0, min(sentence.end, one.end) - max(sentence.start, one.start)) for one in held)
        > min(20, (sentence.end - sentence.start) // 2)
    )
    return Place(paper, sentences, share) if sentences else None


def card(query: Query, paper: Paper, introduction: Sequence[Evidence]) -> Answer:
    """A paper that was named alone: its record in a line, and the sentence that says what it does."""
    line = listing(paper)
    shown = (*introduction, *without_abstract.evidence_of([paper]))
    return told.answer(query, Told(line if line.endswith(("?", "!")) else f"{line}.", shown))


def whole_abstract(query: Query, papers: Sequence[Paper]) -> Answer:
    """Every sentence of the abstracts that may be quoted, in order."""
    if not any(paper.abstract for paper in papers):
        return without_abstract.answer(query, papers)
    shown = tuple(told.evidence(paper, span) for paper in papers for span in told.quotable_sentences(paper))
    shown += without_abstract.evidence_of(papers)
    names = " and ".join(short_name(paper) for paper in papers)
    what = "abstract" if len(papers) == 1 else "abstracts"
    return told.answer(query, Told(f"The {what} of {names}:", shown))


def found(query: Query, place: Place) -> Answer:
    """The sentences in which a pasted text stands, or nearly does."""
    name = short_name(place.paper)
    many = len(place.spans) > 1
    if place.is_exact:
        lead = f"{'These words are' if many else 'This sentence is'} in the abstract of {name}:"
    else:
        lead = f"Nearly these words are in the abstract of {name}; there it says:"
    return told.answer(query, Told(lead, tuple(told.evidence(place.paper, span) for span in place.spans)))


def nowhere(query: Query, passage: Passage) -> Query:
    """The question for the words that come nearest to a text that no abstract holds."""
    text = passage.text[:_SEARCHED]
    return replace(
        query, own_words=text, text=text, sentence_question=text, about=(), shown=query.typed, no_claim=NOT_HERE
    )
