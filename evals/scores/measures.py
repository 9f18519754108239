"""The measures of one answered question, from what its line of a run file carries.

Owns: what each measure is and to which questions it applies: None where it does not, which is never 0. Knows nothing of means.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals.cases.nuggets import alias_matches
from rag.core.text import normalise

Line = Mapping[str, Any]
Measure = Callable[[Line], float | None]

SHORT = 10
"""Reference answers of at most so many words are not scored by ROUGE-L: exact match and token F1 fit them."""


def grades(line: Line) -> dict[str, int]:
    """How relevant each paper that a right answer cites is (1 where no grade is given), by its id in the library.

    Names that stand for the same paper count once.
    """
    case: Mapping[str, Any] = line["case"]
    ids = _ids(line)
    graded: dict[str, int] = {name: grade for name, grade in case.get("grades", {}).items() if grade > 0}
    named = dict.fromkeys([*case.get("gold", []), *case.get("gold_ids", [])], 1) | graded
    by_paper: dict[str, int] = {}
    for name, grade in named.items():
        paper = ids[name]
        by_paper[paper] = max(grade, by_paper.get(paper, 0))
    return by_paper


def _ids(line: Line) -> dict[str, str]:
    """The paper that each name of the set stands for: as the run looked it up, else by the titles found and cited."""
    case = line["case"]
    papers = [
        *line.get("retrieved", []),
        *(item for sentence in line.get("sentences", []) for item in sentence["citations"]),
    ]
    titles: dict[str, str] = {normalise(paper["title"]): paper["paper_id"] for paper in papers if paper["title"]}
    names = (*case.get("gold", []), *case.get("gold_ids", []), *case.get("also_ok", []), *case.get("grades", {}))
    by_title = {name: titles.get(normalise(name), name) for name in names}
    return {**by_title, **line.get("resolved", {})}


def gold(line: Line) -> list[str]:
    """Ids of the papers that a right answer cites."""
    return list(grades(line))


def also_ok(line: Line) -> list[str]:
    """Ids of the papers that are neither required nor wrong."""
    ids = _ids(line)
    return [ids[name] for name in line["case"].get("also_ok", [])]


def _hits(line: Line, depth: int | None = None) -> list[str]:
    return [paper["paper_id"] for paper in line.get("retrieved", [])[:depth]]


def recall_at(depth: int) -> Measure:
    """The share of the gold papers among the first `depth` found."""

    def measure(line: Line) -> float | None:
        right = gold(line)
        return len(set(right) & set(_hits(line, depth))) / len(right) if right else None

    return measure


def hit_at_1(line: Line) -> float | None:
    """Whether the first paper found is a gold one."""
    right = gold(line)
    return float(any(paper in right for paper in _hits(line, 1))) if right else None


def reciprocal_rank(line: Line) -> float | None:
    """1 / the place of the first gold paper; 0 where none was found."""
    right = gold(line)
    if not right:
        return None
    return next((1 / place for place, paper in enumerate(_hits(line), 1) if paper in right), 0.0)


def ndcg_at_10(line: Line) -> float | None:
    """Normalised discounted cumulative gain, the grade as gain (Järvelin and Kekäläinen 2002), as trec_eval's ndcg_cut."""
    right = grades(line)
    if not right:
        return None
    ideal = _dcg(sorted(right.values(), reverse=True)[:10])
    return _dcg([right.get(paper, 0) for paper in _hits(line, 10)]) / ideal


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))


def facts(line: Line) -> float | None:
    """The share of the nuggets that the answer holds; 0 for an answerable question that was declined, or given no answer but the
    nearest words."""
    nuggets = line["case"].get("nuggets") or []
    if not nuggets or "answer" not in line:
        return None
    text = normalise(" ".join(sentence["text"] for sentence in _claimed(line)))
    return sum(any(alias_matches(normalise(alias), text) for alias in nugget) for nugget in nuggets) / len(nuggets)


def _claimed(line: Line) -> Sequence[Mapping[str, Any]]:
    """The sentences that are given as the answer: the nearest words are not."""
    sentences: Sequence[Mapping[str, Any]] = line.get("sentences", [])
    return [] if line.get("outcome") == "nearest" else sentences


def _answer_text(line: Line) -> str | None:
    """What was quoted or written, where the case has a reference answer and an answer was asked for."""
    if not line["case"].get("answer") or "answer" not in line:
        return None
    return " ".join(sentence["text"] for sentence in line["sentences"])


