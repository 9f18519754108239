"""How a turn stands or came out, in a few plain words: every such text of the window.

Pure; knows nothing of gradio. How an answer looks is `ui.views.answer`'s.
"""

from markupsafe import Markup

from rag.answer.quoted import lead_of
from rag.core.domain import Answer
from rag.core.escaping import counted
from ui.records import ChatTurn
from ui.views.templating import render
from ui.views.words import about_seconds, plain, sentence

_STAGES = ("searching", "reading", "writing", "answering")
_NOT_TOLD = ("No longer in this library", "The records do not tell this any more. Ask again to see what they tell now.")
_WAITING = "Waiting for its turn"


def state_row(turn: ChatTurn, papers: int) -> Markup:
    """The line under the question: the stages gone through, or how it came out. `papers` is how many the library holds."""
    if turn.step == "done" and turn.answer is not None:
        return outcome_row(turn.answer, turn.lost)
    if turn.step == "stopped":
        return stopped_row(turn.answer is not None)
    if turn.step == "failed":
        return _row("failed", "Not answered", sentence(turn.note))
    if turn.step == "waiting":
        return render("stages", done=(), now=turn.note or _WAITING)
    return _stages(turn, papers)


def _stages(turn: ChatTurn, papers: int) -> Markup:
    """The stages so far; the last one is going on."""
    reading = f"Reading sentence {turn.done} of {turn.total}" if turn.total else "Reading"
    now = {"searching": f"Searching {counted(papers, 'paper')}", "reading": reading, "writing": "Writing"}
    ended = {
        "searching": f"Found {counted(len(turn.hits), 'paper')}",
        "reading": f"Read {counted(turn.total, 'sentence')}",
    }
    before = [ended[stage] for stage in _STAGES[: _STAGES.index(turn.step)] if stage in ended]
    return render("stages", done=before, now=now.get(turn.step, "Answering"))


def outcome_row(answer: Answer, lost: int = 0) -> Markup:
    """How the answer came out. `lost` counts the sentences of a reopened one that no longer resolve."""
    seconds = f" · {answer.timings_ms['total'] / 1000:.1f} s" if "total" in answer.timings_ms else ""
    if answer.origin != "abstracts":
        return _told_row(answer, seconds) if not lost else _row("failed", *_NOT_TOLD)
    notes = [plain(answer.notice)] if answer.notice and not lead_of(answer) else []
    if answer.mode == "write" and answer.dropped:
        notes.append(f"{counted(len(answer.dropped), 'written sentence')} not shown: unsupported.")
    if lost:
        notes.append(f"{counted(lost, 'sentence')} left out: no longer in this library word for word.")
    if answer.outcome == "declined":
        text = (
            lead_of(answer)
            or "No abstract here supports an answer. Try other words, or ask about one of the nearest papers."
        )
        return _row("declined", answer.verdict, " ".join([text, *notes]) + seconds)
    if lost and not answer.sentences:
        return _row("failed", "No longer in this library", " ".join(notes))
    exact = all(sentence.verdict != "supported" for sentence in answer.sentences)
    support = (
        f"{counted(len(answer.cited_papers), 'paper')}, {'exact words' if exact else 'checked against the abstracts'}"
    )
    if answer.outcome == "nearest":
        may = answer.p_answerable >= answer.threshold > 0
        text = f"Shown because they come near; they {'may not' if may else 'do not'} answer the question."
        return _row("nearest", answer.verdict, " ".join([text, *notes]) + seconds)
    if answer.outcome == "partial":
        return _row("partial", answer.verdict, " ".join([f"{support}{seconds}.", *notes]))
    return _row("answered", answer.verdict, " ".join([support + seconds + ("." if notes else ""), *notes]))


def _told_row(answer: Answer, seconds: str) -> Markup:
    """Of an answer for which no abstract was read; a line on what can be asked has no outcome."""
    if answer.origin == "guide":
        return Markup("")
    notes = f" {plain(answer.notice)}" if answer.notice and not lead_of(answer) else ""
    if answer.outcome == "declined" and not answer.sentences:
        return _row("declined", answer.verdict, answer.text + notes + seconds)
    cited = len(answer.cited_papers)
    told = (
        f"the {'record' if cited == 1 else 'records'} of {counted(cited, 'paper')}"
        if cited
        else "the records of this library"
    )
    if answer.outcome == "declined":
        return _row("declined", answer.verdict, f"from {told}{seconds}{'.' if notes else ''}{notes}")
    return _row("answered", answer.verdict, f"from {told}{seconds}{'.' if notes else ''}{notes}")


def stopped_row(has_answer: bool) -> Markup:
    """The visitor stopped it, before or after something of its answer was there."""
    return _row("stopped", "Stopped", "The answer is incomplete." if has_answer else "Nothing was found yet.")


def waiting_row(ahead: int, seconds: float | None = None) -> Markup:
    """While others are answered: how many they are, and how long that takes where it is known."""
    how_long = "" if seconds is None else f", {about_seconds(seconds)}"
    return render("stages", done=(), now=f"Waiting: {ahead} ahead of you{how_long}" if ahead else _WAITING)


def page_rows() -> dict[str, Markup]:
    """The states that the page draws by itself: before the first frame of a turn, and where the server does not answer."""
    lost = "The server is busy or the connection was lost. What is here is kept; ask again."
    unchecked = "This could not be checked against the library; reload the page to try again."
    return {
        "waiting": render("stages", done=(), now=_WAITING),
        "reopening": render("reopening"),
        "stopped": stopped_row(True),
        "nothing": stopped_row(False),
        "interrupted": _row("stopped", "Interrupted", lost),
        "unchecked": _row("stopped", "Not checked", unchecked),
    }


def _row(kind: str, name: str, text: str) -> Markup:
    return render("outcome", kind=kind, name=name, text=text)
