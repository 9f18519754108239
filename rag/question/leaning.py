"""Whether a question leans on what was said before, by its words alone.

Owns: what counts as a question over the whole library, as one that points back, and as a piece that an earlier question completes. The
words are in the lexicon. Where the words do not tell, the answer is "unsure": then the papers found tell. Pure functions on strings.
"""

import re
from collections.abc import Sequence
from typing import Literal

from rag.core import lexicon
from rag.core.domain import Hit, Paper
from rag.core.lexicon import patterns
from rag.core.text import STOP_WORDS, stem, words
from rag.question import filters, kinds, talk
from rag.question.record_details import detail_question

Leaning = Literal["alone", "leans", "unsure"]

_PRONOUNS = lexicon.words("pronouns")
_OF_ANY_PAPER = lexicon.word_pattern("of_any_paper")
_DEFINITE = re.compile(r"\b(?:the|its|their)\b", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\W*(?:(?:and|but|so|ok|only|just|also|even) ){0,2}(?:on|for|with|at|by|against|under|without|over|during|per|across|via|using)\s",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\b(?:with|to|than|from|against|versus|vs\.?|and|or|of|like)\s", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|on|for|use|uses|using|with|concerning|regarding|discuss|discusses|address|addresses|mention|mentions|around)\s",
    re.IGNORECASE,
)
_THERE = re.compile(r"\W*(?:(?:and|but|so|ok|now|thanks)\W+){0,2}(?:is|are|was|were) there\b", re.IGNORECASE)
_DEFINED = re.compile(
    r"\W*(?:what|who)(?:[\u2019']s| is| are| was| were) (?!(?:the|its|their|his|her|it|they)\b)", re.IGNORECASE
)
_OF_A_TOPIC = re.compile(
    r"\b(?:of|for|in|with|by|on) (?!(?:the|its|their|it|them|this|that|these|those|what|which)\b)(?=\w)", re.IGNORECASE
)
_ASKS = re.compile(
    r"\b(?:who|what|which|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|has|have|had|will|would|should)\b",
    re.IGNORECASE,
)
_FIRST_WORDS = 12
"""Words at the start of a question among which a pronoun points back."""
_SINGULAR = frozenset({"it", "its", "itself", "this", "he", "she", "his", "her"})
_MOST_TOPICS = 8
_MOST_WORDS = 30
_SHORT = 6
_SHORT_IN_OTHER_SCRIPT = 8
"""Characters of a question of Chinese, say, that may only mean "why?"."""
_OWN_TOPIC = 3
"""Words of a topic before a pronoun that may be what it points to."""
_MOST_CHARS = 500
"""Of a question that is a piece of one, or points by a word for a paper."""


def leaning(question: str) -> Leaning:
    """Whether the question needs what was said before. "alone" too where it is small talk or is asked of the library as a whole."""
    question = talk.without_greeting(question)
    if talk.step(question) or affirms(question):
        return "leans"
    detail = detail_question(question)
    if detail is not None and not detail.subject and not patterns("new_topic").search(question):
        # "Which year?" asks for that of the papers of the last answer, not for those of the library.
        return "leans"
    if patterns("new_topic").search(question) or talk.whole(question, alone=False) or talk.talk(question, alone=False):
        return "alone"
    if len(question) > _SHORT_IN_OTHER_SCRIPT and kinds.in_another_script(question):
        return "alone"
    if asks_library(question) and not points_among(question):
        return "alone"
    if not topic_words(question) or is_fragment(question):
        return "leans"
    if what_about(question) or patterns("compares_alone").search(question) or _is_short_pointer(question):
        return "leans"
    return "alone" if _names_its_topic(question) else "unsure"


def leans_by_words(question: str) -> bool:
    """As `leaning`, decided without looking at papers: what points back leans."""
    kind = leaning(question)
    return kind == "leans" or (kind == "unsure" and points_back(question) and not _points_inside(question))


