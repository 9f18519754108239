"""Thinking is told from the answer, wherever the pieces of the text end."""

import time

import pytest

from rag.models.thinking import ThoughtFilter
from rag.models.writer import Forget

THOUGHT = "Okay, the user asks about DeepCache. It is 4.1times for LDM-4-G, and [2] says 2.3times.\nSo the answer is 2.3times.\n"
ANSWER = (
    "DeepCache speeds up Stable Diffusion v1.5 by 2.3times, where p < 0.05 and x > 2 [1]. It needs no retraining [2]."
)


def _answer(text: str, size: int, cut: bool = False, **known: bool) -> tuple[str, ThoughtFilter]:
    """What is left after all that was to be forgotten, of a text that came in pieces of so many letters."""
    told = ThoughtFilter(**known)
    pieces = [piece for at in range(0, len(text), size) for piece in told.feed(text[at : at + size])]
    left = ""
    for piece in [*pieces, *told.end(cut)]:
        left = "" if isinstance(piece, Forget) else left + str(piece)
    return left.strip(), told


WRAPPED = [
    "<think>{}</think>",
    "<think>\n{}</think>\n\n",
    "\n<THINK>\n{}</Think>\n",
    "<thinking>{}</thinking>",
    "<thought>{}</thought>",
    "<reasoning>{}</reasoning>",
    '<think type="deep">{}</think >',
    "<seed:think>{}</seed:think>",
    "<analysis>{}</analysis>",
    "<internal_monologue>{}</internal_monologue>",
    "&lt;think&gt;{}&lt;/think&gt;",
    "[THINK]{}[/THINK]",
    "◁think▷{}◁/think▷",
    "<|begin_of_thought|>{}<|end_of_thought|><|begin_of_solution|>",
    "<|START_THINKING|>{}<|END_THINKING|><|START_RESPONSE|>",
    "<|channel>thought\n{}<channel|>",
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    "<|start|>assistant<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final <|constrain|>text<|message|>",
    "<|channel|>commentary<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    "<think>{}</think><answer>",
    "<|inner_prefix|>{}<|inner_suffix|>",
    "<unused94>thought\n{}<unused95>",
    '<details type="reasoning" done="true">\n{}</details>\n',
    "<think>\n{}\n<answer>",
    "<think>{}</think>\nand more of it</think>\n",
    "Here is my thought process: {} Here is my response: ",
    "analysis{}assistantfinal",
    "{}</think>\n",  # the beginning stood in the prompt
    "Numbers agree. {}</think>\n",
    "{}[/THINK]",
    "<think>\n\n</think>\n\n",
    "<think/>",
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize("wrapped", WRAPPED)
def test_only_what_comes_after_thinking_is_the_answer(wrapped: str, size: int) -> None:
    thought = THOUGHT.replace("Okay", "Noted") if wrapped.startswith("analysis") else THOUGHT
    left, told = _answer(wrapped.replace("{}", thought) + ANSWER, size)
    assert left == ANSWER
    assert told.has_thought == ("{}" in wrapped)
    assert told.has_answered


@pytest.mark.parametrize("end", ["</answer>", "<|return|>", "<|end|>", "<|im_end|>"])
def test_marks_after_an_answer_are_no_part_of_it(end: str) -> None:
    assert _answer(f"<think>{THOUGHT}</think>{ANSWER}{end}", 3)[0] == ANSWER


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    "wrapped", [text for text in WRAPPED if "{}" in text and not text.startswith(("{", "Numbers"))]
)
def test_thinking_that_never_ends_gives_no_answer(wrapped: str, size: int) -> None:
    begun = wrapped.partition("{}")[0] + THOUGHT
    left, told = _answer(begun, size, cut=True)
    assert (left, told.has_thought, told.has_answered) == ("", True, False)


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("cut", [False, True])
def test_thinking_after_or_between_text_is_no_part_of_it_and_costs_none_of_it(size: int, cut: bool) -> None:
    first, _, second = ANSWER.partition("[1]. ")
    assert _answer(f"{ANSWER}\n<think>{THOUGHT}", size, cut)[0] == ANSWER
    assert _answer(f"{ANSWER}\n<think>{THOUGHT}</think>", size, cut)[0] == ANSWER
    between, told = _answer(f"{first}[1]. <think>{THOUGHT}</think>{second}", size, cut)
    assert (between, told.has_thought) == (f"{first}[1]. {second}", True)


