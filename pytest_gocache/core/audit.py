"""Audit events: what Python itself says of files opened, directories listed and modules that run.

The hook sits in ``sys.addaudithook``, which cannot be removed: ``Observer.active`` switches it off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType

from pytest_gocache.core.asks import filename_of, module_of
from pytest_gocache.core.deeds import WRITING, Deeds, beside
from pytest_gocache.core.frames import beyond_monkeypatch, caller, given, looks_for_itself, may_give
from pytest_gocache.core.libraries import Libraries
from pytest_gocache.core.looks import archive_of, path_of
from pytest_gocache.core.observe import EVERYONE, Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute

_fspath, _fsdecode, _getframe, _modules = os.fspath, os.fsdecode, sys._getframe, sys.modules

OF_FILES = frozenset({"open", "os.listdir", "os.scandir"})
"""Events of which there are thousands where we look for ourselves: at sources, at what is installed."""


class Metadata:
    """Nobody's: every file is a file. ``core/metadata.py`` knows better."""

    def opened(self, path: str, frame: FrameType | None) -> bool:
        """Whether opening ``path`` is a look-up of a distribution's metadata, and told as such."""
        return False

    def listed(self, directory: str, frame: FrameType | None) -> bool:
        """Whether listing ``directory`` is part of such a look-up."""
        return False


class Audit:
    """Tells ``observer`` of audit events. ``more`` are handlers for events that others want."""

    def __init__(
        self,
        observer: Observer,
        more: dict[str, Callable[..., None]] | None = None,
        metadata: Metadata = Metadata(),  # noqa: B008  it has no state
    ) -> None:
        self._observer = observer
        self._metadata = metadata
        self._deeds = Deeds(observer)
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._on_open,
            "import": self._on_import,
            "exec": self._on_exec,
            "pickle.find_class": self._on_found,
            "os.listdir": self._on_list,
            "os.scandir": self._on_scan,
            "os.chdir": self._on_entered,
            **self._deeds.handlers(),
            **Libraries(observer).handlers(),
        }
        for event, handler in (more or {}).items():
            first = self._handlers.get(event)
            self._handlers[event] = handler if first is None else both(first, handler)

    def install(self) -> None:
        """Starts watching. Audit hooks stay for the life of the process."""
        observer, handler_of = self._observer, self._handlers.get

        def hook(event: str, args: tuple[object, ...]) -> None:
            # A plain function: a bound method costs three times as much, at each of many events.
            handler = handler_of(event)
            if handler is None or not observer.awake or (event in OF_FILES and looks_for_itself(_getframe().f_back)):
                return  # what runs inside our own looking (finders, others' hooks) is looked at all the same
            observer.quietly(event, handler, *args)

        # As without it, but found: Python looks for it at each event, and to find nothing takes twice as long.
        hook.__cantrace__ = False  # type: ignore[attr-defined]
        observer.active = True
        sys.addaudithook(hook)

    def _on_open(self, path: object, mode: object = None, flags: object = 0) -> None:
        if isinstance(path, int) or path is None:
            return
        how = flags if isinstance(flags, int) else 0
        name = named(path, mode)
        frame = caller()
        if not how & WRITING:
            self._read(name or absolute(path), frame)
        elif name and (mode is None or not may_give(frame, "opener")):  # what an opener opens is told by itself
            self._deeds.opened(name, how)

    def _read(self, name: str, frame: FrameType | None) -> None:
        if not self._metadata.opened(name, frame):
            self._observer.saw(Op.OPEN, name, frame)
            if _is_zone(name):
                self._observer.enter({EVERYONE}, Op.OPEN, name)
            elif name.endswith(".py") and self._is_loading(frame):
                self._runs(name)

    def _on_list(self, path: object = None) -> None:
        name, frame = _directory(path), caller()
        if name and not self._metadata.listed(name, frame):
            self._observer.saw(Op.LIST, name, frame)

    def _on_scan(self, path: object = None) -> None:
        name, frame = _directory(path), caller()
        op = Op.LIST if frame is not None and _only_names(frame) else Op.SCAN
        if name:
            self._observer.saw(op, name, frame)

    def _on_import(self, module: object, filename: object = None, *_: object) -> None:
        if isinstance(module, str):
            frame = caller()
            self._observer.note(Op.IMPORT, module, frame)
            if isinstance(filename, str):  # an extension module: it counts by content wherever it lies
                self._observer.saw(Op.OPEN, absolute(filename), beyond_importing(frame, self._observer))

    def _on_found(self, module: object, name: object = "") -> None:
        """A pickle names a module, which may be loaded already, or is an attribute of one that is."""
        found = str(module)
        self._observer.note(Op.IMPORT, found, caller())
        for part in str(name).split(".")[:-1]:
            found = f"{found}.{part}"
            if found in _modules:
                self._observer.note(Op.IMPORT, found, caller())

    def _on_exec(self, code: object, *_: object) -> None:
        """A module body runs: the only sign of a file found in a directory that a fixture put on ``sys.path``,
        and of what ``importlib.import_module`` found, where somebody kept that function."""
        if not isinstance(code, CodeType) or code.co_name != "<module>":
            return
        owner = self._observer.owner(code.co_filename)
        if owner.startswith("file:"):
            name = absolute(code.co_filename)
            frame = caller()
            # Templates carry the names of their files, too: what was compiled is not what stands in them.
            is_source = name.endswith(".py") or self._is_importing(frame)
            self._observer.saw(Op.EXEC if is_source else Op.OPEN, name, frame)
            if is_source:
                self._runs(name)
            if archive := archive_of(name):
                self._observer.look(Op.OPEN, archive)
        elif owner.startswith("top:"):
            self._observer.note(Op.IMPORT, owner.removeprefix("top:"), caller())

    def _runs(self, name: str) -> None:
        """What pytest loads for itself (a conftest) is nobody's input, and yet part of keys that are made later."""
        if self._observer.owner(name).startswith("file:") and not self._observer.is_output(name):
            self._observer.look(Op.EXEC, name)

    def _is_loading(self, frame: FrameType | None) -> bool:
        """Whether a source is read to be run."""
        while frame is not None and module_of(filename_of(frame)) == "pathlib":
            frame = frame.f_back
        return frame is not None and self._observer.owner(filename_of(frame)) in (Observer.IMPORTLIB, Observer.PYTEST)

    def _is_importing(self, frame: FrameType | None) -> bool:
        return frame is not None and self._observer.owner(filename_of(frame)) is Observer.IMPORTLIB

    def _on_entered(self, path: object) -> None:
        if not isinstance(path, int):
            self._observer.entered(absolute(path), beyond_monkeypatch(caller()))


