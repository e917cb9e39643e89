"""Environment variables: who reads which, told by the dictionary that ``os.environ`` keeps them in.

``os.environ`` itself stays the object it is, whoever holds it since when. Only its ``_data`` (which
``os.environb`` shares) is replaced, by a dictionary that is told of each reading.
"""

from __future__ import annotations

import os
import sys
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from types import CodeType, FrameType
from typing import Any, Final

from pytest_gocache.core.asks import filename_of, module_of
from pytest_gocache.core.environment import ALL, SET, Variables
from pytest_gocache.core.frames import beyond_monkeypatch
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.standing import Standing

_getframe, _fsdecode = sys._getframe, os.fsdecode
CURRENT_TEST: Final = b"PYTEST_CURRENT_TEST"
"""pytest sets it for whoever runs, four times a test: it is everybody's own."""


class Watched(dict[Any, Any]):
    """A dictionary that tells ``reader`` what is read of it. Copies of it are plain."""

    __slots__ = ("reader",)
    reader: Reader

    def __getitem__(self, key: Any) -> Any:
        if self.reader.heeds(key):
            self.reader.one(key, _getframe(1))
        return dict.__getitem__(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key != CURRENT_TEST:
            self.reader.sets(key)
        dict.__setitem__(self, key, value)

    def __delitem__(self, key: Any) -> None:
        if self.reader.heeds(key):
            self.reader.one(key, _getframe(1))
        if key != CURRENT_TEST:
            self.reader.sets(key)
        dict.__delitem__(self, key)

    def __contains__(self, key: object) -> bool:
        if self.reader.heeds(key):
            self.reader.one(key, _getframe(1))
        return dict.__contains__(self, key)

    def get(self, key: Any, default: Any = None) -> Any:
        if self.reader.heeds(key):
            self.reader.one(key, _getframe(1))
        return dict.get(self, key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        if self.reader.heeds(key):
            self.reader.one(key, _getframe(1))
        return dict.pop(self, key, *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if self.reader.heeds(key):
            self.reader.one(key, _getframe(1))
        return dict.setdefault(self, key, default)

    def __iter__(self) -> Iterator[Any]:
        self.reader.all(_getframe(1))
        return dict.__iter__(self)

    def __len__(self) -> int:
        self.reader.all(_getframe(1))
        return dict.__len__(self)

    def keys(self) -> KeysView[Any]:  # type: ignore[override]
        self.reader.all(_getframe(1))
        return dict.keys(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self.reader.all(_getframe(1))
        return dict.values(self)

    def items(self) -> ItemsView[Any, Any]:  # type: ignore[override]
        self.reader.all(_getframe(1))
        return dict.items(self)

    def copy(self) -> dict[Any, Any]:
        self.reader.all(_getframe(1))
        return dict.copy(self)

    def popitem(self) -> tuple[Any, Any]:
        self.reader.all(_getframe(1))
        return dict.popitem(self)

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return dict, (dict.copy(self),)


class Copying:
    """Who asked for all names, and which of them that one asks for next, if it copies the values, too.

    It never changes: another thread may read it. (No tuple with names: children load this file without those.)
    """

    __slots__ = ("asker", "at", "code", "goes_on", "names")

    def __init__(self, asker: int, code: CodeType | None, names: tuple[Any, ...], at: int = 0) -> None:
        self.asker, self.code, self.names, self.at = asker, code, names, at
        self.goes_on = at < len(names)
        """Whether there are names to come."""

    def further(self) -> Copying:
        """With one name less to come."""
        return Copying(self.asker, self.code, self.names, self.at + 1)


NOBODY = Copying(0, None, ())


class Reader:
    """Decides which reading is somebody's, and tells the observer."""

    def __init__(self, observer: Observer, variables: Variables) -> None:
        self._observer = observer
        self._variables = variables
        self.sets = observer.sets
        self._plain: dict[Any, Any] = {}
        self._watched = Watched()
        self._watched.reader = self
        self._mappings: list[Any] = []
        self._copying = NOBODY

    def install(self) -> None:
        """Replaces the dictionary of ``os.environ`` and ``os.environb``."""
        mappings: list[Any] = [os.environ, getattr(os, "environb", os.environ)]
        self._plain = mappings[0]._data
        dict.update(self._watched, dict.copy(self._plain))
        self._mappings = [each for each in mappings if each._data is self._plain]
        for mapping in self._mappings:
            mapping._data = self._watched

    def remove(self) -> None:
        """Puts the old dictionary back, with what the variables are now."""
        dict.clear(self._plain)
        dict.update(self._plain, dict.copy(self._watched))
        while self._mappings:
            mapping = self._mappings.pop()
            if mapping._data is self._watched:
                mapping._data = self._plain

    def one(self, key: object, frame: FrameType) -> None:
        """The variable ``key`` is being read, or asked for, by somebody who is heeded."""
        self._observer.quietly("os.environ", self._told, key, frame)

    def heeds(self, key: object) -> bool:
        """Whether it may be somebody's reading: not where who reads this variable set it, or took it away, as it is
        with PYTEST_CURRENT_TEST, several times a test. (To look for a frame is an audit event.)"""
        is_own = not self._copying.goes_on and self._is_other(key) and self._observer.is_own(key)
        return not is_own and self._observer.awake

    def _is_other(self, key: object) -> bool:
        """Whether it is not what it was at first."""
        return type(key) is bytes and dict.get(self._watched, key) != self._variables.raw.get(key)

    def all(self, frame: FrameType) -> None:
        """All variables, or their names, are being read."""
        if self._observer.awake:
            self._observer.quietly("os.environ", self._all, frame)

    def _told(self, key: object, frame: FrameType) -> None:
        standing, call = self._observer.standing(frame, Op.GETENV), (key, *_lines(frame))
        if self._copying.goes_on or call not in standing.calls or self._is_other(key):
            self._one(key, frame, standing, call)

    def _one(self, key: object, frame: FrameType, standing: Standing, call: tuple[object, ...]) -> None:
        asker, ways = _asker(frame)
        if asker is None or self._copies(key, asker) or not isinstance(key, (bytes, str)):
            return
        name = _fsdecode(key)
        is_set = not self._is_as_at_first(key)
        if is_set and self._observer.is_own(key):
            return
        if is_set:
            self._observer.met(key, self._observer.owners(asker, Op.GETENV))
        if ways.isdisjoint(PARTS_OF_ALL) and not _passes_on(asker, FOR_ITSELF):
            if _must_be_set(asker):
                self._observer.note(Op.GETENV, name + SET, beyond_monkeypatch(asker))
            else:
                self._observer.note(Op.GETENV, name, asker.f_back if _is_prepending(asker) else asker)
                standing.tells_by(call)

    def _is_as_at_first(self, key: Any) -> bool:
        value = dict.get(self._watched, key)
        return self._variables.same(_fsdecode(key), None if value is None else _fsdecode(value))

    def _all(self, frame: FrameType) -> None:
        asker, ways = _asker(frame)
        if asker is None or "MutableMapping.clear" in ways:
            return
        self._copying = Copying(id(asker), asker.f_code, tuple(dict.keys(self._watched)))
        if not _passes_on(asker, FOR_CHILDREN):
            self._observer.note(Op.GETENV, ALL, asker)
            owners = self._observer.owners(asker, Op.GETENV)
            for key in self._observer.variables_set():
                if not self._is_as_at_first(key):
                    self._observer.met(key, owners)

    def _copies(self, key: object, asker: FrameType) -> bool:
        """Whether this is one of many: ``dict(os.environ)`` asks for all names, then for each in turn."""
        copying = self._copying  # once: another thread may begin to copy
        if not copying.goes_on or (copying.asker, copying.code) != (id(asker), asker.f_code):
            return False
        follows = copying.names[copying.at] == key
        self._copying = copying.further() if follows else NOBODY
        return bool(follows)


PARTS_OF_ALL: Final = frozenset(
    {
        *("ItemsView.__iter__", "ValuesView.__iter__", "ValuesView.__contains__", "Mapping.__eq__"),
        *("_Environ.copy", "_Environ.__or__", "_Environ.__ror__"),
        *("MutableMapping.clear", "MutableMapping.popitem"),
    }
)
"""These ask for all names first (which is told), then for one after another."""

FOR_ITSELF: Final = frozenset({"subprocess", "tempfile"})
"""Modules whose reading of single variables is no input: where temporary files lie; what children get is told
when they start (``core/children.py``)."""

FOR_CHILDREN: Final = frozenset({"subprocess", "platform", "uuid", "ctypes.util"})
"""Modules that copy all of them, to hand them to a child."""

MAPPINGS: Final = frozenset({"os", "_collections_abc", "collections.abc"})
MOCK, MONKEYPATCH = "mock.py", "monkeypatch"
PATCHING: Final = frozenset({"_patch_dict", "_unpatch_dict", "_clear_dict"})


def _asker(frame: FrameType | None) -> tuple[FrameType | None, set[str]]:
    """Who is behind the methods of ``os.environ`` (and ``os.getenv``), and those methods."""
    ways: set[str] = set()
    while frame is not None and module_of(filename_of(frame)) in MAPPINGS:
        ways.add(frame.f_code.co_qualname)
        frame = frame.f_back
    return frame, ways


def _passes_on(asker: FrameType, modules: frozenset[str]) -> bool:
    filename = filename_of(asker)
    if filename.endswith(MOCK) and asker.f_code.co_name in PATCHING:
        return True  # ``mock.patch.dict`` copies all of them, only to put them back
    return module_of(filename) in modules


def _lines(frame: FrameType | None) -> Iterator[int]:
    """Where in the methods of ``os.environ`` (and ``os.getenv``) somebody asks, and where those ask that are asked for
    their names.

    Functions are told by their lines here, for to read ``f_code`` is an audit event.
    """
    while frame is not None and frame.f_globals.get("__name__") in MAPPINGS:
        yield frame.f_lineno
        frame = frame.f_back
    if frame is not None and _has_ways(filename_of(frame)):
        yield frame.f_lineno


def _has_ways(filename: str) -> bool:
    """Whether it depends on the function there what its reading means."""
    return filename.endswith(MOCK) or MONKEYPATCH in filename


def _must_be_set(asker: FrameType) -> bool:
    """pytest deletes it for whoever called ``monkeypatch.delenv``, and fails if it is not there."""
    is_deleting = MONKEYPATCH in filename_of(asker) and asker.f_code.co_qualname == "MonkeyPatch.delitem"
    return is_deleting and bool(asker.f_locals.get("raising"))


def _is_prepending(asker: FrameType) -> bool:
    """pytest reads the old value for whoever called ``monkeypatch.setenv(..., prepend=":")``."""
    return MONKEYPATCH in filename_of(asker) and asker.f_code.co_qualname == "MonkeyPatch.setenv"
