"""What the view of the library asks of the server: rows of its table, one paper with all that is kept of it, ids to tick, an export.

Owns how that is sent, and the limits of it. What a table is says `rag.library.catalogue`; how it looks, `ui.views.catalogue`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rag.core.errors import NothingToExport, RequestRefused
from rag.core.escaping import counted
from rag.core.settings import Settings
from rag.core.text import clean
from rag.library.catalogue import Part, Wanted
from rag.library.listing import COLUMNS, FLAGS
from rag.output.export import FORMATS
from ui.records import PAGE_ROWS, PAPER_EXPORTS
from ui.session.choosing import chosen_of
from ui.session.editing import may_edit
from ui.session.loading import Loader
from ui.session.unmerging import Unmerging
from ui.views import catalogue as views

EXPORTED = 5_000
TICKED = 5_000
"""Papers that can be ticked at once."""
_WORDS_CHARS = 300
_ID_CHARS = 500
_MOST_ROWS = 10**9
Sent = dict[str, Any]


class Cataloguing:
    """The functions, over one loader. Any thread may call them."""

    def __init__(self, loader: Loader, settings: Settings) -> None:
        self._loader = loader
        self._settings = settings
        self._unmerging = Unmerging(settings)

    def works(self) -> list[Callable[[Sent], Sent]]:
        """As they are called from the page, by their names."""
        return [
            self.listed,
            self.listed_ids,
            self.still_there,
            self.paper,
            self.library_state,
            self.export_papers,
            self.undo_merge,
            self.merge_state,
        ]

    def listed(self, sent: Sent) -> Sent:
        """Rows of the table from `start` on, or those around the paper `near`, where it is among them; and what is to be said of all.

        Where no paper holds the words, those that hold what was likely meant are listed; `words` is what they were found by.
        """
        wanted, part = self._part(sent, 0)
        start = _number(sent.get("start"))
        if part.place is not None:
            start = part.place
        start -= start % PAGE_ROWS
        shown = self._loader.assistant().catalogue.part(wanted, start, PAGE_ROWS)
        return {
            "html": str(views.rows(shown.rows, wanted.words)),
            "start": start,
            "found": shown.found,
            "every": shown.every,
            "revision": shown.revision,
            "place": part.place,
            "words": wanted.words,
            "note": views.note(shown, clean(_words(sent)), wanted),
            "count": counted(shown.every, "paper"),
            "flags": str(views.flags(shown, wanted.flag)),
            "unknown": sorted(set(COLUMNS) - shown.known),
            "nothing": self._nothing(shown, wanted),
        }

    def _nothing(self, part: Part, wanted: Wanted) -> str:
        return "" if part.found else str(views.nothing(part, wanted, self._settings, may_edit(self._settings)))

    def listed_ids(self, sent: Sent) -> Sent:
        """The ids of the papers in rows `start` to `stop`, `stop` not included, of the same table.

        Raises:
            RequestRefused: these are more than can be ticked at once.
        """
        wanted, part = self._part(sent, 0)
        start, stop = _number(sent.get("start")), min(_number(sent.get("stop")), part.found)
        if stop - start > TICKED:
            raise RequestRefused(
                f"at most {TICKED:,} papers can be ticked at once, and these are {stop - start:,}; list fewer by words, or by "
                "“Ask of”. To ask or export what is listed, nothing has to be ticked"
            )
        return {"ids": self._loader.assistant().catalogue.ids(wanted, start, stop)}

    def still_there(self, sent: Sent) -> Sent:
        """Those of some ids that are still a paper's."""
        return {"ids": self._loader.assistant().catalogue.there(_ids(sent))}

    def paper(self, sent: Sent) -> Sent:
        """A paper with all that is kept of it; `gone` where the library has none of this id."""
        paper_id = str(sent.get("paper") or "")[:_ID_CHARS]
        entry = self._loader.assistant().catalogue.entry(paper_id)
        if entry is None:
            return {"gone": True, "id": paper_id, "html": str(views.gone()), "title": "No such paper"}
        undoing = self._unmerging.running(record.paper.id for record in entry.records)
        edits = may_edit(self._settings)
        return {
            "id": entry.row.paper.id,
            "title": views.plain_title(entry.row.paper),
            "html": str(views.paper(entry, _words(sent), edits, undoing)),
            "undoing": undoing,
        }

    def library_state(self, sent: Sent) -> Sent:
        """What tells that the library has changed."""
        revision, papers = self._loader.assistant().catalogue.state
        return {"revision": revision, "papers": papers}

    def export_papers(self, sent: Sent) -> Sent:
        """A file of the papers that the table lists, of those beyond the first screens too, in its order; or of those of some `ids`."""
        kind = str(sent.get("format") or "")
        form = FORMATS.get(kind)
        if form is None or form.of_papers is None:
            raise RequestRefused(f"there is no export of papers as {kind[:40]!r}; there are {', '.join(PAPER_EXPORTS)}")
        if ids := _ids(sent):
            papers = self._loader.assistant().papers(ids)
            count = len(papers)
        else:
            wanted, _ = self._part(sent, 0)
            count, found = self._loader.assistant().catalogue.papers(wanted, EXPORTED)
            papers = tuple(found)
        if not papers:
            raise NothingToExport("no paper is listed here, so there is nothing to export")
        if count > EXPORTED:
            raise NothingToExport(
                f"{counted(count, 'paper')} are listed; at most {EXPORTED:,} are exported at once. Choose fewer, or run "
                "`citewise papers` on the computer that has the library"
            )
        return file(f"papers.{form.suffix}", form.media_type, form.of_papers(papers))

    def undo_merge(self, sent: Sent) -> Sent:
        """Begin to take a record out of its paper, for good; or, where that is on its way, how far it is."""
        if not may_edit(self._settings):
            raise RequestRefused("merges cannot be undone in this window; whoever runs citewise can, or can allow it")
        return self._unmerging.begin(str(sent.get("record") or "")[:_ID_CHARS])

    def merge_state(self, sent: Sent) -> Sent:
        """How far it is."""
        return self._unmerging.state(str(sent.get("record") or "")[:_ID_CHARS])

    def _part(self, sent: Sent, limit: int) -> tuple[Wanted, Part]:
        """What the page wants to see, by words that a title has where the ones that were typed are nowhere; and how much that is."""
        assistant = self._loader.assistant()
        wanted, near = _wanted(sent), str(sent.get("near") or "")[:_ID_CHARS]
        part = assistant.catalogue.part(wanted, 0, limit, near)
        if not part.left and (meant := assistant.respelled(wanted.words)):
            other = replace(wanted, words=meant)
            respelled = assistant.catalogue.part(other, 0, limit, near)
            if respelled.left:
                return other, respelled
        return wanted, part


def _wanted(sent: Sent) -> Wanted:
    """What of the table a page asks for.

    Raises:
        RequestRefused: its filter is none.
    """
    usual = Wanted()
    column = next((one for one in COLUMNS if one == sent.get("column")), usual.column)
    flag = next((one for one in FLAGS if one == sent.get("flag")), None)
    return Wanted(
        chosen_of(sent.get("filter")),
        clean(_words(sent)),
        flag,
        column,
        sent["descending"] if isinstance(sent.get("descending"), bool) else usual.descending,
    )


def _words(sent: Sent) -> str:
    return str(sent.get("words") or "")[:_WORDS_CHARS]


def _number(sent: Any) -> int:
    return min(max(sent, 0), _MOST_ROWS) if type(sent) is int else 0


def _ids(sent: Sent) -> list[str]:
    ids = sent.get("ids")
    if ids is not None and (not isinstance(ids, list) or len(ids) > TICKED):
        raise RequestRefused(f"at most {TICKED:,} papers can be ticked at once")
    return [str(one)[:_ID_CHARS] for one in ids or ()]


def file(name: str, media_type: str, text: str) -> Sent:
    """A file for the page to hand to its visitor."""
    return {"name": name, "type": media_type, "text": text}
