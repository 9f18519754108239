"""A page of papers saved as text: titles and abstracts in turn, with whatever a page has around them.

Understands structured abstracts, abstracts of several paragraphs, lines of authors, labels such as "Title:", Markdown headings,
numbered titles, arXiv listings and PubMed's text format. Where a block may as well be something else the paper is rejected with the
reason; a wrong title would be cited. Page furniture (dates, votes, links to elsewhere) is passed over.
"""

import re
from collections.abc import Iterator, Sequence

from rag.core.domain import Note, Paper, Rejected
from rag.core.escaping import shorten
from rag.ingest.formats.page_blocks import Block, blocks
from rag.ingest.formats.page_details import authors_of, details_of, names_of, title_and_address
from rag.ingest.formats.page_drafts import Draft, candidates_of, drafts_of, place_of_titles, title_of
from rag.ingest.formats.page_names import names_in
from rag.ingest.formats.record import BadRecord, make_paper

MOST_PARAGRAPHS = 5
"""More of them under one title, unless they are named parts of an abstract, are running text."""
MOST_CHARACTERS = 20_000
"""A longer text is no abstract."""
_OTHER_FORMATS = re.compile(r"\s*(?:[{<@]|\[\s*[\[{\"\]]|TY  -|PMID-|FN |%[A-Z0] )")
_LABELLED = "no abstract stands below this title"
_UNSURE = "it is not clear whether this is the title or the author"
_NAMED = 10
_LONELY = "a title without an abstract"


def recognises(text: str) -> bool:
    """Whether titles and abstracts do alternate for the most part, or titles are labelled as such."""
    if _OTHER_FORMATS.match(text) or "```" in text or _is_table(text):
        return False
    page = list(blocks(text))
    records = [record for record in _read(page) if not isinstance(record, Note)]
    papers = sum(isinstance(record, Paper) for record in records)
    if any(isinstance(record, Rejected) and record.reason.startswith((_LABELLED, _UNSURE)) for record in records):
        return True
    if not any(block.kind in ("abstract", "section", "long") for block in page):
        # A heading and a sentence are a paper only where the page holds nothing else.
        return papers > 0 and all(block.kind != "detail" for block in page) and 2 * papers == len(page)
    return papers >= 0.5 * len(records) > 0


def _is_table(text: str) -> bool:
    """Whether the first line names the columns of a table."""
    cells = [
        cell.strip(" \"'").lower()
        for cell in re.split(r"[,;\t|]", text.lstrip("\ufeff\n\r ").partition("\n")[0][:2_000])
    ]
    return len(cells) > 2 and any(cell in ("title", "abstract", "doi", "authors", "display_name") for cell in cells)


def read(text: str) -> Iterator[Paper | Rejected | Note]:
    """The papers in page order; what looks like a title or an abstract and is neither, with its line and the reason; and at the end a
    note on what belongs to no paper."""
    return _read(list(blocks(text)))


def _read(page: Sequence[Block]) -> Iterator[Paper | Rejected | Note]:
    drafts = drafts_of(page)
    alone = sum(bool(draft.paragraphs) for draft in drafts) < 3
    place = place_of_titles(drafts[1:])
    unused: list[Block] = []
    for number, draft in enumerate(drafts):
        title = title_of(draft, place) if draft.paragraphs else None
        lonely = _left_over(draft, title, number == 0)
        for block in lonely:
            yield Rejected(block.line, _LABELLED if _is_labelled(block) else _LONELY, block.text)
        if draft.paragraphs:
            yield _record(draft, title, place == 1 and alone)
        unused += _unused(draft, title, lonely)
    if unused:
        yield _note(unused)


def _record(draft: Draft, title: Block | None, unsure: bool) -> Paper | Rejected:
    start = draft.paragraphs[0]
    if title is None:
        return Rejected(start.line, f"an abstract without a title: {start.text[:60]}…")
    abstract = " ".join(block.text for block in draft.paragraphs if block.text)
    words, address = title_and_address(title.text)
    try:
        _check(draft, title, abstract, unsure)
        found = details_of([*draft.front, *draft.after], address)
        return make_paper(title=words, abstract=abstract, authors=authors_of(draft.front, title), **found)
    except BadRecord as error:
        return Rejected(title.line, str(error), words)


def _unused(draft: Draft, title: Block | None, lonely: Sequence[Block]) -> list[Block]:
    """The blocks that are neither in the paper nor rejected: furniture of the page, and details that a paper has no field for."""
    said = {block.line for block in lonely} | ({title.line} if title else set())
    names = set(authors_of(draft.front, title)) if title else set()
    return [
        block
        for block in (*draft.front, *draft.after)
        if block.text and block.line not in said and not details_of([block]) and not names & set(names_of(block))
    ]


def _note(unused: Sequence[Block]) -> Note:
    """One note however many there are."""
    named = "; ".join(f"line {block.line}: {shorten(_as_it_stands(block), 40)}" for block in unused[:_NAMED])
    more = f"; and {len(unused) - _NAMED} more" if len(unused) > _NAMED else ""
    return Note(unused[0].line, f"left out, as no part of a title or an abstract: {named}{more}")


def _as_it_stands(block: Block) -> str:
    return f"{block.label}: {block.text}" if block.kind == "detail" and block.label else block.text


def _left_over(draft: Draft, title: Block | None, first: bool) -> list[Block]:
    """The blocks that look like titles of other papers: those before the title, or all where there is no abstract."""
    before = draft.front[: draft.front.index(title)] if title else draft.front
    titles = [block for block in before if block.kind in ("title", "short", "sentence")]
    # What stands above the first paper of a page is the page's own, unless it says that it is a title.
    return [block for block in titles if _is_labelled(block)] if first else titles


def _is_labelled(block: Block) -> bool:
    return block.kind == "title" and block.label != "heading"


def _check(draft: Draft, title: Block, abstract: str, unsure: bool) -> None:
    """Raise BadRecord where this is more likely something else than a title and its abstract."""
    running = sum(block.kind == "long" for block in draft.paragraphs)
    parts = sum(block.kind == "section" for block in draft.paragraphs)
    if running > MOST_PARAGRAPHS + parts:
        raise BadRecord(f"{running} paragraphs stand below this title: that is running text, not an abstract")
    if not abstract:
        raise BadRecord("no abstract")
    if len(abstract) > MOST_CHARACTERS:
        raise BadRecord(f"{len(abstract):,} characters stand below this title, too many for an abstract")
    if title.text.endswith((",", "，")):
        raise BadRecord("it is not clear where the title is: this line ends in a comma")
    others = [block for block in candidates_of(draft) if block is not title and len(block.text.split()) > 2]
    if unsure and title.kind == "short" and names_in(title.text) and others:
        raise BadRecord(
            f'{_UNSURE} of {others[-1].text[:60]!r}; write "Title:" before the one and "Authors:" before the other'
        )
