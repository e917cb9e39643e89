"""Code that stands in a text, and not in a source: doctests, ``exec``, ``timeit``, templates.

The import graph does not know what it imports, and of what is loaded already its import statements tell nobody.
"""

from __future__ import annotations

from collections.abc import Set
from types import CodeType, FrameType
from typing import Final, NamedTuple

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.frames import caller
from pytest_gocache.core.instructions import Site, statements, within
from pytest_gocache.core.loaded_names import LoadedNames
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import OF_ALL, Op
from pytest_gocache.core.positions import POSITION_NAMES
from pytest_gocache.core.whose import LOADER

MOST = 1_000
"""Of so many texts it is remembered what they import."""
BODY = "<module>"
"""The name of code that is no function's. What ``eval`` runs is called so, too."""
ASKING: Final = POSITION_NAMES | {"lineno"}


class Said(NamedTuple):
    """What code says."""

    sites: tuple[Site, ...]
    """What it imports."""
    spoken: frozenset[str]
    """The names that it speaks of."""
    asks: bool
    """For line numbers."""


class Texts:
    """Tells ``observer`` what such code imports, before it runs."""

    def __init__(self, observer: Observer, loaded: LoadedNames) -> None:
        self._observer = observer
        self._loaded = loaded
        self._last: object = None
        """The last one that imports nothing: pytest evaluates one expression for each of thousands of tests."""
        self._known: dict[CodeType, Said] = {}
        """What texts say; equal ones at once, for a template may be compiled in each test."""

    def runs(self, code: CodeType) -> Set[str] | None:
        """``code`` is about to run. Gives the names that it speaks of; None if it is no text, or the last one again."""
        if code is self._last:
            return None
        frame = caller()
        if not self._is_text(frame):
            return None
        said = self._read(code)
        names = {name for site in said.sites for name in self._loaded.meant(*site)}
        names |= set(self._loaded.reached(names, said.spoken))
        self._last = None if names or said.asks else code
        for name in names:
            self._observer.note(Op.IMPORT, name, frame)
        if said.asks:
            self._observer.note(Op.LINES, OF_ALL, frame)
        return said.spoken

    def _read(self, code: CodeType) -> Said:
        try:
            known = self._known.get(code)
        except TypeError:  # a constant may be anything
            return _said(code)
        if known is None:
            if len(self._known) >= MOST:
                self._known.clear()
            known = self._known[code] = _said(code)
        return known

    def _is_text(self, frame: FrameType | None) -> bool:
        """Not what the import system runs, or pytest in its place. Whoever else has compiled it may have given it any
        name, also that of a source."""
        asker = "" if frame is None else filename_of(frame)
        return not (self._observer.owner(asker) is Observer.IMPORTLIB or asker.endswith(LOADER))


def _said(code: CodeType) -> Said:
    codes = within(code)
    spoken = frozenset[str]().union(*(each.co_names for each in codes))
    return Said(tuple(statements(codes)), spoken, not spoken.isdisjoint(ASKING))
