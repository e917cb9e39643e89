"""Whether code that stands on the stack may keep what is obtained below it, for a later caller.

Asked for child processes and connections only. What a file is read for can be held against the present, so it
does no harm to count it for everyone who may have it. A child that nobody could observe cannot: whoever may
have what it said is not stored at all. So it has to be somebody with a place to keep it in.

A function keeps nothing in its local variables. It may in globals, in variables of a function around it, in
the attributes of a class or of an object that its module holds, and in a cache that a decorator put around it.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from inspect import CO_OPTIMIZED
from itertools import repeat
from operator import is_
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType

MUTATORS = frozenset({"append", "add", "update", "setdefault", "extend", "insert", "appendleft", "put", "set"})
CACHES = ("cache_info", "cache_clear", "cache")
UNCHANGING = (type(None), bool, int, float, str, bytes, tuple, frozenset)
"""Nothing is stored into these, though many a module holds one."""
SIMPLE = (type(None), bool, int, float, str, bytes, ModuleType, FunctionType, BuiltinFunctionType)
"""Nothing is looked for in these."""
DEEPEST, MOST_HELD = 3, 20_000
"""So many steps from a module are followed, and so many objects looked at."""
LASTING = ""
"""Stands for every place that outlives a call; other names are of local variables."""

_places: dict[CodeType, frozenset[str]] = {}


def may_keep(frame: FrameType) -> bool:
    """Whether the code in ``frame`` has a place that outlives its call, as far as modules show. In doubt, it has."""
    return _stores_into(_lasts, frame)


def may_hold(frame: FrameType, is_own: Callable[[str], bool]) -> bool:
    """The same in more doubt: an object of some class may be held by anybody, as by a fixture. A container has such a
    place if the modules that ``is_own``, told by their files, come to it."""
    return _stores_into(lambda place: _is_object(place) or _lasts(place) or _is_held(place, is_own), frame)


def _stores_into(lasts: Callable[[object], bool], frame: FrameType) -> bool:
    code = frame.f_code
    if not code.co_flags & CO_OPTIMIZED:
        return True  # the body of a module or of a class: its variables stay
    if code not in _places:
        _places[code] = frozenset(_stores(code))
    if LASTING in _places[code]:
        return True
    held = frame.f_locals
    first = held.get(code.co_varnames[0]) if code.co_argcount else None
    into = [held[name] for name in _places[code] if name in held]
    return any(map(lasts, into)) or any(map(_is_cached, _found_as(code.co_name, first, frame)))


def _lasts(place: object) -> bool:
    """Whether some module holds it. (1 ms with a thousand modules: few runs ask, and seldom.)"""
    if isinstance(place, UNCHANGING):
        return False
    if isinstance(place, (type, ModuleType)):
        return True
    modules = [vars(module) for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    try:
        return any(each is place for held in modules for each in dict.values(held))
    except RuntimeError:  # another thread put something into a module meanwhile
        return True


def _is_object(place: object) -> bool:
    return type(place).__module__ != "builtins"


def _is_held(place: object, is_own: Callable[[str], bool]) -> bool:
    """Whether one of the project's modules comes to it in few steps: by items, by attributes."""
    if isinstance(place, UNCHANGING):
        return False
    modules = [each for each in list(sys.modules.values()) if isinstance(each, ModuleType)]
    own = {each.__name__: each for each in modules if is_own(str(getattr(each, "__file__", "")))}
    layer, met = [value for each in own.values() for value in vars(each).values()], set[int]()
    for _ in range(DEEPEST):
        further = list[object]()
        for one in layer:
            if id(one) in met or isinstance(one, SIMPLE) or (isinstance(one, type) and one.__module__ not in own):
                continue
            met.add(id(one))
            further += _held_by(one)
        if len(met) > MOST_HELD or any(map(is_, repeat(place), further)):
            return True
        layer = further
    return False


def _held_by(one: object) -> Iterable[object]:
    """The items of a container, the attributes of a class or of its objects."""
    try:
        if isinstance(one, dict):
            return list(one.values())
        if isinstance(one, (list, set, frozenset, tuple)):
            return list(one)
        return list(vars(one).values()) if hasattr(one, "__dict__") else ()
    except Exception:  # an object may be anything, and another thread may change it meanwhile
        return ()


def _stores(code: CodeType) -> Iterator[str]:
    """What ``code`` stores into: names of local variables that refer to it, or ``LASTING``."""
    before: list[dis.Instruction] = []
    for one in dis.get_instructions(code):
        if one.opname in ("STORE_GLOBAL", "DELETE_GLOBAL") or (
            one.opname == "STORE_DEREF" and one.argval in code.co_freevars
        ):
            yield LASTING
        elif one.opname == "STORE_ATTR":
            yield _name(before, code)
        elif one.opname in ("STORE_SUBSCR", "STORE_SLICE"):
            yield _name(before[:-1], code)
        elif one.argval in MUTATORS and one.opname in ("LOAD_METHOD", "LOAD_ATTR"):
            yield _name(before, code)
        if one.opname not in ("CACHE", "EXTENDED_ARG"):
            before.append(one)


def _name(before: list[dis.Instruction], code: CodeType) -> str:
    """The local variable at the root of what was loaded last (``self.cache``); ``LASTING`` for anything else."""
    at = len(before) - 1
    while at > 0 and before[at].opname == "LOAD_ATTR":
        at -= 1
    if at < 0:
        return LASTING
    name = before[at].argval
    if isinstance(name, tuple):  # two at once, since Python 3.13
        name = name[-1]
    is_local = isinstance(name, str) and (name in code.co_varnames or name in code.co_cellvars)
    return name if is_local and before[at].opname.startswith(("LOAD_FAST", "LOAD_DEREF")) else LASTING


def _found_as(name: str, first: object, frame: FrameType) -> Iterator[object]:
    """What stands under the function's name: in its module, and in the class of its first argument."""
    yield frame.f_globals.get(name)
    for kind in (first if isinstance(first, type) else type(first)).__mro__:
        yield vars(kind).get(name)


def _is_cached(found: object) -> bool:
    return isinstance(found, cached_property) or any(hasattr(found, each) for each in CACHES)
