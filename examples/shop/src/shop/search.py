"""Finding articles although one cannot spell."""

from collections.abc import Iterable


def distance(one: str, other: str) -> int:
    """How many letters have to be changed, added or removed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that is spelled most like ``word``."""
    return min(names, key=lambda name: (distance(word, name), name))
