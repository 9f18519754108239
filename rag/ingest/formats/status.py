"""What became of a paper since it appeared: retracted, withdrawn, under an expression of concern, corrected.

Owns where sources say it: kinds of publications, notices that a record links to, titles, notes, and what stands for an abstract. A
notice of retraction or an erratum is a paper of its own, and is not what it speaks of. Knows nothing of files.
"""

import re
from collections.abc import Iterable
from functools import cache

from rag.core import lexicon
from rag.core.domain import STATUSES, Status
from rag.core.text import clean
from rag.ingest.formats.plain_record import PlainRecord

_FLAGS: dict[str, Status] = {
    "isretracted": "retracted",
    "retracted": "retracted",
    "iswithdrawn": "withdrawn",
    "withdrawn": "withdrawn",
}
_KINDS = (
    "status publicationstatus publicationtypes publicationtype pubtypelist pubtypes pubtype documenttype documenttypes doctype "
    "type subtype subtypedescription genre tags keywords itemstatus retractionstatus"
).split()
"""Where it stands of what kind the paper itself is."""
_UPDATES = "updates updatedby commentscorrections commentcorrectionlist retractionnature relation relations".split()
"""Where it stands which notices were published on the paper."""
_NOTES = "comments comment notes note annote annotation extra remarks addendum".split()
_NOTE_CHARS = 2_000
_ABSTRACT_CHARS = 400
"""What stands in place of an abstract is short, or says it first."""
_HINTS = "retract withdr remov correct errat corrig concern addend clarif notice".split()
"""Without any of these a text says nothing of the kind: nearly all texts are passed over so."""
_TRUE = frozenset(("true", "yes", "1", "y", "t"))
_OF_TITLES: tuple[tuple[Status, str], ...] = (
    ("retracted", "title_retracted"),
    ("withdrawn", "title_withdrawn"),
    ("corrected", "title_corrected"),
)
_OF_NOTES: tuple[tuple[Status, str], ...] = (
    ("retracted", "says_retracted"),
    ("withdrawn", "says_withdrawn"),
    ("concern", "says_concern"),
    ("corrected", "says_corrected"),
)


def status_of(record: PlainRecord, title: str, abstract: str) -> Status:
    """The gravest that a record says of its paper."""
    title = title[:500] if _hints(title[:500]) else ""
    beginning = clean(abstract[:_ABSTRACT_CHARS]) if _hints(abstract[:_ABSTRACT_CHARS]) else ""
    if (title and lexicon.patterns("title_of_notice").search(title)) or _is_notice(record):
        return ""
    notes = record.texts(_NOTES, _NOTE_CHARS)
    return gravest(
        [
            *_flags(record),
            *(_known_kinds().get(_letters(kind), "") for kind in _kinds(record)),
            *_updates(record),
            *_said(title, _OF_TITLES),
            *(status for note in notes for line in _lines(note) for status in _said(line, _OF_NOTES)),
            # Further on an abstract may speak of other papers.
            *(status for status, name in _OF_NOTES[:2] if lexicon.patterns(name).match(beginning)),
        ]
    )


def gravest(statuses: Iterable[Status]) -> Status:
    """The gravest of several."""
    return max(statuses, key=STATUSES.index, default="")


def _is_notice(record: PlainRecord) -> bool:
    """Whether it is published to update another paper, as Crossref says of notices."""
    return any(_letters(text) in _known_updates() for text in record.texts(("updateto",), 200))


def _flags(record: PlainRecord) -> Iterable[Status]:
    for key, value in record.present(_FLAGS):
        if value is True or (isinstance(value, int | str) and str(value).strip().lower() in _TRUE):
            yield _FLAGS[key]


def _kinds(record: PlainRecord) -> Iterable[str]:
    """Each kind alone, also where a text lists several: "Article; Retracted Publication"."""
    return (kind for text in record.texts(_KINDS, 500) for kind in (text, *re.split(r"[;,|/]", text)))


def _updates(record: PlainRecord) -> Iterable[Status]:
    """From notices by their kinds: those of Crossref's `updated-by` are named by their `type`, relations by their keys."""
    known = _known_updates()
    for key, value in record.present(_UPDATES):
        names = list(value) if isinstance(value, dict) else []
        texts = [] if key in ("relation", "relations") else record.texts((key,), 200)
        yield from (known.get(_letters(name), "") for name in (*names, *texts) if isinstance(name, str))


def _said(text: str, patterns: Iterable[tuple[Status, str]]) -> Iterable[Status]:
    return () if not _hints(text) else (status for status, name in patterns if lexicon.patterns(name).search(text))


def _hints(text: str) -> bool:
    low = text.lower()
    return any(hint in low for hint in _HINTS)


def _lines(note: str) -> list[str]:
    """The lines of a note; Zotero writes "name: value" in some."""
    return [line for part in note.split("\n")[:50] if (line := clean(part))]


def _letters(kind: str) -> str:
    return re.sub(r"[^a-z]", "", kind[:80].lower())


@cache
def _known_kinds() -> dict[str, Status]:
    return _table(1)


@cache
def _known_updates() -> dict[str, Status]:
    return _table(2)


def _table(place: int) -> dict[str, Status]:
    """{letters of a kind: status}."""
    by_name: dict[str, Status] = {status: status for status in STATUSES}
    return {
        _letters(kind): by_name[row[0][0]]
        for row in lexicon.table("paper_statuses")
        for kind in (*row[place], *(row[0] if place == 1 else ()))
    }
