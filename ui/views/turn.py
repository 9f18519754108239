"""A turn of the chat as HTML: its state, the answer's paragraphs with their chips, why it came out so, what can be done with it.

Pure; knows nothing of gradio, of models or of how a turn comes about. The cards beside it are `ui.views.sources`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.answer import quoted as writing
from rag.core.domain import Answer, AnswerSentence
from rag.core.escaping import counted, escape_html
from ui.records import ENDED, ChatTurn
from ui.views.follow_ups import follow_ups
from ui.views.marks import prose
from ui.views.sources import anchor, citation_keys, sources, sources_label

_STAGES = ("searching", "reading", "writing", "answering")


def turn_parts(turn: ChatTurn, papers: int, about: Mapping[str, str]) -> dict[str, Any]:
    """What the page puts where, all of it escaped HTML but for `id`, `step` and `label`.

    Args:
        turn: as far as it has come.
        papers: how many the library holds.
        about: what answers: the assistant's description.
    """
    ended = turn.step in ENDED
    return {
        "id": turn.id,
        "step": turn.step,
        "asked": _asked(turn),
        "state": state_row(turn, papers),
        "blocks": answer_blocks(turn.answer, turn.id) if turn.answer is not None else [],
        "foot": _foot(turn, about) if ended else "",
        "sources": sources(turn, papers),
        "label": sources_label(turn),
    }


# --- the state ----------------------------------------------------------------------------------------------------------


def state_row(turn: ChatTurn, papers: int) -> str:
    """The line under the question: the stages gone through, or how it came out. The elapsed time is the page's to fill in."""
    if turn.step == "done" and turn.answer is not None:
        return outcome_row(turn.answer, turn.lost)
    if turn.step == "stopped":
        return _row("stopped", "Stopped", "The answer is incomplete." if turn.answer else "Nothing was found yet.")
    if turn.step == "failed":
        return _row("failed", "Not answered", escape_html(" ".join(turn.note.split())))
    if turn.step == "waiting":
        note = f"{turn.note} …" if turn.note else "Waiting for its turn …"
        return f'<span class="cw-stage cw-now">{escape_html(note)}</span><span class="cw-elapsed"></span>'
    return "".join(_stages(turn, papers)) + '<span class="cw-elapsed"></span>'


def _stages(turn: ChatTurn, papers: int) -> list[str]:
    """The stages so far; the last one is going on."""
    reading = f"Reading sentence {turn.done} of {turn.total}" if turn.total else "Reading"
    found = f"Found {counted(len(turn.hits), 'paper')}"
    now = {"searching": f"Searching {counted(papers, 'paper')}", "reading": reading, "writing": "Writing"}
    done = {"searching": found, "reading": f"Read {counted(turn.total, 'sentence')}"}
    before = [stage for stage in _STAGES[: _STAGES.index(turn.step)] if stage in done]
    made = [f'<span class="cw-stage cw-done">{done[stage]}</span>' for stage in before]
    return [*made, f'<span class="cw-stage cw-now">{now.get(turn.step, "Answering")} …</span>']


def outcome_row(answer: Answer, lost: int = 0) -> str:
    """How the answer came out, in a few plain words."""
    seconds = f" · {answer.timings_ms['total'] / 1000:.1f} s" if "total" in answer.timings_ms else ""
    notes = [escape_html(answer.notice)] if answer.notice else []
    if answer.mode == "write" and answer.dropped:
        notes.append(f"{counted(len(answer.dropped), 'written sentence')} not shown: unsupported.")
    if lost:
        notes.append(f"{counted(lost, 'sentence')} left out: no longer in this library word for word.")
    if answer.outcome == "declined":
        text = "No abstract here supports an answer. Try other words, or ask about one of the nearest papers."
        return _row("declined", "Not in this library", " ".join([text, *notes]) + seconds)
    if lost and not answer.sentences:
        return _row("failed", "No longer in this library", " ".join(notes))
    exact = all(sentence.verdict == "quote" for sentence in answer.sentences)
    support = (
        f"{counted(len(answer.cited_papers), 'paper')}, {'exact words' if exact else 'checked against the abstracts'}"
    )
    if answer.outcome == "partial":
        return _row("partial", "Answered in part", " ".join([f"{support}{seconds}.", *notes]))
    return _row("answered", "Answered", " ".join([support + seconds + ("." if notes else ""), *notes]))


