"""The whole flow, top to bottom: question + history -> query -> papers -> sentences -> answer, in quotes or written.

Owns: the order of the steps, timings. Every part is handed in (see `rag.wiring`).
"""

import copy
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace

from rag.answer import chosen, quoted, repeats, writing
from rag.answer.again import comes_again
from rag.answer.by_words import ByWords
from rag.answer.clock import Clock
from rag.answer.library_facts import nothing_more
from rag.answer.quoting import Findings, FittedModels, Quoting
from rag.answer.records import Records
from rag.answer.senses import Sense, Senses
from rag.answer.status_notes import with_status
from rag.answer.written import Composer
from rag.core.domain import Answer, Evidence, Hit, Message, Mode, Paper, Progress
from rag.core.errors import LibraryError
from rag.core.kept import Kept
from rag.core.paper_filter import PaperFilter
from rag.evidence.plan import plan
from rag.evidence.ranking import Passages, SentenceRanker, rerank_by_evidence
from rag.library.catalogue import Catalogue
from rag.library.choices import Choices, Kind, Names
from rag.library.overview import Overview, Overviews
from rag.library.spelling import TitleWords
from rag.library.store import Library
from rag.question.follow_up import Query
from rag.search.searcher import RETRIEVED, Searcher

_KEPT_FILTERS = 8
"""Of the newest ones the assistants are kept."""
_LARGE = 1_000
"""Papers of a library that is prepared for questions: of fewer nobody waits."""


