"""What a question asks for: its form (one thing, several papers compared, all papers of a kind), its parts, and the kind of
thing that would answer it (a number, a cause, code).

Owns: the patterns, for questions and for the sentences that hold such a thing. Pure functions on strings; which papers are
compared or listed is decided elsewhere, with their scores. Answer types help to choose sentences since question answering
began (Li and Roth 2002, Learning Question Classifiers, COLING).
"""

import re
from collections.abc import Sequence
from typing import Literal

from rag.core.text import STOP_WORDS, content_words, words

Form = Literal["one", "several", "list"]
Kind = Literal["number", "cause", "code"]

_PAPERS = r"(?:papers|works|studies|articles|abstracts|publications|methods|approaches|techniques|models|ones|authors)"
_LIST = re.compile(
    rf"\b(?:which|what|list|all|any|every|show|find|give|name)\b(?:\W+\w+){{0,4}}?\W+{_PAPERS}\b|\bhow many (?:papers|works|studies)\b"
    r"|\b(?:anything|everything|something|papers|works|research|literature)\b(?:\W+\w+){0,2}?"
    r"\W+(?:on|about|with|that|where|dealing|concerning)\b"
    r"|\bwhat (?:do|have) (?:you|we) (?:have|got)\b|^who (?:else |all )?\w+s\b"
    r"|\b(?:is|are) there (?:any|other|some|more)\b|^(?:please )?list\b",
    re.IGNORECASE,
)
_COUNTED = rf"\b(?:two|three|both)\b(?:\W+\w+){{0,3}}?\W+{_PAPERS}\b"
_SEVERAL = re.compile(
    rf"{_COUNTED}|\b(?:compare|compared|comparison|versus|vs|respectively)\b"
    r"|\b(?:each|both|either) (?:of|one|add|do|does|try|use|get)\b"
    r"|\b(?:does|do|did|has|in|from|for) (?:each|both)\b|\beach\b\W*$|\bdifferences?\b.+\bbetween\b"
    r"|\bbetween\b.+\band\b.+\bdiffer|\bwhich one\b.+\bor\b",
    re.IGNORECASE,
)
_THREE = re.compile(r"\bthree\b", re.IGNORECASE)
_ENUMERATION = re.compile(
    r"((?:[\w-]+(?: [\w-]+){0,3}, )+[\w-]+(?: [\w-]+){0,3},? (?:and|or) (?!what|which|how|why)\w)"
)
_MOST_COMPARED = 5

_ASKS: dict[Kind, re.Pattern[str]] = {
    "number": re.compile(
        r"\bhow (?:many|much|low|high|fast|far|big|large|long|small|close|often|deep|old|few|sparse|strong|slow|wide|short)\b"
        r"|\b(?:what|which|the) (?:\w+ ){0,3}?(?:fid|scores?|speed-?ups?|factor|percentage|percent|rates?|numbers?|sizes?|bit-?rates?"
        r"|accuracy|resolutions?|bits?|figures?|parameters|psnr|i?ou|value|reduction|improvement|gain|dimension\w*)\b|\bby what\b",
        re.IGNORECASE,
    ),
    "cause": re.compile(
        r"\bwhy\b|\breasons?\b|\bwhat (?:causes?|makes|explains)\b|\bcause\b|\bproblems?\b|\bdrawbacks?\b|\bfails?\b|\bwrong with\b",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"\b(?:code|github|repo\w*|url|link|availab\w+|download|open.?source\w*|checkpoints?|website|project page|implementation)\b",
        re.IGNORECASE,
    ),
}
_HOLDS: dict[Kind, re.Pattern[str]] = {
    "number": re.compile(
        r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|billions?"
        r"|half|twice|doubled?|doubles|quarter)\b",
        re.IGNORECASE,
    ),
    "cause": re.compile(
        r"\b(?:because|due to|since|as a result|however|make[sd]?|expensive)\b"
        r"|\b(?:leads? to|caus|lack|suffer|limit|challeng|stems? from|attribut|problem|issue|degrad|fail)",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"https?://|github\.com|\bcode (?:is|are|will)\b|\bavailable at\b|\bpublicly available\b|\bproject page\b",
        re.IGNORECASE,
    ),
}
_OWN = re.compile(r"\b(?:we|our|this (?:paper|work|study))\b", re.IGNORECASE)

