"""Messages of the parts behind the window as a reader can use them. Pure.

Owns what becomes of the names of settings, which only whoever runs citewise can change: they stay in the settings dialog, under
“Why this answer”, in `citewise doctor` and in the log.
"""

import re

_SETTING = "CITEWISE_"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_CLAUSE_ENDS = ("; ", ": ", " (", ", ")
"""Where advice begins, the likeliest first."""
_FEW_SECONDS = 7.5
_WHO = "; whoever runs citewise can change this"


def plain(message: str) -> str:
    """The message without advice that names a setting; that somebody can act on it is still said."""
    if _SETTING not in message:
        return message
    return " ".join(map(_without_setting, _SENTENCE_END.split(message)))


def sentence(message: str) -> str:
    """The message as a sentence on its own line: `plain`, with a capital and a full stop."""
    read = " ".join(plain(message).split())
    return read[:1].upper() + read[1:] + ("" if not read or read[-1] in ".?!:…”" else ".")


def about_seconds(seconds: float) -> str:
    """How long something will take, as exactly as that can be told before: "a few seconds", "about 20 seconds", "about 2 minutes"."""
    if seconds < _FEW_SECONDS:
        return "a few seconds"
    fives = 5 * round(seconds / 5)
    if fives < 60:
        return f"about {fives} seconds"
    minutes = round(seconds / 60)
    if minutes < 60:
        return "about a minute" if minutes < 2 else f"about {minutes} minutes"
    hours = round(seconds / 3600)
    return "about an hour" if hours < 2 else f"about {hours} hours"


def _without_setting(one: str) -> str:
    before, setting, _ = one.partition(_SETTING)
    if not setting:
        return one
    end = next((end for end in _CLAUSE_ENDS if end in before), "")
    happened = before.rpartition(end)[0] if end else ""
    return (happened or "A setting does not fit") + _WHO + "."
