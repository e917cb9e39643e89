"""What stands around one instruction of bytecode: enough to tell what it imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from opcode import opmap
from types import CodeType, FrameType
from typing import TypeAlias

Site: TypeAlias = tuple[str, tuple[str, ...], int]
"""What one instruction imports: name, names from it, level."""

_FAST, _LIST, _TUPLE = opmap["LOAD_FAST"], opmap["BUILD_LIST"], opmap["BUILD_TUPLE"]
_CALL, _IMPORT, _WORDS = opmap["CALL"], opmap["IMPORT_NAME"], opmap.get("KW_NAMES", -1)
_EXTENDED, _CONST, _SMALL = opmap["EXTENDED_ARG"], opmap["LOAD_CONST"], opmap.get("LOAD_SMALL_INT", -1)
_SKIPPED = (opmap["CACHE"], opmap.get("PRECALL", -1))


def statement(code: CodeType, at: int) -> Site | None:
    """What the import statement at ``at`` imports; None if that is none."""
    bytecode = code.co_code
    if bytecode[at] != _IMPORT:
        return None
    number, at = argument(bytecode, at)
    fromlist, at = constant(code, bytecode, at - 2)
    level, at = constant(code, bytecode, at - 2)
    if not isinstance(level, int) or not (fromlist is None or isinstance(fromlist, tuple)):
        return None
    return code.co_names[number], fromlist or (), level


def statements(codes: Iterable[CodeType]) -> Iterator[Site]:
    """What all import statements of ``codes`` import."""
    for each in codes:
        opcodes = each.co_code[::2] if each.co_names else b""
        at = opcodes.find(_IMPORT)
        while at >= 0:
            site = statement(each, 2 * at)
            if site is not None:
                yield site
            at = opcodes.find(_IMPORT, at + 1)


def given(bytecode: bytes, at: int) -> tuple[int, int]:
    """How many arguments the call at ``at`` has, and where the last of them is loaded; -1 if not all go by position."""
    last = at - 2
    while bytecode[last] in _SKIPPED:
        last -= 2
    plain = bytecode[at] == _CALL and bytecode[last] != _WORDS and bytecode[at - 2] != _EXTENDED
    return (bytecode[at + 1] if plain else -1), last


def argument(bytecode: bytes, at: int) -> tuple[int, int]:
    """The argument of the instruction at ``at``, and where it begins."""
    number, shift = bytecode[at + 1], 8
    while at >= 2 and bytecode[at - 2] == _EXTENDED:
        at -= 2
        number |= bytecode[at + 1] << shift
        shift += 8
    return number, at


def constant(code: CodeType, bytecode: bytes, at: int) -> tuple[object, int]:
    """The constant that is loaded at ``at``, and where that begins; ``...`` if something else is done there."""
    number, begin = argument(bytecode, at)
    if bytecode[at] == _CONST:
        return code.co_consts[number], begin
    return (number if bytecode[at] == _SMALL else ...), begin


def loaded(frame: FrameType, at: int) -> object:
    """What is loaded at ``at``: a constant, a local variable, or a list of these; ``...`` for anything else."""
    code, bytecode = frame.f_code, frame.f_code.co_code
    if bytecode[at] == _FAST:
        return frame.f_locals.get(code.co_varnames[argument(bytecode, at)[0]], ...)
    if bytecode[at] not in (_LIST, _TUPLE):
        return constant(code, bytecode, at)[0]
    items = [loaded(frame, at - 2 * number) for number in range(1, bytecode[at + 1] + 1)]
    return ... if ... in items else tuple(reversed(items))


def within(code: CodeType) -> list[CodeType]:
    """``code``, and that of all functions and classes in it."""
    codes = [code]
    for each in codes:  # it grows meanwhile
        codes += [one for one in each.co_consts if isinstance(one, CodeType)]
    return codes
