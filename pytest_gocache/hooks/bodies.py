"""Tells an ``Attribution`` which module's body runs, and who executes which import statement.

Only under coverage. Audit events tell the first import of a module alone; here the second importer counts
as well, for it would have run the body, had it come first. So ``__import__``, what stands behind
``importlib.import_module`` and the loaders' ``exec_module`` are stood in for.
"""

from __future__ import annotations

import builtins
import importlib._bootstrap as bootstrap  # type: ignore[import-not-found]
import importlib._bootstrap_external as external  # type: ignore[import-not-found]
import os
import sys
import threading
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from _pytest.assertion.rewrite import AssertionRewritingHook

from pytest_gocache.core.attribution import Attribution

_MACHINERY = "<frozen importlib._bootstrap>"
"""``warnings`` and tracebacks leave out frames of this name: nobody sees that we stood there."""


class Bodies:
    """Stands in for the parts of the import system between ``install`` and ``remove``."""

    def __init__(self, attribution: Attribution) -> None:
        self._books = attribution
        self._asked: set[tuple[str, str, str, tuple[str, ...] | None]] = set()
        self._ran: set[str] = set()
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Begins."""
        self._replace(builtins, "__import__", self._statement)
        self._replace(bootstrap, "_gcd_import", self._function)
        for loader in (external._LoaderBasics, AssertionRewritingHook):
            self._replace(loader, "exec_module", self._loader)

    def remove(self) -> None:
        """Ends, where nobody else stood in since."""
        for undo in self._undo:
            undo()
        self._undo.clear()

    def _replace(self, where: Any, name: str, make: Callable[[Any], FunctionType]) -> None:
        original = vars(where)[name]
        mine = make(original)
        mine.__code__ = mine.__code__.replace(co_filename=_MACHINERY)
        mine.__name__, mine.__qualname__ = name, getattr(original, "__qualname__", name)
        setattr(where, name, mine)

        def undo() -> None:
            if vars(where).get(name) is mine:
                setattr(where, name, original)

        self._undo.append(undo)

    def _statement(self, original: Any) -> Any:
        asks = self._asks

        def __import__(name, globals=None, locals=None, fromlist=(), level=0):  # type: ignore[no-untyped-def]
            try:
                return original(name, globals, locals, fromlist, level)
            finally:
                asks(name, globals, fromlist, level)

        return __import__

    def _function(self, original: Any) -> Any:
        asks = self._asks

        def _gcd_import(name, package=None, level=0):  # type: ignore[no-untyped-def]
            try:
                return original(name, package, level)
            finally:
                asks(name, {"__package__": package}, None, level)

        return _gcd_import

    def _loader(self, original: Any) -> Any:
        begin, end = self._begin, self._end

        def exec_module(self, module):  # type: ignore[no-untyped-def]
            owner = begin(module)
            try:
                return original(self, module)
            finally:
                end(owner)

        return exec_module

    def _begin(self, module: ModuleType) -> str:
        """Enters the owner of a body, the first time that it runs: later times are their caller's own."""
        spec = module.__spec__
        file = (spec.origin if spec else None) or module.__name__
        owner = f"import:{os.path.abspath(file)}"
        self._books.bodies[module.__name__] = owner
        self._books.need(owner)
        if owner in self._ran:
            return ""
        self._ran.add(owner)
        if threading.current_thread() is not threading.main_thread():
            self._books.doubt(owner, f"{module.__name__} was imported by a thread")
            return ""
        self._books.enter(owner)
        return owner

    def _end(self, owner: str) -> None:
        if owner:
            self._books.leave(owner)

    def _asks(self, name: object, namespace: Any, fromlist: object, level: object) -> None:
        """Somebody has executed an import."""
        try:
            self._note(name, namespace, fromlist, level)
        except Exception:  # a caller with odd arguments has its own error to deal with
            return

    def _note(self, name: Any, namespace: Any, fromlist: Any, level: Any) -> None:
        package = _package(namespace) if level else ""
        names = tuple(fromlist) if fromlist else None
        asked = (self._books.current, name, f"{level}{package}", names)
        if asked in self._asked:
            return
        self._asked.add(asked)
        base = bootstrap._resolve_name(name, package, level) if level else name
        self._need(base)
        for each in names or ():
            for one in getattr(sys.modules.get(base), "__all__", ()) if each == "*" else (each,):
                if f"{base}.{one}" in sys.modules or f"{base}.{one}" in self._books.bodies:
                    self._need(f"{base}.{one}")

    def _need(self, name: str) -> None:
        """A module and the packages that it lies in."""
        while name:
            if name in self._books.bodies:
                self._books.need(self._books.bodies[name])
            name = name.rpartition(".")[0]


def _package(namespace: Any) -> str:
    package = namespace.get("__package__")
    if package is None:
        spec = namespace.get("__spec__")
        package = spec.parent if spec is not None else namespace["__name__"]
        if spec is None and "__path__" not in namespace:
            package = package.rpartition(".")[0]
    return str(package)
