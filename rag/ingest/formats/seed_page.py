"""A page of papers saved as text: titles and abstracts in turn, with whatever a page has around them.

Understands structured abstracts, abstracts of several paragraphs, lines of authors, labels such as "Title:", Markdown headings,
numbered titles, arXiv listings and PubMed's text format. Where a block may as well be something else the paper is rejected with the
reason; a wrong title would be cited. Page furniture (dates, votes, links to elsewhere) is passed over.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.core.domain import Paper, Rejected
from rag.ingest.formats.page_blocks import Block, blocks
from rag.ingest.formats.page_details import authors_of, details_of, is_affiliation, is_id, title_and_address
from rag.ingest.formats.page_names import names_in
from rag.ingest.formats.record import BadRecord, make_paper

MOST_PARAGRAPHS = 5
"""More of them under one title, unless they are named parts of an abstract, are running text."""
MOST_CHARACTERS = 20_000
"""A longer text is no abstract."""
FIRST_WORDS = 6
"""A lighter sentence below a title is no abstract."""
_OTHER_FORMATS = re.compile(r"\s*(?:[{<@]|\[\s*[\[{\"\]]|TY  -|PMID-|FN |%[A-Z0] )")
_PARAGRAPHS = ("abstract", "section", "long", "sentence")


@dataclass(slots=True)
class _Draft:
    """The blocks of one paper: what stands before its abstract, the paragraphs of it, and what stands after it."""

    front: list[Block] = field(default_factory=list)
    paragraphs: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)


_LABELLED = "no abstract stands below this title"
_UNSURE = "it is not clear whether this is the title or the author"
_LONELY = "a title without an abstract"


def recognises(text: str) -> bool:
    """Whether titles and abstracts do alternate for the most part, or titles are labelled as such."""
    if _OTHER_FORMATS.match(text) or "```" in text or _is_table(text):
        return False
    page = list(blocks(text))
    records = list(_read(page))
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


def read(text: str) -> Iterator[Paper | Rejected]:
    """The papers in page order, and what looks like a title or an abstract and is neither, with its line and the reason."""
    return _read(list(blocks(text)))


def _read(page: Sequence[Block]) -> Iterator[Paper | Rejected]:
    drafts = _drafts(page)
    alone = sum(bool(draft.paragraphs) for draft in drafts) < 3
    place = _place_of_titles(drafts[1:])
    for number, draft in enumerate(drafts):
        yield from _records(draft, place, number == 0, alone)


# --- which blocks belong together -------------------------------------------------------------------------------------


def _drafts(page: Sequence[Block]) -> list[_Draft]:
    drafts = [_Draft()]
    dotted, leads, headings = _titles_end_with_a_stop(page), _leading_label(page), _titles_are_headings(page)
    apart = False  # a rule stands between this block and the abstract before it
    for place, block in enumerate(page):
        draft = drafts[-1]
        following = page[place + 1].kind if place + 1 < len(page) else "rule"
        if block.kind == "rule":
            apart = bool(draft.paragraphs)
            continue
        if _is_more_of_it(draft, block, apart):
            draft.paragraphs.append(block)
            continue
        if block.kind == "sentence":
            may_be_title = (dotted and following in _PARAGRAPHS) or following in ("abstract", "authors")
            belongs = not apart and _sentence_is_paragraph(draft, block, may_be_title)
        else:
            belongs = block.kind in _PARAGRAPHS
        if belongs:
            _add_paragraph(drafts, block, apart)
        elif not draft.paragraphs:
            draft.front.append(block)
        elif block.kind == "title" or apart or (block.kind == "detail" and block.label == leads and is_id(block)):
            drafts.append(_Draft(front=[block]))
        elif block.kind in ("detail", "authors") or (headings and block.kind == "short" and not block.label):
            draft.after.append(block)
        else:
            drafts.append(_Draft(front=[block]))
        apart = False
    return drafts


def _is_more_of_it(draft: _Draft, block: Block, apart: bool) -> bool:
    """Whether a block that looks like no paragraph is one: what stands below the name of a section, or ends with a link."""
    if not draft.paragraphs or apart or block.kind == "title" or block.label:
        return False
    last = draft.paragraphs[-1]
    below_heading = last.kind == "section" and last.label == "heading" and block.kind in ("short", "sentence")
    return below_heading or (block.kind == "detail" and "://" in block.text and len(block.text.split()) > 1)


def _add_paragraph(drafts: list[_Draft], block: Block, apart: bool) -> None:
    draft = drafts[-1]
    if block.kind == "abstract" and draft.paragraphs:
        if all(one.kind == "sentence" for one in draft.paragraphs):  # such as an address that ends in a full stop
            draft.front += draft.paragraphs
            draft.paragraphs = []
        elif draft.paragraphs[-1].text or draft.after:
            drafts.append(_Draft())
    elif draft.paragraphs and block.kind != "section" and (apart or draft.after):
        # After a paper's details a paragraph is another paper's; its title may be what was taken for a detail.
        titles = draft.after[-1:] if draft.after and draft.after[-1].label and not apart else []
        drafts.append(_Draft(front=titles))
    drafts[-1].paragraphs.append(block)


def _sentence_is_paragraph(draft: _Draft, block: Block, may_be_title: bool) -> bool:
    if draft.paragraphs:
        return not may_be_title and not block.label
    candidates = [one for one in draft.front if one.kind in ("title", "short", "sentence")]
    if not candidates or may_be_title or block.weight < FIRST_WORDS:
        return False
    return _is_phrase(candidates[-1])  # one word above a sentence is a button or a heading of the page


def _titles_end_with_a_stop(page: Sequence[Block]) -> bool:
    """Whether titles here are written as sentences, as PubMed writes them."""
    before = Counter(one.kind for one, after in pairwise(page) if after.kind in ("long", "abstract", "authors"))
    return before["sentence"] > before["short"] + before["title"]


def _titles_are_headings(page: Sequence[Block]) -> bool:
    marked = sum(one.kind == "title" for one, after in pairwise(page) if after.kind != "title")
    return marked >= 2 and marked >= sum(one.kind == "abstract" for one in page)


def _leading_label(page: Sequence[Block]) -> str | None:
    """How the identifier is labelled that stands before each title, as in listings; None where they stand after the abstracts."""
    for block in page:
        if block.kind in ("long", "abstract", "section"):
            return None
        if block.kind == "detail" and is_id(block):
            return block.label
    return None


# --- what the blocks of a paper say -----------------------------------------------------------------------------------


def _place_of_titles(drafts: Sequence[_Draft]) -> int:
    """How many blocks before the abstract the title stands, where all papers of a page are laid out alike: 1 is right before it."""
    fronts = [_candidates(draft) for draft in drafts if draft.paragraphs]
    if len(fronts) < 2:
        return 1
    size, times = Counter(map(len, fronts)).most_common(1)[0]
    if size < 2 or times < max(2, 0.6 * len(fronts)):
        return 1
    alike = [front for front in fronts if len(front) == size]
    for place in range(size):
        if len({front[place].text for front in alike}) == len(alike):
            return size - place
    return 1


def _candidates(draft: _Draft) -> list[Block]:
    """What may be the title: not names and addresses, unless there is nothing else."""
    plain, below_names = [], False
    for block in draft.front:
        if block.kind == "authors":
            below_names = True
        elif block.kind != "detail" and not is_affiliation(block.text, below_names):
            plain.append(block)
    names = [block for block in draft.front if block.kind == "authors" and not block.label]
    # A single word above names is a heading of the page; what looks like names is the title then.
    return plain if any(_is_phrase(block) for block in plain) or not names else names


def _is_phrase(block: Block) -> bool:
    return block.kind == "title" or len(block.text.split()) > 1 or not block.text.isascii()


def _title_of(draft: _Draft, place: int) -> Block | None:
    marked = [block for block in draft.front if block.kind == "title"]
    if marked:
        return next((block for block in reversed(marked) if block.label != "heading"), marked[-1])
    candidates = _candidates(draft)
    if numbered := [block for block in candidates if block.label == "number"]:
        return numbered[-1]
    return candidates[-min(place, len(candidates))] if candidates else None


def _records(draft: _Draft, place: int, first: bool, alone: bool) -> Iterator[Paper | Rejected]:
    title = _title_of(draft, place) if draft.paragraphs else None
    for block in _left_over(draft, title, first):
        yield Rejected(block.line, _LABELLED if _is_labelled(block) else _LONELY, block.text)
    if not draft.paragraphs:
        return
    start = draft.paragraphs[0]
    if title is None:
        yield Rejected(start.line, f"an abstract without a title: {start.text[:60]}…")
        return
    abstract = " ".join(block.text for block in draft.paragraphs if block.text)
    words, address = title_and_address(title.text)
    try:
        _check(draft, title, abstract, place == 1 and alone)
        found = details_of([*draft.front, *draft.after], address)
        yield make_paper(title=words, abstract=abstract, authors=authors_of(draft.front, title), **found)
    except BadRecord as error:
        yield Rejected(title.line, str(error), words)


def _left_over(draft: _Draft, title: Block | None, first: bool) -> list[Block]:
    """The blocks that look like titles of other papers: those before the title, or all where there is no abstract."""
    before = draft.front[: draft.front.index(title)] if title else draft.front
    titles = [block for block in before if block.kind in ("title", "short", "sentence")]
    # What stands above the first paper of a page is the page's own, unless it says that it is a title.
    return [block for block in titles if _is_labelled(block)] if first else titles


def _is_labelled(block: Block) -> bool:
    return block.kind == "title" and block.label != "heading"


def _check(draft: _Draft, title: Block, abstract: str, unsure: bool) -> None:
    """Raise BadRecord where this is more likely something else than a title and its abstract."""
    running = sum(block.kind == "long" for block in draft.paragraphs)
    parts = sum(block.kind == "section" for block in draft.paragraphs)
    if running > MOST_PARAGRAPHS + parts:
        raise BadRecord(f"{running} paragraphs stand below this title: that is running text, not an abstract")
    if len(abstract) > MOST_CHARACTERS:
        raise BadRecord(f"{len(abstract):,} characters stand below this title, too many for an abstract")
    if title.text.endswith((",", "，")):
        raise BadRecord("it is not clear where the title is: this line ends in a comma")
    others = [block for block in _candidates(draft) if block is not title and len(block.text.split()) > 2]
    if unsure and title.kind == "short" and names_in(title.text) and others:
        raise BadRecord(
            f'{_UNSURE} of {others[-1].text[:60]!r}; write "Title:" before the one and "Authors:" before the other'
        )
