"""The records that travel through citewise. All frozen, all plain data.

Owns: what a paper, a passage of it, a search result and an answer *are*. Knows nothing of files, databases, models or
screens. Offsets are character offsets into `Paper.abstract` as stored, half-open, so `abstract[start:end]` is the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["answered", "partial", "nearest", "declined"]
VERDICTS: Mapping[Outcome, str] = {
    "answered": "Answered",
    "partial": "Answered in part",
    "nearest": "Nearest words",
    "declined": "Not found",
}
Verdict = Literal["quote", "supported", "record"]
Origin = Literal["abstracts", "records", "guide"]
Mode = Literal["auto", "quote", "write"]
Stage = Literal["searching", "reading", "writing", "answering"]
Status = Literal["", "corrected", "concern", "withdrawn", "retracted"]
STATUSES: tuple[Status, ...] = ("", "corrected", "concern", "withdrawn", "retracted")
"""What its publisher or its authors have said of a paper since it appeared, the gravest last; "" is nothing."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as the library keeps it. `links` are the URLs named in the abstract's text, in order; `aliases` are the ids and DOIs of
    its other records, such as a preprint or an older version, which lead to it too. A paper whose abstract is not known has the
    abstract "", and its title is its only text. `version` is that of the preprint on the arXiv (None: not said)."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    url: str | None = None
    year: int | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    pmid: str | None = None
    venue: str | None = None
    links: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    pmcid: str | None = None
    acl_id: str | None = None
    isbn: str | None = None
    version: int | None = None
    status: Status = ""


