"""Hand-written sentences about papers -> pairs for the checker, with errors planted by script beside those planted by hand.

Owns: which errors are planted and how. A line of the source names a paper by its title, the numbers of the abstract's sentences
that it tells of, a kind ("supported" or the fault it has), the text and a split. By hand are planted: number, unit, entity, negation,
reversed, addition, filler, cause, subject. By script, from the supported ones: the citation of another paper ("citation"), another
number ("digits"), and the name of another paper's method ("method").
"""

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.errors import EvalError
from rag.answer.quoted import short_name
from rag.core.domain import Paper
from rag.core.names import name_in_title
from rag.core.sentences import sentences as split_sentences
from rag.core.text import content_words, stem

_DIGITS = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-]*[A-Za-z])")
_EVERY_CITATION = 3
"""Of the supported sentences, every third is cited to the most similar sentence of another paper too."""


def plant(written: Sequence[Mapping[str, Any]], papers: Sequence[Paper], seed: int = 0) -> list[dict[str, Any]]:
    """The lines of a checker set, in a fixed order.

    Raises:
        EvalError: a line names a paper or a sentence that is not there.
    """
    by_title = {paper.title: paper for paper in papers}
    sentences = {paper.title: [span.of(paper.abstract) for span in split_sentences(paper.abstract)] for paper in papers}
    names = [short_name(paper) for paper in papers if len(short_name(paper).split()) == 1]
    chance = random.Random(seed)
    lines: list[dict[str, Any]] = []
    for place, line in enumerate(written, start=1):
        title, kind = str(line["title"]), str(line["kind"])
        if title not in by_title:
            raise EvalError(f"line {place}: no paper {title!r} in the library")
        try:
            evidence = " ".join(sentences[title][number - 1] for number in line["evidence"])
        except IndexError:
            raise EvalError(
                f"line {place}: {title!r} has {len(sentences[title])} sentences, not {line['evidence']}"
            ) from None
        pair = {"sentence": line["text"], "title": title, "evidence": evidence, "split": line["split"], "by": "hand"}
        pairs = [pair | {"supported": kind == "supported", "kind": kind}]
        if kind == "supported":
            pairs += [
                pair | {"supported": False, "by": "script"} | fault
                for fault in _faults(pair, place, sentences, names, chance)
            ]
        lines += [{"id": f"c{place}{letter}"} | item for letter, item in zip("abcde", pairs, strict=False)]
    return lines


def _faults(
    pair: Mapping[str, Any],
    place: int,
    sentences: Mapping[str, Sequence[str]],
    names: Sequence[str],
    chance: random.Random,
) -> Iterator[dict[str, Any]]:
    text, own = str(pair["sentence"]), str(pair["title"])
    if place % _EVERY_CITATION == 0:
        others = [(title, sentence) for title, of_paper in sentences.items() if title != own for sentence in of_paper]
        shares = word_shares(text, [sentence for _, sentence in others])
        title, sentence = others[max(range(len(others)), key=lambda i: (shares[i], -i))]
        yield {"kind": "citation", "title": title, "evidence": sentence}
    numbers = [match for match in _DIGITS.finditer(text) if match.group() in str(pair["evidence"])]
    if numbers:
        match = chance.choice(numbers)
        yield {
            "kind": "digits",
            "sentence": text[: match.start()] + _other(match.group(), chance) + text[match.end() :],
        }
    name = name_in_title(own)
    if name in names and name in text:
        other = chance.choice([other for other in names if other != name and other not in str(pair["evidence"])])
        yield {"kind": "method", "sentence": text.replace(name, other)}


def _other(number: str, chance: random.Random) -> str:
    """A number of the same form: one digit is another one."""
    places = [i for i, character in enumerate(number) if character.isdigit()]
    changed = chance.choice(places)
    digit = chance.choice([digit for digit in "123456789" if digit != number[changed]])
    return number[:changed] + digit + number[changed + 1 :]


def word_shares(question: str, texts: Sequence[str]) -> list[float]:
    """Per text the share of the question's words it holds, stemmed, rare words counting more: 0..1."""
    wanted = list(dict.fromkeys(stem(word) for word in content_words(question)))
    words_of = [{stem(word) for word in content_words(text)} for text in texts]
    rarity = {word: math.log(1 + len(texts) / (1 + sum(word in of_text for of_text in words_of))) for word in wanted}
    whole = sum(rarity.values())
    return [sum(rarity[word] for word in wanted if word in of_text) / whole if whole else 0.0 for of_text in words_of]
