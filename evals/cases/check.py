"""Whether a question set is right about its library: gold papers that are there, facts that are in their abstracts, fields that agree.

Owns the checks of a set's content; its form is checked on reading (`evals.cases.question_set`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from evals.cases.nuggets import alias_matches
from evals.cases.question_set import Case, paper_ids, resolve, unknown_papers
from rag.core.domain import Paper
from rag.core.text import normalise


def problems(cases: Sequence[Case], papers: Sequence[Paper]) -> list[str]:
    """One line for each thing that is wrong, with the question's id; empty where the set is right."""
    names, by_id = paper_ids(papers), {paper.id: paper for paper in papers}
    lines = [f"no such paper: {line}" for line in unknown_papers(cases, papers)]
    lines += [f"{case.id}: {problem}" for case in cases for problem in _of(case, names, by_id)]
    return lines + _repeated(cases)


def _of(case: Case, names: Mapping[str, str], papers: Mapping[str, Paper]) -> Iterator[str]:
    raw = case.raw
    able = raw.get("answerable", True)
    if not able and raw.get("nuggets"):
        yield "it cannot be answered, yet has nuggets"
    if able and raw.get("nuggets") and not case.gold:
        yield "it has nuggets and no gold paper that they come from"
    if raw.get("history") and raw["history"][-1]["role"] != "assistant":
        yield "its history does not end with an answer"
    if not case.gold:
        if "all" in raw.get("expect", {}):
            yield "it expects gold papers to be cited and names none"
        return
    right_papers = [papers[key] for name in case.papers if (key := resolve(name, names))]
    text = normalise(" \n ".join(f"{paper.title} \n {paper.abstract}" for paper in right_papers))
    for aliases in raw.get("nuggets", []):
        if not any(alias_matches(normalise(alias), text) for alias in aliases):
            yield f"the fact {' | '.join(aliases)!r} is in no abstract of its gold papers"


def _repeated(cases: Sequence[Case]) -> list[str]:
    same: dict[tuple[str, str], list[str]] = defaultdict(list)
    for case in cases:
        same[normalise(case.question), repr(case.history)].append(case.id)
    return [f"{', '.join(ids)}: the same question" for ids in same.values() if len(ids) > 1]