NEW_FIELDS = ("pmcid", "acl_id", "isbn", "version", "status", "aliases")
"""Fields of a paper that libraries of older versions do not know: they are stored and hashed only where they say something."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record of a source file that could not become a paper: where it stands (1-based line) and why; `raw` is the beginning of what
    stands there."""

    line: int
    reason: str
    title: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What was left out or guessed while a record was read that went in all the same: where it stands (1-based line), and what."""

    line: int
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters of an abstract."""

    start: int
    end: int

    def of(self, abstract: str) -> str:
        """The words of the span."""
        return abstract[self.start : self.end]

    def overlaps(self, other: "Span") -> bool:
        """Whether the two have a character in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of one paper; the unit that is quoted."""

    paper_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Window:
    """A run of neighbouring sentences of one paper; the unit that is embedded, always together with the title."""

    id: int
    paper_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that retrieval found.

    `score` is the fused score (higher is better, comparable within one question only); `parts` are the raw scores it was
    made of: `dense` (cosine of the best window with its title, -1..1), `sentence` (cosine of the best bare sentence, -1..1) and
    `lexical` (BM25, >= 0); of those looked at closely `late` (how well the question's words are matched, -1..1) and, where a
    cross-encoder is set up, `cross` (its score); in an answer also `reading` (the score of the best sentence read).
    `windows` are its best windows, best first.
    """

    paper: Paper
    score: float
    parts: Mapping[str, float]
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that was read as a candidate for the answer.

    `score` is the fused score (higher is better, comparable within one question only). `parts`: `answers` (the trained reader's score,
    about -10..10) or, of another reader, `likelihood` (mean log-probability of the question's tokens, <= 0), `dense` (cosine, -1..1),
    `lexical` (share of the question's weight that the sentence covers, 0..1), `paper` (the fused score of its paper), `match`,
    `novelty`, `previous`, `restatement` (how it matches the question's words) and the flags `number`, `cause`, `code`, `own`; see
    `rag.evidence.ranking`. Of a sentence that was
    taken for its role `parts` are the probabilities of its roles; see `rag.evidence.roles`.
    """

    paper: Paper
    span: Span
    score: float
    parts: Mapping[str, float]

    @property
    def text(self) -> str:
        """The sentence's exact words."""
        return self.span.of(self.paper.abstract)


@dataclass(frozen=True, slots=True)
class Citation:
    """Marker `n` of an answer, resolved: these words of this paper."""

    n: int
    paper: Paper
    span: Span

    @property
    def quote(self) -> str:
        """The exact words cited."""
        return self.span.of(self.paper.abstract)


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer with what supports it.

    A `quote` is verbatim; `supported` is written and checked; a `record` is told from the details of the papers (authors, year, venue,
    how many there are), not from an abstract: its citations name the papers and have the empty span 0..0.
    """

    text: str
    verdict: Verdict
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that was not shown, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A sentence of an abstract that would have been read but is kept back, and why: it addresses its reader or a machine."""

    paper: Paper
    span: Span
    reason: str

    @property
    def text(self) -> str:
        """The sentence's exact words."""
        return self.span.of(self.paper.abstract)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the assistant says to one question; the same record in the terminal, the window, the API and the evals.

    `outcome`: `nearest` shows the words that come nearest to what is asked, and claims no answer; `declined` shows none. What each is
    called for readers, `verdict` says.
    `origin`: what it is made of: the abstracts, the records of the papers, or nothing (a `guide` tells what can be asked).

    `text` is the answer as shown, with `[n]` markers. `p_answerable` is in 0..1: below `threshold` the question is
    declined, from `sure` on it counts as answered; both are 0 where no abstract was read.
    `retrieved` are the papers found, best first. `evidence` are all sentences that were read, best first. `missing` are the parts of
    the question that were not found. `signals` are what `p_answerable` was made of (see `rag.evidence.answerability`). `timings_ms` has
    the keys rewrite, retrieve, read, first_text and total. `notice` says why an answer that should have been written is quoted, or what
    was not understood. `withheld` are the sentences of its papers that were kept back. `about` are the ids of the papers that the
    question is understood to be about, because of what was said before or because it names them by an identifier; none where it is
    asked of the whole library.
    """

    question: str
    standalone_question: str
    mode: Mode
    outcome: Outcome
    p_answerable: float
    text: str
    sentences: tuple[AnswerSentence, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    missing: tuple[str, ...] = ()
    nearest: tuple[Paper, ...] = ()
    retrieved: tuple[Hit, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    notice: str = ""
    threshold: float = 0.0
    origin: Origin = "abstracts"
    withheld: tuple[Withheld, ...] = ()
    about: tuple[str, ...] = ()
    sure: float = 0.0

    @property
    def about_papers(self) -> tuple[Paper, ...]:
        """The papers that the question is about, as far as the answer holds them."""
        found = (*self.cited_papers, *self.nearest, *(hit.paper for hit in self.retrieved))
        by_id = {paper.id: paper for paper in found}
        return tuple(by_id[paper_id] for paper_id in self.about if paper_id in by_id)

    @property
    def verdict(self) -> str:
        """The outcome in a reader's words, the same ones wherever an answer is shown."""
        return VERDICTS[self.outcome]

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations in reading order."""
        return tuple(citation for sentence in self.sentences for citation in sentence.citations)

    @property
    def cited_papers(self) -> tuple[Paper, ...]:
        """The cited papers in the order of their markers, each once."""
        by_marker = {citation.n: citation.paper for citation in self.citations}
        return tuple(by_marker[n] for n in sorted(by_marker))

    @property
    def message(self) -> "Message":
        """The answer as a message of the history that a later question comes with."""
        return Message("assistant", self.text, tuple(paper.id for paper in self.cited_papers))


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of `Assistant.stream` before the answer is complete.

    `hits` are the papers found (empty while searching); `done` of `total` candidate sentences have been read;
    `draft` is the growing answer; `about` as in `Answer`.
    """

    stage: Stage
    standalone_question: str
    hits: tuple[Hit, ...] = ()
    done: int = 0
    total: int = 0
    draft: Answer | None = None
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, or to a model that writes; `cited` are the ids of the papers that an answer cites, in their order.

    Control tokens in the content are text, never control.
    """

    role: Literal["system", "user", "assistant"]
    content: str
    cited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """Which weights made the embeddings: equal `sha256` means equal vectors, whatever the name."""

    name: str
    sha256: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    check: str
    ok: bool
    detail: str
