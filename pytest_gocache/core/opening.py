"""Functions of Python's own that hand a path to C code, which opens the file: no audit event tells of it.

To ask the kernel (``core/native.py``) would be dear: ``readline`` is loaded by pytest, ``ssl`` by whatever speaks HTTP.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.deeds import Deeds
from pytest_gocache.core.frames import caller
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.standin import Probe, Replacements

# Private copies: tests replace these, and some are wrapped while tests run.
_listdir, _join, _isabs, _expanduser, _environ = os.listdir, os.path.join, os.path.isabs, os.path.expanduser, os.environ

IN_C = ("readline", "_dbm", "_gdbm")
"""Loaded for who is about to import them, so that nobody has their functions before these are wrapped."""
MODES = {"w": os.O_RDWR, "c": os.O_RDWR | os.O_CREAT, "n": os.O_RDWR | os.O_CREAT | os.O_TRUNC}
HISTORY, RULES = "~/.history", "~/.inputrc"
"""What ``readline`` takes where it is given no path."""


class Opening:
    """Stands in for them, and tells ``observer``."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._deeds = Deeds(observer)
        self._places = Replacements()

    def install(self) -> None:
        """Puts them in their places."""
        for name in filter(sys.modules.get, ("time", "locale", *IN_C)):
            self._wrap(name)
        self._wrap_ssl()

    def remove(self) -> None:
        """Puts the originals back."""
        self._places.undo()

    def _wrap(self, module: str) -> None:
        holder = sys.modules[module]
        for name, tell in self._tells(module):
            if original := getattr(holder, name, None):
                told = functools.partial(self._called, tell)
                self._places.put(holder, name, Probe(original, told, self._heeds, holder.__name__))

    def _tells(self, module: str) -> Iterator[tuple[str, Callable[..., None]]]:
        """The functions of a module, with what tells which files they open."""
        match module:
            case "time":
                yield "tzset", self._zone
            case "locale":
                yield "bindtextdomain", self._catalogues
            case "readline":
                yield "read_history_file", lambda path=None: self._reads(_expanduser(HISTORY) if path is None else path)
                yield "read_init_file", lambda path=None: self._reads(_rules() if path is None else path)
                yield "write_history_file", self._writes
                yield "append_history_file", lambda _=0, path=None: self._writes(path, os.O_WRONLY | os.O_APPEND)
            case _:
                yield "open", functools.partial(self._database, _endings(sys.modules[module]))

    def _heeds(self, frame: FrameType) -> bool:
        observer = self._observer
        return observer.awake and observer.owner(filename_of(frame)) is not observer.PYTEST

    def _called(
        self, tell: Callable[..., None], args: tuple[object, ...], options: Mapping[str, object], _: object = None
    ) -> None:
        self._observer.quietly("a path", _told, tell, args, options)

    def on_import(self, module: object, *_: object) -> None:
        """For ``Audit``."""
        if module in IN_C and module not in sys.modules:
            try:
                __import__(str(module))
            except ImportError:
                return  # who asked for it will hear of it
            self._wrap(str(module))
        if module == "_ssl" and self._wrap_ssl not in self._observer.turns:
            self._observer.turns.append(self._wrap_ssl)

    def _wrap_ssl(self) -> None:
        """At the first turn after it was loaded: it is more than C, and what it imports is to be seen."""
        context: Any = getattr(sys.modules.get("ssl"), "SSLContext", None)
        if context is None:
            return  # not yet
        self._observer.turns = [each for each in self._observer.turns if each != self._wrap_ssl]
        for name, tell in (("load_verify_locations", self._trusts), ("load_cert_chain", self._shows)):
            if name not in vars(context):
                self._places.put(context, name, self._method(getattr(context, name), tell))

    def _method(self, original: Callable[..., Any], tell: Callable[..., None]) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(context: object, *args: object, **options: object) -> Any:
            __tracebackhide__ = True
            if self._observer.awake:
                self._called(tell, args, options)
            return original(context, *args, **options)

        del method.__wrapped__
        return method

    def _reads(self, path: object) -> None:
        if name := _named(path):
            self._observer.saw(Op.OPEN, name, caller())

    def _writes(self, path: object = None, how: int = os.O_WRONLY | os.O_CREAT | os.O_TRUNC) -> None:
        if name := _named(_expanduser(HISTORY) if path is None else path):
            self._deeds.opened(name, how)

    def _database(self, endings: Iterable[str], path: object, flag: object = "r", _mode: object = 0) -> None:
        name, how = _named(path), MODES.get(str(flag)[:1], os.O_RDONLY)
        for each in (f"{name}{ending}" for ending in endings if name):
            if how:
                self._deeds.opened(each, how)
            else:
                self._reads(each)

    def _trusts(self, cafile: object = None, capath: object = None, cadata: object = None) -> None:
        self._reads(cafile)
        directory = _named(capath)
        for each in self._names(directory):
            self._reads(_join(directory, each))

    def _shows(self, certfile: object, keyfile: object = None, password: object = None) -> None:
        self._reads(certfile)
        self._reads(keyfile)

    def _catalogues(self, domain: object, directory: object = None) -> None:
        """Which of them is read is for C code to decide, by language."""
        where = _named(directory)
        for language in self._names(where):
            self._reads(_join(where, language, "LC_MESSAGES", f"{domain}.mo"))

    def _names(self, directory: str) -> list[str]:
        if not directory:
            return []
        self._observer.saw(Op.LIST, directory, caller())
        try:
            return sorted(_listdir(directory))
        except OSError:
            return []

    def _zone(self) -> None:
        """``TZ`` may name a file: with a colon in front of it, as POSIX has it, or without."""
        name = _environ.get("TZ", "").removeprefix(":")
        self._reads(name if _isabs(name) else None)


def _told(tell: Callable[..., None], args: tuple[object, ...], options: Mapping[str, object]) -> None:
    try:
        tell(*args, **options)
    except TypeError:
        return  # the original says what is wrong


def _named(path: object) -> str:
    """``path``, absolute; empty for what is none."""
    name = absolute(path) if path and isinstance(path, (str, bytes, os.PathLike)) else ""
    return "" if "\0" in name else name


def _endings(kind: Any) -> tuple[str, ...]:
    """What ``dbm.ndbm`` makes of a name depends on the library behind it; ``dbm.gnu`` leaves it alone."""
    if kind.__name__ == "_gdbm":
        return ("",)
    return (".db",) if "Berkeley" in str(kind.library) else (".dir", ".pag")


def _rules() -> str:
    return _environ.get("INPUTRC") or _expanduser(RULES)
