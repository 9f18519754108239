r"""LaTeX's accents and letters, as arXiv and BibTeX files have them in titles and names, and the characters that they stand for.

Owns the reading of `\"o`, `\H{o}`, `{\v S}`, `\ss` and the like outside formulas. What is stored stays as it came: titles and names are
turned into characters where they are shown, so the words that are quoted and searched are those of the source.
A table of thirty commands is all that names and titles need; formulas are left to those who draw them.
"""

import re
import unicodedata

from rag.core.formulas import formulas

_COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "H": "\u030b", "v": "\u030c", "u": "\u0306", "r": "\u030a", "c": "\u0327", "k": "\u0328", "d": "\u0323", "b": "\u0331",
}  # fmt: skip
_MARKS = {combining: mark for mark, combining in _COMBINING.items()}
LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
"""LaTeX's letters without their backslash."""
_COMMANDS = {character: name for name, character in LETTERS.items()}
_BASE = r"(?:\\[ij](?![A-Za-z])|[A-Za-z])"
_ACCENT = (
    rf"\\(?:(?:[\"'`^~=.]|[Hvurckdb](?=[\s{{]))\s{{0,3}}(?:\{{\s?{_BASE}\s?\}}|{_BASE})"
    rf"|(?:{'|'.join(sorted(LETTERS, key=len, reverse=True))})(?![A-Za-z])(?:\{{\}}|\s)?)"
)
COMMAND = re.compile(rf"\{{\s?(?P<grouped>{_ACCENT})\s?\}}|(?P<bare>{_ACCENT})")
"""An accented letter, or a letter of its own, in braces or not. `\'s` at the end of a word is an apostrophe that was escaped."""
STYLED = re.compile(
    r"\\(?P<style>emph|text(?:it|bf|tt|sc|rm|sf|up|sl)?|mbox|textsuperscript|textsubscript)\{(?P<words>[^{}\\]{0,400})\}"
)
_APOSTROPHE = re.compile(r"(?<=[A-Za-z])\\'(?=(?:s|t|d|m|re|ll|ve)\b)")
_ESCAPED = re.compile(r"\\([&%#_$])")
PROTECTED = re.compile(r"\{([A-Z][A-Za-z0-9-]{1,40})\}|\{([A-Za-z0-9]{1,40})\}(?=[a-z])|(?<=[a-z])\{([A-Z]{1,10})\}")
"""Letters in braces that keep BibTeX from changing their case."""


def shown(text: str) -> str:
    """The text as a reader knows it: accents as characters, styles and protecting braces gone; formulas stay."""
    if "\\" not in text and "{" not in text:
        return text
    parts, position = [], 0
    for span, _ in formulas(text):
        parts += [_shown(text[position : span.start]), text[span.start : span.end]]
        position = span.end
    return "".join(parts) + _shown(text[position:])


def _shown(text: str) -> str:
    text = STYLED.sub(lambda match: match["words"], _APOSTROPHE.sub("'", text))
    text = COMMAND.sub(lambda match: character(match["grouped"] or match["bare"]), text)
    text = PROTECTED.sub(lambda match: match[1] or match[2] or match[3], text)
    return _ESCAPED.sub(r"\1", text)


def without_escaped_apostrophes(text: str) -> str:
    """The text with `\\'` as an apostrophe where an English ending follows."""
    return _APOSTROPHE.sub("'", text)


def character(command: str) -> str:
    """The character that a command of `COMMAND` stands for."""
    body = command[1:].replace("{", "").replace("}", "").strip()
    if body in LETTERS:
        return LETTERS[body]
    mark, base = body[0], body[1:].strip().removeprefix("\\")
    return unicodedata.normalize("NFC", base + _COMBINING[mark])


def command_for(letter: str) -> str | None:
    r"""LaTeX for an accented Latin letter, in braces of its own such as `{\"o}`; None for any other character."""
    if letter in _COMMANDS:
        return f"{{\\{_COMMANDS[letter]}}}"
    decomposed = unicodedata.normalize("NFD", letter)
    mark = _MARKS.get(decomposed[-1])
    if mark is None or len(decomposed) != 2 or not decomposed[0].isascii():
        return None
    base = decomposed[0]
    return f"{{\\{mark}{{{base}}}}}" if mark.isalpha() else f"{{\\{mark}{base}}}"


def ascii_letters(text: str) -> str:
    """The text in letters of ASCII, as far as it has such: Erdős is Erdos, Łódź is Lodz."""
    plain = "".join({"ß": "ss", "þ": "th", "ŋ": "ng", "đ": "d"}.get(one, _COMMANDS.get(one, one)) for one in text)
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
