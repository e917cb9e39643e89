"""Wrapped functions: they tell the observer what no audit event tells.

These stand in for attributes of ``os`` and ``linecache`` while tests run. ``posix.stat`` stays, so the import
system never comes here.
"""

from __future__ import annotations

import functools
import glob
import linecache
import os
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Final, TypeAlias

from pytest_gocache.core.asks import (
    LINK,
    WHERE,
    Asked,
    asked,
    asked_of_open,
    asks_for_owner,
    compared,
    filename_of,
    module_of,
    speaks_of_nodes,
    speaks_of_owners,
    speaks_of_rights,
    speaks_of_times,
)
from pytest_gocache.core.deeds import beside
from pytest_gocache.core.looks import path_of, upward
from pytest_gocache.core.machine import MASK
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import AND, Op
from pytest_gocache.core.paths import absolute, is_normal
from pytest_gocache.core.standin import Probe, Replacements
from pytest_gocache.core.standing import Standing

# Private copies: tests replace these.
_getframe, _open = sys._getframe, open
_realpath, _exists, _fsdecode, _fspath = os.path.realpath, os.path.exists, os.fsdecode, os.fspath

PlainCall: TypeAlias = "tuple[str, str, int, str] | None"
"""Function, path, and the lines of two callers; None for other calls."""

NAMES: Final = ("stat", "lstat", "access", "readlink", "open", "fstat")

LAST_STANDARD: Final = 2


class Mentions:
    """What a source speaks of. (No dataclass: children load this file without that module.)"""

    __slots__ = ("nodes", "owners", "rights", "times")

    def __init__(self, times: bool, nodes: bool, owners: bool, rights: bool) -> None:
        self.times, self.nodes, self.owners, self.rights = times, nodes, owners, rights


class Probes:
    """All wrapped functions of this process. ``top`` is the project's directory."""

    def __init__(self, observer: Observer, top: str) -> None:
        self._observer = observer
        self._above = frozenset([*upward(top), *upward(_realpath(top))])
        """Whether the directories that the project lies in are links is about the machine."""
        self._places = Replacements()
        self._mentions: dict[str, Mentions] = {}
        self.opening: Callable[..., None] = _nobody
        """Told of each ``os.open``, with its arguments."""

    def install(self) -> None:
        """Puts them in their places."""
        for name in NAMES:
            self._places.put(os, name, Probe(getattr(os, name), functools.partial(self._called, name), self._heeds))
        if keeper := getattr(glob, "_StringGlobber", None):  # of Python 3.13: holds ``os.lstat`` since its import
            self._places.put(keeper, "lstat", staticmethod(os.lstat))
        self._places.put(linecache, "getlines", self._remembering(linecache.getlines))

    def remove(self) -> None:
        """Puts the originals back, where nobody else has put something there since."""
        self._places.undo()

    def _remembering(self, original: Callable[..., list[str]]) -> Callable[..., list[str]]:
        """``original`` reads a file for the first who asks, and remembers it for the others."""

        @functools.wraps(original)
        def getlines(filename: str, module_globals: dict[str, Any] | None = None) -> list[str]:
            entry = linecache.cache.get(filename, ())
            if len(entry) == 4 and self._observer.awake:
                self._observer.quietly("linecache", self._observer.saw, Op.OPEN, absolute(entry[3]), _getframe(1))
            return original(filename, module_globals)

        del getlines.__wrapped__
        return getlines

    def _called(self, name: str, args: tuple[object, ...], options: Mapping[str, object], frame: FrameType) -> None:
        observer = self._observer
        if name == "open" and observer.awake:
            observer.quietly("os.open", functools.partial(self.opening, *args, **options))
        if name == "open":
            return  # the audit event tells
        if observer.active and self._is_somebodys(frame) and observer.awake:
            observer.quietly(f"os.{name}", self._seen, name, args, options, frame)

    def _seen(self, name: str, args: tuple[object, ...], options: Mapping[str, object], frame: FrameType) -> None:
        call = _plain_call(name, args, options, frame)
        standing = self._observer.standing(frame, Op.KIND)
        if not call or not self._observer.again(standing, call, call[1]):
            self._tell(name, args, options, frame, standing, call)

    def _heeds(self, frame: FrameType) -> bool:
        """Not what pytest itself calls: it captures output, and asks six times a test whether there is some."""
        observer = self._observer
        return observer.owner(filename_of(frame)) is not observer.PYTEST

    def _is_somebodys(self, frame: FrameType | None) -> bool:
        """Not where pytest asks for itself, by way of the standard library, too."""
        observer = self._observer
        while frame is not None:
            filename = filename_of(frame)
            owner = observer.owner(filename)
            if owner:
                return owner is not observer.PYTEST and owner is not observer.IMPORTLIB
            if module_of(filename) == "inspect" and _maps_modules(frame):
                return False
            frame = frame.f_back
        return True

    def _tell(
        self,
        name: str,
        args: tuple[object, ...],
        options: Mapping[str, object],
        frame: FrameType,
        standing: Standing,
        call: PlainCall,
    ) -> None:
        path = args[0] if args else options.get("fd" if name == "fstat" else "path")
        if isinstance(path, int) and name in ("stat", "fstat"):
            self._open_file(path, frame)
            return
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        try:
            at = beside(options.get("dir_fd"), path)
        except Exception as fault:
            if self._observer.alarms.raised(fault):
                raise
            return  # the original says what is wrong with it
        if not at:
            return
        compares = name == "stat" and self._compared(frame)
        kept = self._all_told(at, self._asked(name, args, options, frame), frame, standing)
        if call and kept and not compares:
            standing.tells_by(call)

    def _all_told(self, at: str, wanted: Asked, frame: FrameType, standing: Standing) -> bool:
        """Tells what is ``wanted`` of ``at``; whether all of it is kept."""
        kept = True
        for op in wanted:
            if op is Op.STAT:
                kept = self._stat(at, frame, standing) and kept
            elif op is not Op.LINK or at not in self._above:
                if op is Op.TIMES and asks_for_owner(frame) and self._observer.is_output(at):
                    self._made_by(frame)
                self._observer.saw(op, at, frame)
                kept = kept and (op, at) in standing.told
        return kept

    def _open_file(self, number: int, frame: FrameType) -> None:
        """Its content counts since it was opened."""
        at = _named(number)
        if at:
            for op in asked_of_open(frame):
                if op is Op.STAT:
                    self._stat(at, frame, self._observer.standing(frame, Op.STAT))
                else:
                    self._observer.saw(op, at, frame)
            self._compared(frame)

    def _compared(self, frame: FrameType) -> bool:
        """Whether two names are of one file, where both are there: if one is not, that counts by itself."""
        pair = [_named(each) if isinstance(each, int) else absolute(each) for each in compared(frame)]
        if len(pair) == 2 and all(map(_exists, pair)) and not any(map(self._observer.is_output, pair)):
            self._observer.note(Op.SAME, AND.join(pair), frame)
        return bool(pair)

    def _asked(self, name: str, args: tuple[object, ...], options: Mapping[str, object], frame: FrameType) -> Asked:
        if name == "access":
            mode = args[1] if len(args) > 1 else options.get("mode")
            return (Op.KIND,) if mode == os.F_OK else (Op.ACCESS,)
        found = asked(frame)
        if name == "readlink":
            return LINK if found is LINK else WHERE
        follows = name == "stat" and options.get("follow_symlinks", True)
        return found if follows or found != (Op.KIND,) else WHERE

    def _stat(self, at: str, frame: FrameType, standing: Standing) -> bool:
        """Of a whole stat result it is not known yet what will be read: time stamps, too, perhaps."""
        observer = self._observer
        spoken, own = self._speak(frame), observer.is_output(at)
        if spoken.owners and own:
            self._made_by(frame)
        if spoken.rights and own:
            observer.note(Op.SYSTEM, MASK, frame)
        if not spoken.times and not own:
            observer.look(Op.TIMES, at)  # as they are now, should ``Reach`` want them
        wanted = [*([Op.NAMES] if spoken.nodes else []), Op.TIMES if spoken.times else Op.STAT]
        for op in wanted:
            observer.saw(op, at, frame)
        return all((op, at) in standing.told for op in wanted)

    def _made_by(self, frame: FrameType) -> None:
        """Who owns what was made here follows from who runs it."""
        for name in ("geteuid", "getegid"):
            self._observer.note(Op.SYSTEM, name, frame)

    def _speak(self, frame: FrameType | None) -> Mentions:
        """What the sources that get the result speak of.

        Of times only third-party ones are asked here, the first-party ones at the end.
        """
        observer = self._observer
        found = Mentions(False, False, False, False)
        while frame is not None:
            filename = filename_of(frame)
            owner = observer.owner(filename)
            if owner is observer.PYTEST:
                break
            if owner.startswith(("top:", "file:")):
                mentions = self._mentions_in(filename)
                found.times |= mentions.times and owner.startswith("top:")
                found.nodes |= mentions.nodes
                found.owners |= mentions.owners
                found.rights |= mentions.rights
            frame = frame.f_back
        return found

    def _mentions_in(self, filename: str) -> Mentions:
        if filename not in self._mentions:
            self._mentions[filename] = _mentions(filename)
        return self._mentions[filename]


