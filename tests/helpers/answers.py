"""Papers, answers and turns of a few words, hostile texts, and what a browser would make of HTML."""

from html.parser import HTMLParser

from rag.answer.quoted import text_of
from rag.core.domain import Answer, AnswerSentence, Citation, Paper, Span
from ui.records import ChatTurn
from ui.views.turn import turn_parts

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    r"\xi \alpha \(x\)",
    "$O(n)$ and $$x$$",
    "**bold** _it_ ~~gone~~",
    "[link](javascript:alert(1))",
    "![img](https://example.org/x.png)",
    "# head",
    "1. list",
    "- list",
    "    code",
    "head\n===",
    "<script>alert(1)</script>",
    "`code` ```fence```",
    "a | b\n--|--",
    "https://example.org www.example.org me@example.org",
    "&lt;b&gt; &#60;",
    "{{value}} {% x %}",
    "<think>thought</think>",
    "</span></article>\" onclick='alert(1)",
    "[1] [^1]",
]


class Shown(HTMLParser):
    """Collects what a browser would show of HTML, and the tags and attributes it would act on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", [], []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def paper(abstract: str = "One. Two words. Three.", title: str = "DeepThing: A Title", **rest: object) -> Paper:
    return Paper(rest.pop("id", title), title, abstract, **rest)  # type: ignore[arg-type]


def citation(of: Paper, words: str, n: int = 1) -> Citation:
    start = of.abstract.index(words)
    return Citation(n, of, Span(start, start + len(words)))


def answered(*citations: Citation, question: str = "q") -> Answer:
    sentences = tuple(AnswerSentence(c.quote, "quote", (c,)) for c in citations)
    return Answer(question, question, "quote", "answered", 0.9, text_of(sentences), sentences=sentences)


def done(answer: Answer, turn_id: str = "turn1") -> ChatTurn:
    return ChatTurn(turn_id, answer.question, "done", answer=answer)


def parts(turn: ChatTurn) -> dict[str, object]:
    return turn_parts(turn, 59, {"reader": "Org/Small", "device": "cpu"})


def everything(turn: ChatTurn) -> str:
    html = parts(turn)
    return "".join([*html.pop("blocks"), *(str(html[name]) for name in ("asked", "state", "foot", "sources"))])  # type: ignore[misc]
