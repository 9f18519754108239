"""Facts that a right answer must hold, and whether a text holds them. Pure functions on strings."""

import re


def alias_matches(alias: str, text: str) -> bool:
    """Whether a fact occurs in a normalised text; a digit at its edge touches no digit or decimal point and digit there."""
    before = r"(?<!\d)(?<!\d[.,])" if alias[:1].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if alias[-1:].isdigit() else ""
    return re.search(before + re.escape(alias) + after, text) is not None
