"""Many short texts that are looked through at once, as one long text with a line each: a hundred times as fast as one by one."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import AnyStr, Generic


class Lines(Generic[AnyStr]):
    """The texts, in their order."""

    def __init__(self, texts: Sequence[AnyStr], end: AnyStr) -> None:
        # No name has a line break of its own, but who knows.
        lines = [text.replace(end, end * 0) for text in texts]
        self._text: AnyStr = end.join(lines)
        self._starts = list(accumulate((len(line) + 1 for line in lines), initial=0))

    def holding(self, patterns: Sequence[AnyStr]) -> Iterator[int]:
        """The numbers of the texts in which one of these patterns is found, each once, in order for each pattern."""
        seen: set[int] = set()
        for pattern in patterns:
            for match in re.finditer(pattern, self._text):
                n = bisect_right(self._starts, match.start()) - 1
                if n not in seen:
                    seen.add(n)
                    yield n
