"""Which names of a listing count: those of directories, of what is imported, configures pytest, or is collected.

What else comes into a directory or goes (a log, a report, data) is seen by those tests that list it. Of test modules
those hear that ask for them by name, and pytest: so a listing has a digest with them and one without.
"""

from __future__ import annotations

import fnmatch
import ntpath
import os
import re
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import SOURCE_SUFFIXES
from typing import Final, TypeAlias

from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.looks import listing_digest
from pytest_gocache.core.values import frozen

ALWAYS_ASKED: Final = ("__init__", "__main__", "conftest", "sitecustomize", "usercustomize", *sys.stdlib_module_names)
"""Names of sources that pytest and Python look for by themselves, or that hide Python's own."""
_FLAGS = re.IGNORECASE if os.path is ntpath else re.NOFLAG
Names: TypeAlias = "tuple[str, ...] | None"
"""What a directory lists; None: there is none."""


@frozen
class Counting:
    """What decides whether a name counts."""

    globs: tuple[str, ...] = ()
    """Names of files that may be imported, configure pytest, or are collected otherwise than as test modules. None:
    all names count."""
    asked: tuple[str, ...] = ()
    """The names that were looked for as modules: of sources with others it is no matter whether they are there. None:
    all sources count."""
    modules: tuple[str, ...] = ()
    """Names of sources that are collected as test modules."""


class Listings:
    """Digests of listings, of the names that count."""

    def __init__(self, counting: Counting) -> None:
        self._all = not counting.globs
        self._anonymous = bool(counting.globs and counting.asked)
        self._asked = frozenset(
            f"{name}{each}" for name in (*counting.asked, *ALWAYS_ASKED) for each in SOURCE_SUFFIXES
        )
        sources = () if counting.asked else tuple(f"*{suffix}" for suffix in SOURCE_SUFFIXES)
        self._matches = any_of((*counting.globs, *sources))
        self._collected = any_of(counting.modules)

    def digest(self, names: Names) -> Digest:
        """Of all that count."""
        if self._all or names is None:
            return listing_digest(names)
        return listing_digest(tuple(name for name in names if self._counts(name) or self._is_module(name)))

    def without_modules(self, names: Names) -> Digest:
        """Of all but test modules that nobody asked for. Empty where there is no test module at all, for with the first
        and the last one a directory comes to the path and goes, and where all sources count."""
        if not self._anonymous or names is None or not any(map(self._is_module, names)):
            return Digest("")
        return listing_digest(tuple(filter(self._counts, names)))

    def _counts(self, name: str) -> bool:
        return name[-1:] == "/" or name in self._asked or self._matches(name) is not None

    def _is_module(self, name: str) -> bool:
        return name.endswith(".py") and self._collected(name) is not None


def any_of(globs: Iterable[str]) -> Callable[[str], object]:
    """Tells of a name whether one of these ``fnmatch`` patterns matches it; on Windows in any case."""
    return re.compile("|".join(map(fnmatch.translate, globs)) or r"(?!)", _FLAGS).match
