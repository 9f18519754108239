"""How many papers are about a topic: what was counted is said with the number."""

from rag.answer.told import Told, evidence, sentences_of
from rag.core.domain import Answer
from rag.core.escaping import counted
from rag.core.text import content_words, stem, words
from rag.library.store import Library
from rag.question import kinds
from rag.question.negations import topic


def papers(question: str, answer: Answer, library: Library) -> Told:
    """The papers listed whose title or own work names the topic; all that are listed where none does."""
    wanted = [stem(word) for word in topic(question)]
    shown = {citation.paper.id: citation for citation in answer.citations}
    own = []
    for paper, spans in sentences_of([citation.paper for citation in shown.values()], library):
        texts = [span.of(paper.abstract) for span in spans]
        works = [
            span for span, text in zip(spans, texts, strict=True) if kinds.tells_own_work(text) and _all(wanted, text)
        ]
        twice = sum(_all(wanted, text) for text in texts) > 1
        if _all(wanted, paper.title) or works or twice:
            own.append(evidence(paper, works[0] if works else shown[paper.id].span))
    name = " ".join(content_words(" ".join(topic(question))))
    holding = library.find_papers(name, 1)[0] if wanted else 0
    if not own or not wanted:
        found = tuple(evidence(citation.paper, citation.span) for citation in shown.values())
        lead = (
            f"{counted(len(found), 'paper')} found. Counted: papers whose abstract matches the question by its sense:"
        )
        return Told(lead, found)
    lead = f"{counted(len(own), 'paper')}. Counted: papers found that name \u201c{name}\u201d in the title or for their own work"
    if holding > len(own):
        lead += f"; {holding} of {library.count()} name it at all"
    return Told(lead + ":", tuple(own))


def _all(wanted: list[str], text: str) -> bool:
    there = {stem(word) for word in words(text)}
    return bool(wanted) and all(word in there for word in wanted)
