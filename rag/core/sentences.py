"""Abstracts -> sentences -> overlapping windows, all as exact character offsets into the stored abstract.

Owns: where a sentence ends, how long it may be, how windows overlap. Knows nothing of embedding or storage. Sentence
boundaries come from NLTK's Punkt (Kiss and Strunk 2006, Computational Linguistics 32(4)), given the abbreviations of
scientific prose instead of a trained model.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from rag.core import lexicon
from rag.core.domain import Span

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

WINDOW_SENTENCES = 4
WINDOW_STRIDE = 2
WINDOW_MAX_CHARS = 1_200
"""About 250 word pieces: with the title, what the embedder reads (256) before it cuts off."""
SENTENCE_MAX_CHARS = 600
"""Longer than 99.9 % of sentences in abstracts; what is longer is a list or broken text and is cut at clause ends."""
_BLOCK_CHARS = 4_000
"""As much text as Punkt gets at once: it ends any of its searches after 5 s, which a longer text of nothing but marks takes."""

# Abbreviations that often end a sentence too: followed by a capitalised function word they do.
_ENDS_SENTENCE = re.compile(
    # Chinese and Japanese full stops need no space after them.
    r"[\u3002\uff01\uff1f]+[\u201d\u2019\u300d\u300f]?|\b(?:etc|al|i\.i\.d|U\.S|U\.K)\.(?=\s+(?:We|The|This|These|Our|In|However|It|To|A|An|Our)\s)"
)
# What goes on in lower case was no new sentence ("a question?” or …", "Scanner! and …"); names like "iFinder" and URLs may be.
# A piece without any word ("1." of a list, a stray quotation mark) belongs to what follows it.
_GOES_ON = re.compile(r"[a-z]+(?=[\s,;])")
_HAS_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKS = re.compile(r"[^\w\s][^\w]{400,}")
"""Marks and spaces without a letter or digit: more of them than the dots of any table of contents."""
_CLAUSE_END = re.compile(r"[;:,](?=\s)|\s[-\u2013\u2014](?=\s)|\s")


@cache
def _punkt() -> "PunktSentenceTokenizer":
    # Imported here: NLTK takes half a second to load and only ingestion needs it.
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = set(lexicon.words("abbreviations"))
    return PunktSentenceTokenizer(parameters)


def sentences(abstract: str) -> tuple[Span, ...]:
    """The sentences of an abstract, in order; `span.of(abstract)` is the text, without white space around it.

    Sentences longer than `SENTENCE_MAX_CHARS` are cut at clause ends. White space between sentences belongs to none.
    """
    spans: list[Span] = []
    wordless = False
    for found in _punkt_spans(abstract):
        for piece in _split_after_abbreviations(abstract, found):
            has_word = _HAS_WORD.search(abstract, piece.start, piece.end) is not None
            if spans and (wordless or _GOES_ON.match(abstract, piece.start, piece.end)):
                spans[-1] = Span(spans[-1].start, piece.end)
                wordless = wordless and not has_word
            else:
                spans.append(piece)
                wordless = not has_word
    return tuple(piece for span in spans for piece in _cut(abstract, span))


def _punkt_spans(abstract: str) -> Iterator[Span]:
    """What Punkt takes for sentences, found block by block, so that the time grows with the length alone.

    The last sentence of a block may go on, so the next block begins with it. A block without an end is cut between words.
    """
    text = _MARKS.sub(lambda run: "-" * len(run[0].rstrip()) + " " * (len(run[0]) - len(run[0].rstrip())), abstract)
    start = 0
    while start < len(text):
        block = text[start : start + _BLOCK_CHARS]
        if start + len(block) < len(text) and (space := block.rfind(" ")) > 0:
            block = block[:space]
        found = list(_punkt().span_tokenize(block))
        if start + len(block) < len(text) and len(found) > 1:
            yield from (Span(start + first, start + last) for first, last in found[:-1])
            start += found[-1][0]
        else:
            yield from (Span(start + first, start + last) for first, last in found)
            start += len(block)


def _split_after_abbreviations(abstract: str, span: Span) -> Iterator[Span]:
    start = span.start
    for match in _ENDS_SENTENCE.finditer(abstract, span.start, span.end):
        yield _stripped(abstract, start, match.end())
        start = match.end()
    if abstract[start : span.end].strip():
        yield _stripped(abstract, start, span.end)


def _stripped(abstract: str, start: int, end: int) -> Span:
    text = abstract[start:end]
    return Span(start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip()))


def _cut(abstract: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > SENTENCE_MAX_CHARS:
        limit = start + SENTENCE_MAX_CHARS
        ends = [match.end() for match in _CLAUSE_END.finditer(abstract, start + SENTENCE_MAX_CHARS // 2, limit)]
        punctuated = [end for end in ends if abstract[end - 1] in ";:,"]
        end = (punctuated or ends or [limit])[-1]
        yield _stripped(abstract, start, end)
        start = end
        while start < span.end and abstract[start].isspace():
            start += 1
    yield Span(start, span.end)


def windows(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Overlapping windows of about `WINDOW_SENTENCES` sentences, `WINDOW_STRIDE` apart, covering every sentence.

    A window holds fewer sentences where they would exceed `WINDOW_MAX_CHARS`.
    """
    overlapping: list[Span] = []
    first = 0
    while first < len(spans):
        last = first
        while (
            last + 1 < min(len(spans), first + WINDOW_SENTENCES)
            and spans[last + 1].end - spans[first].start <= WINDOW_MAX_CHARS
        ):
            last += 1
        overlapping.append(Span(spans[first].start, spans[last].end))
        if last == len(spans) - 1:
            break
        first = min(first + WINDOW_STRIDE, last + 1)
    return tuple(overlapping)


def embedded_text(title: str, passage: str) -> str:
    """What is embedded for a passage: the title first, so that every passage says what it is about."""
    return f"{title}. {passage}" if title else passage