def test_thinking_whose_beginning_is_not_marked_gives_nothing_before_it_has_ended() -> None:
    told = ThoughtFilter()
    assert [piece for letter in THOUGHT for piece in told.feed(letter)] == []
    assert told.end(cut=True) == []
    assert told.has_thought


def test_a_model_that_only_marks_the_end_is_believed_to_do_so_again() -> None:
    told = ThoughtFilter(closes_only=True)
    assert told.feed(ANSWER) == []
    assert told.feed("</think>It is fast.") == ["It is fast."]
    told = ThoughtFilter(closes_only=True)
    told.feed(ANSWER)
    assert told.end(cut=False) == [ANSWER], "a server may take the thinking away by itself"
    assert _answer(ANSWER, 5, cut=True, closes_only=True)[0] == ""


def test_a_prompt_that_opens_the_thinking_makes_the_text_begin_with_it() -> None:
    assert _answer(f"It is fast.</think>{ANSWER}", 4, thinks=True)[0] == ANSWER
    assert _answer("It is fast.", 4, thinks=True)[0] == ""


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "2.3times.",
        "Okay, it is 2.3times.",
        "We introduce DeepCache, which is fast.",
        "It reaches an FID < 3 and a CLIP score > 0.3 [1][2].",
        "[1] It is fast, a <b and c> d.",
        "The final answer is short.",
        "Wellness is measured.",
    ],
)
def test_a_plain_answer_stays_as_it_is(text: str, size: int) -> None:
    left, told = _answer(text, size)
    assert (left, told.has_thought) == (text, False)


@pytest.mark.parametrize(
    "text", ["We introduce DeepCache. It", "I am a model and", "Let's count: one, two", "The question of speed is"]
)
def test_an_answer_that_was_cut_is_not_taken_for_thinking(text: str) -> None:
    left, told = _answer(text, 3, cut=True)
    assert (left, told.has_thought) == (text, False)


@pytest.mark.parametrize(
    "text",
    [
        "Okay, the user asks",
        "Hmm, let me see",
        "Let me look at the sentences",
        "We need to find",
        "So I should look",
        "First, let's see",
        "The user wants a number",
        "Thinking Process:\n\n1. **Analyse** the question",
    ],
)
def test_thinking_aloud_that_was_cut_is_no_answer(text: str) -> None:
    left, told = _answer(f"{text} of DeepCache and Stable Diffusion", 3, cut=True)
    assert (left, told.has_thought) == ("", True)


def test_thinking_aloud_before_a_labelled_answer_is_left_out() -> None:
    text = f"Okay, let me see. It could be 4.1times.\n\n**Final answer:** {ANSWER}"
    assert _answer(text, 9)[0] == ANSWER


def test_an_answer_that_a_stray_mark_ends_is_kept() -> None:
    assert _answer(f"<think>{THOUGHT}</think>{ANSWER}</think>", 4)[0] == ANSWER


def test_a_long_text_of_marks_takes_time_in_proportion() -> None:
    for text in (
        "<" * 20_000,
        "[" * 20_000,
        "<|start|>" * 3_000,
        "</think" * 3_000,
        "◁" * 20_000,
        "Here is my " * 2_000,
    ):
        start = time.perf_counter()
        _answer(text, 50)
        assert time.perf_counter() - start < 1


def test_a_plain_answer_is_given_as_it_comes() -> None:
    told = ThoughtFilter()
    given = [bool(told.feed(letter)) for letter in ANSWER]
    assert given.index(True) < 40
    assert sum(given) > 50
