"""Which of the papers of a conversation is the newest or the oldest: read from the years of their records."""

import re

from rag.answer import record_answers
from rag.answer.library_facts import list_of
from rag.core.domain import Answer
from rag.core.escaping import counted
from rag.core.lexicon import patterns
from rag.library.store import Library
from rag.question.follow_up import Query

_OLDEST = re.compile("old|earl|first", re.IGNORECASE)


def by_age(query: Query, library: Library) -> Answer | None:
    """The answer where the question asks which of several papers that it is about is the newest; else None."""
    asked = patterns("asks_age_among").search(query.typed) if len(query.about) > 1 else None
    if asked is None:
        return None
    papers = library.papers(query.about)
    dated = [(paper.year, paper) for paper in papers if paper.year is not None]
    if not dated:
        return record_answers.not_recorded(query, "The records of these papers name no years.", papers)
    oldest = _OLDEST.search(asked.group()) is not None
    year = (min if oldest else max)(year for year, _ in dated)
    found = [paper for of_year, paper in dated if of_year == year]
    undated = len(papers) - len(dated)
    left_out = f" ({counted(undated, 'paper')} without a year left out)" if undated else ""
    verb = "is" if len(found) == 1 else "are"
    head = f"Of these {counted(len(papers), 'paper')}{left_out}, the {'oldest' if oldest else 'newest'} {verb} from {year}:"
    return list_of(query, head, found, len(found))
