"""The table of the papers and what is shown of one: rows, flags, what is said where there are none, records and where they differ.

Pure; knows nothing of how a table comes about.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from rag.core.accents import shown
from rag.core.domain import Paper
from rag.core.escaping import counted, printable, safe_url, shorten
from rag.core.links import arxiv_address, doi_address, pubmed_address
from rag.core.settings import Settings
from rag.core.statuses import status_word
from rag.core.text import clean
from rag.ingest.merging import Record
from rag.library.catalogue import Entry, Part, Row, Wanted
from rag.library.listing import FLAGS, Flag
from ui.views.hits import any_hits, hits, passage
from ui.views.marks import prose, with_marks
from ui.views.sources import paper_card
from ui.views.templating import render

COLUMNS = (
    ("title", "Title"),
    ("authors", "Authors"),
    ("year", "Year"),
    ("venue", "Venue"),
    ("source", "Source"),
    ("added", "Added"),
    ("flags", "Flags"),
)
"""The columns by the names of `rag.library.listing.Column`."""
_FLAG_WORDS: dict[Flag, str] = {
    "status": "Retracted or corrected",
    "bare": "No abstract",
    "merged": "Merged",
    "versions": "Several versions",
}
_TITLE_CHARS = 300
_PLAIN_CHARS = 160
_ROW_AUTHORS = 2
_NAME_CHARS = 60
_MOST_AUTHORS = 60
_BEFORE_HIT = 24
"""Characters: a row is narrow, and what was found must be in sight."""
_FIRST_RECORD = "the first record"
Facts = dict[str, Any]


def plain_title(paper: Paper) -> str:
    """The title as text of one line."""
    return shorten(shown(clean(paper.title)), _PLAIN_CHARS) or "Untitled"


# --- the table ----------------------------------------------------------------------------------------------------------


def rows(some: Sequence[Row], words: str) -> Markup:
    """Rows of the table, with what the words have found in them marked."""
    return render("catalogue_rows", rows=[_row(row, words) for row in some])


def _row(row: Row, words: str) -> Facts:
    paper = row.paper
    title, authors = shorten(shown(paper.title), _TITLE_CHARS), _short_authors(paper)
    venue = shorten(shown(paper.venue or ""), _PLAIN_CHARS)
    around = ""
    if words and not any_hits((title, authors, venue, str(paper.year or "")), words):
        # What no cell holds is in the abstract, or in the names that are cut off.
        around = passage(paper.abstract, words, _BEFORE_HIT) or passage(", ".join(paper.authors), words, _BEFORE_HIT)
    return {
        "id": paper.id,
        "plain": plain_title(paper),
        "title": with_marks(title, hits(title, words)) or "Untitled",
        "passage": with_marks(around, hits(around, words)),
        "authors": with_marks(authors, hits(authors, words)),
        "year": with_marks(year := str(paper.year or ""), hits(year, words)),
        "venue": with_marks(venue, hits(venue, words)),
        "source": row.sources[0] if row.sources else "",
        "more_sources": len(row.sources) - 1,
        "sources": ", ".join(row.sources),
        "added": row.added,
        "flags": list(_flags(row)),
    }


def _short_authors(paper: Paper) -> str:
    named = ", ".join(shorten(shown(author), _NAME_CHARS) for author in paper.authors[:_ROW_AUTHORS])
    return named + (" et al." if len(paper.authors) > _ROW_AUTHORS else "")


def _flags(row: Row) -> Iterator[Facts]:
    """What few papers need said: what became of it, no abstract, of how many records and versions it was made."""
    paper = row.paper
    if paper.status:
        yield {"words": status_word(paper), "kind": "cw-grave" if paper.status in ("retracted", "withdrawn") else ""}
    if not paper.abstract:
        yield {"words": "No abstract", "kind": "cw-quiet"}
    if row.records > 1:
        yield {"words": counted(row.records, "record"), "kind": "cw-quiet"}
    if row.versions > 1:
        yield {"words": counted(row.versions, "version"), "kind": "cw-quiet"}


def flags(part: Part, wanted: Flag | None) -> Markup:
    """Buttons that list the papers with a flag alone, of the flags that some papers have."""
    offered = [
        {"flag": flag, "words": _FLAG_WORDS[flag], "papers": f"{part.flags.get(flag, 0):,}", "pressed": flag == wanted}
        for flag in FLAGS
        if part.flags.get(flag) or flag == wanted
    ]
    return render("catalogue_flags", flags=offered)


def note(part: Part, typed: str, wanted: Wanted) -> str:
    """How many papers are listed, in words; `typed` are the words as they came, where others were meant."""
    if typed != wanted.words and part.left:
        return f"No paper holds “{typed}”. {counted(part.found, 'paper')} for “{wanted.words}”:"
    if wanted.words or wanted.flag or not wanted.chosen.is_empty:
        return f"{part.found:,} of {counted(part.every, 'paper')}"
    return counted(part.every, "paper")


def nothing(part: Part, wanted: Wanted, settings: Settings, edits: bool) -> Markup:
    """What stands in the place of the rows where there are none."""
    why = "empty" if not part.every else "chosen" if not part.chosen else "flag" if part.left else "words"
    return render(
        "catalogue_nothing",
        why=why,
        words=wanted.words,
        chosen=printable(wanted.chosen.label),
        flag=_FLAG_WORDS[wanted.flag].lower() if wanted.flag else "",
        edits=edits,
        command=f"citewise ingest FILE --library {settings.library}",
    )


# --- one paper ----------------------------------------------------------------------------------------------------------


def gone() -> Markup:
    """In the place of a paper that the library does not have."""
    return render("catalogue_gone")


def paper(entry: Entry, words: str, edits: bool, undoing: str = "") -> Markup:
    """All that is kept of a paper. Where the window `edits`, its merges can be undone; `undoing` is the record of the one that is."""
    one = entry.row.paper
    return render(
        "catalogue_paper",
        paper=paper_card(one, marks=hits(one.abstract, words)),
        plain=plain_title(one),
        authors=[shorten(shown(author), _PLAIN_CHARS) for author in one.authors[:_MOST_AUTHORS]],
        more_authors=max(0, len(one.authors) - _MOST_AUTHORS),
        venue=shown(one.venue or ""),
        year=one.year,
        flags=list(_flags(entry.row)),
        identifiers=list(_identifiers(one)),
        origins=[{"file": name, "added": added} for name, added in entry.origins],
        records=_records(entry) if len(entry.records) > 1 else [],
        edits=edits,
        undoes=edits and len({record.paper.id for record in entry.records}) > 1,
        undoing=undoing,
    )


def _identifiers(one: Paper) -> Iterator[tuple[str, str, str]]:
    """What the paper is called, by whom, and where that leads; "" where nowhere."""
    known = (
        ("DOI", one.doi, doi_address(one)),
        ("arXiv", one.arxiv_id, arxiv_address(one)),
        ("PubMed", one.pmid, pubmed_address(one)),
        ("PMC", one.pmcid, f"https://pmc.ncbi.nlm.nih.gov/articles/{quote(one.pmcid or '', safe='')}/"),
        ("ACL Anthology", one.acl_id, f"https://aclanthology.org/{quote(one.acl_id or '', safe='')}/"),
        ("ISBN", one.isbn, None),
        ("Address", one.url, one.url),
        ("Id in this library", one.id, None),
    )
    for name, value, link in known:
        if value:
            yield name, value, (safe_url(link) or "" if link else "")
    if one.aliases:
        yield "Also known as", ", ".join(one.aliases), ""


def _records(entry: Entry) -> list[Facts]:
    """The records that a paper was merged from, each with where it differs from what is shown of the paper."""
    one = entry.row.paper
    shown_text = next((n for n, record in enumerate(entry.records) if record.paper.abstract == one.abstract), None)
    seen: set[str] = set()
    facts = []
    for n, record in enumerate(entry.records):
        version = record.paper.version or record.version
        facts.append(
            {
                "id": record.paper.id,
                "known": ", ".join(
                    filter(
                        None,
                        (
                            str(record.paper.year or ""),
                            record.paper.venue or "",
                            f"version {version}" if version else "",
                        ),
                    )
                ),
                "place": record.place,
                "reason": record.reason or (_FIRST_RECORD if n == 0 else ""),
                "gives_text": n == shown_text,
                "differs": list(_differences(record, one)),
                "abstract": prose(record.paper.abstract) if record.paper.abstract != one.abstract else "",
                "bare": not record.paper.abstract,
                "undoes": record.paper.id not in seen,
            }
        )
        seen.add(record.paper.id)
    return facts


def _differences(record: Record, one: Paper) -> Iterator[tuple[str, str]]:
    """What a record says otherwise than the paper, by the name of the field."""
    other = record.paper
    pairs = (
        ("Title", shown(other.title), shown(one.title)),
        ("Authors", "; ".join(map(shown, other.authors)), "; ".join(map(shown, one.authors))),
        ("Year", str(other.year or ""), str(one.year or "")),
        ("Venue", shown(other.venue or ""), shown(one.venue or "")),
        ("DOI", other.doi or "", one.doi or ""),
        ("arXiv", other.arxiv_id or "", one.arxiv_id or ""),
        ("PubMed", other.pmid or "", one.pmid or ""),
        ("Status", status_word(other), status_word(one)),
    )
    for name, its, ours in pairs:
        if its != ours:
            yield name, shorten(its, 1_000) or "not given"
