"""Finds papers: question -> hits of the hybrid retriever, the best of them looked at closely; identifiers first.

Owns: limits on questions, how a follow-up is understood, the open library. Knows nothing of sentences or answers.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from rag.core.domain import Hit, Message, Paper
from rag.core.errors import QuestionError
from rag.core.logistic import Logistic
from rag.core.paper_filter import PaperFilter
from rag.core.text import clean, normalise, words
from rag.library.store import Library
from rag.library.view import View
from rag.question import spellings
from rag.question.follow_up import Query, standalone
from rag.question.identifiers import identifiers_in, without_identifiers
from rag.search.chosen import ChosenRetriever
from rag.search.hybrid import HybridRetriever
from rag.search.paper_names import OWNERS, is_about
from rag.search.reranker import RERANKED_PAPERS, Reranker, SearchResult
from rag.search.spelling import Speller, Spelling
from rag.search.stuffing import is_stuffed

RETRIEVED = 10
_QUERY_CHARS = 1_000
"""Of a paper's title and abstract, or of a passage, as a query: as much as the embedder takes in."""
_PASSAGES = 8
_EMPTY = "the question is empty; type what you want to know about these papers"
_WORDS = 12
"""Of a text in which the names of papers are looked for."""
_LOOKED_AT = 20
BY_WORDS = (
    "The vectors of the papers cannot be asked just now, so papers were found by their words alone; those that say it in other words "
    "may be missing."
)


