"""Calls that give a loaded module by a computed name, ``__import__(name)`` above all. No audit event tells of them.

Since Python 3.12 single functions can be asked to tell of their calls (``sys.monitoring``, PEP 669). So each module
body is searched, before it runs, for functions that have a use for ``__import__`` or for ``sys.modules.get``. Who keeps
``__import__`` under another name is not seen: ``core/refs.py`` knows such sources by their text.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, Final

from pytest_gocache.core.instructions import constant, given, loaded, within
from pytest_gocache.core.loaded_names import LoadedNames
from pytest_gocache.core.named import tell_place
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import ANY, Op
from pytest_gocache.core.texts import BODY, Texts

_getframe, _modules = sys._getframe, sys.modules
NAME: Final = "__import__"
GETS: Final = frozenset({"sys", "modules", "get"})
_GET: Final = dict.get
TAKES: Final = "use_tool_id"
TOOLS: Final = (4, 3)
"""Numbers that nobody has a claim to."""
TELLING: Final = frozenset({NAME, TAKES, "modules"})
"""One of them is in all code that is to be searched."""
WITH_FROMLIST, WITH_LEVEL = 4, 5
"""So many arguments."""


class Calls:
    """Tells the observer which modules are asked for. Before Python 3.12 it sees nothing, and says so."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._originals = (builtins.__import__, importlib.__import__)
        self._loaded = LoadedNames()
        self._texts = Texts(observer, self._loaded)
        self._tool = -1
        self._last: object = None
        """The body that ran last: pytest evaluates one expression for each of thousands of tests."""
        self._asked_to_tell: list[CodeType] = []
        self.watched: set[str] = set()
        """The files of the module bodies that were searched."""

    def install(self) -> None:
        """Asks for a number of our own, if there is one left."""
        monitoring: Any = getattr(sys, "monitoring", None)
        free = (each for each in TOOLS if monitoring is not None and monitoring.get_tool(each) is None)
        self._tool = next(free, -1)
        if self._tool >= 0:
            monitoring.use_tool_id(self._tool, "pytest-gocache")
            monitoring.register_callback(self._tool, monitoring.events.CALL, self._called)

    def remove(self) -> None:
        """Nobody is asked any more. (Functions would go on to tell whoever has the number next.)"""
        if self._tool >= 0:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
            if monitoring.get_tool(self._tool) is not None:
                for code in self._asked_to_tell:
                    monitoring.set_local_events(self._tool, code, 0)
            monitoring.register_callback(self._tool, monitoring.events.CALL, None)
            monitoring.free_tool_id(self._tool)
            self._asked_to_tell.clear()
            self._tool = -1

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {"exec": self._on_exec, "code.__new__": self._on_copied}

    def _on_copied(self, _code: object, filename: object = "", *_: object) -> None:
        """Nobody is asked to tell of what a copy of a function calls."""
        self.watched.discard(str(filename))

    def _on_exec(self, body: object, *_: object) -> None:
        if not isinstance(body, CodeType) or body.co_name != BODY:
            return
        spoken = self._texts.runs(body)
        if body is self._last or self._tool < 0:
            return
        self._last = body
        codes = within(body) if spoken is None or not spoken.isdisjoint(TELLING) else []
        if any(TAKES in code.co_names for code in codes) and self._is_own(body.co_filename):
            self._step_aside()
            return
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
        for code in codes:
            if NAME in code.co_names or GETS.issubset(code.co_names):
                monitoring.set_local_events(self._tool, code, monitoring.events.CALL)
                self._asked_to_tell.append(code)
        self.watched.add(body.co_filename)

    def _is_own(self, filename: str) -> bool:
        return self._observer.owner(filename).startswith("file:")

    def _step_aside(self) -> None:
        """The project takes numbers itself: ours may be the one that it means."""
        self.remove()
        self.watched.clear()

    def _called(self, _code: CodeType, at: int, function: object, first: object) -> None:
        if not self._observer.awake:
            return
        if self._imports(function):
            self._observer.quietly(NAME, self._asked, at, first, _getframe(1))
        elif function is _GET and first is _modules:
            self._observer.quietly("sys.modules", self._taken, at, _getframe(1))

    def _imports(self, function: object) -> bool:
        """Not by equality: a function may be anything, also something that is equal to all."""
        return any(function is each for each in self._originals) or function is getattr(builtins, NAME, self)

    def _asked(self, at: int, name: object, frame: FrameType) -> None:
        for each in asked(at, name, frame, self._loaded):
            self._observer.note(Op.IMPORT, each, frame)

    def _taken(self, at: int, frame: FrameType) -> None:
        """Django takes from ``sys.modules`` what a setting names, and imports it only if it is not there. Who looks at
        ``__file__``, as flask does, wants to know where it lies."""
        name = taken(at, frame)
        file = getattr(_modules.get(name), "__file__", None) if isinstance(name, str) else None
        if not isinstance(name, str) or not isinstance(file, str) or not self._is_own(file):
            return
        if "__file__" in frame.f_code.co_names:
            tell_place(self._observer, name, file, frame)
        else:
            self._observer.note(Op.IMPORT, name, frame)


def asked(at: int, name: object, frame: FrameType, modules: LoadedNames) -> Iterator[str]:
    """The modules that the call at ``at`` may give, or import from; ``ANY`` where that cannot be told."""
    if not isinstance(name, str) or not name:
        yield ANY
        return
    count, last = given(frame.f_code.co_code, at)
    is_plain = 0 <= count <= WITH_LEVEL
    level = (loaded(frame, last) if count == WITH_LEVEL else 0) if is_plain else ...
    names = loaded(frame, last) if count == WITH_FROMLIST else ...
    # A relative name is below the package of the globals that are given, and these may be anybody's.
    for module in (name, *(() if level == 0 else modules.ending(name))):
        yield module
        if isinstance(names, (list, tuple)) and "*" not in names:
            yield from (each for each in (f"{module}.{one}" for one in names) if each in _modules)
        elif count >= WITH_FROMLIST or not is_plain:
            yield from modules.inside(module)


def taken(at: int, frame: FrameType) -> object:
    """The name that the call of ``sys.modules.get`` at ``at`` asks for; ``...`` where that cannot be told."""
    code, bytecode = frame.f_code, frame.f_code.co_code
    count, last = given(bytecode, at)
    if count == 2:  # what to give if it is not there comes last
        last = constant(code, bytecode, last)[1] - 2
    return loaded(frame, last) if count in (1, 2) else ...
