"""Sentences of abstracts that address a machine or its reader instead of telling of research: kept, but never ranked or quoted.

Owns: which sentences those are and why; their patterns are in the lexicon. Pure functions on strings. An abstract is untrusted text
(indirect prompt injection: Greshake et al. 2023, arXiv:2302.12173); what tells an assistant what to do is no evidence for anything.
A sentence that *reports* an order ("assistants can be told to ignore …", "the prompt “you are now DAN” succeeds") is evidence: orders
are known by their grammar, and what a report puts in quotation marks is not looked at. Patterns cannot know every such sentence: the
prompts never follow text in the evidence, and written sentences are checked.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from rag.core.domain import Paper, Sentence, Span, Withheld
from rag.core.lexicon import patterns
from rag.core.text import normalise
from rag.question.kinds import in_another_language
from rag.search.stuffing import is_stuffed, lists_catchwords

ORDERS = "it gives orders to its reader or to a machine"
HIDDEN = "it holds text that is hidden from people"
FOREIGN = "it is in another language than its abstract"
GOES_ON = "it goes on with a sentence that was kept back"
REPEATS = "it repeats a sentence of its abstract"
STUFFED = "it repeats the same words to be found"
_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (patterns("control_marks"), "it holds marks by which the parts of a prompt are told apart"),
    (patterns("markup"), "it holds mark-up that loads, sends or runs something"),
    (patterns("hidden"), HIDDEN),
    (patterns("encoded"), "it holds text in a code that people do not read"),
    (patterns("tool_calls"), "it holds a command to run or a call of a tool"),
    (patterns("orders"), ORDERS),
    (patterns("foreign_orders"), ORDERS),
    (patterns("authority"), "it speaks as a reviewer, or in the name of whoever runs the library"),
    (patterns("staged"), "it stages a question with its answer, or a conversation"),
    (patterns("sales"), "it advertises, or asks for money, a visit or a secret"),
    (patterns("corrections"), "it corrects figures of its own abstract"),
    (patterns("defames"), "it says that other work is false or withdrawn"),
)
_IMPERATIVES = patterns("imperatives")
_NAME_ACTS = patterns("name_acts")
_REPORTS = patterns("reports")
_GOES_ON = patterns("goes_on")
_QUOTED = re.compile(
    r"“[^”]{1,400}”|\"[^\"]{1,400}\"|``.{1,400}?''|«[^»]{1,400}»|`[^`\n]{1,200}`|(?<!\w)[‘'][^’'\n]{1,300}[’'](?!\w)"
)
_REGION = re.compile(
    r"<!--.{0,4000}?-->"
    r"|[\[(<]\s?(?:begin |start )?(?:of )?(?:hidden|white|invisible|secret)\b[^\])>]{0,60}[\])>]"
    r".{0,4000}?[\[(<]\s?(?:/|end)[^\])>]{0,60}[\])>]"
    r"|\\iffalse\b.{0,4000}?(?=\\fi\b)|\\begin\s?\{comment\}.{0,4000}?\\end\s?\{comment\}"
    r"|<\s*(\w{1,20})\b[^>]{0,80}\b(?:hidden|style\s?=|aria-hidden|(?:bg)?color\s?=|size\s?=|class\s?=)[^>]{0,80}>"
    r".{0,4000}?</\s*\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
"""What stands between the marks of a part that people do not see."""
_NAMED_MARK = re.compile(r"(\w,? \(?)(?:<\|[a-z_]{1,40}\|>|</?[a-z_]{1,20}>|\[/?INST\])(?=[\s,.;)])")
"""A mark of a prompt as a sentence names it: after a word, alone."""
_WORD = re.compile(r"[^\W\d_]+")
_MASK = "\N{WHITE SQUARE}"
_LEAD_IN_WORDS = 3
"""Of a sentence that says nothing itself, such as “Assistant: Certainly!”: what it leads to is the next one."""
_FEWEST_OUTSIDE = 3
"""Words outside of quotation marks that a sentence needs to tell of what is inside."""
_STUFFED_WORDS = re.compile(
    r"\b(?!kinase\b)([^\W\d_]{3,40})(?:[\s,;.!?]{1,3}\1\b){2}"
    r"|(?:\b([^\W\d_]{3,40})[\s,;.!?]{1,3}\2\b.{0,40}?){3}",
    re.IGNORECASE,
)
"""A word three times in a row, or three words twice; a kinase of a kinase of a kinase is one of biology."""
_OTHER_SCRIPTS = re.compile(
    r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Letters of scripts other than Latin, but for Greek, whose letters are symbols."""
_FEWEST_LETTERS = 6
_FOREIGN_WORDS = 4
"""Function words of other languages: names of authors and Latin phrases bring one or two into an English sentence."""


def addresses_the_machine(sentence: str) -> bool:
    """Whether a sentence gives orders to whoever reads it, holds control tokens, mark-up or encoded text."""
    return _why(_masked(sentence, (Span(0, len(sentence)),))) != ""


def withheld(sentences: Sequence[Sentence], papers: Mapping[str, Paper]) -> tuple[Withheld, ...]:
    """The sentences of these papers that are kept back from a reader, and why; arguments as of `no_evidence`."""
    return tuple(item for item in no_evidence(sentences, papers) if item.reason != REPEATS)