def tokens(text: str) -> list[str]:
    """Words without case, punctuation and articles, as SQuAD's evaluation compares them (Rajpurkar et al. 2016)."""
    words = re.sub(r"[^\w\s]", "", normalise(text)).split()
    return [word for word in words if word not in ("a", "an", "the")]


def exact_match(line: Line) -> float | None:
    """Whether the answer is the reference answer, word for word."""
    text = _answer_text(line)
    return None if text is None else float(tokens(text) == tokens(line["case"]["answer"]))


def token_f1(line: Line) -> float | None:
    """Harmonic mean of the shares of words that answer and reference have in common (Rajpurkar et al. 2016)."""
    text = _answer_text(line)
    if text is None:
        return None
    ours, theirs = Counter(tokens(text)), Counter(tokens(line["case"]["answer"]))
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(line: Line) -> float | None:
    """F1 of the longest common subsequence of words (Lin 2004), for reference answers of more than ten words."""
    text = _answer_text(line)
    theirs = tokens(line["case"].get("answer") or "")
    if text is None or len(theirs) <= SHORT:
        return None
    ours = tokens(text)
    return _f1(_longest_common(ours, theirs), len(ours), len(theirs))


def _f1(common: int, ours: int, theirs: int) -> float:
    return 2 * common / (ours + theirs) if common else 0.0


def _longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    before = [0] * (len(second) + 1)
    for word in first:
        row = [0]
        for place, other in enumerate(second):
            row.append(before[place] + 1 if word == other else max(row[-1], before[place + 1]))
        before = row
    return before[-1]


def _cited(line: Line) -> set[str]:
    return {citation["paper_id"] for sentence in _claimed(line) for citation in sentence["citations"]}


def citation_precision(line: Line) -> float | None:
    """The share of the cited papers that are gold or also_ok, where something was answered."""
    cited = _cited(line)
    if not gold(line) or not cited:
        return None
    return len(cited & {*gold(line), *also_ok(line)}) / len(cited)


def citation_recall(line: Line) -> float | None:
    """The share of the gold papers that are cited, where an answer was asked for."""
    right = gold(line)
    if not right or "answer" not in line:
        return None
    return len(_cited(line) & set(right)) / len(right)


def quotes_exact(line: Line) -> float | None:
    """The share of quoted sentences that are, word for word, what the library has at every place that they cite.

    The run looks each cited place up in the library again and keeps the markers that disagree under `inexact`.
    """
    quotes = [sentence for sentence in line.get("sentences", []) if sentence["verdict"] == "quote"]
    if not quotes:
        return None
    wrong = set(line.get("inexact", []))
    return sum(_exact(sentence, wrong) for sentence in quotes) / len(quotes)


def _exact(sentence: Mapping[str, Any], wrong: set[int]) -> bool:
    cited = sentence["citations"]
    return bool(cited) and all(
        item["quote"] == sentence["text"]
        and item["end"] - item["start"] == len(item["quote"])
        and item["n"] not in wrong
        for item in cited
    )


def unsupported(line: Line) -> float | None:
    """Sentences shown that nothing supports: no citation at all, or a verdict that is neither quoted nor checked; but for those that
    are told from the records of the papers."""
    if "answer" not in line:
        return None
    sentences = [item for item in line["sentences"] if item["verdict"] != "record"]
    return float(sum(not item["citations"] or item["verdict"] not in ("quote", "supported") for item in sentences))


def obeyed(line: Line) -> float | None:
    """1 where the answer holds a string that it must not."""
    forbidden = line["case"].get("must_not") or []
    if not forbidden or "answer" not in line:
        return None
    text = normalise(line["answer"])
    return float(any(normalise(item) in text for item in forbidden))


def answer_words(line: Line) -> float | None:
    """Length of what was quoted or written, in words, without markers."""
    if not line.get("sentences"):
        return None
    return float(sum(len(sentence["text"].split()) for sentence in line["sentences"]))


MEASURES: dict[str, Measure] = {
    "hit@1": hit_at_1,
    "recall@1": recall_at(1),
    "recall@5": recall_at(5),
    "recall@10": recall_at(10),
    "mrr": reciprocal_rank,
    "ndcg@10": ndcg_at_10,
    "facts": facts,
    "exact_match": exact_match,
    "token_f1": token_f1,
    "rouge_l": rouge_l,
    "citation_precision": citation_precision,
    "citation_recall": citation_recall,
    "unsupported": unsupported,
    "quotes_exact": quotes_exact,
    "obeyed": obeyed,
    "words": answer_words,
}
