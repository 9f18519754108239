"""The written answer from the quoted one: sentence by sentence, or the quotes with the reason where the writer fails.

Owns: what becomes of an answer while it is written. How a text is made from evidence is decided in `rag.answer.written`.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from rag.answer import quoted
from rag.answer.clock import Clock
from rag.answer.draft import Draft
from rag.answer.reasons import for_readers, limit_for_readers
from rag.answer.written import Composer
from rag.core.domain import Answer, Evidence, Progress
from rag.core.errors import WriterFailed
from rag.evidence import selection
from rag.models.writer import UNEXPECTED

log = logging.getLogger(__name__)
INSTEAD = "Quoted instead of written"
CUT_OFF = "The written answer was cut off"
"""How notices begin that tell of a writer which failed."""


def write(
    composer: Composer, answer: Answer, quotes: Sequence[Evidence], clock: Clock, most_papers: int | None
) -> Iterator[Progress | Answer]:
    """The answer in the writer's words, sentence by sentence; the quoted one, with the reason, where the writer fails."""
    read = len(answer.evidence)
    progress = Progress("writing", answer.standalone_question, answer.retrieved, read, read)
    yield progress
    # What is quoted comes first: its papers are among those that may be cited.
    evidence = answer.evidence
    if most_papers is not None:
        evidence = selection.of_papers(evidence, selection.first_papers((*quotes, *evidence), most_papers))
    draft = Draft()
    try:
        with closing(composer.compose(answer.standalone_question, evidence, quotes)) as drafts:  # type: ignore[type-var]
            for draft in drafts:
                if draft.sentences:
                    clock.first_text()
                growing = replace(_with(answer, draft), withheld=())
                yield replace(progress, draft=growing) if draft.sentences else progress
    except Exception as error:  # the quotes are there, so no failure of the writer may cost the answer
        reason = str(error) if isinstance(error, WriterFailed) else UNEXPECTED
        unexpected = not isinstance(error, WriterFailed)
        log.warning("quoting instead of writing with %s: %s", composer.writer.place, reason, exc_info=unexpected)
        clock.mark("write")
        yield replace(answer, timings_ms=clock.times(), notice=notice(reason, answer.notice))
        return
    clock.mark("write")
    written = _with(answer, draft) if draft.sentences else replace(answer, mode="write", dropped=draft.dropped)
    if draft.cut:
        cut = f"{CUT_OFF} by {limit_for_readers(draft.cut)}."
        written = replace(written, notice=f"{written.notice} {cut}".strip())
    yield replace(written, timings_ms=clock.times())


def notice(reason: str, before: str = "") -> str:
    """Why an answer that should have been written is quoted, as a sentence after what was to be said already."""
    reason = for_readers(reason)
    quoted_instead = f"{INSTEAD}: {reason}" + ("" if reason.endswith((".", "?", "!")) else ".")
    return f"{before} {quoted_instead}".strip()


def _with(answer: Answer, draft: Draft) -> Answer:
    """The written answer as far as it is there."""
    return replace(
        answer,
        mode="write",
        sentences=draft.sentences,
        dropped=draft.dropped,
        text=quoted.written_text(draft.sentences, answer.missing),
    )
