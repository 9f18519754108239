"""What a question takes for granted and its paper denies: "Why does DeepCache need retraining?" of a training-free method.

Owns: when a premise counts as denied, which is where one paper is asked about and a sentence of it says that it does without the thing.
The sentence is shown; no answer is claimed.
"""

from rag.answer.quoted import short_name
from rag.answer.told import Told, evidence
from rag.core import lexicon
from rag.core.domain import Paper
from rag.core.lexicon import patterns
from rag.core.sentences import sentences
from rag.core.text import words
from rag.evidence.injection import quotable
from rag.question import kinds
from rag.question.negations import lacks

_NEGATORS = lexicon.words("plain_negators")


def denied(question: str, papers: tuple[Paper, ...]) -> Told | None:
    """The line and the sentence that denies it, where the question is about one paper that does; else None."""
    match = patterns("takes_need").search(question)
    if match is None or len(papers) != 1 or not patterns("asserts").search(question):
        return None
    if set(words(question)) & _NEGATORS or patterns("asks_list").search(question):
        return None
    thing = next(group for group in match.groups() if group)
    (paper,) = papers
    for span in quotable(paper.abstract, sentences(paper.abstract)):
        text = span.of(paper.abstract)
        if lacks(text, thing) and kinds.tells_own_work(text):
            lead = f"The abstract of {short_name(paper)} says that it does without {_noun(thing)}. Nearest words:"
            return Told(lead, (evidence(paper, span),), "nearest")
    return None


def _noun(thing: str) -> str:
    """The thing as a noun: "retraining" of "retrained"."""
    plain = thing.lower()
    if plain.startswith(("label", "annot")):
        return "labels" if plain.startswith("label") else "annotations"
    return "retraining" if plain.startswith(("retrain", "re-train")) else "fine-tuning"