def _row(kind: str, name: str, text: str) -> str:
    return f'<span class="cw-outcome cw-{kind}">{name}</span> <span class="cw-told">{text}</span>'


def _asked(turn: ChatTurn) -> str:
    """How a follow-up was understood, with a way to change it."""
    if not turn.asked_as:
        return ""
    return (
        f'<span class="cw-asked-label">Asked as:</span> <span class="cw-asked-text" dir="auto">{escape_html(turn.asked_as)}</span> '
        '<button type="button" class="cw-link" data-do="edit-asked">Change</button>'
    )


# --- the answer ---------------------------------------------------------------------------------------------------------


def answer_blocks(answer: Answer, turn_id: str) -> list[str]:
    """The answer's paragraphs, each an element of its own, so that a page can add one without touching the others."""
    if answer.outcome == "declined":
        return []
    keys = citation_keys(answer)
    blocks: list[str] = []
    grouped = writing.paragraphs(answer.sentences)
    if answer.text.startswith(writing.count_line(len(grouped)) + "\n"):
        blocks.append(f'<p class="cw-count-line">{writing.count_line(len(grouped))}</p>')
    for paragraph in grouped:
        if paragraph.label:
            blocks.append(f'<p class="cw-paper-name" dir="auto">{prose(paragraph.label)}</p>')
        quoted = all(sentence.verdict == "quote" for sentence in paragraph.sentences)
        words = " ".join(_sentence(sentence, turn_id, keys) for sentence in paragraph.sentences)
        tag = "blockquote" if quoted else "p"
        blocks.append(f'<{tag} class="cw-words" dir="auto">{words}</{tag}>')
    if answer.missing:
        blocks.append(f'<p class="cw-missing">{escape_html(writing.missing_line(answer.missing))}</p>')
    return blocks


def _sentence(sentence: AnswerSentence, turn_id: str, keys: Mapping[tuple[str, int, int], str]) -> str:
    words = prose(sentence.text)
    if sentence.verdict == "quote":
        words = f"\u201c{words}\u201d"
    chips = "".join(
        f'<a class="cw-chip" href="#{anchor(turn_id, citation.n)}" '
        f'data-q="{keys[citation.paper.id, citation.start, citation.end]}" data-quote="{escape_html(citation.quote)}" '
        f'data-title="{escape_html(citation.paper.title)}" '
        f'aria-label="Source {citation.n}: {escape_html(citation.paper.title)}">{citation.n}</a>'
        for citation in sentence.citations
    )
    return f'<span class="cw-said">{words}\u202f{chips}</span>'


# --- what comes after it ------------------------------------------------------------------------------------------------


def _foot(turn: ChatTurn, about: Mapping[str, str]) -> str:
    answered = turn.answer is not None and bool(turn.answer.sentences)
    parts = [_actions(turn, answered)]
    if turn.answer is not None and turn.step == "done":
        suggestions = follow_ups(turn.answer)
        if suggestions:
            parts.append(_suggested(suggestions, turn.answer.outcome == "declined"))
        parts.append(why(turn.answer, about))
    return "".join(parts)