class Assistant:
    """Answers questions. Build it with `rag.wiring.open_assistant`."""

    def __init__(
        self,
        searcher: Searcher,
        ranker: SentenceRanker,
        models: FittedModels,
        description: Mapping[str, str],
        *,
        max_quotes: int,
        mode: Mode = "auto",
        composer: Composer | None = None,
    ) -> None:
        self.description = description
        """What runs: embedder, device, reader, prompts and mode."""
        self._ranker = ranker
        self._models = models
        self._max_quotes = max_quotes
        self._mode = mode
        self._composer = composer
        self._chosen = Kept[PaperFilter, Assistant](_KEPT_FILTERS)
        self._owner: Assistant | None = None
        self._users = {id(self)}
        self._look_through(searcher)

    def _look_through(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self._title_words = TitleWords(searcher.library)
        self._overviews = Overviews(searcher.library)
        self._choices = Choices(searcher.library)
        self.catalogue = Catalogue(searcher.library, self._choices)
        """Its papers as a table."""
        self._senses = Senses(searcher, self.description, self._models.roles)
        self._quoting = Quoting(searcher, self._senses, self._models, self._max_quotes)
        self._records = Records(searcher.library, self._senses.introduction)

    def over(self, papers: PaperFilter) -> "Assistant":
        """This assistant, asked of the papers that a filter means alone, instead of those it has now; its answers say so. Where all
        papers are meant it is the one of the whole library.

        It shares all models with this one and lives as long; closing it does nothing. Those of a few filters are kept.

        Raises:
            LibraryError: the library's file cannot be read.
        """
        whole = self._owner or self
        return whole if papers.is_empty else whole._chosen.get(papers, whole._over)

    def _over(self, papers: PaperFilter) -> "Assistant":
        other = copy.copy(self)
        other._owner = self
        other._look_through(self.searcher.over(papers))
        return other

    def beside(self, searcher: Searcher) -> "Assistant":
        """This assistant over the library of another searcher. It shares the models of this one; closing it closes its library, and the
        writer where no other one that shares it is open."""
        other = copy.copy(self)
        other._chosen, other._owner = Kept(_KEPT_FILTERS), None
        other._users.add(id(other))
        other._look_through(searcher)
        return other

    def at_limits(self, threshold: float, sure: float) -> "Assistant":
        """The same one, which shows words from the probability `threshold` on and calls them the answer from `sure` on. With 0 and 0 it
        shows what it would quote, also where it would decline."""
        other = copy.copy(self)
        other._chosen, other._users = Kept(_KEPT_FILTERS), {id(other)}
        other._models = replace(
            self._models, answerability=replace(self._models.answerability, threshold=threshold, sure=sure)
        )
        other._look_through(self.searcher)
        return other

    def prepare(self) -> None:
        """Have what the first question about a large library would wait for made in the background."""
        if self.library.count() >= _LARGE:
            threading.Thread(target=self._prepare, name="preparing a library", daemon=True).start()

    def _prepare(self) -> None:
        with suppress(LibraryError):  # whoever asks is told
            self._records.bibliography()
            self.searcher.prepare()

    @property
    def library(self) -> Library:
        """The open library."""
        return self.searcher.library

    @property
    def revision(self) -> int:
        """Of the library: grows with every change of its papers."""
        return self.library.revision

    @property
    def state(self) -> tuple[int, int]:
        """Of the library: another one with each change of its file."""
        return self.library.state

    def comes_again(self, answer: Answer) -> bool:
        """Whether an answer of now would come out just so again, as long as the state is the same."""
        return comes_again(answer, self.description, is_whole=self.searcher.retriever.is_whole)

    def close(self) -> None:
        """Let go of the vector index and the library, and of the writer where nobody else shares it."""
        if self._owner:
            return
        self._users.discard(id(self))
        if self._composer and not self._users:
            self._composer.close()
        self.searcher.close()

    def search(self, question: str, limit: int = RETRIEVED) -> tuple[Hit, ...]:
        """See `Searcher.search`."""
        return self.searcher.search(question, limit)

    @property
    def notice(self) -> str:
        """What is to be said of the papers that this thread looked for last: how they were found, where that was not as usual."""
        return self.searcher.notice

    def standalone(self, question: str, history: Sequence[Message] = ()) -> str:
        """See `Searcher.standalone`."""
        return self.searcher.standalone(question, history)

    def similar(self, paper_id: str, limit: int = 5) -> tuple[Hit, ...]:
        """See `Searcher.similar`."""
        return self.searcher.similar(paper_id, limit)

    def find_papers(self, words: str, limit: int) -> tuple[int, tuple[Paper, ...]]:
        """See `Searcher.find_papers`."""
        return self.searcher.find_papers(words, limit)

    def papers(self, ids: Iterable[str] | None = None) -> tuple[Paper, ...]:
        """See `Searcher.papers`."""
        return self.searcher.papers(ids)

    def respelled(self, words: str) -> str:
        """What was likely meant by words that no paper holds, as titles spell it; nothing where that cannot be told."""
        return self._title_words.respelled(words)

    def overview(self) -> Overview:
        """The library at a glance: its topics and years."""
        return self._overviews.now()

    def names(self, kind: Kind, words: str, limit: int) -> Names:
        """See `Choices.names`."""
        return self._choices.names(kind, words, limit)

    def count(self, chosen: PaperFilter) -> int:
        """How many papers a filter means: quickly, for whoever fills in a form."""
        return self._choices.count(chosen)

    def told(self, question: str) -> Answer | None:
        """The answer that the records alone give to a question, without what was said before it; None where they give none."""
        told = self._records.again(question)
        return told and chosen.noticed(told, self.library)

    def ask(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Answer:
        """The complete answer.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return next(step for step in self.stream(question, history, mode, most_papers) if isinstance(step, Answer))

    def stream(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Iterator[Progress | Answer]:
        """What happens, step by step; the last item is the complete answer. Closing the iterator stops the work.

        Args:
            question: as typed.
            history: earlier messages, oldest first.
            mode: auto writes where a writer is there, quote never, write says in `Answer.notice` why it could not.
            most_papers: how many papers the answer may cite; the first ones stay. None sets no limit.

        Raises:
            QuestionError: the question is empty or too long.
        """
        steps = self._spelled(question, history, mode, most_papers)
        with closing(steps):
            for step in steps:
                yield chosen.noticed(step, self.library) if isinstance(step, Answer) else step

    def _spelled(
        self, question: str, history: Sequence[Message], mode: Mode, most_papers: int | None
    ) -> Generator[Progress | Answer, None, None]:
        read = self.searcher.spelled(question)
        steps = self._stream(read.text, history, mode, most_papers)
        with closing(steps):
            for step in steps:
                if isinstance(step, Answer):
                    step = with_status(step)
                if isinstance(step, Answer) and read.changes:
                    # The question stays as typed; the standalone one is how it was read.
                    step = quoted.noticed(replace(step, question=question), read.notice)
                yield step

    def _stream(
        self, question: str, history: Sequence[Message], mode: Mode, most_papers: int | None
    ) -> Generator[Progress | Answer, None, None]:
        clock = Clock()
        mode = self._mode if mode == "auto" else mode
        other = self._senses.foreign(question)
        if other and other.english:
            yield from other.restored(self._spelled(other.english, history, mode, most_papers))
            return
        understood = self.searcher.understand(question, history)
        if (told := chosen.nothing_in(understood, self.library)) is not None:
            yield replace(told, timings_ms=clock.times())
            return
        if other:
            understood = other.restricted(understood)
        by_words = ByWords(self.searcher)
        with closing(self._steps(understood, mode, most_papers, clock, by_words, asks_records=other is None)) as steps:
            for step in steps:
                if isinstance(step, Answer):
                    yield replace(by_words.noticed(step), about=understood.about)
                else:
                    yield replace(step, about=understood.about, draft=_about(step.draft, understood))

    def _steps(
        self,
        understood: Query,
        mode: Mode,
        most_papers: int | None,
        clock: Clock,
        by_words: ByWords,
        *,
        asks_records: bool = True,
    ) -> Generator[Progress | Answer, None, None]:
        told = self._records.answer(understood) if asks_records else understood
        clock.mark("rewrite")
        if isinstance(told, Answer):
            yield replace(told, timings_ms=clock.times())
            return
        sense = self._senses.understand(told)
        query = sense.query
        yield Progress("searching", query.asked_as)
        hits = sense.keeps(self.searcher.retrieve(query))
        by_words.look()
        clock.mark("retrieve")
        yield Progress("reading", query.asked_as, hits[:RETRIEVED])
        if (looked_up := self._senses.answer(sense, hits, most_papers)) is not None:
            clock.mark("read")
            model = self._models.answerability
            looked_up = quoted.noticed(looked_up, query.notice)
            looked_up = replace(looked_up, timings_ms=clock.times(), threshold=model.threshold, sure=model.sure)
            if sense.aspect is None or looked_up.outcome != "answered":
                yield looked_up
                return
            answer, is_list = looked_up, False
            quotes: Sequence[Evidence] = looked_up.evidence[: len(looked_up.sentences)]
        else:
            findings = yield from self._read(sense, hits, most_papers)
            clock.mark("read")
            if query.step == "more" and not findings.evidence:
                yield replace(nothing_more(query, self.papers(query.about)), timings_ms=clock.times())
                return
            answer, quotes = self._quoting.answer(findings, clock)
            answer = quoted.noticed(answer, query.notice)
            is_list = findings.plan.form == "list"
        # What is looked up or merely comes near is quoted always, so that there is nothing to say of a writer.
        if self._composer is None and mode == "write" and not quoted.lead_of(answer):
            reason = self.description.get("mode_reason", "there is no writer")
            answer = replace(answer, notice=writing.notice(reason, answer.notice))
        has_words = any(item.text for item in quotes)
        if (
            self._composer
            and mode != "quote"
            and answer.outcome in ("answered", "partial")
            and has_words
            and not is_list
        ):
            words = [item for item in quotes if item.text]
            yield from writing.write(self._composer, answer, words, clock, most_papers)
            return
        read = len(answer.evidence)
        # A list stands as a whole: it is no text that grows.
        growing = 0 if is_list else len(answer.sentences)
        for count in range(1, growing):
            yield Progress("answering", query.asked_as, answer.retrieved, read, read, _first(answer, count))
        yield answer

    def _read(self, sense: Sense, hits: Sequence[Hit], most_papers: int | None) -> Generator[Progress, None, Findings]:
        """Look closely at the papers and rank their sentences."""
        query = sense.query
        result = self.searcher.look_closely(query, hits)
        passages = Passages(*self.library.sentences(hit.paper.id for hit in result.hits))
        understood = plan(query, result, passages.sentences, self._models.listing)
        to_rank = result
        if query.sentence_question != query.text:
            to_rank = self.searcher.match(query.sentence_question, result.hits)
        evidence: tuple[Evidence, ...] = ()
        for step in self._ranker.rank(to_rank, passages, understood):
            evidence = step.evidence
            yield Progress("reading", query.asked_as, result.hits[:RETRIEVED], step.done, step.total)
        result = replace(result, hits=rerank_by_evidence(result.hits, evidence))
        # A list without members has no papers of its own.
        members = understood.form == "list" and bool(understood.papers)
        ranked = repeats.set_back(evidence, query)
        return Findings(query, understood, result, passages, ranked, most_papers, sense, members)


def _about(draft: Answer | None, query: Query) -> Answer | None:
    return replace(draft, about=query.about) if draft else None


def _first(answer: Answer, count: int) -> Answer:
    """The growing answer: its first sentences."""
    sentences = answer.sentences[:count]
    return replace(answer, sentences=sentences, text=quoted.text_of(sentences), withheld=())
