"""The blocks of a page -> drafts: which of them belong to one paper, and which of those is its title.

Where the whole page is known it is seen how it is laid out: whether titles are headings or end with a full stop, whether identifiers
stand before the titles or after the abstracts, and what stands between title and abstract in all papers alike.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.core import lexicon
from rag.ingest.formats.page_blocks import LONG_WORDS, Block, ends_sentence
from rag.ingest.formats.page_details import is_affiliation, is_id

FIRST_WORDS = 6
"""A lighter sentence below a title is no abstract."""
_END = Block(0, "", "rule")
_PARAGRAPHS = ("abstract", "section", "long", "sentence")


@dataclass(slots=True)
class Draft:
    """The blocks of one paper: what stands before its abstract, the paragraphs of it, and what stands after it."""

    front: list[Block] = field(default_factory=list)
    paragraphs: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)


def drafts_of(page: Sequence[Block]) -> list[Draft]:
    """The papers of a page in order; the first has what stands above it too, the last may have no paragraphs."""
    drafts = [Draft()]
    dotted, leads, headings = _titles_end_with_a_stop(page), _leading_label(page), _titles_are_headings(page)
    apart = False  # a rule stands between this block and the abstract before it
    for block, after in pairwise((*page, _END)):
        draft = drafts[-1]
        if block.kind == "rule":
            apart = bool(draft.paragraphs)
            continue
        if _is_more_of_it(draft, block, apart):
            draft.paragraphs.append(block)
            continue
        if _is_paragraph(draft, block, after, dotted, apart):
            _add_paragraph(drafts, block, apart)
        elif not draft.paragraphs:
            draft.front.append(block)
        elif not apart and _stands_below(block, leads, headings):
            draft.after.append(block)
        else:
            drafts.append(Draft(front=[block]))
        apart = False
    return drafts


def _stands_below(block: Block, leads: str | None, headings: bool) -> bool:
    """Whether a block after an abstract belongs to that paper rather than to the next."""
    if block.kind == "detail":
        return not (block.label == leads and is_id(block))
    return headings and block.kind == "short" and not block.label


def _is_paragraph(draft: Draft, block: Block, after: Block, dotted: bool, apart: bool) -> bool:
    if block.kind == "sentence":
        may_be_title = after.kind in ("abstract", "authors") or (
            after.kind in _PARAGRAPHS and (dotted or _may_be_a_dotted_title(draft, block, after))
        )
        return not apart and _sentence_is_paragraph(draft, block, after.kind, may_be_title)
    return block.kind in _PARAGRAPHS and not (block.kind == "section" and _may_be_a_title(draft, block, after))


def _is_more_of_it(draft: Draft, block: Block, apart: bool) -> bool:
    """Whether a block that looks like no paragraph is one: what stands below the name of a section, or ends with a link."""
    if not draft.paragraphs or apart or block.kind == "title" or block.label:
        return False
    last = draft.paragraphs[-1]
    below_heading = last.kind == "section" and last.label == "heading" and block.kind in ("short", "sentence")
    return below_heading or (block.kind == "detail" and "://" in block.text and len(block.text.split()) > 1)


def _add_paragraph(drafts: list[Draft], block: Block, apart: bool) -> None:
    draft = drafts[-1]
    if block.kind == "abstract" and draft.paragraphs:
        if all(one.kind == "sentence" for one in draft.paragraphs):  # such as an address that ends in a full stop
            draft.front += draft.paragraphs
            draft.paragraphs = []
        elif draft.paragraphs[-1].text or draft.after:
            drafts.append(Draft())
    elif draft.paragraphs and block.kind != "section" and (apart or draft.after):
        # After a paper's details a paragraph is another paper's; its title may be what was taken for a detail.
        titles = draft.after[-1:] if draft.after and draft.after[-1].label and not apart else []
        drafts.append(Draft(front=titles))
    drafts[-1].paragraphs.append(block)


def _sentence_is_paragraph(draft: Draft, block: Block, following: str, may_be_title: bool) -> bool:
    if draft.paragraphs:
        return not may_be_title and not block.label
    if may_be_title or (block.weight < FIRST_WORDS and following != "section"):
        return False
    above = next((one for one in reversed(draft.front) if one.kind in ("title", "short", "sentence")), None)
    return above is not None and _is_phrase(above)  # one word above a sentence is a button or a heading of the page


def _may_be_a_dotted_title(draft: Draft, block: Block, after: Block) -> bool:
    """Whether a sentence between two abstracts is a title: it does not speak as an abstract does, and what follows may begin one."""
    if not draft.paragraphs or lexicon.patterns("page_sentences").search(block.text):
        return False
    first = after.text.partition(" ")[0].strip(":：.-—–").lower()
    return after.kind == "long" or (after.kind == "section" and first in lexicon.words("page_openings"))


def _may_be_a_title(draft: Draft, block: Block, after: Block) -> bool:
    """Whether what begins as a part of an abstract does is a title, such as "Context: Programs", after an abstract in no parts."""
    begins = block.text.partition(":")[0]
    alone = after.kind in ("long", "abstract", "authors") and not begins.isupper() and not block.label
    in_parts = any(one.kind == "section" for one in draft.paragraphs) or not draft.paragraphs
    return alone and not in_parts and block.weight < LONG_WORDS and not ends_sentence(block.text)


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


def place_of_titles(drafts: Sequence[Draft]) -> int:
    """How many blocks before the abstract the title stands, where all papers of a page are laid out alike: 1 is right before it."""
    fronts = [candidates_of(draft) for draft in drafts if draft.paragraphs]
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


def candidates_of(draft: Draft) -> list[Block]:
    """What may be the title: not names and addresses, unless there is nothing else."""
    plain, below_names = [], False
    for block in draft.front:
        of_names = block.kind == "authors" or (block.kind == "detail" and "et al" in block.text)
        if of_names or is_affiliation(block.text, below_names):
            below_names = True
        elif block.kind != "detail":
            plain.append(block)
    names = [block for block in draft.front if block.kind == "authors" and not block.label]
    # A single word above names is a heading of the page; what looks like names is the title then.
    if not plain and not names:
        return [block for block in draft.front if block.kind != "detail" and not block.label]
    return plain if any(_is_phrase(block) for block in plain) or not names else names[:1]


def _is_phrase(block: Block) -> bool:
    return block.kind == "title" or len(block.text.split()) > 1 or not block.text.isascii()


def title_of(draft: Draft, place: int) -> Block | None:
    """The title: what is marked as one, else what is numbered, else what stands at its `place`."""
    marked = [block for block in draft.front if block.kind == "title"]
    if marked:
        return next((block for block in reversed(marked) if block.label != "heading"), marked[-1])
    candidates = candidates_of(draft)
    if numbered := [block for block in candidates if block.label == "number"]:
        return numbered[-1]
    return candidates[-min(place, len(candidates))] if candidates else None
