"""What the chat and the page's head say: turns and the state of loading in, escaped Markdown or HTML out.

Pure; knows nothing of gradio, of models or of how a turn comes about. The panel of sources is `ui.sources`.
"""

import re
from collections.abc import Iterable
from typing import Any

from rag.domain import Answer, Span
from rag.escaping import counted, escape_html, escape_inline, escape_lines, escape_markdown, shorten
from rag.settings import Settings
from ui.conversation import ChatTurn, Conversation
from ui.loading import Loading
from ui.sources import anchor

_MARKER = re.compile(r"\[(\d+)\]")


# --- the chat ---------------------------------------------------------------------------------------------------------


def chat_messages(conversation: Conversation) -> list[dict[str, Any]]:
    """The conversation as messages of Markdown."""
    return [
        {"role": role, "content": content}
        for turn in conversation.turns
        for role, content in (("user", escape_markdown(turn.question)), ("assistant", assistant_message(turn)))
    ]


def assistant_message(turn: ChatTurn) -> str:
    """What stands under a question: the answer so far, how the question was understood, and one line on the state."""
    parts = [answer_markdown(turn.answer, turn.number)] if turn.answer is not None and turn.answer.text else []
    if turn.asked_as:
        parts.append(f"*Asked as: {escape_markdown(shorten(turn.asked_as, 400))}*")
    mark = "**" if turn.step == "failed" else "*"
    parts.append(f"{mark}{escape_markdown(' '.join(state_line(turn).split()))}{mark}")
    return "\n\n".join(parts)


def answer_markdown(answer: Answer, turn: int) -> str:
    """The answer's text with its markers as links to the source cards; everything else shows literally.

    What carries a marker and is verbatim becomes a block quotation, which the page sets apart from the program's words.
    """
    known, quoted = {citation.n for citation in answer.citations}, _quoted(answer)
    parts, position = [], 0
    for match in _MARKER.finditer(answer.text):
        n = int(match[1])
        if n in known and not _inside(match.start(), quoted):
            parts += [escape_inline(answer.text[position : match.start()]), f"[[{n}]](#{anchor(turn, n)})"]
            position = match.end()
    text = escape_lines("".join(parts) + escape_inline(answer.text[position:]))
    if any(sentence.verdict != "quote" for sentence in answer.sentences):
        return text
    return "\n\n".join(_set_apart(paragraph) for paragraph in text.split("\n\n"))


def _set_apart(paragraph: str) -> str:
    """A block quotation if there is a link in it; only our markers can be one, since the rest is escaped."""
    return "\n".join(f"> {line}" for line in paragraph.split("\n")) if "](#" in paragraph else paragraph


def _quoted(answer: Answer) -> list[Span]:
    """Where the words of the papers stand in the answer's text: a `[1]` among them is the paper's, not ours."""
    spans, position = [], 0
    for words in (citation.quote for citation in answer.citations):
        start = answer.text.find(words, position)
        if words and start >= 0:
            position = start + len(words)
            spans.append(Span(start, position))
    return spans


def _inside(position: int, spans: Iterable[Span]) -> bool:
    return any(span.start <= position < span.end for span in spans)


def state_line(turn: ChatTurn) -> str:
    """What the turn waits for, how it came out, or why it failed."""
    if turn.step == "done" and turn.answer is not None:
        return outcome_line(turn.answer)
    if turn.step == "stopped":
        return "Stopped." if turn.answer is None else "Stopped; the answer is incomplete."
    if turn.step == "failed":
        return turn.note
    found = f"Found {counted(len(turn.hits), 'paper')}. " if turn.hits else ""
    reading = f"Reading sentence {turn.done} of {turn.total} …" if turn.total else "Reading …"
    busy = {"searching": "Searching the library …", "reading": found + reading, "writing": "Writing …"}
    busy["answering"] = "Answering …"
    return busy.get(turn.step) or (f"{turn.note} …" if turn.note else "Waiting for its turn …")


def outcome_line(answer: Answer) -> str:
    """How the answer came out, in a few plain words."""
    if answer.outcome == "declined":
        return "Declined: no abstract here supports an answer. Try other words, or name a method from a nearest paper."
    exact = all(sentence.verdict == "quote" for sentence in answer.sentences)
    line = (
        f"✓ {counted(len(answer.cited_papers), 'paper')}, {'exact words' if exact else 'checked against the abstracts'}"
    )
    if answer.outcome == "partial":
        # Which part, the answer's own last line says.
        line += ". Part of the question is not in these abstracts"
    if answer.mode == "write" and answer.dropped:
        line += f". {counted(len(answer.dropped), 'written sentence')} not shown: unsupported"
    if answer.notice:
        line += f". {answer.notice}"
    return line


def too_long(length: int, limit: int) -> str:
    """What to say to a question over the limit."""
    return f"This question has {length:,} characters; at most {limit:,} are accepted. Shorten it and send it again."


# --- the page around them ---------------------------------------------------------------------------------------------


def header(loading: Loading) -> str:
    """The line on top: the name, how many papers there are, and what reads them or how far the loading is."""
    if loading.state == "ready":
        about = loading.description or {}
        facts = [
            escape_html(_model_name(about[key])) for key in ("writer", "reader", "device", "mode") if about.get(key)
        ]
        state = f'<span class="cw-facts">{" · ".join(facts)}</span>'
        count = f'<span class="cw-count">{counted(len(loading.papers), "paper")}</span>'
    elif loading.state == "failed":
        state, count = '<span class="cw-line cw-failed">Not ready</span>', ""
    else:
        state, count = f'<span class="cw-line cw-busy">{escape_html(loading.note)} …</span>', ""
    state = f'<span class="cw-state" role="status">{state}</span>'
    return f'<header class="cw-header"><h1>citewise</h1>{count}{state}</header>'


def welcome(loading: Loading, settings: Settings) -> str:
    """The Markdown in the middle of an empty chat: what this is, what is being waited for, or what to do."""
    if loading.state == "failed":
        # The message itself says what to do next.
        then = "After that, press “Try again”."
        return f"### Not ready to answer\n\n{escape_markdown(loading.note)}\n\n{then}"
    if loading.state == "ready" and not loading.papers:
        return f"### This library is empty\n\n{ingest_hint(settings)}"
    promise = "Answers are the exact words of the abstracts. Every sentence names its paper."
    if (loading.description or {}).get("mode") == "write":
        promise = "Answers are written from the abstracts. Every sentence is checked against the words it cites."
    if loading.state == "loading":
        return f"### Ask about these papers\n\n{promise}\n\n{escape_markdown(loading.note)} … You can ask already."
    return f"### Ask about these {counted(len(loading.papers), 'paper')}\n\n{promise}"


def ingest_hint(settings: Settings) -> str:
    """How to put papers into the library, as Markdown."""
    command = escape_markdown(f"citewise ingest FILE --library {settings.library}")
    return f"To fill it, run <code>{command}</code> and press “Try again”."


def _model_name(name: str) -> str:
    """A model's name without its owner or folder."""
    return shorten(name.rstrip("/").rsplit("/", 1)[-1], 60)
