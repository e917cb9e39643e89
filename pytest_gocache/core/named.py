"""Modules that are asked for by a name: ``importlib.import_module``, ``importlib.util.find_spec``.

They may be loaded already, and then no audit event tells. (``core/calls.py`` sees the same of ``__import__``.)
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.standin import Replacements

_getframe, _modules = sys._getframe, sys.modules
GIVES_CODE = "get_code"
"""A loader gives what stands in the source, and may read other files for that."""


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
                self._observer.quietly("a module's name", self._asked, told, name, package, _getframe(1))
            return original(name, package)

        del ask.__wrapped__
        return ask

    def _asked(self, told: Callable[[str, FrameType], None], name: str, package: str | None, frame: FrameType) -> None:
        with suppress(ImportError, TypeError, AttributeError, ValueError):  # the original says what is wrong
            told(importlib.util.resolve_name(name, package), frame)

    def _given(self, module: str, frame: FrameType) -> None:
        self._observer.note(Op.IMPORT, module, frame)

    def _found(self, module: str, frame: FrameType) -> None:
        """Of a module that is loaded a spec tells where it lies: flask asks that of whoever makes an application."""
        file = getattr(_modules.get(module), "__file__", None)
        is_own = isinstance(file, str) and self._observer.owner(file).startswith("file:")
        if not is_own or GIVES_CODE in frame.f_code.co_names:
            self._observer.note(Op.IMPORT, module, frame)
        else:
            tell_place(self._observer, module, str(file), frame)


def tell_place(observer: Observer, module: str, file: str, frame: FrameType) -> None:
    """``file`` is where a loaded first-party module lies, and is found: nothing in front of it has that name."""
    parent, _, last = module.rpartition(".")
    directory, name = os.path.split(absolute(file))
    top = os.path.dirname(directory) if name.startswith("__init__.") else directory
    # A package of that name in the same place would be found instead, and so would what an earlier place has.
    places = [top] if parent else [absolute(entry) for entry in sys.path if isinstance(entry, str)]
    for place in (*places[: places.index(top) if top in places else 0], top):
        if observer.owner(os.path.join(place, name)).startswith("file:"):
            observer.saw(Op.FIND, os.path.join(place, last), frame)
    if parent:
        observer.note(Op.IMPORT, parent, frame)  # it is imported to look there
