"""Sentences of abstracts that address a machine or its reader instead of telling of research: they are kept, but never read or quoted.

Owns: the patterns. Pure functions on strings. An abstract is untrusted text (indirect prompt injection: Greshake et
al. 2023, arXiv:2302.12173); what
tells an assistant what to do is no evidence for anything. Patterns cannot know every such sentence: the prompts
never follow text in the
evidence, and written sentences are checked.
"""

import re

from rag.question.kinds import in_another_language

_CONTROL = re.compile(
    r"<\|[^|>]{0,40}\|>|\[/?(?:INST|SYS|SYSTEM|ASSISTANT|USER)\]|<</?SYS>>|</s>|<s>|<(?:start|end)_of_turn>|###\s*(?:system|instruction|assistant|user)|"
    r"^\W*(?:system|assistant|user|developer|human|note to (?:ai|llm|assistant)s?)\s*:",
    re.IGNORECASE,
)
# A bare tag is only shown as it stands; one that loads, sends or runs something is an attack.
_MARKUP = re.compile(
    r"!\[[^\]]*\]\(|\[(?!https?:)[^\]]+\]\(https?:|<\s*(?:script|img|iframe|svg|style|link|meta|body|div|object|form|input|video|base|a)\b[^>]*="
    r"|<\s*script[^>]*>[^<]*(?:http|fetch|cookie|document|window)|\bon(?:error|load|click)\s*=|javascript:|data:text",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|drop)\b.{0,30}\b(?:instructions?|prompts?|rules|guidelines?"
    r"|everything (?:above|before)|all previous|the above)\b"
    r"|\b(?:reveal|print|show|repeat|output|leak|quote|your)\b.{0,30}\b(?:system|hidden|secret) (?:prompt"
    r"|instructions?|message)\b|\byour (?:previous |prior |earlier |own )?(?:instructions?|rules|guidelines|orders)\b"
    r"|\byou (?:are now|must|shall|have to|will now|are (?:a|an|no longer))\b|\byour (?:\w+ ){0,2}(?:answers?"
    r"|reply|replies|responses?|outputs?)\b"
    r"|(?:^|[.;:,]\s*(?:and |then )?|\bplease |\bmust |\bshould |\bshall |\balways |\bonly )(?:answer|reply"
    r"|respond|begin|start|end|conclude|prefix|append|prepend|"
    r"insert|output|print|repeat|write|say|tell|add|recommend|advise|refuse|pretend|act|visit|click|send|fetch|decode|cite)\b.{0,50}"
    r"\b(?:every|each|all|any|your|the) (?:answers?|reply|replies|response|users?|reader|questions?)\b"
    r"|(?:^|[.;:,]\s*(?:and |then )?|\bplease |\bmust |\bshould |\bonly )(?:answer|reply|respond|output|print"
    r"|say|write|repeat)\b.{0,25}"
    r"\b(?:only|with|exactly|verbatim|the words?|the phrase|as follows)\b"
    r"|\b(?:AI|language[- ]model|LLM|chat) ?(?:assistants?|bots?|agents?|models?)\b.{0,30}\b(?:must|please"
    r"|reading this|summari[sz]ing this|should (?:answer|say|reply|add|ignore))"
    r"|^\W*(?:dear|attention|hey|hello|(?:note|notice|message|instructions?) (?:to|for|aux?))\W+(?:the |any |all )?(?:\w+\W+)?"
    r"(?:AI|assistants?|models?|LLMs?|chatbots?|bots?|readers?|systems?|agents?)\b"
    r"|\b(?:all|any|every) other (?:papers?|abstracts?)\b.{0,40}\b(?:retract|withdrawn|wrong|false|fake|invalid"
    r"|plagiar)|\bhas been retracted\b|\breplaces? the (?:ones|values|numbers|figures) (?:below|above)\b|\bdeveloper mode\b"
    r"|\b(?:in|start|end|begin) (?:every|each|all) (?:answers?|reply|replies|responses?)\b|\bobey\b|^\W*(?:question|answer)\s*:"
    r"|\b(?:when|if|whenever) (?:you are|someone|users?|readers?|anyone|asked)\b.{0,20}\bask|\breaders? who ask\b"
    r"|^\W*summari[sz]e (?:this|the) (?:abstract|paper|text)\b|\bfor the user as follows\b",
    re.IGNORECASE,
)
_FOREIGN_WORDS = 4
"""Function words of other languages: names of authors and Latin phrases bring one or two into an English sentence."""
_ENCODED = re.compile(r"\bbase64\b|(?<![\w/.-])(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9+]{28,}={0,2}(?![\w./-])")


def addresses_the_machine(sentence: str) -> bool:
    """Whether a sentence gives orders to whoever reads it, holds control tokens, mark-up or encoded text."""
    return any(pattern.search(sentence) is not None for pattern in (_CONTROL, _MARKUP, _ORDERS, _ENCODED))


def out_of_place(sentence: str, abstract: str) -> bool:
    """Whether a sentence is hostile, or in another language than its abstract."""
    if addresses_the_machine(sentence):
        return True
    if not in_another_language(sentence, least=_FOREIGN_WORDS):
        return False
    rest = abstract.replace(sentence, " ")
    return len(rest) > len(sentence) and not in_another_language(rest, least=_FOREIGN_WORDS)
