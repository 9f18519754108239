"""The short name that a title gives its paper: what stands before the colon. Pure functions on strings."""

import re

# A colon between digits belongs to a ratio, a time or an allele ("HLA-DRB1*01:03").
_COLON = re.compile(r"(?<!\d):|:(?!\d)")

_REMARK = re.compile(
    r"\W?(?:retracted|withdrawn|corrected|removed|temporary removal|retraction|erratum|corrigendum|correction)(?: article| paper)?\W?",
    re.IGNORECASE,
)
"""What publishers put before titles is no name."""


def name_in_title(title: str, most_words: int | None = None) -> str:
    """Such as "DeepCache" of "DeepCache: Accelerating Diffusion Models"; "" where there is no colon, or the name has too many words."""
    colon = _COLON.search(title)
    name = title[: colon.start()].strip() if colon else ""
    if _REMARK.fullmatch(name):
        return ""
    return name if most_words is None or len(name.split()) <= most_words else ""
