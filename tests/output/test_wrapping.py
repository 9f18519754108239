"""Text in a terminal breaks between words, whatever is in it, and not at all in a pipe."""

import os
import re

import pytest
from rich.cells import cell_len

from rag.output.wrapping import wrapped
from tests.helpers.terminals import raw_in_a_terminal, shown_in_a_terminal

LONG = (
    "This innovative strategy, in turn, enables a speedup factor of 2.3times for Stable Diffusion v1.5 with a decline."
)
CHINESE = "扩散模型在图像生成方面取得了显著的成功，但其推理速度较慢。我们提出了一种新的方法来加速推理过程。"
URL = "https://github.com/some-very-long-organisation-name/and-a-very-long-repository-name/tree/main/with/a/path"


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize(
    "text", [LONG, CHINESE, f"See {URL} for code.", "é" * 5 + " naïve café " * 9, "a b  c   d " * 20]
)
def test_lines_keep_the_words_and_the_width(text: str, width: int) -> None:
    lines = wrapped(text, width).split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split()), "no character is lost"
    for line in lines:
        assert cell_len(line) <= width or line.strip() == URL
        assert line == line.rstrip()
    if text is LONG:
        assert " ".join(lines) == text, "words stay whole"


def test_an_address_stays_whole_on_a_line_of_its_own() -> None:
    lines = wrapped(f"The code is at {URL} for all.", 40).split("\n")
    assert URL in lines


def test_wide_characters_count_twice_and_no_line_begins_with_closing_punctuation() -> None:
    lines = wrapped(CHINESE, 20).split("\n")
    assert len(lines) > 4
    assert not any(line[0] in "，。" for line in lines)


def test_paragraphs_and_indents_are_kept() -> None:
    text = f"{LONG}\n\n- {LONG}\n  {LONG}"
    lines = wrapped(text, 40).split("\n")
    assert "" in lines
    item = lines.index(next(line for line in lines if line.startswith("- ")))
    assert lines[item + 1].startswith("  ")


def test_what_follows_the_first_line_is_indented() -> None:
    first, *rest = wrapped(f"[1] {LONG}", 40, hanging=4).split("\n")
    assert first.startswith("[1] This")
    assert rest
    assert all(line.startswith("    ") and line[4] != " " for line in rest)


@pytest.mark.parametrize("width", [1, 3, 5])
def test_a_terminal_too_narrow_for_words_is_no_error(width: int) -> None:
    assert "innovative" in wrapped(LONG, width)


ANSWER = f"""
from rag.core.domain import Answer, AnswerSentence, Citation, Finding, Hit, Paper, Span
from rag.output.terminal import print_answer, print_findings, print_hits
text = {LONG!r}
paper = Paper("p", "DeepCache: Accelerating Diffusion Models for Free, with a title that goes on and on", text, url={URL!r})
sentence = AnswerSentence(text, "quote", (Citation(1, paper, Span(0, len(text))),))
shown = f"\\u201c{{text}}\\u201d [1]"
print_answer(Answer("q", "q", "quote", "answered", 0.9, shown, (sentence,), notice="A notice of many words, " * 6))
print_hits([Hit(paper, 1.0, {{"dense": 0.5}})])
print_findings([Finding("library", True, text)])
"""
posix = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are of POSIX")


@posix
@pytest.mark.parametrize(
    ("width", "env"), [(40, {}), (80, {"NO_COLOR": "1"}), (60, {"TERM": "dumb"}), (100, {"COLUMNS": "50"})]
)
def test_an_answer_in_a_terminal_breaks_between_words(width: int, env: dict[str, str]) -> None:
    width = int(env.get("COLUMNS", width))
    shown = shown_in_a_terminal(ANSWER, width, env)
    words = {word for line in shown.splitlines() for word in line.split()}
    assert {"innovative", "“This", "Accelerating", "speedup", URL} <= words
    for line in shown.splitlines():
        assert cell_len(line) <= width or URL in line, line
    assert any(len(line) > width * 0.7 for line in shown.splitlines()), "and it uses the width"


@posix
def test_a_terminal_without_colour_gets_none_and_a_simple_one_text_alone() -> None:
    assert not re.search(r"\x1b\[3\d", raw_in_a_terminal(ANSWER, 80, {"NO_COLOR": "1"}))
    assert "\x1b" not in raw_in_a_terminal(ANSWER, 80, {"TERM": "dumb"})


def test_in_a_pipe_a_paragraph_is_a_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    exec(compile(ANSWER, "answer", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert f"“{LONG}” [1]" in lines
    assert any(line.startswith("[1] DeepCache") and line.endswith(URL) for line in lines)
