"""Modules that are asked for by a name: ``importlib.import_module``, ``importlib.util.find_spec``.

They may be loaded already, and then no audit event tells. (``core/calls.py`` sees the same of ``__import__``.)
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from pytest_gocache.core.observe import Observer, absolute
from pytest_gocache.core.ops import Op
from pytest_gocache.core.standin import Replacements

_getframe, _modules = sys._getframe, sys.modules


class Named:
    """Stands in for these functions, and tells ``observer``."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._places = Replacements()

    def install(self) -> None:
        """Puts them in their places."""
        self._places.put(importlib, "import_module", self._asking(importlib.import_module, self._given))
        if metadata := _modules.get("importlib.metadata"):  # holds it since its import, for ``EntryPoint.load``
            self._places.put(metadata, "import_module", importlib.import_module)
        self._places.put(importlib.util, "find_spec", self._asking(importlib.util.find_spec, self._found))

    def remove(self) -> None:
        """Puts the originals back."""
        self._places.undo()

    def _asking(self, original: Callable[..., Any], told: Callable[[str, FrameType], None]) -> Callable[..., Any]:
        @functools.wraps(original)
        def ask(name: str, package: str | None = None) -> Any:
            __tracebackhide__ = True
            if self._observer.awake:
                with suppress(ImportError, TypeError, AttributeError, ValueError):  # the original says what is wrong
                    told(importlib.util.resolve_name(name, package), _getframe(1))
            return original(name, package)

        del ask.__wrapped__
        return ask

    def _given(self, module: str, frame: FrameType) -> None:
        self._observer.note(Op.IMPORT, module, frame)

    def _found(self, module: str, frame: FrameType) -> None:
        """Of a module that is loaded a spec tells where it lies: flask asks that of whoever makes an application."""
        file = getattr(_modules.get(module), "__file__", None)
        if not isinstance(file, str):
            self._observer.note(Op.IMPORT, module, frame)
            return
        self._observer.saw(Op.KIND, absolute(file), frame)
        if parent := module.rpartition(".")[0]:
            self._observer.note(Op.IMPORT, parent, frame)  # it is imported to look there