# Function words of German, French, Spanish, Italian, Portuguese and Dutch that are no English words.
_OTHER_LANGUAGES = frozenset(
    """der das und ist nicht wie welche welcher welches mit von für auf ein eine dem den sich auch wird werden warum
    les des une est que qui quel quelle quels quelles pour dans avec sur par du et sont comment pourquoi
    el los las una qué cuál cuáles cómo por para con del y es son se
    il lo gli che di per non quale quali perché uma o os qual quais como não
    het een van voor niet welke hoe waarom wordt""".split()
)

_WH = re.compile(r"\b(?:how (?:many|much)|what|which|whose)\b((?:\s+[\w.-]+){1,5})", re.IGNORECASE)
_ENDS_TARGET = STOP_WORDS | {"kind", "sort", "type", "reach", "reaches", "happens", "happened", "takes", "take"}
_PART = re.compile(
    r"(?<=[?!])\s+(?=\w)|[,;]?\s+and\s+(?=(?:how|what|which|why|where|when|who|by how|in what|on which|at which|for which)\b)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z]*[A-Z][\w-]*[A-Z0-9]\w*|[A-Za-z]+\d\w*|[a-z]+[A-Z]\w*")


def form(question: str) -> Form:
    """One thing, several papers side by side, or all papers of a kind, by the words alone."""
    if _SEVERAL.search(question):
        return "several"
    return "list" if _LIST.search(question) else "one"


def papers_asked_for(question: str) -> int:
    """How many papers a question about several means: 3 where it says three, as many as it enumerates ("A, B, C and D"), else 2."""
    enumerated = max((match.count(",") + 2 for match in _ENUMERATION.findall(question)), default=2)
    return min(_MOST_COMPARED, max(3 if _THREE.search(question) else 2, enumerated))


def asks(question: str, kind: Kind) -> bool:
    """Whether the question asks for this kind of thing."""
    return _ASKS[kind].search(question) is not None


def holds(text: str, kind: Kind) -> bool:
    """Whether the text holds this kind of thing."""
    return _HOLDS[kind].search(text) is not None


def tells_own_work(text: str) -> bool:
    """Whether a sentence tells what its authors did, not what others do."""
    return _OWN.search(text) is not None


def in_another_language(question: str, least: int = 2) -> bool:
    """Whether it is hardly English: a third of its letters of another script, or `least` function words of a European language."""
    letters = [character for character in question if character.isalpha()]
    if letters and sum(ord(character) > 0x24F for character in letters) > len(letters) / 3:
        return True
    return len(set(words(question)) & _OTHER_LANGUAGES) >= least


def target(question: str) -> tuple[str, ...]:
    """The lower-case words that name what is asked for: ("bleu", "score") of "What BLEU score does it get?"."""
    for match in _WH.finditer(question):
        named: list[str] = []
        for word in re.findall(r"\w+", match.group(1).lower()):
            if word in _ENDS_TARGET:
                break
            named.append(word)
        if named:
            return tuple(named)
    return ()


def names(question: str) -> tuple[str, ...]:
    """The words that look like names of methods, data sets or measures (inner capitals, digits), as they stand."""
    return tuple(dict.fromkeys(_NAME.findall(question)))


def parts(question: str) -> tuple[str, ...]:
    """The parts of a question that asks for several things; the question itself where it asks for one."""
    pieces = [piece.strip(" ,;") for piece in _PART.split(question)]
    asking = [piece for piece in pieces if len(set(content_words(piece)) - STOP_WORDS) >= 2]
    return tuple(asking) if len(asking) > 1 and asking_all(asking) else (question,)


def asking_all(pieces: Sequence[str]) -> bool:
    """Whether each piece asks something, so that an introduction is no part of its own."""
    return all(
        re.search(r"\b(?:how|what|which|why|where|when|who|whose|does|do|did|is|are|can|was|were)\b", piece, re.I)
        for piece in pieces
    )
