"""The sentences of an abstract that answer for one aspect of a paper: what it is, how it works, its problem, results or limits.

Owns: which sentences these are, by their roles, the name of the paper and a few words. Which paper is meant is decided in
`rag.answer.named`, and which aspect in `rag.question.aspects`. Pure functions.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rag.core.domain import Paper
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.evidence.roles import RoleSentence
from rag.question import kinds
from rag.question.summaries import SummaryRequest, comparable

_LIKELY = 0.35
"""A sentence that is this likely of a role is taken for one of it, where it is half as likely as the likeliest."""
_MOST_PROBLEMS = 2
_USUAL = 3
"""Sentences of a summary; only a longer one takes in what was known before."""


def sentences_of(paper: Paper, told: Sequence[RoleSentence], request: SummaryRequest) -> tuple[RoleSentence, ...]:
    """As many sentences as are asked for at most, in the abstract's order; none where the abstract says nothing of it.

    Args:
        paper: the one asked about.
        told: its sentences that may be quoted, in their order.
        request: the aspect; what it names is a name of the paper too.
    """
    if not told:
        return ()
    if request.part == "availability":
        return tuple(sentence for sentence in told if kinds.holds(sentence.text, "code"))[: request.sentences]
    # Where code is answers nothing else.
    content = [sentence for sentence in told if not kinds.holds(sentence.text, "code")] or list(told)
    view = _View(content, names_of(paper, request.target))
    chosen = _CHOICES.get(request.part, _View.summary)(view, request.sentences)
    places = list(dict.fromkeys(sentence.place for sentence in chosen))[: request.sentences]
    return tuple(sentence for sentence in told if sentence.place in places)


def names_of(paper: Paper, target: str = "") -> tuple[str, ...]:
    """What a paper is called in its abstract, in a form that can be compared."""
    names = (comparable(name_in_title(paper.title)), comparable(target))
    return tuple(name for name in dict.fromkeys(names) if name)


def near_limits(told: Sequence[RoleSentence]) -> tuple[RoleSentence, ...]:
    """What comes nearest to a limit: a loss that is told, else the result of the trial, which says what was tried."""
    content = [sentence for sentence in told if not kinds.holds(sentence.text, "code")]
    losses = [sentence for sentence in content if patterns("near_limits").search(sentence.text)]
    if losses:
        return tuple(losses[:_MOST_PROBLEMS])
    return tuple(sorted(content, key=_result)[-1:])


class _View:
    """The sentences of one abstract, seen from the one that introduces what the paper is about."""

    def __init__(self, told: Sequence[RoleSentence], names: Sequence[str]) -> None:
        self._told = told
        self._names = names
        self.opening = max(told, key=self._introduces)

    def summary(self, most: int) -> Iterator[RoleSentence]:
        """What it is, what came out, how it works, then more of each, then the rest."""
        ways = self._ways()
        yield self.opening
        if most > 1:
            yield from self._results()[:1]
        yield from ways
        yield from self._results()
        if most > _USUAL:
            yield from self._told

    def contribution(self, most: int) -> Iterator[RoleSentence]:
        """What it is, how it works, and what came out."""
        yield self.opening
        yield from self._ways()[:1]
        yield from self._results()
        yield from self._ways()

    def plainly(self, most: int) -> Iterator[RoleSentence]:
        """What it is, then the shortest sentences on how it works or what came out."""
        yield self.opening
        rest = [*self._ways()[:3], *self._results()[:2]]
        yield from sorted(rest, key=lambda sentence: len(sentence.text.split()))

    def ways(self, most: int) -> Iterator[RoleSentence]:
        """How it works; the sentence that introduces it only where no other tells."""
        every = [(self._way(sentence), sentence) for sentence in self._told if sentence != self.opening]
        ways = _likely(every)
        yield from ways
        if not ways:
            yield self.opening
            yield from self._ways()[:1]

    def problem(self, most: int) -> Iterator[RoleSentence]:
        """What was wrong before, and what is done about it."""
        before = [sentence for sentence in self._told if sentence.place < self.opening.place]
        known = [sentence for sentence in self._told if sentence.roles["background"] > 0.5]
        troubled = [sentence for sentence in before if _is_trouble(sentence)]
        troubled = troubled or [sentence for sentence in known if _is_trouble(sentence)] or before[-1:]
        told = sorted(troubled, key=_trouble, reverse=True)
        yield from told[: min(_MOST_PROBLEMS, max(1, most - 1))]
        yield self.opening

    def purpose(self, most: int) -> Iterator[RoleSentence]:
        """What is aimed at."""
        yield self.opening
        yield from _likely([(sentence.roles["objective"], sentence) for sentence in self._told])[:1]

    def outcome(self, most: int) -> Iterator[RoleSentence]:
        """What came out."""
        results = _likely([(_result(sentence), sentence) for sentence in self._told if sentence != self.opening])
        yield from results or self._results()[:1] or [self.opening]

    def limits(self, most: int) -> Iterator[RoleSentence]:
        """The limits that the work states of itself."""
        for sentence in self._told:
            text = sentence.text
            # What is overcome is the limit of others.
            of_others = patterns("others_work", "limits_of_others", "proposes").search(text)
            own = sentence.place > self.opening.place and sentence.roles["background"] < 0.5
            if own and not of_others and patterns("states_limits").search(text):
                yield sentence

    def _introduces(self, sentence: RoleSentence) -> float:
        words = comparable(sentence.text)
        named = any(_has(words, name) for name in self._names)
        proposes = patterns("proposes").search(sentence.text) is not None
        introduces = patterns("introduces").search(sentence.text) is not None
        roles = sentence.roles
        return (
            2.0 * (named and introduces and roles["result"] < 0.6)
            + 0.5 * named
            + 1.0 * proposes
            + 0.3 * kinds.tells_own_work(sentence.text)
            + roles["objective"]
            + 0.5 * roles["method"]
            - roles["background"]
            - roles["result"]
            - 0.05 * sentence.place
        )

    def _ways(self) -> list[RoleSentence]:
        """Sentences after the opening, those that tell how it works first."""
        after = [sentence for sentence in self._told if sentence.place > self.opening.place]
        return sorted(after, key=lambda sentence: -self._way(sentence))

    def _way(self, sentence: RoleSentence) -> float:
        named = any(_has(comparable(sentence.text), name) for name in self._names)
        tried = patterns("tells_evaluation").search(sentence.text) is not None
        follows = sentence.place == self.opening.place + 1
        gains = patterns("tells_gain").search(sentence.text) is not None
        adds = patterns("adds_more").search(sentence.text) is not None
        way = sentence.roles["method"] - sentence.roles["background"]
        return way - 0.6 * tried - 0.3 * gains - 0.15 * adds + 0.1 * follows + 0.1 * named

    def _results(self) -> list[RoleSentence]:
        """All sentences but the opening, those that tell what came out first."""
        rest = [sentence for sentence in self._told if sentence.place > self.opening.place]
        return sorted(rest, key=_result, reverse=True)


_CHOICES: dict[str, Callable[[_View, int], Iterable[RoleSentence]]] = {
    "contribution": _View.contribution,
    "simple": _View.plainly,
    "method": _View.ways,
    "problem": _View.problem,
    "purpose": _View.purpose,
    "results": _View.outcome,
    "limits": _View.limits,
}


def _likely(scored: Sequence[tuple[float, RoleSentence]]) -> list[RoleSentence]:
    """Those likely enough, the likeliest first."""
    least = max(_LIKELY, max((score for score, _ in scored), default=0.0) / 2)
    good = [(score, sentence) for score, sentence in scored if score >= least]
    return [sentence for _, sentence in sorted(good, key=lambda item: -item[0])]


def _result(sentence: RoleSentence) -> float:
    """How much a sentence is the main result: what only adds to one comes after it."""
    number = kinds.holds(sentence.text, "number")
    tells = patterns("tells_result").search(sentence.text) is not None
    adds = patterns("adds_more").search(sentence.text) is not None
    gains = patterns("tells_gain").search(sentence.text) is not None
    only_tried = patterns("tells_evaluation").search(sentence.text) is not None and not gains
    return sentence.roles["result"] + 0.4 * number + 0.2 * tells - 0.3 * adds - 0.4 * only_tried


def _is_trouble(sentence: RoleSentence) -> bool:
    return patterns("trouble", "contrasts").search(sentence.text) is not None


def _trouble(sentence: RoleSentence) -> float:
    """How much a sentence tells what was wrong, and not what was done about it."""
    solved = patterns("limits_of_others").search(sentence.text) is not None
    told = patterns("trouble").search(sentence.text) is not None
    return sentence.roles["background"] + 0.5 * told + 0.05 * sentence.place - 0.3 * solved


def _has(words: str, name: str) -> bool:
    return f" {name} " in f" {words} "
