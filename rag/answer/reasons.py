"""Why an answer was not written, in words for a reader. Whoever runs citewise finds the whole reason in the log, with the settings
that would help, and by `citewise doctor`. Pure functions."""

import re

_MORE = "citewise doctor tells more"
_FOR_THE_OWNER = re.compile(r"CITEWISE_[A-Z_]{1,40}|^it (?:also )?has ")
"""Settings, and lists of the models that a server has."""
_ASIDE = re.compile(r" ?\([^()]{0,600}\)")
_NAMED = (
    (re.compile(r"\bthe model “[^”]{0,300}”"), "its model"),
    (re.compile(r"\bno model “[^”]{0,300}”"), "no such model"),
    (re.compile(r"“[^”]{0,300}”"), "its model"),
)
UNUSABLE = "what is set up to write answers cannot be used"


def for_readers(reason: str) -> str:
    """The reason without settings, names of models and what a server said; where something was left out, with where to read more.

    Args:
        reason: a phrase of clauses with semicolons: what failed first, then what to do.
    """
    text = _ASIDE.sub("", _ASIDE.sub("", reason))  # twice: a server's words may hold brackets
    for pattern, words in _NAMED:
        text = pattern.sub(words, text)
    clauses = text.split("; ")
    kept = [clause for clause in clauses if not _FOR_THE_OWNER.search(clause)]
    if kept == clauses:
        return text
    if not kept or kept[0] != clauses[0]:
        return f"{UNUSABLE}; {_MORE}"
    return f"{'; '.join(kept)}; {_MORE}"


def limit_for_readers(limit: str) -> str:
    """What cut an answer off, without the setting that would raise it."""
    return _ASIDE.sub("", limit)
