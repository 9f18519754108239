"""A turn of the chat as HTML: its state, the answer's paragraphs with their chips, its sources, what can be done with it.

Pure; knows nothing of gradio, of models or of how a turn comes about.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from ui.records import ENDED, EXPORTS, ChatTurn
from ui.views.answer import answer_blocks
from ui.views.asked import asked
from ui.views.chosen import of_turn, told_once
from ui.views.outcomes import state_row
from ui.views.sources import sources, sources_label
from ui.views.templating import render
from ui.views.why import why


def turn_parts(turn: ChatTurn, papers: int, about: Mapping[str, str]) -> dict[str, Any]:
    """What the page puts where, all of it HTML but for `id`, `step` and `label`.

    Args:
        turn: as far as it has come.
        papers: how many are searched.
        about: what answers: the assistant's description.
    """
    if turn.answer is not None:
        turn = replace(turn, answer=told_once(turn.answer, turn.of))
    return {
        "id": turn.id,
        "step": turn.step,
        "of": of_turn(turn),
        "asked": asked(turn),
        "state": state_row(turn, papers),
        "blocks": answer_blocks(turn.answer, turn.id) if turn.answer is not None else [],
        "foot": _foot(turn, about) if turn.step in ENDED else "",
        "sources": sources(turn, papers),
        "label": sources_label(turn),
    }


def _foot(turn: ChatTurn, about: Mapping[str, str]) -> Markup:
    answer = turn.answer
    done = turn.step == "done"
    return render(
        "foot",
        has_answer=answer is not None,
        has_sources=answer is not None and answer.origin != "guide",
        formats=list(EXPORTS.items()) if answer is not None and answer.sentences else (),
        votes=done,
        why=why(answer, about) if answer is not None and done else "",
    )
