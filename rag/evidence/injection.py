"""Sentences of abstracts that address a machine or its reader instead of telling of research: kept, but never ranked or quoted.

Owns: which sentences those are; their patterns are in the lexicon. Pure functions on strings. An abstract is untrusted text (indirect
prompt injection: Greshake et al. 2023, arXiv:2302.12173); what tells an assistant what to do is no evidence for anything. Patterns
cannot know every such sentence: the prompts never follow text in the evidence, and written sentences are checked.
"""

from rag.core.lexicon import patterns
from rag.question.kinds import in_another_language

_ADDRESSES = patterns("control_marks", "markup", "orders", "encoded")
_FOREIGN_WORDS = 4
"""Function words of other languages: names of authors and Latin phrases bring one or two into an English sentence."""


def addresses_the_machine(sentence: str) -> bool:
    """Whether a sentence gives orders to whoever reads it, holds control tokens, mark-up or encoded text."""
    return _ADDRESSES.search(sentence) is not None


def out_of_place(sentence: str, abstract: str) -> bool:
    """Whether a sentence addresses the machine, or is in another language than its abstract."""
    if addresses_the_machine(sentence):
        return True
    if not in_another_language(sentence, least=_FOREIGN_WORDS):
        return False
    rest = abstract.replace(sentence, " ")
    return len(rest) > len(sentence) and not in_another_language(rest, least=_FOREIGN_WORDS)
