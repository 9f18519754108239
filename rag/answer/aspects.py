"""Questions for one aspect of a paper ("What is X?", "How does it work?"), answered from the roles of its sentences: nothing is read.

Owns: which papers are meant, and the answer with what it says where an abstract tells nothing of the aspect. Which sentences answer is
decided in `rag.answer.summaries`. An answer that was found has the probability 1: the paper is the one named.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.answer import quoted, without_abstract
from rag.answer.definitions import defines, definitions
from rag.answer.named import MOST, exactly_called, is_pronoun, paper_called, papers_named
from rag.answer.summaries import near_limits, sentences_of
from rag.core.domain import Answer, Evidence, Hit, Outcome, Paper
from rag.evidence.injection import quotable, withheld
from rag.evidence.roles import RoleModel, RoleSentence, role_sentences
from rag.question import kinds
from rag.question.follow_up import Query
from rag.question.summaries import SummaryRequest
from rag.search.paper_names import owners
from rag.search.reranker import RERANKED_PAPERS
from rag.search.searcher import RETRIEVED, Searcher

PLAIN_WORDS = "These are the abstract's own words: citewise quotes, it does not reword."
_TARGET_CHARS = 300
_PAPER_CHARS = 100


class Aspects:
    """Answers what is asked of one aspect of a paper. `embedder` is the sha256 of the one whose vectors the library holds."""

    def __init__(self, searcher: Searcher, roles: RoleModel, embedder: str) -> None:
        self._searcher = searcher
        self._roles = roles
        self._embedder = embedder

    def meant(self, query: Query, request: SummaryRequest) -> tuple[Query, tuple[str, ...]] | None:
        """The question as it finds its papers, and the ids of these; none where a thing is asked for that may be no paper's. None where
        the question is an ordinary one."""
        ids = self._papers(query, request)
        if ids and query.about:
            return query, ids
        if ids:
            titles = "; ".join(paper.title or paper.abstract[:_PAPER_CHARS] for paper in self._searcher.papers(ids))
            text = f"{query.text} (about: {titles})"
            return replace(query, text=text, shown=query.asked_as), ids
        return (query, ()) if request.part == "definition" and not query.about else None

    def answer(self, query: Query, request: SummaryRequest, ids: Sequence[str], hits: Sequence[Hit]) -> Answer | None:
        """The answer; None where the abstracts have to be read for one."""
        papers = self._searcher.papers(ids)
        if not papers:
            defined = self._defining(request.target, hits)
            return self._quoting(query, hits, defined, defined, "") if defined else None
        if not any(paper.abstract for paper in papers):
            # What others say of a thing answers better than that the paper called so has no abstract.
            defined = self._defining(request.target, hits) if request.part == "definition" else []
            if defined:
                return self._quoting(query, hits, defined, defined, "")
            return without_abstract.answer(query, papers)
        every = [self._told(paper) for paper in papers]
        if request.part in ("limits", "availability"):
            return self._stated(query, request, papers, every, hits)
        each = max(1, -(-request.sentences // len(papers)))
        chosen = [
            evidence(paper, sentence)
            for paper, told in zip(papers, every, strict=True)
            for sentence in sentences_of(paper, told, replace(request, sentences=each))
        ]
        chosen += without_abstract.evidence_of(papers)
        notice = PLAIN_WORDS if request.part == "simple" else ""
        return self._quoting(query, hits, chosen, _all(papers, every), notice) if chosen else None

    def introduction(self, paper: Paper) -> tuple[Evidence, ...]:
        """The sentence that says what a paper is; none where none may be quoted."""
        request = SummaryRequest(quoted.short_name(paper), 1, "definition")
        return tuple(evidence(paper, sentence) for sentence in sentences_of(paper, self._told(paper), request)[:1])

    def _papers(self, query: Query, request: SummaryRequest) -> tuple[str, ...]:
        """The ids of the papers that are asked about."""
        if request.part == "availability":
            return self._papers_with_code(query)
        about = query.about[:MOST]
        if is_pronoun(request.target):
            return about
        if about:
            called = paper_called(request.target, self._searcher.papers(about))
            if called or query.by_identifier:
                return (called,) if called else about
        hits = self._searcher.retriever.hits(request.target[:_TARGET_CHARS], RETRIEVED)
        papers = [hit.paper for hit in hits]
        known = request.part == "definition" and not exactly_called(request.target, papers)
        # What is a thing of its own, and said to be one, is not the paper that has it in its title.
        return () if known and defines(request.target, papers) else papers_named(request.target, hits)

    def _papers_with_code(self, query: Query) -> tuple[str, ...]:
        """The papers whose code is asked for: those of the talk, or those that the question names."""
        if kinds.form(query.typed) == "list":
            return ()
        hits = self._searcher.retriever.hits(query.typed[:_TARGET_CHARS], RETRIEVED)
        owned = owners(query.typed, hits)
        return owned[:1] if owned else query.about[:MOST]

    def _told(self, paper: Paper) -> list[RoleSentence]:
        """The sentences of a paper that may be quoted, with their roles; none of one without an abstract."""
        if not paper.abstract:
            return []
        sentences, embeddings = self._searcher.library.sentences([paper.id])
        spans = [sentence.span for sentence in sentences]
        free = set(quotable(paper.abstract, spans))
        told = role_sentences(self._roles, paper, spans, embeddings, self._embedder)
        return [sentence for sentence in told if sentence.span in free]

    def _defining(self, thing: str, hits: Sequence[Hit]) -> list[Evidence]:
        """The sentences that say what a thing is, of whichever papers."""
        found = self._searcher.retriever.hits(thing[:_TARGET_CHARS], RERANKED_PAPERS)
        papers = list({hit.paper.id: hit.paper for hit in (*found, *hits)}.values())
        return list(definitions(thing, papers))

    def _stated(
        self,
        query: Query,
        request: SummaryRequest,
        papers: Sequence[Paper],
        every: Sequence[Sequence[RoleSentence]],
        hits: Sequence[Hit],
    ) -> Answer:
        """What the papers state of their limits or their code, or that they state nothing."""
        pairs = list(zip(papers, every, strict=True))
        stated = [evidence(paper, sentence) for paper, told in pairs for sentence in sentences_of(paper, told, request)]
        if stated:
            return self._quoting(query, hits, stated, _all(papers, every), "")
        names = " and ".join(quoted.short_name(paper) for paper in papers)
        place = f"The abstract of {names} states" if len(papers) == 1 else f"The abstracts of {names} state"
        if request.part == "availability":
            lead = f"{place} no place for code or data."
            told = self._quoting(query, hits, [], _all(papers, every), lead, "declined")
            return replace(told, nearest=tuple(papers))
        near = [evidence(paper, sentence) for paper, told in pairs for sentence in near_limits(told)]
        lead = f"{place} no limitations." + (" Nearest words:" if near else "")
        return self._quoting(query, hits, near, _all(papers, every), lead, "nearest" if near else "declined")

    def _quoting(
        self,
        query: Query,
        hits: Sequence[Hit],
        chosen: Sequence[Evidence],
        looked_at: Sequence[Evidence],
        notice: str,
        outcome: Outcome = "answered",
    ) -> Answer:
        sentences = quoted.quote(chosen)
        ids = [item.paper.id for item in (*chosen, *looked_at)]
        papers = {item.paper.id: item.paper for item in (*chosen, *looked_at)}
        spans = {(item.paper.id, item.span) for item in chosen}
        rest = [item for item in looked_at if (item.paper.id, item.span) not in spans]
        # A line that says what the quotes are stands before them, any other below.
        lead = notice if outcome != "answered" else ""
        return Answer(
            question=query.typed,
            standalone_question=query.asked_as,
            mode="quote",
            outcome=outcome,
            p_answerable=float(outcome == "answered"),
            text=quoted.text_of(sentences, lead=lead),
            sentences=sentences,
            retrieved=tuple(sorted(hits, key=lambda hit: hit.paper.id not in ids)[:RETRIEVED]),
            evidence=(*chosen, *rest),
            notice=notice,
            withheld=withheld(self._searcher.library.sentences(papers)[0], papers),
        )


def evidence(paper: Paper, sentence: RoleSentence) -> Evidence:
    """A sentence that was looked up by its role."""
    likeliest = max(sentence.roles.values())
    return Evidence(paper, sentence.span, round(likeliest, 4), {k: round(v, 4) for k, v in sentence.roles.items()})


def _all(papers: Sequence[Paper], every: Sequence[Sequence[RoleSentence]]) -> list[Evidence]:
    return [evidence(paper, sentence) for paper, told in zip(papers, every, strict=True) for sentence in told]