def both(one: Callable[..., None], other: Callable[..., None]) -> Callable[..., None]:
    """Tells one, then the other."""

    def handler(*args: object) -> None:
        one(*args)
        other(*args)

    return handler


def named(path: object, mode: object) -> str:
    """What is opened; empty where the system does not tell. ``os.open`` alone has no mode, and may have a directory's
    descriptor, which the event does not tell."""
    return absolute(path) if mode is not None else beside(given("dir_fd"), path)


def _is_zone(name: str) -> bool:
    """Whether it is the file of a time zone, which C code opens, and ``zoneinfo`` keeps for whoever asks next."""
    zones = _modules.get("zoneinfo._tzpath")
    return name.startswith(tuple(getattr(zones, "TZPATH", ())))


def _directory(path: object) -> str:
    """The directory that is listed: by name, by descriptor, or the current one."""
    return path_of(path) if isinstance(path, int) else absolute("." if path is None else path)


def beyond_importing(frame: FrameType | None, observer: Observer) -> FrameType | None:
    """Who asked the import system for it. (``importlib.util`` is told by its code: as a file it is like others.)"""
    while frame is not None and observer.owner(frame.f_code.co_filename) is observer.IMPORTLIB:
        frame = frame.f_back
    return frame


NAMES_ONLY = frozenset({"<frozen os>", "os.py", "glob.py", "pathlib.py", "_abc.py", "_local.py", "pkgutil.py"})
"""Of the standard library: these ask a directory's entries for names and kinds, no more."""


def _only_names(frame: FrameType) -> bool:
    return os.path.basename(frame.f_code.co_filename) in NAMES_ONLY
