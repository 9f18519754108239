"""The page as it is before anything is asked, and what its scripts are given: texts and limits stand here and not in them.

Pure; knows nothing of gradio.
"""

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from rag.core.settings import Settings
from rag.output.filter_json import MOST_VALUES
from ui.records import (
    CONVERSATION_EXPORTS,
    ENDED,
    HISTORY_MESSAGES,
    MODES,
    NAME_CHARS,
    NOTE_CHARS,
    PAGE_ROWS,
    PAPER_EXPORTS,
    STARTING,
    Loading,
)
from ui.views.catalogue import COLUMNS
from ui.views.outcomes import page_rows
from ui.views.status import papers_label, ready_line, welcome
from ui.views.templating import render

_WORDS = {
    "new_chat": "New chat",
    "sources": "Sources",
    "library": "In this library",
    "no_turn": "The papers behind an answer appear here, with the quoted words marked.",
}
"""What both the page and its scripts say."""
_KINDS = (("authors", "Authors"), ("venues", "Venues"), ("sources", "Files they came from"))
"""What papers are chosen by, by the names of `rag.library.choices.Kind`."""
_UNKNOWN = Loading("failed", "This library is not open here. Choose another one at the top.")
_VIEWS = (("ask", "Ask"), ("library", "Library"), ("map", "Map"))
_MOST_PAPERS = (1, 2, 3, 5, 10)


def page(settings: Settings, libraries: Sequence[str] = ()) -> Markup:
    """The page, which says that the library is being opened. `libraries` are the names of those to choose from."""
    return render(
        "page",
        words=_WORDS,
        views=_VIEWS,
        libraries=libraries,
        line=ready_line(STARTING),
        papers_label=papers_label(STARTING),
        welcome=welcome(STARTING, settings, waiting=False),
        formats=list(CONVERSATION_EXPORTS.items()),
        paper_formats=list(PAPER_EXPORTS.items()),
        modes=list(MODES.items()),
        kinds=_KINDS,
        name_chars=NAME_CHARS,
        most_papers=_MOST_PAPERS,
        most=f"{settings.max_upload_mb:,}",
        columns=COLUMNS,
        edits=settings.edit == "on",
    )


def facts_of_page(settings: Settings, edits: bool = False) -> dict[str, Any]:
    """What the scripts of the page find in `FACTS`. `edits`: whether papers may be added and removed."""
    default, *other_modes = MODES
    return {
        "ended": ENDED,
        "historyTurns": HISTORY_MESSAGES // 2,
        "questionChars": settings.max_question_chars,
        "noteChars": NOTE_CHARS,
        "defaultMode": default,
        "otherModes": other_modes,
        "words": _WORDS,
        "states": page_rows(),
        "again": render("again"),
        "unknownLibrary": {"line": ready_line(_UNKNOWN), "note": _UNKNOWN.note},
        "edits": edits,
        "pageRows": PAGE_ROWS,
        "mostIds": MOST_VALUES,
        "nameChars": NAME_CHARS,
        "uploadBytes": settings.max_upload_mb * 1_000_000,
    }


def facts_script(settings: Settings, edits: bool = False) -> str:
    """The same as a line of JavaScript, which no text in it can end."""
    return f"const FACTS = {json.dumps(facts_of_page(settings, edits)).replace('<', chr(92) + 'u003c')};"
