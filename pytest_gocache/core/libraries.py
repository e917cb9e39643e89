"""Libraries that ctypes loads by a bare name: where the system's loader looks for them, and what it found.

It looks in ``LD_LIBRARY_PATH`` as it was when the process began, then in what its cache names, then in a few
directories. What it found is known only after it was loaded: it is asked for when the library is used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from pytest_gocache.core.frames import caller
from pytest_gocache.core.observe import Observer, Owner
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.programs import LIBRARIES

_fsdecode, _isfile, _join = os.fsdecode, os.path.isfile, os.path.join

VARIABLE = "LD_LIBRARY_PATH"
AS_LAST = ("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")
LOADED_ONLY = 4
LINK_MAP = 2
"""``RTLD_NOLOAD`` and ``RTLD_DI_LINKMAP``, on Linux."""


class Libraries:
    """Tells ``observer`` of them."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._first = [each for each in os.environ.get(VARIABLE, "").replace(";", ":").split(":") if each]
        self._asked: list[tuple[str, frozenset[Owner]]] = []

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {"ctypes.dlopen": self._on_load, "ctypes.dlsym": self._on_use, "ctypes.dlsym/handle": self._on_use}

    def _on_load(self, name: object) -> None:
        self.settle()
        text = _fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else ""
        if os.sep in text:
            self._observer.saw(Op.OPEN, absolute(text), caller())
        elif text:
            self._on_name(text, caller())

    def _on_name(self, name: str, frame: FrameType | None) -> None:
        """What is there before it is loaded, or is not."""
        observer = self._observer
        observer.note(Op.GETENV, VARIABLE, frame)
        for op, path in self._looked_for(name):
            observer.saw(op, path, frame)
        self._asked.append((name, frozenset(observer.owners(frame, Op.OPEN))))
        if self.settle not in observer.unsettled:
            observer.unsettled.append(self.settle)

    def _looked_for(self, name: str) -> Iterator[tuple[Op, str]]:
        """What is no library is passed over, so all that have the name count."""
        yield from ((Op.OPEN, absolute(_join(directory, name))) for directory in self._first)
        yield Op.OPEN, LIBRARIES
        yield from ((Op.KIND, _join(directory, name)) for directory in AS_LAST)

    def _on_use(self, *_: object) -> None:
        if self._asked:
            self.settle()

    def settle(self) -> None:
        """Enters what was found for those who asked so far."""
        asked, self._asked = self._asked, []
        for name, owners in asked:
            path = found(name)
            if owners and path and not self._observer.is_output(path):
                self._observer.enter(owners, Op.OPEN, path)


def found(name: str) -> str:
    """The path of the library that was loaded under ``name``; empty if none was, or where the system does not tell."""
    ctypes: Any = sys.modules.get("ctypes")
    if ctypes is None or sys.platform != "linux":
        return ""
    low: Any = sys.modules["_ctypes"]  # tests replace what lies above it
    try:
        handle = low.dlopen(name, LOADED_ONLY | os.RTLD_LAZY)
    except OSError:
        return ""
    tell, map_at = ctypes.pythonapi["dlinfo"], ctypes.c_void_p()
    tell.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    failed = tell(handle, LINK_MAP, ctypes.byref(map_at))
    said = b"" if failed else ctypes.c_char_p.from_address(map_at.value + ctypes.sizeof(ctypes.c_void_p)).value
    low.dlclose(handle)
    return absolute(said) if said else ""
