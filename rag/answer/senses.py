"""Questions that turn the sense round: negated ones, the last of an order, details that abstracts lack, other languages, summaries.

Owns: which of them a question is, and the answer where it is not the usual one. What the words of a question mean is decided in
`rag.question`, what such an answer holds in the modules beside this one. An answer made by looking words up has the probability 1;
where what is asked for is not there, the outcome is "nearest": the words are shown and no answer is claimed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.answer import available, counted, details, languages, listed, quoted, values, without
from rag.answer.aspects import Aspects
from rag.answer.languages import OTHER_LANGUAGE, Foreign
from rag.answer.told import Told, limited, without_claim
from rag.core.domain import Answer, Evidence, Hit, Paper
from rag.core.lexicon import patterns
from rag.core.text import STOP_WORDS, words
from rag.evidence.plan import Plan
from rag.evidence.roles import RoleModel
from rag.question import extremes
from rag.question.aspects import aspect_request
from rag.question.availability import availability
from rag.question.follow_up import Query
from rag.question.languages import is_foreign
from rag.question.negations import Negation, naming, negation
from rag.question.summaries import SummaryRequest
from rag.search.paper_names import owners
from rag.search.searcher import RETRIEVED, Searcher

_NOT_LATIN = re.compile(r"[^\u0000-\u024f]+")
_NEAREST = 3
_MOST_WORDS = 4
"""Of a term that is asked for."""
NO_MERIT = "No merits are compared across papers: these are papers on the topic, in no order of merit."
NO_MERIT_AT_ALL = (
    "The abstracts do not say which of all is the best, the smallest or the most cited. "
    "Ask for a topic, or for the values of a measure, such as the lowest FID."
)


@dataclass(frozen=True, slots=True)
class Sense:
    """How a question is understood beyond its form: `query` is what is asked, without a condition that `condition` holds or without
    the `merit` that is asked for. `aspect` is the aspect that is asked for, of the `papers` with these ids, or of a thing where there
    are none. `words` are those of the question, without what it says of authors, years and venues."""

    query: Query
    words: str
    condition: Negation | None = None
    merit: bool = False
    aspect: SummaryRequest | None = None
    papers: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the question asks how many papers there are."""
        return extremes.counts_papers(self.words)

    def keeps(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """The papers found that the condition does not leave out; all where it is no condition of the kind."""
        if self.condition is None:
            return tuple(hits)
        if left_out := self.left_out(hits):
            return tuple(hit for hit in hits if hit.paper not in left_out)
        names = [naming(thing) for thing in self.condition.things]
        kept = [hit for hit in hits if not any(name.search(_text(hit.paper)) for name in names)]
        return tuple(kept)

    def left_out(self, hits: Sequence[Hit]) -> list[Paper]:
        """The papers that a condition leaves out by their names ("all but DeepCache")."""
        if self.condition is None or self.condition.manner != "but":
            return []
        names = {thing.lower() for thing in self.condition.things}
        return [hit.paper for hit in hits if names & {quoted.short_name(hit.paper).lower(), hit.paper.title.lower()}]


class Senses:
    """Answers what the usual flow would turn round. `description` says which embedder runs, `roles` tells the roles of sentences."""

    def __init__(self, searcher: Searcher, description: Mapping[str, str], roles: RoleModel) -> None:
        self._searcher = searcher
        self._aspects = Aspects(searcher, roles, description.get("embedder_sha256", ""))
        self._one_language = patterns("many_languages").search(description.get("embedder", "")) is None

    def introduction(self, paper: Paper) -> tuple[Evidence, ...]:
        """The sentence that says what a paper is."""
        return self._aspects.introduction(paper)

    def foreign(self, question: str) -> Foreign | None:
        """The question, where it is in a language that the models do not read and names papers of the library."""
        return languages.foreign(question, self._searcher.library) if self._one_language else None

    def understand(self, query: Query) -> Sense:
        """The question with a paper to sum up, or without a condition that can be applied to the papers found."""
        if self._one_language and not query.about and not query.no_claim and is_foreign(query.typed):
            shared = languages.by_shared_words(query, self._searcher.library)
            return Sense(shared or query, query.typed)
        request = aspect_request(query.typed) if query.within is None and not query.step else None
        if request is not None and (meant := self._aspects.meant(query, request)) is not None:
            about, papers = meant
            # "What is the lowest FID?" asks for no definition.
            if papers or extremes.extreme(query.typed) is None:
                return Sense(about, query.typed, aspect=request, papers=papers)
        asked = query.own_words if query.within is not None or query.notice else query.typed
        condition = None if query.about else negation(asked)
        if condition is not None and condition.manner != "without" and condition.has_topic:
            rest = replace(query, own_words=condition.rest, text=condition.rest, sentence_question=condition.rest)
            return Sense(rest, asked, condition)
        if not query.about and extremes.asks_for_merit(asked) and extremes.extreme(asked) is None:
            topic = extremes.topic_of_merit(asked)
            text = f"Which papers are about {topic}?" if topic else query.text
            return Sense(replace(query, own_words=text, text=text, sentence_question=text), asked, merit=True)
        return Sense(query, asked)

    def answer(self, sense: Sense, hits: Sequence[Hit], most_papers: int | None = None) -> Answer | None:
        """The answer to a question that is not read as usual, from the first `most_papers` papers; None where it is read as usual."""
        query = sense.query
        if sense.aspect is not None:
            return self._aspects.answer(query, sense.aspect, sense.papers[:most_papers], hits)
        told = self._told(sense, hits) if hits and not query.by_identifier else None
        if told is None:
            return None
        return _answer(query, hits, limited(told, most_papers))

    def _told(self, sense: Sense, hits: Sequence[Hit]) -> Told | None:
        query = sense.query
        if (
            self._one_language
            and not query.about
            and not query.no_claim
            and is_foreign(query.typed)
            and not _names_a_paper(query.typed, hits)
        ):
            return Told(OTHER_LANGUAGE, (), "declined")
        if sense.merit and not extremes.topic_of_merit(sense.words):
            return Told(NO_MERIT_AT_ALL, (), "declined")
        condition = negation(sense.words) if sense.condition is None else None
        # "Which method does DeepCache use without ..." is about DeepCache.
        if condition is not None and not owners(sense.words.partition(condition.things[0])[0], hits):
            among = tuple(hit for hit in hits if hit.paper.id in query.about)
            only = bool(among) or query.within is not None
            return without.papers(condition, among or hits, self._searcher.library, only=only)
        return self._over_all(sense, hits) if not query.about else None

    def _over_all(self, sense: Sense, hits: Sequence[Hit]) -> Told | None:
        library, only = self._searcher.library, sense.query.within is not None
        wanted = availability(sense.words)
        if wanted is not None:
            return available.papers(wanted, hits, library, only=only)
        asked = extremes.extreme(sense.words)
        if asked is not None and not any(_named_in(sense.words, hit.paper) for hit in hits):
            return values.sorted_values(asked, hits, library, only=only)
        least = extremes.threshold(sense.words)
        return values.with_number(least, hits, library, only=only) if least else None

    def refine(
        self, sense: Sense, plan: Plan, answer: Answer, quotes: Sequence[Evidence], most_papers: int | None = None
    ) -> Answer:
        """The usual answer, unless what is asked for is missing from the papers it quotes.

        Args:
            sense: how the question was understood.
            plan: how its form was understood.
            answer: in quotes.
            quotes: what it quotes, best first.
            most_papers: how many papers are shown where they are counted.
        """
        if answer.outcome != "declined" and sense.condition is not None:
            papers = "" if sense.condition.manner == "but" else "papers that name "
            return quoted.noticed(answer, f"Left out: {papers}{sense.condition.name}.")
        if answer.outcome != "declined" and sense.merit:
            return quoted.noticed(answer, NO_MERIT)
        if plan.form == "list" and not plan.papers:
            return listed.none_of_the_kind(sense.words, answer, [hit.paper for hit in answer.retrieved[:_NEAREST]])
        if plan.form == "list":
            return self._listed(sense, answer, most_papers) if answer.outcome in ("answered", "partial") else answer
        if answer.outcome == "answered" and (thing := _undefined(sense)):
            return without_claim(answer, quotes, f"No abstract here says what \u201c{thing}\u201d is. Nearest words:")
        told = details.missing(sense.query, answer, quotes)
        if told is None:
            return answer
        sentences = quoted.quote(told.evidence)
        return replace(
            answer,
            outcome="nearest",
            # What a text of this kind always says in known words is not there: less likely than not, whatever the topic matches.
            p_answerable=round(min(answer.p_answerable, answer.threshold / 2), 4),
            text=quoted.text_of(sentences, lead=told.lead),
            sentences=sentences,
            missing=(),
            nearest=(),
            notice=told.lead,
        )

    def _listed(self, sense: Sense, answer: Answer, most_papers: int | None) -> Answer:
        if sense.counts:
            told = limited(counted.papers(sense.words, answer, self._searcher.library), most_papers)
            sentences = quoted.quote(told.evidence)
            return replace(
                answer, sentences=sentences, notice=told.lead, text=quoted.text_of(sentences, lead=told.lead)
            )
        return listed.with_more(sense.words, answer, self._searcher.library)


def _answer(query: Query, hits: Sequence[Hit], told: Told) -> Answer:
    sentences = quoted.quote(told.evidence)
    return Answer(
        question=query.typed,
        standalone_question=query.asked_as,
        mode="quote",
        outcome=told.outcome,
        p_answerable=float(told.outcome == "answered"),
        text=quoted.text_of(sentences, lead=told.lead),
        sentences=sentences,
        retrieved=tuple(hits[:RETRIEVED]),
        evidence=told.evidence,
        notice=told.lead,
    )


def _undefined(sense: Sense) -> str:
    """The thing that a question asks for, where it is one term and no abstract was found to say what it is; else "".

    A longer target asks for more than a definition ("What is the effect of X on Y?").
    """
    if sense.aspect is None or sense.aspect.part != "definition" or sense.papers or sense.query.about:
        return ""
    typed = words(sense.aspect.target)
    return sense.aspect.target if 1 <= len(typed) <= _MOST_WORDS and not set(typed) & STOP_WORDS else ""


def _names_a_paper(question: str, hits: Sequence[Hit]) -> bool:
    question = _NOT_LATIN.sub(" ", question)
    return bool(owners(question, hits)) or any(_named_in(question, hit.paper) for hit in hits)


def _named_in(question: str, paper: Paper) -> bool:
    """Whether the name that a title begins with stands in the question."""
    name = quoted.short_name(paper)
    return name != paper.title and name.lower() in question.lower()


def _text(paper: Paper) -> str:
    return f"{paper.title} {paper.abstract}"