def signals(question: str, papers: Sequence[Paper], best: Sequence[Hit]) -> dict[str, float]:
    """What tells whether a question with a topic word leans.

    Args:
        question: the newest one.
        papers: those of the last answer.
        best: the best papers of the library for the question, best first.
    """
    question = talk.without_greeting(question)
    typed, topics = words(question), topic_words(question)
    pointing = words(patterns("pronouns_of_nothing").sub(" ", question))
    place = next((n for n, word in enumerate(pointing[:_FIRST_WORDS]) if word in _PRONOUNS), None)
    known = {paper.id for paper in papers}
    said = _stems(papers)
    names = {word for name in kinds.names(question) for word in words(name)}
    strange = [name for name in names if stem(name) not in said]
    points = patterns("pronouns").search(question) is not None or points_among(question)
    of_the_paper = patterns("of_the_paper").search(question[:_MOST_CHARS]) is not None
    definite = _DEFINITE.search(question) is not None
    others = [hit for hit in best if hit.paper.id not in known]
    here, elsewhere = _share(topics, said), max((_share(topics, _stems([hit.paper])) for hit in others), default=0.0)
    bare = place is None and not points and not of_the_paper
    more_elsewhere = elsewhere > here and len(topics) >= (2 if elsewhere == 1 else _OWN_TOPIC)
    return {
        "topics": float(min(_MOST_TOPICS, len(topics))),
        "length": float(min(_MOST_WORDS, len(typed))),
        "pronoun": float(place is not None),
        "singular": float(place is not None and pointing[place] in _SINGULAR),
        "before_pronoun": float(min(_MOST_TOPICS, len(topic_words(" ".join(pointing[:place]))))) if place else 0.0,
        "of_a_topic": float(_OF_A_TOPIC.search(question) is not None),
        "asks": float(_ASKS.search(question) is not None),
        "points": float(points),
        "why": float(typed[0] == "why"),
        "of_the_paper": float(of_the_paper),
        "definite": float(definite),
        "said": here,
        "said_elsewhere": elsewhere,
        "close_elsewhere": max((_cosine(hit) for hit in others), default=0.0),
        "told_elsewhere": float(bare and more_elsewhere),
        "strange_names": float(min(2, len(strange))),
        "strange_before_pronoun": float(bool(place) and not set(strange).isdisjoint(pointing[:place])),
        "first": float(bool(best) and best[0].paper.id in known),
        "near": float(len(others) < len(best)),
    }


def _stems(papers: Sequence[Paper]) -> set[str]:
    return set(map(stem, words(" ".join(f"{paper.title} {paper.abstract}" for paper in papers))))


def _share(topics: Sequence[str], said: set[str]) -> float:
    return sum(stem(word) in said for word in topics) / max(1, len(topics))


def _cosine(hit: Hit) -> float:
    return max(hit.parts.get("dense", 0.0), hit.parts.get("sentence", 0.0))


def points_back(question: str) -> bool:
    """Whether a question says that it goes on: a pronoun, an opener such as "what about", or the wish for more."""
    pointing = patterns("pronouns_of_nothing").sub(" ", question)
    detail = detail_question(question)
    return (
        bool(talk.step(question))
        or (detail is not None and not detail.subject)
        or bool(_PRONOUNS & set(words(pointing)[:_FIRST_WORDS]))
        or patterns("pronouns").search(pointing) is not None
        or patterns("follow_up_openers").search(question) is not None
        or (len(question) <= _MOST_CHARS and patterns("points_among").search(pointing) is not None)
    )


def points_among(question: str) -> bool:
    """Whether it points to several papers of an answer, or picks among them ("which of them", "the second one")."""
    return len(question) <= _MOST_CHARS and (
        patterns("points_among").search(question) is not None
        or patterns("points_to_place").search(question) is not None
    )


def points_to_several(question: str) -> bool:
    """Whether it points to more than one paper ("of these", "which of them", "both")."""
    return len(question) <= _MOST_CHARS and patterns("points_among").search(question) is not None


