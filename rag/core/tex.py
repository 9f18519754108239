r"""Text for a BibTeX field: LaTeX that compiles is passed through, all else appears literally, and nothing can end the field.

BibTeX counts braces whether or not a backslash stands before them, so they balance by that count. Commands that read or write files
or define others are never passed through. Owns these rules; which fields there are is decided in `references`.
"""

import re

from rag.core import lexicon
from rag.core.accents import COMMAND, PROTECTED, STYLED, character, command_for, without_escaped_apostrophes
from rag.core.formulas import formulas

_LITERAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: "\\" + mark for mark in "&%$#_{}"},
}
_LONE_BRACES = {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
_TOKEN = re.compile(
    rf"(?P<styled>{STYLED.pattern})|(?P<command>{COMMAND.pattern})|(?P<protected>{PROTECTED.pattern})|\\(?P<escaped>[&%#_$])|(?P<other>.)",
    re.DOTALL,
)
_COMMAND_NAME = re.compile(r"\\([A-Za-z]+)")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[a-z]*(?:matrix|cases|array|aligned|split)\*?\}")
_ODD_IN_ADDRESSES = re.compile(r"[{}\\\"<>^`|\s\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})")


def tex(text: str) -> str:
    """A title or another text on one line as LaTeX: formulas and accents stay, what else TeX would act on is shown literally."""
    parts: list[tuple[str, bool]] = []
    position = 0
    for span, formula in formulas(text):
        if (safe := _formula(formula)) is not None:
            parts += [(text[position : span.start], False), (safe, True)]
            position = span.end
    parts.append((text[position:], False))
    lone = not balanced("".join(words for words, is_formula in parts if not is_formula))
    return "".join(f"${words}$" if is_formula else _plain(words, lone) for words, is_formula in parts)


def tex_of_name(text: str, accents: bool) -> str:
    """A name, given in characters, as LaTeX; where `accents` is true, accented Latin letters are written as commands."""
    lone = not balanced(text)
    return "".join((command_for(one) if accents else None) or _one(one, lone) for one in text)


def verbatim(address: str) -> str:
    """An address or an identifier for a field that LaTeX packages read verbatim: what would end the field is percent-encoded."""
    return _ODD_IN_ADDRESSES.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), address)


def balanced(text: str) -> bool:
    """Whether each brace is closed after it is opened, counted as BibTeX does: a backslash before it changes nothing."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def _formula(formula: str) -> str | None:
    """The formula, mended where that is safe; None where it must not be passed through."""
    names = _COMMAND_NAME.findall(_ENVIRONMENT.sub("", formula))
    # `^^` is TeX's way to write any character by its code; a backslash at the end would take the dollar with it.
    cut_short = (len(formula) - len(formula.rstrip("\\"))) % 2
    if any(map(lexicon.word_pattern("tex_commands").fullmatch, names)) or "^^" in formula or cut_short:
        return None
    if not balanced(formula):
        formula = formula.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    lefts, rights = len(re.findall(r"\\left(?![A-Za-z])", formula)), len(re.findall(r"\\right(?![A-Za-z])", formula))
    if not balanced(formula) or lefts != rights:
        return None
    marks = "%#" if _ENVIRONMENT.search(formula) else "%#&"
    return re.sub(rf"(?<!\\)[{marks}]", lambda match: "\\" + match[0], formula)


def _plain(text: str, lone_braces: bool) -> str:
    return "".join(_token(match, lone_braces) for match in _TOKEN.finditer(without_escaped_apostrophes(text)))


def _token(match: re.Match[str], lone_braces: bool) -> str:
    if match["styled"]:
        words = "".join(_one(one, lone_braces) for one in match["words"])
        return words if match["style"] in ("mbox", "text") else f"\\{match['style']}{{{words}}}"
    if match["command"]:
        letter = character(match["grouped"] or match["bare"])
        return command_for(letter) or letter
    if match["protected"]:
        return match["protected"].strip("{}")
    if match["escaped"]:
        return f"\\{match['escaped']}"
    return _one(match["other"], lone_braces)


def _one(character: str, lone_braces: bool) -> str:
    if lone_braces and character in _LONE_BRACES:
        return _LONE_BRACES[character]
    return _LITERAL.get(character, character)
