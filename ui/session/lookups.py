"""What the page asks of the server beside questions: reopen, export, similar papers, votes, and what the view of the library asks.

Each takes what the page sends, trusts none of it, and returns plain values, or `{"error": …}` with words for the person. The
conversations themselves are the browser's: what it sends back is resolved anew in the library.
"""

import json
import logging
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr

from rag import __version__
from rag.core.domain import Message
from rag.core.errors import CitewiseError, NothingToExport, RequestRefused, StillLoading
from rag.core.settings import Settings
from rag.output.export import FORMATS, Exchange, only_papers
from rag.output.from_json import Told, paper_ids
from ui.records import CONVERSATION, CONVERSATION_EXPORTS, HISTORY_MESSAGES, ChatTurn
from ui.session import choosing, feedback
from ui.session.catalogue import Cataloguing, file
from ui.session.choosing import chosen_of
from ui.session.edits import Edits
from ui.session.limits import LOOKUPS_A_MINUTE, RateLimit, address_of
from ui.session.loading import UNEXPECTED, Loader
from ui.session.map import Maps
from ui.session.records import SavedTurn, frames, saved_turns, turn_of
from ui.session.suggesting import Suggesting
from ui.views.sources import similar_cards
from ui.views.words import sentence

logger = logging.getLogger(__name__)
Sent = dict[str, Any]


class Lookups:
    """The functions, over one loader. Any thread may call them."""

    def __init__(self, loader: Loader, settings: Settings) -> None:
        self._loader = loader
        self._settings = settings
        self._rate = RateLimit(LOOKUPS_A_MINUTE)
        self._suggesting = Suggesting(loader)
        self._shares = feedback.Shares()
        self._edits = Edits(loader, settings)

    def functions(self) -> list[Callable[..., Any]]:
        """As gradio's component servers: one argument, and the request to count it by."""
        works: list[Callable[..., Sent]] = [
            self.choose,
            self.names,
            self.overview,
            self.examples,
            self.next,
            self.reopen,
            self.export,
            self.similar,
            self.feedback,
            *Cataloguing(self._loader, self._settings).works(),
            self._edits.adding,
            self._edits.removing,
            self._edits.news,
            *Maps(self._settings).works(),
        ]
        return [self._guard(work) for work in works]

    def _guard(self, work: Callable[..., Sent]) -> Callable[..., Any]:
        """The edge at which errors become words for the page."""

        @wraps(work)
        def run(sent: Any, request: gr.Request) -> Sent:
            try:
                address = address_of(request)
                self._rate.take(address)
                if not self._loader.wait(0):
                    raise StillLoading("the library is still loading; try again in a moment")
                sent = sent if isinstance(sent, dict) else {}
                return work(sent, address) if work == self.feedback else work(sent)
            except CitewiseError as error:
                return {"error": sentence(str(error))}
            except Exception:
                logger.exception("a lookup of the page failed")
                return {"error": UNEXPECTED.format(doing="looking that up")}

        run.__annotations__ = {"request": gr.Request}
        del run.__dict__["__wrapped__"]  # gradio looks at the signature for who wants the request
        return run

    def choose(self, sent: Sent) -> Sent:
        """What is shown of the papers that a filter leaves: how many, its parts as pills, why none is left."""
        return choosing.told(self._loader.assistant(), sent.get("filter"))

    def names(self, sent: Sent) -> Sent:
        """Authors, venues or files to choose from."""
        return choosing.names(self._loader.assistant(), sent)

    def overview(self, sent: Sent) -> Sent:
        """What an empty chat shows of the papers that a filter leaves."""
        return choosing.overview(self._loader, sent.get("filter"), self._settings)

    def examples(self, sent: Sent) -> Sent:
        """Questions to begin with that are known to be answered, and whether more may come."""
        return dict(self._suggesting.examples(chosen_of(sent.get("filter"))))

    def next(self, sent: Sent) -> Sent:
        """What could be asked after the last of these turns."""
        saved = saved_turns(sent.get("turns"))[-HISTORY_MESSAGES // 2 :]
        answers = [(turn.question, turn.answer) for turn in self._turns(saved)]
        said = [
            Message("user", question) if i else answer.message for question, answer in answers if answer for i in (1, 0)
        ]
        last = answers[-1][1] if answers else None
        chosen = chosen_of(sent.get("filter"))
        return {"html": self._suggesting.next(last, said[-HISTORY_MESSAGES:], chosen) if last else ""}

    def reopen(self, sent: Sent) -> Sent:
        """The turns of a kept conversation, drawn again as far as the library still has their words."""
        loading = self._loader.loading
        saved = saved_turns(sent.get("turns"))
        return {"turns": frames(self._turns(saved), loading)}

    def export(self, sent: Sent) -> Sent:
        """A file of these turns, of the named `papers` alone where some are: its name, media type and text."""
        saved = saved_turns(sent.get("turns"))
        name = re.sub(r"[^\w-]+", "-", str(sent.get("title") or "conversation"), flags=re.ASCII).strip("-")[:60].lower()
        kind = str(sent.get("format") or "")
        if kind == CONVERSATION:
            turns = [_as_json(one) for one in saved]
            return file(
                f"{name or 'citewise'}.json",
                "application/json",
                json.dumps({"citewise": __version__, "turns": turns}, ensure_ascii=False, indent=1),
            )
        if kind not in FORMATS:
            raise RequestRefused(f"there is no export as {kind[:40]!r}; there are {', '.join(CONVERSATION_EXPORTS)}")
        exchanges = [Exchange(turn.question, turn.answer) for turn in self._turns(saved)]
        if isinstance(sent.get("papers"), list):
            exchanges = [only_papers(one, {str(paper) for paper in sent["papers"]}) for one in exchanges]
        form = FORMATS[kind]
        if kind != "markdown" and not any(exchange.answer and exchange.answer.citations for exchange in exchanges):
            raise NothingToExport("no paper is cited here, so there is nothing to export")
        return file(f"{name or 'citewise'}.{form.suffix}", form.media_type, form.render(exchanges))

    def similar(self, sent: Sent) -> Sent:
        """Cards of the papers most like one."""
        assistant = self._loader.over(chosen_of(sent.get("filter")))
        return {"html": similar_cards(assistant.similar(str(sent.get("paper_id", ""))))}

    def feedback(self, sent: Sent, address: str) -> Sent:
        """Keep a vote of this address."""
        file = self._settings.library / feedback.FILE_NAME
        feedback.keep(file, sent, self._shares, address)
        if sent.get("vote") == "withdrawn":
            return {"note": f"Your vote is taken back. {file.name} says so in a new line; the one before stays."}
        what = "your vote, the note, the question and the answer"
        return {"note": f"Kept on the machine that runs citewise, in {file.name} of the library: {what}."}

    def _turns(self, saved: Sequence[SavedTurn]) -> list[ChatTurn]:
        """The turns as far as they still resolve. What records told is told anew, by those of the papers that were asked."""
        assistant = self._loader.assistant()
        papers = {paper.id: paper for paper in assistant.papers(paper_ids([one.answer for one in saved]))}

        def told(one: SavedTurn) -> Told:
            of = choosing.kept_choice(one.of)
            return (lambda question: assistant.over(of.filter).told(question)) if of else assistant.told

        return [turn_of(one, papers, told(one)) for one in saved]


def _as_json(one: SavedTurn) -> Sent:
    """A turn in the export of a conversation as JSON."""
    of = choosing.kept(choosing.kept_choice(one.of))
    return {"question": one.question, "answer": one.answer} | ({"of": of} if of else {})
