"""Names in sentences: does every name and acronym of one sentence stand in another? Pure functions on strings."""

import re

from rag.checking.negation import tokens
from rag.core.text import STOP_WORDS, stem

_WORD = re.compile(r"[A-Za-z0-9][\w+.-]*[\w+]|[A-Za-z]")
_CAPITALS_INSIDE = re.compile(r"[A-Z0-9].*[A-Z0-9]|[a-z][A-Z]")


def missing_names(sentence: str, source: str) -> tuple[str, ...]:
    """The names and acronyms of a sentence (inner capitals, digits, or a capital after the first word) that the source
    does not hold, also not spelled out ("DMs" for "diffusion models") or written together ("UNet")."""
    letters = re.sub(r"[^a-z0-9]", "", source.lower())
    initials = "".join(word[0].lower() for word in re.findall(r"[A-Za-z0-9]+", source))
    stems = {stem(word) for word in tokens(source)}
    missing = (
        match.group()
        for match in _WORD.finditer(sentence)
        if _is_name(sentence, match)
        and not _is_spelled(match.group(), letters, initials)
        and match.group().lower() not in STOP_WORDS
        and stem(match.group().lower()) not in stems
    )
    return tuple(dict.fromkeys(missing))


def _is_name(sentence: str, match: re.Match[str]) -> bool:
    word = match.group()
    if word[0].isdigit():
        return False  # it is a number, which is compared as one
    begins = not re.search(r"\w", sentence[: match.start()].rsplit(". ", 1)[-1])
    return bool(_CAPITALS_INSIDE.search(word)) or (word[0].isupper() and not begins)


def _is_spelled(word: str, letters: str, initials: str) -> bool:
    """Whether the letters of a source, or the initials of its words, hold a name in one of its spellings."""
    plain = re.sub(r"[^a-z0-9]", "", word.lower())
    singular = plain.removesuffix("s")
    if any(part in letters for part in (plain, singular, plain.removesuffix("based"), plain.removesuffix("like"))):
        return True
    if len(plain) > 1 and singular in initials:
        return True
    pieces = [piece for piece in re.split(r"[^a-z0-9]+", word.lower()) if piece]
    return len(pieces) > 1 and all(piece.removesuffix("s") in letters for piece in pieces)