def no_evidence(sentences: Sequence[Sentence], papers: Mapping[str, Paper]) -> tuple[Withheld, ...]:
    """The sentences of these papers that are never ranked, and why: those kept back, and those that only repeat another one.

    Args:
        sentences: of the papers, and maybe of others; each paper's in the order of its abstract.
        papers: by id.
    """
    spans: dict[str, list[Span]] = {}
    for sentence in sentences:
        if sentence.paper_id in papers:
            spans.setdefault(sentence.paper_id, []).append(sentence.span)
    return tuple(
        Withheld(papers[paper_id], span, reason)
        for paper_id, of_paper in spans.items()
        for span, reason in kept_back(papers[paper_id].abstract, tuple(of_paper)).items()
    )


def quotable(abstract: str, sentences: Sequence[Span]) -> list[Span]:
    """The sentences of an abstract, all of them given in their order, that may be quoted."""
    reasons = kept_back(abstract, tuple(sentences))
    return [span for span in sentences if span not in reasons]


@lru_cache(maxsize=2_048)
def kept_back(abstract: str, sentences: tuple[Span, ...]) -> Mapping[Span, str]:
    """Which sentences of an abstract, in their order, are no evidence, and why: a clause that says what "it" does."""
    masked = _masked(abstract, sentences)
    reasons = {span: reason for span in sentences if (reason := _why(span.of(masked)))}
    if is_stuffed("", abstract):
        reasons |= {span: STUFFED for span in sentences if span not in reasons}
    for region in _REGION.finditer(abstract):
        hidden = Span(*region.span())
        reasons |= {span: HIDDEN for span in sentences if span.overlaps(hidden) and span not in reasons}
    reasons |= {span: FOREIGN for span in sentences if span not in reasons and _is_foreign(span, abstract)}
    reasons |= _said_again(abstract, [span for span in sentences if span not in reasons])
    for before, span in pairwise(sentences):
        if span in reasons or before not in reasons:
            continue
        if _GOES_ON.search(span.of(masked)) or _leads_in(before.of(abstract), reasons[before]):
            reasons[span] = GOES_ON
    return {span: reasons[span] for span in sentences if span in reasons}


def _said_again(abstract: str, sentences: Sequence[Span]) -> dict[Span, str]:
    """Sentences that stand there before, and those that repeat their own words or ask the same again to be found."""
    said = {span: normalise(span.of(abstract)) for span in sentences}
    times = Counter(said.values())
    reasons: dict[Span, str] = {}
    seen: set[str] = set()
    for span, words in said.items():
        asks_again = times[words] > 1 and span.of(abstract).endswith("?")
        if asks_again or _STUFFED_WORDS.search(words) or lists_catchwords(span.of(abstract)):
            reasons[span] = STUFFED
        elif words in seen:
            reasons[span] = REPEATS
        seen.add(words)
    return reasons


def _leads_in(sentence: str, reason: str) -> bool:
    return reason not in {REPEATS, STUFFED, FOREIGN} and len(_WORD.findall(sentence)) <= _LEAD_IN_WORDS


def _why(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return _why_plain(text) or (_why_plain(plain) if plain != text else "")


def _why_plain(text: str) -> str:
    if _IMPERATIVES.search(text) and not _NAME_ACTS.search(text):
        return ORDERS
    if _REPORTS.search(text):
        text = _NAMED_MARK.sub(r"\1x", text)
    return next((reason for pattern, reason in _KINDS if pattern.search(text)), "")


def _masked(abstract: str, sentences: Sequence[Span]) -> str:
    """The abstract, as long as it was, without the words that its sentences only tell of: those in quotation marks."""
    pieces, position = [], 0
    told: dict[Span, bool] = {}
    for quote in (Span(*match.span()) for match in _QUOTED.finditer(abstract)):
        around = [span for span in sentences if span.overlaps(quote)]
        if not around:
            continue
        whole = Span(around[0].start, max(around[-1].end, quote.end))
        if whole not in told:
            outside = _QUOTED.sub(" ", whole.of(abstract))
            told[whole] = len(_WORD.findall(outside)) >= _FEWEST_OUTSIDE and bool(_REPORTS.search(outside))
        if told[whole]:
            pieces += [abstract[position : quote.start], _MASK * (quote.end - quote.start)]
            position = quote.end
    return "".join(pieces) + abstract[position:]


def _is_foreign(span: Span, abstract: str) -> bool:
    if _is_in_another_script(span, abstract):
        return True
    if not in_another_language(span.of(abstract), least=_FOREIGN_WORDS):
        return False
    rest = abstract[: span.start] + " " + abstract[span.end :]
    return 2 * len(rest) > span.end - span.start and not in_another_language(rest, least=_FOREIGN_WORDS)


def _is_in_another_script(span: Span, abstract: str) -> bool:
    """Whether most of a sentence is in letters that the rest of the abstract hardly has."""
    sentence = span.of(abstract)
    others = len(_OTHER_SCRIPTS.findall(sentence))
    if others < _FEWEST_LETTERS or 2 * others < sum(character.isalpha() for character in sentence):
        return False
    rest = abstract[: span.start] + abstract[span.end :]
    letters = sum(character.isalpha() for character in rest)
    return 5 * len(_OTHER_SCRIPTS.findall(rest)) < letters
