"""Which aspect of a work a question asks for, and what it names."""

import pytest

from rag.question.aspects import aspect_request


@pytest.mark.parametrize(
    ("question", "part", "target"),
    [
        ("What is GrainSort?", "definition", "GrainSort"),
        ("hi, what's GrainSort exactly?", "definition", "GrainSort"),
        ("What is GrainSort and how does it work?", "definition", "GrainSort"),
        ("GrainSort, what is that?", "definition", "GrainSort"),
        ("What does GrainSort do?", "definition", "GrainSort"),
        ("summarise GrainSort", "all", "GrainSort"),
        ("Explain GrainSort simply", "simple", "GrainSort"),
        ("GrainSort for dummies", "simple", "GrainSort"),
        ("How does GrainSort work?", "method", "GrainSort"),
        ("Can you tell me how GrainSort works?", "method", "GrainSort"),
        ("What's the idea behind GrainSort?", "method", "GrainSort"),
        ("What problem does GrainSort solve?", "problem", "GrainSort"),
        ("Why does GrainSort matter?", "problem", "GrainSort"),
        ("Why do we need GrainSort?", "problem", "GrainSort"),
        ("What is the goal of GrainSort?", "purpose", "GrainSort"),
        ("What are the main results of GrainSort?", "results", "GrainSort"),
        ("How well does GrainSort perform?", "results", "GrainSort"),
        ("what did they find in GrainSort?", "results", "GrainSort"),
        ("What are the limitations of GrainSort?", "limits", "GrainSort"),
        ("what are GrainSort's drawbacks", "limits", "GrainSort"),
        ("Where does GrainSort fail?", "limits", "GrainSort"),
        ("and its limits?", "limits", ""),
        ("how does it work?", "method", "it"),
        ("and the results?", "results", ""),
        ("what problem does it solve?", "problem", "it"),
    ],
)
def test_an_aspect_is_known_with_what_it_is_asked_of(question: str, part: str, target: str) -> None:
    request = aspect_request(question)
    assert request is not None
    assert (request.part, request.target) == (part, target)


@pytest.mark.parametrize(
    "question", ["Is the code of GrainSort available?", "where is the code of GrainSort", "and its code?"]
)
def test_the_place_of_code_is_an_aspect(question: str) -> None:
    request = aspect_request(question)
    assert request is not None
    assert request.part == "availability"


@pytest.mark.parametrize(
    "question",
    [
        "How much faster is GrainSort?",
        "Why is GrainSort faster than GrainCut?",
        "why?",
        "what about the other one",
        "Which papers are about wheat?",
        "How was GrainSort trained?",
        "How does GrainSort summarise a sentence?",
    ],
)
def test_other_questions_ask_for_no_aspect(question: str) -> None:
    assert aspect_request(question) is None


def test_the_limits_of_others_are_the_problem() -> None:
    request = aspect_request("Which limitations of existing methods does GrainSort address?")
    assert request is None or request.part == "problem"