def asks_library(question: str) -> bool:
    """Whether it asks for papers or methods of a kind, which any paper of the library may be."""
    if len(question) > _MOST_CHARS:
        return False
    if patterns("asks_library").search(question) or filters.order(question)[0]:
        return True
    return _THERE.match(question) is not None and bool(topic_words(question))


def affirms(question: str) -> bool:
    """Whether it says yes to what was answered: go on."""
    text = " ".join(question.lower().split()).strip(" .!?,")
    return len(text) <= _MOST_CHARS and patterns("affirms").fullmatch(text) is not None


def is_fragment(question: str) -> bool:
    """Whether it is a piece of a question ("on ImageNet?", "the FID?")."""
    text = " ".join(question.split()).strip(" .!?,")
    if len(text) > _MOST_CHARS or not patterns("fragment").fullmatch(text):
        return False
    # "The attention mechanism" is a topic as well, "the frame rate" is asked of something.
    return not re.match(r"(?:the|what|how)\b", text, re.IGNORECASE) or _of_any_paper(text) or len(text.split()) <= 3


def begins_in_the_middle(question: str) -> bool:
    """Whether it is a piece of a question that begins with a preposition ("on ImageNet?")."""
    return is_fragment(question) and _PREPOSITION.match(question) is not None


def what_about(question: str) -> str:
    """What "what about X?" names; "" where the question has another form."""
    lead = patterns("what_about").match(talk.without_greeting(question)) if len(question) <= _MOST_CHARS else None
    return talk.without_greeting(question)[lead.end() :].strip(" ?.!,") if lead else ""


def compared_with(question: str) -> str:
    """What stands at the end of a comparison ("compare it with X"); "" where there is none."""
    found = list(_COMPARED.finditer(question)) if len(question) <= _MOST_CHARS else []
    return question[found[-1].end() :].strip(" ?.!,") if found else ""


def other_topic(question: str, topic: str) -> str:
    """A question for papers with another topic at its end: "Which papers are about audio?"; "" where none is seen."""
    found = _ABOUT.search(question) if len(question) <= _MOST_CHARS else None
    end = "?" if question.rstrip().endswith("?") else ""
    return f"{question[: found.end()]}{topic}{end}" if found else ""


def topic_words(question: str) -> list[str]:
    """The words of a topic, in order: neither function words nor such as can be asked of any paper."""
    return [
        word
        for word in dict.fromkeys(words(question))
        if word not in STOP_WORDS and len(word) > 1 and not word.isdigit() and not _OF_ANY_PAPER.fullmatch(word)
    ]


def _of_any_paper(text: str) -> bool:
    return any(_OF_ANY_PAPER.fullmatch(word) for word in words(text))


def _names_its_topic(question: str) -> bool:
    """Whether it is a mere topic ("diffusion pruning") or asks what something is ("What is LoRA?"), and points to nothing."""
    if points_back(question) or points_among(question) or patterns("of_the_paper").search(question[:_MOST_CHARS]):
        return False
    defined = _DEFINED.match(question)
    if defined:
        return not _OF_ANY_PAPER.fullmatch(next(iter(words(question[defined.end() :])), ""))
    return len(words(question)) > 1 and not _ASKS.search(question) and not _DEFINITE.search(question)


def _is_short_pointer(question: str) -> bool:
    """Whether it points back within few words, none of them a topic before the pronoun: "does it work on video?"."""
    typed = words(question)
    return len(typed) <= _SHORT and typed[0] != "why" and points_back(question) and not _topic_before_pronoun(question)


def _topic_before_pronoun(question: str) -> bool:
    typed = words(question)
    place = next((n for n, word in enumerate(typed) if word in _PRONOUNS), 0)
    return bool(topic_words(" ".join(typed[:place])))


def _points_inside(question: str) -> bool:
    """Whether a pronoun may point to what the question itself names before it."""
    typed = words(question)
    place = next((n for n, word in enumerate(typed) if word in _PRONOUNS), None)
    return place is not None and len(topic_words(" ".join(typed[:place]))) >= _OWN_TOPIC
