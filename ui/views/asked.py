"""How a question was understood: the papers that it is about, as a pill to take away, or the words it was asked in.

Pure; knows nothing of how it came to be understood so.
"""

from markupsafe import Markup

from rag.core.accents import shown
from rag.output.about import about_label
from ui.records import ChatTurn
from ui.views.templating import render

_TITLE_CHARS = 100


def asked(turn: ChatTurn) -> Markup:
    """The line under the question, empty where it was asked as it was typed."""
    if not turn.standalone:
        return Markup("")
    titles = "; ".join(shown(paper.title) or paper.abstract[:_TITLE_CHARS] for paper in turn.about)
    of_all = "all these papers" if turn.of else "the whole library"
    return render("asked", question=turn.standalone, about=about_label(turn.about), titles=titles, of_all=of_all)