def _maps_modules(frame: FrameType) -> bool:
    """Whether ``inspect.getmodule`` is looking where the file of each loaded module leads, to find one among them.

    What is loaded counts by its content; of the others nothing comes to light. (A thousand names otherwise, for
    ``inspect.stack()``, and those of whatever plugins are loaded.)
    """
    return frame.f_code.co_name == "getmodule" and "modname" in frame.f_locals


def _plain_call(name: str, args: tuple[object, ...], options: Mapping[str, object], frame: FrameType) -> PlainCall:
    """What a call is about, where nothing but the stack and these decide it: no options, no relative path.

    Two callers may be asked for their names (``asked``), the second only if it is of the standard library: lines tell
    as much, and to read ``f_code`` is an audit event. (But they are counted from the beginning of the function.)
    ``realpath``, which is asked for its options, too, is left out.
    """
    if options or len(args) != 1 or name not in ("stat", "lstat"):
        return None
    given: Any = args[0]
    path = _fspath(given) if str(type(given).__module__).startswith("pathlib") else given
    if type(path) is not str or not is_normal(path) or frame.f_globals.get("__name__") == "posixpath":
        return None
    back = frame.f_back
    behind = "" if back is None else filename_of(back)
    return name, path, frame.f_lineno, f"{behind}:{back.f_lineno}" if back and module_of(behind) else behind


def _named(number: int) -> str:
    """Where an open file lies; empty for pipes, deleted files, and what this process was started with."""
    path = path_of(number) if number > LAST_STANDARD else ""
    return path if path.startswith(os.sep) and not path.endswith(" (deleted)") else ""


def _mentions(filename: str) -> Mentions:
    try:
        with _open(filename, "rb") as file:
            source = file.read()
    except OSError:
        return Mentions(True, True, True, True)  # nobody knows what such code reads
    spoken = speaks_of_times, speaks_of_nodes, speaks_of_owners, speaks_of_rights
    return Mentions(*(speaks(source) for speaks in spoken))


def _nobody(*_args: object, **_options: object) -> None:
    """Nobody wants to know."""
