"""What is asked of the record of a paper: which detail, and of which paper."""

import pytest

from rag.question.follow_up import leans_on_history
from rag.question.record_details import DetailQuestion, detail_question, namings

ABOUT_GRAINSORT = {
    "authors": [
        "Who wrote GrainSort?",
        "who are the authors of GrainSort",
        "Who is the first author of GrainSort?",
        "authors of GrainSort",
        "GrainSort authors",
        "GrainSort's authors",
        "by whom was GrainSort written?",
        "Who published GrainSort?",
        "list the authors of GrainSort",
        "How many authors does GrainSort have?",
        "whose work is GrainSort?",
        "Did Ada Miller write GrainSort?",
        "Who came up with GrainSort?",
        "Can you tell me who wrote GrainSort?",
        "do you know who wrote GrainSort",
        "Is GrainSort written by Ada Miller?",
        "who is behind GrainSort",
        "What are the names of the authors of GrainSort?",
    ],
    "year": [
        "When was GrainSort published?",
        "In which year was GrainSort published?",
        "what year is GrainSort from",
        "publication year of GrainSort",
        "when did GrainSort come out",
        "How old is GrainSort?",
        "What is the publication date of GrainSort?",
        "GrainSort's year",
        "When did Miller publish GrainSort?",
        "What year did Ada Miller publish GrainSort?",
    ],
    "venue": [
        "Where was GrainSort published?",
        "Which journal published GrainSort?",
        "In which journal did GrainSort appear?",
        "venue of GrainSort",
        "At what conference was GrainSort presented?",
        "Which venue was GrainSort published in?",
        "What is the journal of GrainSort?",
    ],
    "identifier": [
        "What is the DOI of GrainSort?",
        "doi of GrainSort",
        "GrainSort doi",
        "link to GrainSort",
        "Give me the link to GrainSort",
        "arXiv id of GrainSort",
        "What's the arXiv number of GrainSort?",
        "where can I read GrainSort?",
        "Where can I find GrainSort",
        "URL of GrainSort",
        "Does GrainSort have a DOI?",
        "the PDF of GrainSort",
        "PMID of GrainSort",
        "full text of GrainSort",
    ],
    "reference": [
        "How do I cite GrainSort?",
        "cite GrainSort",
        "reference for GrainSort",
        "Give me the citation of GrainSort",
    ],
    "bibtex": ["BibTeX of GrainSort", "GrainSort bibtex"],
    "affiliation": [
        "Which university is GrainSort from?",
        "affiliations of the authors of GrainSort",
        "email of the first author of GrainSort",
    ],
}

OF_THE_LAST_ANSWER = {
    "authors": [
        "who wrote it",
        "Who wrote this paper?",
        "who are the authors?",
        "authors?",
        "and who are the authors",
        "who wrote these papers?",
        "Who wrote the second one?",
        "who is the first author",
    ],
    "year": [
        "when was it published?",
        "what year was it published in?",
        "When did the paper come out?",
        "which year?",
        "publication year",
    ],
    "venue": ["where was it published?", "which journal?", "Which venue was the paper published in?", "venue"],
    "identifier": [
        "what is its doi?",
        "doi",
        "link?",
        "where can I read it?",
        "Where can I find this paper?",
        "what is the link to the paper",
    ],
    "reference": ["how do I cite it?", "cite this paper"],
    "bibtex": ["bibtex"],
}

OTHERS = [
    "Where is the code of DeepCache?",
    "Who wrote",
    "What is the link between pruning and quality?",
    "What did the authors find?",
    "Which authors disagree with the survey?",
    "When does the method fail?",
    "Where do the features come from?",
    "In which layer is it cached?",
    "How is image quality influenced by pruning?",
    "Is sampling improved by caching?",
    "How are citations recommended?",
    "Which year had the most rain in the data?",
    "How many people took part in fMRI-3D?",
    "Who are the participants?",
    "Who benefits from faster sampling?",
    "What is the identity loss?",
    "Which university students took part?",
]


@pytest.mark.parametrize(
    ("detail", "question"), [(detail, one) for detail, every in ABOUT_GRAINSORT.items() for one in every]
)
def test_a_detail_of_a_named_paper(detail: str, question: str) -> None:
    asked = detail_question(question)
    assert asked is not None
    assert (asked.detail, asked.subject) == (detail, "grainsort")


@pytest.mark.parametrize(
    ("detail", "question"), [(detail, one) for detail, every in OF_THE_LAST_ANSWER.items() for one in every]
)
def test_a_detail_of_the_papers_of_the_last_answer(detail: str, question: str) -> None:
    asked = detail_question(question)
    assert asked is not None
    assert (asked.detail, asked.subject) == (detail, "")
    assert leans_on_history(question)


@pytest.mark.parametrize("question", OTHERS)
def test_other_questions_ask_for_no_detail(question: str) -> None:
    assert detail_question(question) is None


def test_the_kind_of_identifier_is_known() -> None:
    assert detail_question("What is the DOI of GrainSort?") == DetailQuestion("identifier", "grainsort", "DOI")
    assert detail_question("arXiv id of GrainSort") == DetailQuestion("identifier", "grainsort", "arXiv id")
    assert detail_question("link to GrainSort") == DetailQuestion("identifier", "grainsort")


def test_what_stands_around_a_name_is_left_out() -> None:
    assert namings("the grainsort paper") == ("the grainsort paper", "grainsort paper", "grainsort")
    assert "wheat kernels" in namings("the paper on wheat kernels")
