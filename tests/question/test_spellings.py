"""The names of papers as people type them."""

import pytest

from rag.ingest.formats.record import make_paper
from rag.question import spellings

CACHE = make_paper(title="DeepCache: Accelerating Diffusion", abstract="It is fast.")
TWO = make_paper(title="Faster Diffusion: Rethinking the Encoder", abstract="It is faster.")
READ = make_paper(title="READ: Talking Heads", abstract="It talks.")


@pytest.mark.parametrize(
    "text", ["DeepCache", "how fast is deep cache?", "Deep-Cache speed", "is deepcach free", "deepcachee?"]
)
def test_a_name_is_known_in_another_spelling(text: str) -> None:
    assert spellings.named(text, [TWO, CACHE]) == [CACHE]


@pytest.mark.parametrize("text", ["", "a deep cavern", "cache", "deep learning caches", "faster"])
def test_other_words_are_no_name(text: str) -> None:
    assert spellings.named(text, [CACHE, TWO]) == []


def test_in_running_text_a_name_is_written_as_in_its_title() -> None:
    assert spellings.stands_in("What does READ do?", READ) and not spellings.stands_in("does it read text?", READ)
    assert spellings.is_name("read", READ) and spellings.is_name("faster diffusion", TWO)


def test_a_name_is_replaced_with_the_marks_after_it() -> None:
    assert spellings.without_name("How fast is deep cache?", CACHE, "SaRA") == "How fast is SaRA?"
    assert spellings.without_name("How fast is it?", CACHE, "SaRA") is None


def test_a_name_may_stand_before_a_dash() -> None:
    dashed = make_paper(title="TagFix \u2013 Correcting Grammar: Tag, Not Rewrite", abstract="It tags.")
    assert spellings.name_of(dashed) == "TagFix"
    assert spellings.name_of(make_paper(title="A Study of End-to-End Tagging", abstract="It tags.")) == ""


def test_a_plain_phrase_is_a_name_only_as_it_is_written() -> None:
    survey = make_paper(title="Language Models: A Survey", abstract="They are counted.")
    assert spellings.named("do language models dream?", [survey]) == []
    assert spellings.named("What does Language Models say?", [survey]) == [survey]
