"""Lines of authors, as they stand between a title and an abstract -> names. Pure functions on strings."""

import re

from rag.core import lexicon

_LEAD = re.compile(r"(?:authors?|by)\s*:?\s+", re.IGNORECASE)
_MARKS = re.compile(r"\s?\([^()]{1,120}\)|[\u1d2c-\u1d6a\d\u00b2\u00b3\u00b9\u2070-\u2079*†‡§¶#]+")
_PARTS = re.compile(r"\s*[;；•·|]\s*|\s+(?:and|und|et|y|e|и)\s+|\s*&\s*")
_COMMAS = re.compile(r"\s*[,，、]\s*(?:(?:and|und|et|&)\s+)?")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[-\s]?){1,4}")
_IDEOGRAPHS = re.compile(r"[\u4e00-\u9fff\u3040-\u30ff\uac00-\ud7af]{2,5}")
_TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'’\u2010-])*")
_SIGN = re.compile(r"\b[^\W\d_]\.|\((?:\d{1,2}|[a-z])\)|[\u00b9\u00b2\u00b3*†‡]|^by\s", re.IGNORECASE)
_MANY = 4_000


def is_names(text: str) -> bool:
    """Whether a line says by itself that it is one of authors: two or more names, or one with an initial or a footnote's mark."""
    return bool(names_in(text, 2)) or (len(text) < 80 and bool(_SIGN.search(text)) and bool(names_in(text)))


def names_in(text: str, at_least: int = 1) -> tuple[str, ...]:
    """The names, where the text is nothing but `at_least` or more of them; else none."""
    if len(text) > _MANY or not _may_begin(text):
        return ()
    names = parts_of(text)
    return names if len(names) >= max(1, at_least) and all(map(_is_name, names)) else ()


def _may_begin(text: str) -> bool:
    """Whether a line can begin with a name: cheap, since it is asked of every line of a page."""
    first = text.lstrip(" (*†‡").partition(" ")[0]
    return first != first.lower() or not first.isascii() or first in lexicon.words("name_particles") or first == "by"


def parts_of(text: str) -> tuple[str, ...]:
    """What a line of authors holds between commas, semicolons and "and", without marks of footnotes."""
    line = _MARKS.sub("", _LEAD.sub("", text.strip(), count=1)).strip(" ,;")
    line = re.sub(r",?\s(?:et al|and others)\.?$", "", line)
    # A full stop ends the line, unless it belongs to an initial.
    initial = re.search(r",\s?[^\W\d_]\.$", line) or len(re.findall(r"\b[^\W\d_]\.", line)) > 1
    return tuple(_split(line if initial else line.rstrip(" .")))


def _split(line: str) -> list[str]:
    by_mark = [part for part in _PARTS.split(line) if part]
    if ";" in line or "；" in line:
        return by_mark
    commas = [part for piece in by_mark for part in _COMMAS.split(piece) if part]
    initials = [bool(_INITIALS.fullmatch(part)) and len(part.replace(".", "")) <= 4 for part in commas]
    if len(commas) >= 2 and len(commas) % 2 == 0 and all(initials[1::2]) and not any(initials[::2]):
        return [f"{family}, {given}" for family, given in zip(commas[::2], commas[1::2], strict=True)]
    return commas


def _is_name(text: str) -> bool:
    if _IDEOGRAPHS.fullmatch(text):
        return True
    words = text.replace(",", " ").split()
    if not 2 <= len(words) <= 5:
        return False
    particles = lexicon.words("name_particles")
    if any(not _TOKEN.fullmatch(word) for word in words):
        return False
    dull = lexicon.words("stop_words") - particles
    return all(
        word in particles or (_begins_as_a_name(word) and word.lower() not in dull) for word in words if len(word) > 1
    )


def _begins_as_a_name(word: str) -> bool:
    return word[0].isupper() or (word[1] in "'’" and word[2:3].isupper())  # d'Arc
