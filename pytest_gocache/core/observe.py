"""Watches what is read while tests run, and whose reading it is.

Go's ``internal/testlog`` has four verbs and one owner, the test binary. pytest shares one process
between modules, so a read may belong to several owners:

- the test module that runs (or is being collected);
- every first-party file that has a frame on the stack: it may keep what was read (``lru_cache``, a
  module global), and the next test module that uses it will then read nothing;
- every third-party package that has a frame on the stack, for the same reason;
- the fixture wider than a function that is being set up.

The recorder sits in ``sys.addaudithook``, which cannot be removed: ``active`` switches it off.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

from pytest_gocache.core.model import Op

_getframe, _getcwd, _fspath, _fsdecode = sys._getframe, os.getcwd, os.fspath, os.fsdecode
_normpath, _join, _isabs, _dirname = os.path.normpath, os.path.join, os.path.isabs, os.path.dirname

Owner: TypeAlias = str
"""``module:<path>``, ``file:<path>``, ``top:<package>`` or ``fixture:<id>``."""

Event: TypeAlias = tuple[Op, str]
"""What was done, and to which absolute path (or dotted module name)."""

_exists = os.path.exists
BOTH = os.O_RDWR | os.O_WRONLY | os.O_TRUNC
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


IMPORTING = (Op.IMPORT, Op.EXEC)


class Observer:
    """Collects events by owner. ``owner_of`` names the owner that a source file stands for.

    It gives ``""`` for files that own nothing (the standard library), ``IMPORTLIB`` for the import
    system and ``PYTEST`` for pytest's own. ``look`` is told each path before it is read.
    """

    IMPORTLIB = "importlib"
    PYTEST = "pytest"

    def __init__(self, owner_of: Callable[[str], Owner], look: Callable[[str], object]) -> None:
        self.reads: dict[Owner, set[Event]] = {}
        self.faults: list[str] = []
        self.active = False
        self._owner_of = owner_of
        self._owners_by_file: dict[str, Owner] = {}
        self.look = look
        self._running: list[Owner] = []
        self._written: set[tuple[Owner, str]] = set()
        self._busy = threading.local()
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._on_open,
            "import": self._on_import,
            "exec": self._on_exec,
            "sqlite3.connect": self._on_database,
            "os.listdir": self._on_list,
            "os.scandir": self._on_list,
            "os.mkdir": self._on_made,
            "os.rename": self._on_moved,
            "os.link": self._on_moved,
            "os.symlink": self._on_moved,
        }

    def install(self) -> None:
        """Starts watching. Audit hooks stay for the life of the process."""
        self.active = True
        sys.addaudithook(self._hook)

    @contextmanager
    def running(self, owner: Owner) -> Iterator[None]:
        """What is read inside belongs to ``owner`` (and to the owners around it)."""
        self._running.append(owner)
        try:
            yield
        finally:
            self._running.remove(owner)

    def importing(self, name: str) -> None:
        """Somebody asked for module ``name`` at run time, whether or not it was loaded already."""
        if self.active:
            self._note(Op.IMPORT, name, _getframe(2))

    def _hook(self, event: str, args: tuple[object, ...]) -> None:
        handler = self._handlers.get(event)
        if handler is None or not self.active or getattr(self._busy, "now", False):
            return
        self._busy.now = True  # our own looking at files is nobody's reading
        try:
            handler(*args)
        except Exception as fault:  # never let a fault of ours reach the user's code
            self.faults.append(f"{event}: {fault!r}")
        finally:
            self._busy.now = False

    def _on_open(self, path: object, mode: object = None, flags: object = 0) -> None:
        if isinstance(path, int) or path is None:
            return
        name = absolute(path)
        how = flags if isinstance(flags, int) else 0
        if not how & WRITING:
            self._read(name, _getframe(2))
        elif how & BOTH == os.O_RDWR:
            self._update(name, _getframe(2))
        else:
            self._wrote(name)

    def _on_database(self, path: object, *_: object) -> None:
        name: str = _fsdecode(_fspath(path))  # type: ignore[call-overload]
        if name.startswith("file:"):
            name = name.removeprefix("file:").partition("?")[0]
        if name and name != ":memory:":
            self._update(absolute(name), _getframe(2))

    def _read(self, name: str, frame: FrameType | None) -> None:
        if not self._is_output(name):
            self._note(Op.OPEN, name, frame)

    def _update(self, name: str, frame: FrameType | None) -> None:
        """Opened for both: what was in it may be read. If it changes, it will be too new to store."""
        if _exists(name):
            self._read(name, frame)
        self._wrote(name)

    def _on_list(self, path: object = None) -> None:
        if isinstance(path, int):
            return
        name = absolute("." if path is None else path)
        if not self._is_output(name):
            self._note(Op.LIST, name, _getframe(2))

    def _on_import(self, module: object, *_: object) -> None:
        if isinstance(module, str):
            self._note(Op.IMPORT, module, _getframe(2))

    def _on_exec(self, code: object, *_: object) -> None:
        """A module body runs: the only sign of a file found in a directory that a fixture put on ``sys.path``."""
        if getattr(code, "co_name", "") != "<module>":
            return
        filename: str = code.co_filename  # type: ignore[attr-defined]
        if self.owner(filename).startswith("file:"):
            name = absolute(filename)
            if not self._is_output(name):
                self._note(Op.EXEC, name, _getframe(2))

    def _on_made(self, path: object, *_: object) -> None:
        self._wrote(absolute(path))

    def _on_moved(self, _source: object, target: object, *_: object) -> None:
        self._wrote(absolute(target))

    def _wrote(self, name: str) -> None:
        for owner in self._running or [""]:
            self._written.add((owner, name))

    def _is_output(self, name: str) -> bool:
        """Whether what runs now made ``name`` itself, or a directory that it lies in."""
        for owner in self._running:
            at = name
            while (owner, at) not in self._written:
                parent = _dirname(at)
                if parent == at:
                    break
                at = parent
            else:
                return True
        return False

    def _note(self, op: Op, name: str, frame: FrameType | None) -> None:
        owners = self._owners(frame, op)
        if not owners:
            return
        if op is Op.OPEN or op is Op.EXEC:
            self.look(name)
        for owner in owners:
            self.reads.setdefault(owner, set()).add((op, name))

    def _owners(self, frame: FrameType | None, op: Op) -> set[Owner]:
        """Everyone who may keep what is read; nobody where the import system or pytest reads for itself."""
        owners = set(self._running)
        innermost = True
        while frame is not None:
            owner = self.owner(frame.f_code.co_filename)
            if owner is self.IMPORTLIB and innermost and self._lends(frame):
                owner = ""
            if owner and innermost and owner in (self.IMPORTLIB, self.PYTEST) and op not in IMPORTING:
                return set()
            if owner and owner is not self.IMPORTLIB:
                innermost = False
                if owner is not self.PYTEST:
                    owners.add(owner)
            frame = frame.f_back
        return owners

    def _lends(self, frame: FrameType) -> bool:
        """Whether the import system only reads for somebody else (``pkgutil.get_data``)."""
        caller = frame.f_back
        if frame.f_code.co_name != "get_data" or caller is None:
            return False
        return self.owner(caller.f_code.co_filename) is not self.IMPORTLIB

    def owner(self, filename: str) -> Owner:
        """The owner that a source file stands for."""
        known = self._owners_by_file.get(filename)
        if known is None:
            known = self._owners_by_file[filename] = self._owner_of(filename)
        return known


def absolute(path: object) -> str:
    """``path`` as an absolute, normalised string; links stay as they are (where they lead is content)."""
    name = _fsdecode(_fspath(path))  # type: ignore[call-overload]
    return str(_normpath(name if _isabs(name) else _join(_getcwd(), name)))