class Searcher:
    """Finds papers. Holds the open library, the retriever and the reranker; build it with `rag.wiring.open_searcher`."""

    def __init__(
        self,
        library: Library,
        retriever: HybridRetriever,
        reranker: Reranker,
        max_question_chars: int,
        description: Mapping[str, str],
        follow_ups: Logistic | None = None,
        speller: Speller | None = None,
    ) -> None:
        self.library = library
        self.retriever = retriever
        self.description = description
        """What runs: embedder and device."""
        self._reranker = reranker
        self._max_chars = max_question_chars
        self._follow_ups = follow_ups
        self._speller = speller

    def over(self, chosen: PaperFilter) -> "Searcher":
        """This searcher over the papers that a filter means, instead of those it has now. It shares the models and the vector index of
        this one, which must stay open; closing it leaves them open. Where all papers are meant it is this one.

        Raises:
            LibraryError: the library's file cannot be read.
        """
        if chosen.is_empty:
            return self
        view = View.of(self.library, chosen)
        other = copy.copy(self)
        other.library, other.retriever = view, ChosenRetriever(self.retriever, view)
        return other

    def beside(self, library: Library, retriever: HybridRetriever, speller: Speller) -> "Searcher":
        """This searcher over another library. It shares the models of this one; closing it closes its own library."""
        other = copy.copy(self)
        other.library, other.retriever, other._speller = library, retriever, speller
        return other

    def prepare(self) -> None:
        """Make what the first misspelled word would wait for."""
        if self._speller:
            self._speller.prepare()

    def close(self) -> None:
        """Close the vector index and the library."""
        self.retriever.close()
        self.library.close()

    def search(self, question: str, limit: int = RETRIEVED) -> tuple[Hit, ...]:
        """The best papers, best first; a paper named by an identifier before all others.

        Raises:
            QuestionError: the question is empty or too long.
        """
        query = self.understand(self.spelled(question).text)
        if not any(character.isalnum() for character in query.typed):
            raise QuestionError(_EMPTY)
        hits = self.retriever.hits(query.text, max(limit, RERANKED_PAPERS))
        return self.look_closely(query, hits).hits[:limit]

    @property
    def notice(self) -> str:
        """What is to be said of the papers that this thread found last: that they were found by their words alone; mostly nothing."""
        return BY_WORDS if self.retriever.missed else ""

    def spelled(self, question: str) -> Spelling:
        """The question with its misspelled words read as words of the library; as it stands where no speller was handed in."""
        return self._speller.read(question) if self._speller else Spelling(question)

    def standalone(self, question: str, history: Sequence[Message] = ()) -> str:
        """The question as it is asked without its history.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return self.understand(question, history).text

    def understand(self, question: str, history: Sequence[Message] = ()) -> Query:
        """The question as it is asked without its history, or without the identifier that names its paper.

        Raises:
            QuestionError: the question is empty or too long.
        """
        typed = self._checked(question)
        identified = self.library.papers_identified(identifiers_in(typed))
        if identified:
            rest = without_identifiers(typed)
            titles = "; ".join(paper.title or paper.abstract[:100] for paper in identified)
            text = f"{rest} (about: {titles})" if rest else titles
            about = tuple(paper.id for paper in identified)
            return Query(typed, rest or titles, text, text, about=about, by_identifier=True)
        return standalone(typed, history, self, self._follow_ups)

    def _checked(self, question: str) -> str:
        """The question as one line of visible text."""
        if len(question) > self._max_chars:
            raise QuestionError(
                f"the question has {len(question):,} characters; at most {self._max_chars:,} are accepted. "
                "Ask for one thing at a time"
            )
        visible = clean(question)
        if not visible:
            raise QuestionError(_EMPTY)
        return visible

    def retrieve(self, query: Query) -> tuple[Hit, ...]:
        """The papers that are worth a closer look, best first."""
        return self.retriever.hits(query.text, RERANKED_PAPERS, query.within)

    def look_closely(self, query: Query, hits: Sequence[Hit]) -> SearchResult:
        """The first papers reordered by how well they match; those that an identifier names before all others."""
        result = _stuffed_last(self._reranker.rerank(query.text, hits, self.library))
        if not query.by_identifier or not result.hits:
            return result
        top = max(hit.score for hit in result.hits)
        named_first = sorted(result.hits, key=lambda hit: hit.paper.id not in query.about)
        lifted = [replace(hit, score=top + 1 if hit.paper.id in query.about else hit.score) for hit in named_first]
        return replace(result, hits=tuple(lifted))

    def match(self, question: str, hits: Sequence[Hit]) -> SearchResult:
        """How the words of another question match these papers, whose order stays."""
        return self._reranker.match(question, hits, self.library)

    def similar(self, paper_id: str, limit: int = 5) -> tuple[Hit, ...]:
        """The papers most like this one, best first; none where the library does not hold it."""
        like = next(iter(self.library.papers([paper_id])), None)
        if like is None:
            return ()
        about = clean(f"{like.title}. {like.abstract}")[: min(_QUERY_CHARS, self._max_chars)]
        hits = self.retriever.hits(about, limit + 1)
        return tuple(hit for hit in hits if hit.paper.id != paper_id)[:limit]

    def papers(self, ids: Iterable[str] | None = None) -> tuple[Paper, ...]:
        """All papers of the library, or those with these ids; unknown ids are left out."""
        return tuple(self.library.papers(ids))

    def find_papers(self, words: str, limit: int) -> tuple[int, tuple[Paper, ...]]:
        """How many papers hold all of these words, and the first ones of them (`Library.find_papers`)."""
        count, papers = self.library.find_papers(words, limit)
        return count, tuple(papers)

    def papers_quoting(self, passages: Sequence[str]) -> list[Paper]:
        """The papers whose abstracts hold these passages, in the order of the passages."""
        papers: dict[str, Paper] = {}
        for passage in passages[:_PASSAGES]:
            wanted = normalise(passage)
            for hit in self.retriever.hits(passage[:_QUERY_CHARS], 3):
                if wanted in normalise(hit.paper.abstract):
                    papers.setdefault(hit.paper.id, hit.paper)
                    break
        return list(papers.values())

    def papers_named(self, name: str) -> list[Paper]:
        """The papers that hold a name, where they are few: it is theirs. Those that it is the name of stand first."""
        if self.library.holding([name]).get(name, 0) > OWNERS:
            return []
        held = self.library.papers(self.library.lexical([name], OWNERS))
        return sorted((paper for paper in held if is_about(paper, name)), key=lambda paper: name not in paper.title)

    def papers_called(self, text: str, whole: bool = False) -> list[Paper]:
        """The papers whose short name stands in the text as it is written there, or is the `whole` text in another spelling."""
        typed = words(text)[:_WORDS]
        joined = ["".join(pair) for pair in pairwise(typed)] if whole else []
        near = self.library.papers(self.library.lexical([*typed, *joined], _LOOKED_AT)) if typed else []
        return [
            paper for paper in near if (spellings.is_name(text, paper) if whole else spellings.stands_in(text, paper))
        ]

    def hits_like(self, text: str, limit: int) -> tuple[Hit, ...]:
        """The best papers for a text, best first."""
        return self.retriever.hits(text[:_QUERY_CHARS], limit)


def _stuffed_last(result: SearchResult) -> SearchResult:
    """With the papers whose abstracts are only there to be found behind all others."""
    stuffed = {hit.paper.id for hit in result.hits if is_stuffed(hit.paper.title, hit.paper.abstract)}
    if not stuffed:
        return result
    lowest = min(hit.score for hit in result.hits)
    last = [
        replace(hit, score=round(lowest - place, 6))
        for place, hit in enumerate((hit for hit in result.hits if hit.paper.id in stuffed), start=1)
    ]
    return replace(result, hits=(*(hit for hit in result.hits if hit.paper.id not in stuffed), *last))
