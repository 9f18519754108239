"""What becomes of written sentences besides the checker's verdict, under checkers whose verdict is given."""

from collections.abc import Callable
from typing import Any

import pytest

from rag.answer.written import Composer, Draft
from rag.checking.checker import Checked
from tests.answer.test_written import NO_TRAINING, PRUNED, QUESTION, SPEED
from tests.helpers.writers import ScriptedWriter

EVIDENCE = (SPEED, NO_TRAINING, PRUNED)


class _Verdict:
    """A checker that supports what a rule says, of sentence and evidence."""

    def __init__(self, supports: Callable[[str, str], bool] = lambda sentence, evidence: True) -> None:
        self._supports = supports

    def check(self, sentence: str, title: str, evidence: str) -> Checked:
        supported = self._supports(sentence, evidence)
        return Checked(
            supported, 0.9 if supported else 0.1, "supported" if supported else "the evidence does not say this"
        )


def _draft(
    text: str, supports: Callable[[str, str], bool] | None = None, quotes: Any = (SPEED,), question: str = QUESTION
) -> Draft:
    checker: Any = _Verdict(supports) if supports else _Verdict()
    *_, last = Composer(ScriptedWriter(text), checker).compose(question, EVIDENCE, list(quotes))
    return last


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "DeepCache is at https://evil.org/a and runs faster.",
            "a link is not in the evidence; the quote is shown instead",
        ),
        ("The evidence does not say how much faster DeepCache runs.", "the writer finds no answer in the evidence"),
        ("It is not stated how much faster DeepCache runs.", "the writer finds no answer in the evidence"),
        ("DeepCache " + "and even faster " * 34 + "runs.", "not a plain sentence"),
        ("I think that DeepCache runs 2.3 times faster.", "not a plain sentence"),
        ("DeepCache runs <b>faster</b> on every image.", "not a plain sentence"),
        ("DeepCache runs faster and faster than", "not a whole sentence"),
        ("Is DeepCache 2.3 times faster on images?", "only repeats the question"),
    ],
)
def test_some_sentences_are_never_shown_whatever_the_checker_says(text: str, reason: str) -> None:
    draft = _draft(text)
    assert draft.sentences == ()
    assert [dropped.reason for dropped in draft.dropped] == [reason]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sampling gets 2.3 times faster with DeepCache.", "Sampling gets 2.3 times faster with DeepCache."),
        ("According to sentence 1, DeepCache runs 2.3 times faster.", "DeepCache runs 2.3 times faster."),
        ("Answer: DeepCache runs 2.3 times faster [1, 2].", "DeepCache runs 2.3 times faster."),
        ("- **DeepCache** runs 2.3 times faster (1).", "DeepCache runs 2.3 times faster."),
        ("(DeepCache) DeepCache runs 2.3 times faster.", "DeepCache runs 2.3 times faster."),
    ],
    ids=["small letter", "according to", "answer", "list and bold", "title copied"],
)
def test_a_sentence_is_shown_without_what_models_put_around_it(text: str, shown: str) -> None:
    assert _draft(text).sentences[0].text == shown


def test_a_marker_after_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    draft = _draft("DeepCache needs no retraining at all.[2] Stable Diffusion runs 2.3 times faster.[1]")
    assert [sentence.citations[0].quote for sentence in draft.sentences] == [NO_TRAINING.text, SPEED.text]


def test_two_sentences_of_one_paper_support_together_and_of_two_papers_never() -> None:
    both = _draft("DeepCache runs 2.3 times faster untrained.", lambda _, held: "2.3" in held and "Retraining" in held)
    (sentence,) = both.sentences
    assert [citation.quote for citation in sentence.citations] == [SPEED.text, NO_TRAINING.text]
    apart = _draft("DeepCache runs 2.3 times faster untrained.", lambda _, held: "2.3" in held and "20%" in held)
    assert apart.sentences == ()


def test_the_quote_that_takes_the_place_of_a_sentence_is_the_one_it_points_to() -> None:
    text = "DeepCache runs 2.3 times faster. EcoDiff drops many weights for good [3]."
    draft = _draft(text, lambda sentence, held: "faster" in sentence and "2.3" in held, (SPEED, NO_TRAINING, PRUNED))
    assert [sentence.verdict for sentence in draft.sentences] == ["supported", "quote"]
    assert draft.sentences[1].text == PRUNED.text
    assert draft.dropped[0].reason == "the evidence does not say this; the quote is shown instead"


def test_a_question_that_names_a_method_is_answered_from_papers_that_hold_the_name() -> None:
    draft = _draft("The method drops a fifth of the weights [3].", lambda _, held: "20%" in held)
    assert draft.sentences == ()
    assert draft.dropped[0].reason.startswith("the question is about another paper's method")


def test_papers_are_numbered_in_the_order_in_which_they_are_cited() -> None:
    text = "EcoDiff drops a fifth of the weights [3]. DeepCache runs 2.3 times faster [1]."
    draft = _draft(text, question="What makes models smaller and faster?")
    assert [(citation.n, citation.paper.id) for item in draft.sentences for citation in item.citations] == [
        (1, "p2"),
        (2, "p1"),
    ]
