"""What a person reads in a terminal: text from strangers stays text, and nothing that was said is left out."""

import os
import subprocess
import sys
from dataclasses import replace

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
    sure=0.7,
)


def test_the_papers_that_a_question_is_about_stand_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(replace(ANSWER, about=(PAPER.id,)))
    first, *_ = capsys.readouterr().out.splitlines()
    assert first == f"About: {PAPER.title}"


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
    assert "0.90 (not found below 0.40, answered from 0.70); made of: late 0.75" in why
    assert "[u]Bees[/u] sing.\n       the evidence does not say this" in why
    assert "+1.50  [red]Bees[/red]" in why
    assert "+2.50  [bold]Bees[/bold] dance [1]." in why


def test_papers_and_findings_are_lines_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_hits([Hit(PAPER, 1.5, {"dense": 0.5})], why=True)
    print_findings([Finding("library", True, "[b]59[/b] papers"), Finding("writer", False, "none")])
    out = capsys.readouterr().out
    assert f"  1  {PAPER.title}  https://example.org/bees  (dense 0.50)" in out
    assert "ok    library: [b]59[/b] papers" in out
    assert "wrong writer: none" in out
    print_hits([Hit(PAPER, 1.5, {"dense": 0.5})])
    assert "dense" not in capsys.readouterr().out
    print_hits([])
    assert "citewise ingest FILE" in capsys.readouterr().out


def test_a_line_that_says_what_the_quotes_are_is_shown_once_and_first(capsys: pytest.CaptureFixture[str]) -> None:
    lead = "Not in the abstract of A: a licence. Nearest words:"
    answer = Answer("q", "q", "quote", "nearest", 0.1, f"{lead}\n\n\u201cWords.\u201d [1]", notice=lead)
    print_answer(answer)
    shown = capsys.readouterr().out
    assert shown.startswith(lead)
    assert shown.count(lead) == 1


_SHOWING = """
from rag.core.domain import Finding
from rag.output.progress import progress_bars
from rag.output.terminal import print_findings, status_line
with status_line() as status:
    status("Reading")
with progress_bars() as progress:
    progress("Reading", 1, 2)
print_findings([Finding("a", False, "wrong")])
"""


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are of POSIX")
@pytest.mark.parametrize(
    ("env", "never"), [({"TERM": "dumb"}, b"\x1b"), ({"TERM": "xterm", "NO_COLOR": "1"}, b"\x1b[3")]
)
def test_a_terminal_gets_no_more_than_it_can_or_may_show(env: dict[str, str], never: bytes) -> None:
    import pty

    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", _SHOWING],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"PATH": "", **env},
        check=True,
    )
    shown = os.read(ours, 100_000)
    os.close(ours)
    os.close(theirs)
    assert b"wrong a: wrong" in shown.replace(b"\x1b[0m", b"").replace(b"\x1b[1;31m", b"").replace(b"\x1b[1m", b"")
    assert never not in shown
