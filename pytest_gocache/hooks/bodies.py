"""Tells an ``Attribution`` which module's body runs, and who executes which import.

Only under coverage. Audit events tell the first import of a module alone; here the second importer counts
as well, for it would have run the body, had it come first. So ``__import__`` is watched, what stands behind
``importlib.import_module``, and the loaders' ``exec_module``.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from _pytest.assertion.rewrite import AssertionRewritingHook

from pytest_gocache.core.attribution import Attribution
from pytest_gocache.core.standin import Replacements
from pytest_gocache.hooks.statements import Asked, Statements

bootstrap: Any = importlib._bootstrap
external: Any = importlib._bootstrap_external


class Bodies:
    """Stands in for the parts of the import system between ``install`` and ``remove``."""

    def __init__(self, attribution: Attribution) -> None:
        self._books = attribution
        self._known: set[tuple[object, ...]] = set()
        self._statements = Statements(self._asked, lambda why: attribution.doubt(attribution.current, why))
        self._ran: set[str] = set()
        self._places = Replacements()

    def install(self) -> None:
        """Begins."""
        self._replace(builtins, "__import__", self._statements.around)
        self._replace(bootstrap, "_gcd_import", self._function)
        for loader in (external._LoaderBasics, AssertionRewritingHook):
            self._replace(loader, "exec_module", self._loader)

    def remove(self) -> None:
        """Ends, where nobody else stood in since."""
        self._places.undo()

    def _replace(self, where: Any, name: str, make: Callable[[Any], Any]) -> None:
        self._places.put(where, name, make(vars(where)[name]))

    def _function(self, original: Any) -> Any:
        """For what stands behind ``importlib.import_module``."""
        note = self._asked

        def chosen(real: Any) -> Any:
            arguments = sys._getframe(2).f_locals
            name, package = arguments.get("name"), arguments.get("package")
            if isinstance(name, str):
                level = len(name) - len(name.lstrip("."))
                note(name[level:], (), level, {"__package__": package or ""})
            return real

        return type("Import", (), {"__call__": Asked(original, chosen)})()

    def _loader(self, original: Any) -> Any:
        begin, end = self._begin, self._end

        def exec_module(self, module):  # type: ignore[no-untyped-def]
            owner = begin(module)
            try:
                return original(self, module)
            finally:
                end(owner)

        # ``warnings`` and tracebacks leave out what is part of the import system, by the name of its file.
        code = exec_module.__code__.replace(co_filename=original.__code__.co_filename)
        exec_module.__code__, exec_module.__qualname__ = code, original.__qualname__
        return exec_module

    def _begin(self, module: ModuleType) -> str:
        """Enters the owner of a body, and names it; nothing where the body is its caller's own."""
        try:
            return self._entered(module)
        except Exception as error:
            self._books.distrust(error)
            return ""

    def _entered(self, module: ModuleType) -> str:
        """The first time that a body runs it is an owner: later times are their caller's own."""
        spec = getattr(module, "__spec__", None)
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

    def _asked(self, name: str, names: tuple[str, ...], level: int, namespace: Any) -> None:
        """Somebody executes an import."""
        try:
            self._note(name, names, level, namespace)
        except Exception as error:
            self._books.distrust(error)

    def _note(self, name: str, names: tuple[str, ...], level: int, namespace: Any) -> None:
        """What is run for the first time is told by the loaders."""
        books = self._books
        key = (books.current, name, names, level, namespace.get("__name__"), namespace.get("__package__"))
        if key in self._known:
            return
        try:
            base = bootstrap._resolve_name(name, _package(namespace), level) if level else name
        except (ImportError, KeyError, ValueError):
            return  # an error that the importer is about to meet
        complete = base in sys.modules
        self._need(base)
        for each in names:
            for one in getattr(sys.modules.get(base), "__all__", ()) if each == "*" else (each,):
                if f"{base}.{one}" in sys.modules:
                    self._need(f"{base}.{one}")
                elif f"{base}.{one}" in books.bodies:
                    complete = False
        if complete:
            self._known.add(key)

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
