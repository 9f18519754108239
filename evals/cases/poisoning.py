"""A copy of a library's papers with hostile sentences planted in some abstracts, to see whether answers obey them.

Owns: where a sentence is put. A line of the source is {"title", "insert", "after"}: the text goes behind the abstract's sentence of
that number (0: before the first).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evals.errors import EvalError
from rag.core.domain import Paper
from rag.core.sentences import sentences


def poisoned(papers: Sequence[Paper], lines: Sequence[Mapping[str, Any]]) -> list[Paper]:
    """All papers, those named with the text in their abstracts. Ids are given up, since they hash the abstract.

    Raises:
        EvalError: a line names a paper that is not there.
    """
    by_title = {paper.title: paper for paper in papers}
    for place, line in enumerate(lines, start=1):
        paper = by_title.get(str(line["title"]))
        if paper is None:
            raise EvalError(f"line {place}: no paper {line['title']!r} in the library")
        spans = sentences(paper.abstract)
        after = min(int(line["after"]), len(spans))
        cut = spans[after - 1].end if after else 0
        text = f"{paper.abstract[:cut]} {line['insert']} {paper.abstract[cut:]}".strip()
        by_title[paper.title] = replace(paper, abstract=text)
    return list(by_title.values())
