"""From what was read to the answer in quotes: how sure it is, which sentences are shown, what is said to be missing.

Owns: the verdict, and the order in which sentences are chosen, shortened and refined. Reads nothing and finds no papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import quoted
from rag.answer.clock import Clock
from rag.answer.missing_parts import missing_parts
from rag.answer.senses import Sense, Senses
from rag.answer.told import without_claim
from rag.core.domain import Answer, Evidence, Outcome
from rag.core.logistic import Logistic
from rag.evidence import answerability, selection
from rag.evidence.injection import withheld
from rag.evidence.plan import Plan
from rag.evidence.ranking import Passages
from rag.evidence.roles import RoleModel
from rag.question.follow_up import Query
from rag.search.reranker import SearchResult
from rag.search.searcher import RETRIEVED, Searcher

NEAREST = 3


@dataclass(frozen=True, slots=True)
class FittedModels:
    """The fitted models that decide: whether the library answers a question, what a further sentence adds to its answer, which papers a
    list question lists, and what each sentence of an abstract tells."""

    answerability: Logistic
    choosing: Logistic
    listing: Logistic
    roles: RoleModel


@dataclass(frozen=True, slots=True)
class Findings:
    """All that an answer is made of: the query, how it is understood, its papers, their sentences, and those read, best first.
    `has_members`: it is a list that has papers of its own."""

    query: Query
    plan: Plan
    result: SearchResult
    passages: Passages
    evidence: tuple[Evidence, ...]
    most_papers: int | None
    sense: Sense
    has_members: bool

    @property
    def only_titles(self) -> bool:
        """Whether nothing could be read of the papers meant, and one has no abstract: it is listed by its title."""
        meant = self.plan.papers
        return not self.evidence and any(hit.paper.id in meant and not hit.paper.abstract for hit in self.result.hits)

    def signals(self, result: SearchResult) -> dict[str, float]:
        """What tells whether the papers answer the question of this result."""
        return answerability.signals(result, self.passages.sentences, self.evidence)


class Quoting:
    """Makes answers of quotes, over one library."""

    def __init__(self, searcher: Searcher, senses: Senses, models: FittedModels, max_quotes: int) -> None:
        self._searcher = searcher
        self._senses = senses
        self._models = models
        self._max_quotes = max_quotes

    def answer(self, findings: Findings, clock: Clock) -> tuple[Answer, Sequence[Evidence]]:
        """The answer in quotes, and what it would quote, best first."""
        query, result, model = findings.query, findings.result, self._models.answerability
        signals = findings.signals(result)
        probability = answerability.p_answerable(model, signals)
        if findings.has_members and (probability >= model.threshold or findings.only_titles):
            # Members of a list are looked up: each shows by its own words that it belongs.
            probability = max(probability, model.sure)
        verdict = self._verdict(findings, probability)
        shows = verdict != "declined"
        most = 1 if query.step == "shorter" else self._max_quotes
        quotes = selection.choose(result, findings.plan, findings.evidence, most, self._models.choosing)
        counts = findings.plan.form == "list" and findings.sense.counts
        # Papers are counted before as many of them are shown as may be cited.
        quotes = selection.of_first_papers(quotes, None if counts else findings.most_papers)
        quotes = tuple(
            selection.narrow(item, query.typed, result.matches[item.paper.id])
            if item.paper.id in result.matches
            else item
            for item in quotes
        )
        missing: tuple[str, ...] = ()
        if verdict == "answered" and findings.plan.form == "one":
            missing = missing_parts(query.typed, quotes, lambda part: self._signals_of(part, findings))
        sentences = quoted.quote(quotes, query.typed) if shows else ()
        nearest = () if shows else tuple(hit.paper for hit in result.hits[:NEAREST])
        with_count = findings.plan.form == "list"
        lead = quoted.UNSURE if verdict == "nearest" else ""
        near = result.hits[: 1 if shows else NEAREST]
        told = {paper.id: paper for paper in (*(item.paper for item in quotes if shows), *(hit.paper for hit in near))}
        answer = Answer(
            question=query.typed,
            standalone_question=query.asked_as,
            mode="quote",
            outcome="partial" if missing else verdict,
            p_answerable=probability,
            text=quoted.text_of(sentences, with_count, missing, lead)
            if shows
            else quoted.declined_text(nearest, query.own_words),
            sentences=sentences,
            missing=missing,
            nearest=nearest,
            retrieved=result.hits[:RETRIEVED],
            evidence=findings.evidence,
            signals=signals,
            timings_ms=clock.times(),
            notice=lead,
            threshold=model.threshold,
            sure=model.sure,
            withheld=withheld(findings.passages.sentences, told),
        )
        refined = self._senses.refine(findings.sense, findings.plan, answer, quotes, findings.most_papers)
        return without_claim(refined, quotes, query.no_claim) if query.no_claim else refined, quotes

    def _verdict(self, findings: Findings, probability: float) -> Outcome:
        """Whether the quotes are the answer, the nearest words, or nothing is found."""
        model = self._models.answerability
        if not findings.evidence:
            return "answered" if findings.has_members and findings.only_titles else "declined"
        if findings.query.by_identifier or probability >= model.sure:
            return "answered"
        return "nearest" if probability >= model.threshold else "declined"

    def _signals_of(self, part: str, findings: Findings) -> dict[str, float]:
        """What tells whether the papers found answer a part of the question."""
        return findings.signals(self._searcher.match(part, findings.result.hits))
