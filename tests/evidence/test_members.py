"""Which papers belong to a list, and which sentence says why."""

import pytest

from rag.core.domain import Hit, Paper, Sentence
from rag.core.logistic import load_logistic
from rag.core.sentences import sentences as split_sentences
from rag.evidence.members import Candidate, candidates
from rag.evidence.plan import plan
from rag.question.follow_up import Query
from rag.search.late_interaction import LateInteraction
from rag.search.reranker import SearchResult
from tests.helpers.fakes import HashEmbedder, Statistics

QUESTION = "Which papers are about pruning?"
OWN = Paper(
    "own", "Pruning of roses", "Roses grow fast. We propose pruning in spring. Code is available at https://x.org/code."
)
AWAY = Paper("away", "Fast growth of roses", "Roses grow fast. We let them grow without any pruning at all.")
MENTION = Paper("mention", "Colours of roses", "Existing pruning methods cost time. We paint roses instead.")
OTHER = Paper("other", "Tulips", "Tulips are red. We count them.")


def _result(question: str, papers: list[Paper]) -> tuple[SearchResult, list[Sentence]]:
    matches = LateInteraction(HashEmbedder()).match(question, papers, Statistics(50))
    hits = tuple(
        Hit(
            paper,
            -float(place),
            {"lexical": 5.0 * matches[paper.id].score(), "dense": 0.0, "sentence": 0.0, "late": 0.0},
        )
        for place, paper in enumerate(papers)
    )
    sentences = [Sentence(paper.id, span) for paper in papers for span in split_sentences(paper.abstract)]
    return SearchResult(question, hits, matches), sentences


def _candidates(question: str, papers: list[Paper]) -> dict[str, Candidate]:
    return {one.hit.paper.id: one for one in candidates(question, *_result(question, papers))}


def test_own_work_belongs_and_what_is_done_without_the_topic_or_only_mentioned_does_not() -> None:
    found = _candidates(QUESTION, [OWN, AWAY, MENTION, OTHER])
    model = load_logistic("listing")
    assert [name for name, one in found.items() if one.belongs(model)] == ["own"]
    assert found["away"].turned_away
    assert (found["mention"].signals["mentioned"], found["mention"].signals["said"]) == (1, 0)


def test_the_sentence_shown_says_why_and_never_where_the_code_is() -> None:
    reason = _candidates(QUESTION, [OWN, OTHER])["own"].reason
    assert reason and reason.of(OWN.abstract) == "We propose pruning in spring."


@pytest.mark.parametrize("question", [QUESTION, "anything on pruning", "Do you have papers about pruning?"])
def test_a_topic_without_a_member_lists_none(question: str) -> None:
    result, sentences = _result(question, [OTHER, AWAY])
    understood = plan(Query(question, question, question, question), result, sentences, load_logistic("listing"))
    assert (understood.form, understood.papers, understood.only) == ("list", (), True)


def test_a_question_for_a_method_that_no_paper_is_about_is_read_as_one_for_one_thing() -> None:
    question = "Which method needs no pots?"
    result, sentences = _result(question, [OTHER])
    assert (
        plan(Query(question, question, question, question), result, sentences, load_logistic("listing")).form == "one"
    )


def test_no_papers_have_no_candidates() -> None:
    assert candidates(QUESTION, SearchResult(QUESTION, (), {}), ()) == []
