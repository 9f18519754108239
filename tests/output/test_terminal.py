"""What a person reads in a terminal: text from strangers stays text, and nothing that was said is left out."""

import pytest

from rag.core.domain import Answer, AnswerSentence, Citation, Dropped, Evidence, Finding, Hit, Paper, Span
from rag.output.terminal import print_answer, print_findings, print_hits

PAPER = Paper("p", "[red]Bees[/red] \\[link=x]", "[bold]Bees[/bold] dance [1].", url="https://example.org/bees")
SENTENCE = AnswerSentence(PAPER.abstract, "quote", (Citation(1, PAPER, Span(0, len(PAPER.abstract))),))
ANSWER = Answer(
    "Do [i]bees[/i] dance?",
    "Do [i]bees[/i] dance? (about: [red]Bees[/red])",
    "quote",
    "answered",
    0.9,
    f"“{PAPER.abstract}” [1]",
    (SENTENCE,),
    dropped=(Dropped("[u]Bees[/u] sing.", "the evidence does not say this"),),
    retrieved=(Hit(PAPER, 1.5, {"dense": 0.5}),),
    evidence=(Evidence(PAPER, Span(0, len(PAPER.abstract)), 2.5, {"match": 0.25}),),
    signals={"late": 0.75},
    notice="Quoted instead of written: [b]no[/b] memory.",
    threshold=0.4,
)


def test_mark_up_of_strangers_is_shown_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(ANSWER)
    out = capsys.readouterr().out
    assert f"“{PAPER.abstract}” [1]" in out
    assert f"[1] {PAPER.title}  https://example.org/bees" in out
    assert "Asked as: Do [i]bees[/i] dance? (about: [red]Bees[/red])" in out


def test_the_notice_is_shown_and_reasons_on_request_only(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(ANSWER)
    short = capsys.readouterr().out
    assert "Quoted instead of written: [b]no[/b] memory." in short
    assert "Sentences read" not in short
    print_answer(ANSWER, why=True)
    why = capsys.readouterr().out
    assert "0.90 (declined below 0.40); made of: late 0.75" in why
    assert "[u]Bees[/u] sing.\n       the evidence does not say this" in why
    assert "+1.50  [red]Bees[/red]" in why
    assert "+2.50  [bold]Bees[/bold] dance [1]." in why


def test_papers_and_findings_are_lines_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_hits([Hit(PAPER, 1.5, {"dense": 0.5})])
    print_findings([Finding("library", True, "[b]59[/b] papers"), Finding("writer", False, "none")])
    out = capsys.readouterr().out
    assert f"  1  {PAPER.title}  https://example.org/bees  (dense 0.50)" in out
    assert "ok    library: [b]59[/b] papers" in out
    assert "wrong writer: none" in out
    print_hits([])
    assert "citewise ingest FILE" in capsys.readouterr().out


def test_a_line_that_says_what_the_quotes_are_is_shown_once_and_first(capsys: pytest.CaptureFixture[str]) -> None:
    lead = "Not in the abstract of A: a licence. Nearest words:"
    answer = Answer("q", "q", "quote", "nearest", 0.1, f"{lead}\n\n\u201cWords.\u201d [1]", notice=lead)
    print_answer(answer)
    shown = capsys.readouterr().out
    assert shown.startswith(lead)
    assert shown.count(lead) == 1
