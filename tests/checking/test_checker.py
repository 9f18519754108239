"""The checker: what each signal catches, and that the real one with its fitted weights tells right from wrong."""

from dataclasses import replace

import pytest

from rag.checking.checker import Checker
from rag.checking.names import missing_names
from rag.checking.negation import contrast_conflicts, negation_conflicts
from rag.checking.numbers import number_conflicts
from rag.checking.signals import SignalsOf
from rag.checking.support import load_support
from rag.models.embedder import TransformerEmbedder
from tests.helpers.fakes import HashEmbedder

EVIDENCE = "It enables a speedup factor of 2.3times for Stable Diffusion v1.5 with only a 0.05 decline in CLIP Score."
TITLE = "DeepCache: Accelerating Diffusion Models for Free"


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("It is 2.3x faster.", "a speedup factor of 2.3times"),
        ("It is 2.3 × faster.", "a 2.3-fold speedup"),
        ("Half of the weights go.", "50% of the weights are removed"),
        ("It needs 1000 images.", "only 1,000 images"),
        ("It has 1.5 billion parameters.", "a 1.5B model"),
        ("It takes two steps.", "it takes 2 steps"),
        ("ImageNet at 256x256 is used.", "on ImageNet 256 × 256"),
        ("It saves 41% of the time.", "reducing the time by 41 percent"),
        ("The lower bound is 10^-3.", "a bound of 10^{-3}"),
        ("It builds on SD v1.5.", "for Stable Diffusion v1.5"),
        ("Twice as fast.", "a speed-up of 2 times"),
    ],
)
def test_a_number_written_in_another_way_is_the_same(sentence: str, source: str) -> None:
    found = number_conflicts(sentence, source)
    assert (found.missing, found.units, found.frames) == ((), (), ())


@pytest.mark.parametrize(
    ("sentence", "source", "kind"),
    [
        ("It is 3.2x faster.", "a speedup factor of 2.3times", "missing"),
        ("It takes 35 s.", "it takes 35 ms", "units"),
        ("With T=10 seconds.", "using T=10 reverse process steps", "units"),
        ("It saves 16% of FLOPs.", "16.0 times FLOPs savings", "units"),
        ("The time was reduced to 41%.", "the time was reduced by 41%", "frames"),
        ("It has 12 billion parameters.", "a 12M model", "missing"),
        ("It uses 12 cameras.", "it uses 12 sensors", "nouns"),
        ("The gain is -3 dB.", "the gain is 3 dB", "units"),
    ],
)
def test_an_altered_number_unit_or_base_is_found(sentence: str, source: str, kind: str) -> None:
    assert getattr(number_conflicts(sentence, source), kind)


@pytest.mark.parametrize(
    ("sentence", "source", "missing"),
    [
        ("It is tested on CIFAR-10.", "It is tested on ImageNet.", ("CIFAR-10",)),
        ("DMs are slow.", "Diffusion models are slow.", ()),
        ("The UNet is kept.", "the U-Net is kept", ()),
        ("GANs are worse.", "GAN samples are worse", ()),
        ("However, it is slow.", "it is slow", ()),
    ],
)
def test_names_that_the_evidence_does_not_hold_are_found(sentence: str, source: str, missing: tuple[str, ...]) -> None:
    assert missing_names(sentence, source) == missing


@pytest.mark.parametrize(
    ("sentence", "source", "conflict"),
    [
        ("The method requires retraining.", "The method works without retraining.", True),
        ("No retraining is needed.", "The method works without retraining.", False),
        ("It is training-free.", "It needs no training.", False),
        ("The mapping is non-invertible.", "An invertible mapping is given.", True),
        ("It does not improve the samples.", "It improves the samples.", True),
        ("It never needs a large set of labelled images.", "It needs a large set of labelled images.", True),
        ("It works without long costly manual training runs on images.", "It works on images.", False),
        ("It works without labels, on images of faces.", "It works on faces.", False),
    ],
)
def test_a_lost_or_added_negation_is_found(sentence: str, source: str, conflict: bool) -> None:
    assert bool(negation_conflicts(sentence, source)) is conflict


def test_words_that_exclude_each_other_are_found() -> None:
    assert contrast_conflicts("The risk increases.", "The risk decreases.") == ("increase/decrease",)
    assert contrast_conflicts("The risk grows.", "The risk increases.") == ()
    assert contrast_conflicts("Videos are made.", "Images are made.", reference="Video models") == ()


def test_a_reason_that_the_evidence_does_not_give_counts_against_a_sentence(checker: Checker) -> None:
    given = checker.check("It is fast due to pruning.", TITLE, "Due to pruning, it is fast.")
    added = checker.check("It is fast due to pruning.", TITLE, "Pruning makes it fast.")
    assert (given.signals["cause"], added.signals["cause"]) == (0.0, 1.0)


def test_the_model_that_is_handed_in_decides(embedder: TransformerEmbedder, checker: Checker) -> None:
    fitted = load_support()
    strict = replace(fitted, line=replace(fitted.line, threshold=1.0))
    assert checker.check(EVIDENCE, TITLE, EVIDENCE).supported
    assert not Checker(embedder, strict).check(EVIDENCE, TITLE, EVIDENCE).supported


def test_what_is_weighed_is_what_is_fitted() -> None:
    signals = SignalsOf(HashEmbedder())(EVIDENCE, TITLE, EVIDENCE)
    assert sorted(signals) == sorted(load_support().signals)


@pytest.mark.parametrize(
    "sentence",
    [
        "DeepCache speeds up Stable Diffusion v1.5 by a factor of 2.3.",
        "With DeepCache, Stable Diffusion v1.5 runs 2.3x faster while the CLIP Score falls by only 0.05.",
        EVIDENCE,
    ],
)
def test_a_true_sentence_is_supported(checker: Checker, sentence: str) -> None:
    checked = checker.check(sentence, TITLE, EVIDENCE)
    assert checked.supported, checked
    assert 0 <= checked.score <= 1


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("DeepCache speeds up Stable Diffusion v1.5 by a factor of 3.2.", "3.2"),
        ("FasterDiff speeds up Stable Diffusion v1.5 by a factor of 2.3.", "FasterDiff"),
        ("This opens promising directions for practitioners in industry.", "does not say"),
        ("", "nothing is said"),
    ],
)
def test_an_unsupported_sentence_fails_and_the_reason_is_said(checker: Checker, sentence: str, reason: str) -> None:
    checked = checker.check(sentence, TITLE, EVIDENCE)
    assert not checked.supported
    assert reason in checked.reason


def test_a_second_opinion_counts_half(checker: Checker, embedder: TransformerEmbedder) -> None:
    class Never:
        def probability(self, premise: str, hypothesis: str) -> float:
            return 0.0

    alone = checker.check(EVIDENCE, TITLE, EVIDENCE).score
    both = Checker(embedder, load_support(), Never())
    assert both.check(EVIDENCE, TITLE, EVIDENCE).score == pytest.approx(alone / 2)


@pytest.mark.parametrize("text", ["…", "5", "×", "-", "a" * 3_000, "\U0001f600 <|im_start|>", "10^{99}", "1e999 %"])
def test_odd_text_is_judged_without_failing(checker: Checker, text: str) -> None:
    assert 0 <= checker.check(text, "", EVIDENCE).score <= 1
    assert 0 <= checker.check("A plain sentence.", text, text).score <= 1
