"""How far two words are apart by slips of the pen.

Owns the distance of Damerau (1964) in its restricted form: a letter left out, added, exchanged, or swapped with its neighbour is one.
"""

from functools import lru_cache


@lru_cache(1 << 14)
def distance(one: str, other: str, most: int) -> int:
    """The number of slips from one word to the other, 0..most; `most` + 1 where there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)
