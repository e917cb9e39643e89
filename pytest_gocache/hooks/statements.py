"""Sees each import that is executed, without a frame of ours on the stack while it is.

Code looks at tracebacks of failed imports (flask asks whether one is deeper than itself), so nobody may
stand between. ``__import__`` is called through its type's ``__call__``, and that is a descriptor here: asked
for itself, it looks at who asks, and gives the real function. What is imported then stands in the caller's
bytecode; only where that does not tell (``__import__`` with computed arguments) a wrapper has to be given.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dis import opmap
from types import CodeType, FrameType
from typing import Any, TypeAlias

Site: TypeAlias = tuple[str, tuple[str, ...], int]
"""What one instruction imports: name, names from it, level."""

_EXTENDED, _CONST, _FAST = opmap["EXTENDED_ARG"], opmap["LOAD_CONST"], opmap["LOAD_FAST"]
_SMALL = opmap.get("LOAD_SMALL_INT", -1)
_SKIPPED = (opmap["CACHE"], opmap.get("PRECALL", -1))
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


def statement(code: CodeType, at: int) -> Site | None:
    """What the import statement at ``at`` imports; None if that is none."""
    bytecode = code.co_code
    if bytecode[at] != opmap["IMPORT_NAME"]:
        return None
    number, at = _argument(bytecode, at)
    fromlist, at = _constant(code, bytecode, at - 2)
    level, at = _constant(code, bytecode, at - 2)
    if not isinstance(level, int) or not (fromlist is None or isinstance(fromlist, tuple)):
        return None
    return code.co_names[number], fromlist or (), level


def call(frame: FrameType) -> Site | None:
    """What ``__import__(name)`` imports, where ``name`` is a variable or a constant; None for anything else."""
    bytecode, at = frame.f_code.co_code, frame.f_lasti
    if bytecode[at] != opmap["CALL"] or bytecode[at + 1] != 1:
        return None
    at -= 2
    while bytecode[at] in _SKIPPED:
        at -= 2
    if bytecode[at] == _FAST:
        name = frame.f_locals.get(frame.f_code.co_varnames[_argument(bytecode, at)[0]])
    else:
        name = _constant(frame.f_code, bytecode, at)[0]
    return (name, (), 0) if isinstance(name, str) else None


def _argument(bytecode: bytes, at: int) -> tuple[int, int]:
    """The argument of the instruction at ``at``, and where it begins."""
    number, shift = bytecode[at + 1], 8
    while at >= 2 and bytecode[at - 2] == _EXTENDED:
        at -= 2
        number |= bytecode[at + 1] << shift
        shift += 8
    return number, at


def _constant(code: CodeType, bytecode: bytes, at: int) -> tuple[object, int]:
    """The constant that is loaded at ``at``, and where that begins; ``...`` if something else is done there."""
    number, begin = _argument(bytecode, at)
    if bytecode[at] == _CONST:
        return code.co_consts[number], begin
    return (number if bytecode[at] == _SMALL else ...), begin
