"""Names by which ``monkeypatch`` finds what it patches: ``setattr("package.module.name", …)``.

It goes from the package down by attributes. Of a module that is loaded already, and is one of them, nothing else tells.
"""

from __future__ import annotations

import functools
import sys
from itertools import accumulate
from types import FrameType
from typing import Any

from _pytest import monkeypatch

from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.standin import Replacements

_getframe, _modules = sys._getframe, sys.modules


class Dotted:
    """Tells ``observer`` of the modules in them."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._places = Replacements()

    def install(self) -> None:
        """Puts another ``resolve`` in its place."""
        original: Any = getattr(monkeypatch, "resolve", None)
        if original is None:
            return

        @functools.wraps(original)
        def resolve(name: str) -> object:
            __tracebackhide__ = True
            if self._observer.awake:
                self._observer.quietly("monkeypatch", self._told, name, _getframe(1))
            return original(name)

        self._places.put(monkeypatch, "resolve", resolve)

    def remove(self) -> None:
        """Puts the original back."""
        self._places.undo()

    def _told(self, name: str, frame: FrameType) -> None:
        for module in accumulate(name.split("."), "{}.{}".format):
            if module in _modules:
                self._observer.note(Op.IMPORT, module, frame)