def _actions(turn: ChatTurn, answered: bool) -> str:
    buttons = []
    if turn.answer is not None:
        buttons.append(_button("copy", "Copy", "Copy the answer with its sources"))
    buttons += [
        _button("retry", "Retry", "Ask this question again"),
        _button("edit", "Edit", "Change the question and ask again"),
        _button("link", "Link", "Copy a link that asks this question"),
    ]
    if turn.answer is not None:
        buttons.append(_button("sources", "Sources", "Show the sources of this answer"))
    if answered:
        items = "".join(
            f'<button type="button" data-do="export" data-format="{name}">{label}</button>' for name, label in EXPORTS
        )
        buttons.append(
            f'<details class="cw-menu"><summary>Export</summary>'
            f'<div role="group" aria-label="Export this answer">{items}</div></details>'
        )
    if turn.step == "done":
        buttons.append(
            '<span class="cw-votes" role="group" aria-label="Was this answer good?">'
            + _button("up", _THUMB, "Good answer", pressed=True)
            + _button("down", _THUMB, "Bad answer", pressed=True)
            + "</span>"
        )
    return f'<div class="cw-actions">{"".join(buttons)}</div>'


_THUMB = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 11h4v9H3zM7 11l4-8c1.8 0 2.8 1.3 2.4 3l-.7 3.5H19a2 2 0 0 1 2 2.3'
    'l-1.1 6.5A2 2 0 0 1 18 20H7"/></svg>'
)
EXPORTS = (
    ("markdown", "Markdown with footnotes"),
    ("bibtex", "BibTeX of the cited papers"),
    ("ris", "RIS of the cited papers"),
    ("csl-json", "CSL-JSON of the cited papers"),
)


def _button(do: str, label: str, title: str, pressed: bool = False) -> str:
    state = ' aria-pressed="false"' if pressed else ""
    return f'<button type="button" data-do="{do}" title="{title}" aria-label="{title}"{state}>{label}</button>'


def _suggested(questions: Sequence[str], declined: bool) -> str:
    items = "".join(
        f'<li><button type="button" data-do="ask" data-question="{escape_html(question)}">{escape_html(question)}</button></li>'
        for question in questions
    )
    return f'<div class="cw-next"><h3>{"Try" if declined else "Next"}</h3><ul>{items}</ul></div>'


def why(answer: Answer, about: Mapping[str, str]) -> str:
    """The folded part: what answered, what was searched and read and how it scored, what was not shown."""
    times = ", ".join(
        f"{name.replace('_', ' ')} {_seconds(value)}" for name, value in answer.timings_ms.items() if value >= 1
    )
    models = ", ".join(
        f"{name} {_model(about[name])}" for name in ("embedder", "reader", "writer", "device") if about.get(name)
    )
    facts = [
        (
            "Mode",
            f"{escape_html(answer.mode)}{'; ' + escape_html(about['mode_reason']) if about.get('mode_reason') else ''}",
        ),
        ("Models", escape_html(models)),
        ("Time", escape_html(times)),
        (
            "Answerable",
            f"with probability {answer.p_answerable:.2f}; below {answer.threshold:.2f} the question is declined",
        ),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    parts = [f"<dl>{rows}</dl>"]
    if answer.dropped:
        parts.append(_list("Written but not shown", [(prose(d.text), escape_html(d.reason)) for d in answer.dropped]))
    parts.append(_scored("Papers found", answer.retrieved, lambda hit: prose(hit.paper.title)))
    parts.append(_scored("Sentences read", answer.evidence, lambda item: prose(item.text)))
    return f'<details class="cw-why"><summary>Why this answer</summary>{"".join(parts)}</details>'


def _scored(title: str, items: Sequence[Any], words: Callable[[Any], str]) -> str:
    rows = [
        (f'<span class="cw-score">{item.score:+.2f}</span> {words(item)}', escape_html(_scores(item.parts)))
        for item in items
    ]
    return _list(f"{title} ({len(rows)})", rows, "cw-scores") if rows else ""


def _list(title: str, rows: Sequence[tuple[str, str]], kind: str = "") -> str:
    items = "".join(
        f'<li dir="auto">{words}<span class="cw-detail {kind}">{detail}</span></li>' for words, detail in rows
    )
    return f"<h4>{title}</h4><ol>{items}</ol>"


def _scores(parts: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in parts.items())


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f} s"


def _model(name: str) -> str:
    return name.rstrip("/").rsplit("/", 1)[-1][:60]
