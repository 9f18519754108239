"""Papers that make something available, looked up in all abstracts; what is said of them.

Owns: which papers are looked at and how many are counted. What is asked for, `rag.question.availability` decides.
"""

from collections.abc import Sequence

from rag.answer.told import MOST_LISTED, Told, evidence, sentences_of
from rag.core.domain import Evidence, Hit, Paper
from rag.core.escaping import counted
from rag.library.store import Library
from rag.question.availability import Availability
from rag.question.topics import share_of

_MOST_LOOKED_AT = 2_000
_WORDS = {
    "code": ("code", "codes", "codebase", "github", "gitlab", "implementation", "software", "toolkit"),
    "data": ("dataset", "datasets", "data", "corpus", "benchmark"),
    "models": ("weights", "checkpoints", "checkpoint", "huggingface"),
    "pages": ("page", "website", "demo", "demos", "homepage", "http", "https"),
}
"""Words by which papers are looked up whose sentences are then read."""
_NAMED = 0.99


def papers(asked: Availability, hits: Sequence[Hit], library: Library, *, only: bool = False) -> Told:
    """The papers whose abstract says that it is there; `only` among those found."""
    if only or asked.about:
        looked_at = [hit.paper for hit in hits]
    else:
        looked_at = library.papers(library.lexical(_WORDS[asked.thing], _MOST_LOOKED_AT))
    right = [paper for paper in looked_at if _on_topic(asked, paper) and asked.says(paper.abstract)]
    shown = _quotes(asked, right[: 2 * MOST_LISTED], library)[:MOST_LISTED]
    name = asked.name
    if not shown:
        return Told(f"No abstract here says that its authors make {name} available.", (), "declined")
    says = "says" if len(right) == 1 else "say"
    more = f"; the first {len(shown)}:" if len(right) > len(shown) else ":"
    least = "At least " if len(looked_at) == _MOST_LOOKED_AT else ""
    return Told(
        f"{least}{counted(len(right), 'paper')} {says} where to find {name}, or that it is available{more}",
        tuple(shown),
    )


def _on_topic(asked: Availability, paper: Paper) -> bool:
    return not asked.about or share_of(asked.about, f"{paper.title}. {paper.abstract}") >= _NAMED


def _quotes(asked: Availability, found: Sequence[Paper], library: Library) -> list[Evidence]:
    """Of each paper the last sentence that says it: it stands at the end of an abstract."""
    quotes = []
    for paper, spans in sentences_of(found, library):
        says = [span for span in spans if asked.says(span.of(paper.abstract))]
        if says:
            quotes.append(evidence(paper, says[-1]))
    return quotes
