"""Calls of ``__import__`` with a computed name. Of a module that is loaded already, no audit event tells.

Since Python 3.12 single functions can be asked to tell of their calls (``sys.monitoring``, PEP 669). So each module
body is searched, before it runs, for functions that have a use for ``__import__``. Who keeps that function under
another name is not seen: ``core/refs.py`` knows such sources by their text.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, Final

from pytest_gocache.core.instructions import given, loaded, within
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import ANY, Op

_getframe, _modules = sys._getframe, sys.modules
NAME: Final = "__import__"
TOOLS: Final = (4, 3)
"""Numbers that nobody has a claim to."""
WITH_FROMLIST, WITH_LEVEL = 4, 5
"""So many arguments."""


class Calls:
    """Tells the observer which modules are asked for. Before Python 3.12 it sees nothing, and says so."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._originals = (builtins.__import__, importlib.__import__)
        self._tool = -1
        self._last: object = None
        """The body that ran last: pytest evaluates one expression for each of thousands of tests."""
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
        """Nobody is asked any more."""
        if self._tool >= 0:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
            monitoring.register_callback(self._tool, monitoring.events.CALL, None)
            monitoring.free_tool_id(self._tool)
            self._tool = -1

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {"exec": self._on_exec}

    def _on_exec(self, body: object, *_: object) -> None:
        if body is self._last or self._tool < 0 or not isinstance(body, CodeType) or body.co_name != "<module>":
            return
        self._last = body
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
        for code in within(body):
            if NAME in code.co_names:
                monitoring.set_local_events(self._tool, code, monitoring.events.CALL)
        self.watched.add(body.co_filename)

    def _called(self, _code: CodeType, at: int, function: object, first: object) -> None:
        if self._imports(function) and self._observer.awake:
            self._observer.quietly(NAME, self._asked, at, first, _getframe(1))

    def _imports(self, function: object) -> bool:
        """Not by equality: a function may be anything, also something that is equal to all."""
        return any(function is each for each in self._originals) or function is builtins.__import__

    def _asked(self, at: int, name: object, frame: FrameType) -> None:
        for each in asked(at, name, frame):
            self._observer.note(Op.IMPORT, each, frame)


def asked(at: int, name: object, frame: FrameType) -> Iterator[str]:
    """The modules that the call at ``at`` may give, or import from; ``ANY`` where that cannot be told."""
    count, last = given(frame.f_code.co_code, at)
    level = loaded(frame, last) if count == WITH_LEVEL else 0
    if not isinstance(name, str) or not 0 <= count <= WITH_LEVEL or not isinstance(level, int):
        yield ANY
        return
    try:
        name = importlib.util.resolve_name("." * level + name, frame.f_globals.get("__package__"))
    except ImportError:
        return  # as the call itself will say
    yield name
    names = loaded(frame, last) if count == WITH_FROMLIST else ...
    if isinstance(names, (list, tuple)) and "*" not in names:
        yield from (each for each in (f"{name}.{one}" for one in names) if each in _modules)
    elif count >= WITH_FROMLIST:
        yield from (each for each in list(_modules) if each.rpartition(".")[0] == name)
