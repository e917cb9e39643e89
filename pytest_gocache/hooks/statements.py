"""Sees each import that is executed, without a frame of ours on the stack while it is.

Code looks at tracebacks of failed imports (flask asks whether one is deeper than itself), so nobody may
stand between. ``__import__`` is called through its type's ``__call__``, and that is a descriptor here: asked
for itself, it looks at who asks, and gives the real function. What is imported then stands in the caller's
bytecode; only where that does not tell (``__import__`` with computed arguments) a wrapper has to be given.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from pytest_gocache.core.instructions import Site, given, loaded, statement

_LOOKS_AT_DEPTH = frozenset({"tb_next", "extract_tb", "walk_tb"})


class Statements:
    """Tells ``note`` of each import: name, names from it, level, and the importer's globals.

    ``doubt`` is told why an import could not be seen.
    """

    def __init__(
        self, note: Callable[[str, tuple[str, ...], int, Any], None], doubt: Callable[[str], None]
    ) -> None:
        self._note = note
        self._doubt = doubt
        self._sites: dict[tuple[int, int], tuple[CodeType, Site | None]] = {}

    def around(self, original: Any) -> Any:
        """What to put in the place of ``__import__``."""
        return type("Import", (), {"__call__": Asked(original, self._asks)})()

    def _asks(self, original: Any) -> Any:
        frame = sys._getframe(2)
        code, at = frame.f_code, frame.f_lasti
        known = self._sites.get((id(code), at))
        if known is None:
            known = self._sites[id(code), at] = code, statement(code, at)
        site = known[1] or call(frame)
        if site is not None:
            self._note(*site, frame.f_globals)
            return original
        if _LOOKS_AT_DEPTH.isdisjoint(code.co_names):
            return self._wrapped(original)
        self._doubt(f"{code.co_name} imports what it computes")
        return original

    def _wrapped(self, original: Any) -> Any:
        note = self._note

        def __import__(name, globals=None, locals=None, fromlist=(), level=0):  # type: ignore[no-untyped-def]
            __tracebackhide__ = True
            if isinstance(name, str):
                note(name, tuple(fromlist or ()), level, globals or {})
            return original(name, globals, locals, fromlist, level)

        return __import__


class Asked:
    """A ``__call__`` that is chosen when it is asked for."""

    def __init__(self, original: Any, choose: Callable[[Any], Any]) -> None:
        self._original = original
        self._choose = choose

    def __get__(self, _instance: object, _owner: type) -> Any:
        return self._choose(self._original)


def call(frame: FrameType) -> Site | None:
    """What ``__import__(name)`` imports, where ``name`` is a variable or a constant; None for anything else."""
    count, at = given(frame.f_code.co_code, frame.f_lasti)
    if count != 1:
        return None
    name = loaded(frame, at)
    return (name, (), 0) if isinstance(name, str) else None
