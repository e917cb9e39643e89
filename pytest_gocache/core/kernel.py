"""What the kernel tells of directories: which files of theirs somebody opens, whatever language he speaks.

fanotify (man page ``fanotify``; Linux 5.13 lets any user have it) tells who it is, so others are passed over. Where
that is not allowed (in containers), inotify tells of everybody.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

_real = SimpleNamespace(read=os.read, close=os.close, getpid=os.getpid, readlink=os.readlink)
"""Private copies: tests replace these."""
_fsencode, _fsdecode, _join = os.fsencode, os.fsdecode, os.path.join

LINUX = sys.platform == "linux"
"""As it is when this is loaded: tests patch what it says."""
ACCESSED, MODIFIED, OPENED, MOVED_HERE, CREATED = 0x1, 0x2, 0x20, 0x80, 0x100
OVERFLOW = 0x4000
LOST = "lost"
"""Stands for a path where there were more events than the kernel keeps."""
OF_DIRECTORY = 0x4000_0000
OF_CHILDREN = 0x0800_0000
"""fanotify's names for what happens; inotify has the same numbers."""
TOLD = ACCESSED | MODIFIED | OPENED | MOVED_HERE | CREATED
NEW = CREATED | MOVED_HERE

CLOSED_AT_EXEC, AT_ONCE, WITH_NAMES = 0x1, 0x2, 0xC00
ADDED, ONLY_DIRECTORIES = 0x1, 0x8
BY_DIRECTORY = 2
"""The kind of a record that has a directory's handle and a name."""
HERE = -100
"""``AT_FDCWD``."""
LONGEST = 128
"""Bytes of a handle (``MAX_HANDLE_SZ``)."""
HEAD, RECORD, HANDLE, ENTRY = 24, 12, 8, 16
"""How long they are: what an event of fanotify begins with, and a record in it, and a handle; and one of inotify."""
MUCH = 1 << 18


class Watch:
    """Directories that are watched. This one sees nothing: there is no such kernel, or it does not allow it."""

    sees = False

    def add(self, directory: str) -> bool:
        """Watches one more. False where it is there, and cannot be watched: others watch too many already, or it lies
        in a file system that cannot tell."""
        return False

    def read(self) -> Mapping[str, int]:
        """What happened since the last time, by absolute path; under ``LOST`` that some of it was lost."""
        return {}

    def close(self) -> None:
        """Ends."""


def begin(directories: Sequence[str]) -> Watch:
    """Begins to watch them all; one that sees nothing where the system has no such thing, or does not allow it."""
    library = _library() if LINUX else SimpleNamespace()
    for way in (_Fanotify, _Inotify) if LINUX else ():
        try:
            watch = way(library)
        except (OSError, AttributeError):  # the C library may be older than the kernel
            continue
        if all(map(watch.add, directories)):
            return watch
        watch.close()
    return Watch()


def _library() -> Any:
    """The C library. That ``ctypes`` was needed for it does not show: the user's code may count what is loaded."""
    before = set(sys.modules)
    import ctypes

    for name in [each for each in sys.modules if "ctypes" in each and each not in before]:
        del sys.modules[name]
    library: Any = ctypes.CDLL(None, use_errno=True)
    number = ctypes.c_int
    library.fanotify_mark.argtypes = (number, ctypes.c_uint, ctypes.c_uint64, number, ctypes.c_char_p)
    return SimpleNamespace(c=library, errno=ctypes.get_errno, buffer=ctypes.create_string_buffer)


class _Queue(Watch):
    """One into which the kernel puts what happens. Programs that become daemons close all descriptors, and open others
    by the same numbers."""

    sees = True

    def __init__(self, library: Any, descriptor: int) -> None:
        if descriptor < 0:
            raise OSError(library.errno(), os.strerror(library.errno()))
        self._library = library
        self._descriptor = descriptor
        self._is = self._leads()

    def _leads(self) -> str:
        try:
            return str(_real.readlink(f"/proc/self/fd/{self._descriptor}"))
        except OSError:
            return ""

    def _is_there(self) -> bool:
        """Whether the descriptor is still that of the queue."""
        return self._leads() == self._is

    def read(self) -> Mapping[str, int]:
        if not self._is_there():
            return {LOST: OVERFLOW}
        found: dict[str, int] = {}
        while True:
            try:
                events = _real.read(self._descriptor, MUCH)
            except BlockingIOError:
                return found
            for path, happened in self._told(events):
                found[path] = found.get(path, 0) | happened

    def _told(self, events: bytes) -> Iterator[tuple[str, int]]:
        """The path of each event, and what happened."""
        raise NotImplementedError

    def close(self) -> None:
        if self._is_there():
            _real.close(self._descriptor)


class _Fanotify(_Queue):
    def __init__(self, library: Any) -> None:
        how = CLOSED_AT_EXEC | AT_ONCE | WITH_NAMES
        super().__init__(library, library.c.fanotify_init(how, os.O_RDONLY))
        self._directories: dict[bytes, str] = {}
        """By handle, which is what events have."""
        self._process = _real.getpid()

    def add(self, directory: str) -> bool:
        handle, mount, name = self._library.buffer(HANDLE + LONGEST), self._library.buffer(4), _fsencode(directory)
        handle[:4] = LONGEST.to_bytes(4, sys.byteorder)
        if self._library.c.name_to_handle_at(HERE, name, handle, mount, 0):
            return not os.path.isdir(directory)
        self._directories[handle.raw[: HANDLE + _number(handle.raw, 0, 4)]] = directory
        events = TOLD | OF_DIRECTORY | OF_CHILDREN
        how = ADDED | ONLY_DIRECTORIES
        failed = self._library.c.fanotify_mark(self._descriptor, how, events, HERE, name)
        return not (failed and os.path.isdir(directory))

    def _told(self, events: bytes) -> Iterator[tuple[str, int]]:
        at = 0
        while at < len(events):
            size, happened = _number(events, at, 4), _number(events, at + 8, 8)
            if happened & OVERFLOW:
                yield LOST, happened
            elif _number(events, at + 20, 4) == self._process or (happened & NEW and happened & OF_DIRECTORY):
                yield self._path(events[at + HEAD : at + size]), happened
            at += size

    def _path(self, record: bytes) -> str:
        end = RECORD + HANDLE + _number(record, RECORD, 4)
        directory = self._directories.get(record[RECORD:end], "") if record[0] == BY_DIRECTORY else ""
        return _joined(directory, record[end:])


class _Inotify(_Queue):
    def __init__(self, library: Any) -> None:
        super().__init__(library, library.c.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._directories: dict[int, str] = {}

    def add(self, directory: str) -> bool:
        number = self._library.c.inotify_add_watch(self._descriptor, _fsencode(directory), TOLD)
        if number >= 0:
            self._directories[number] = directory
        return number >= 0 or not os.path.isdir(directory)

    def _told(self, events: bytes) -> Iterator[tuple[str, int]]:
        at = 0
        while at < len(events):
            happened, length = _number(events, at + 4, 4), _number(events, at + 12, 4)
            directory = self._directories.get(_number(events, at, 4), "")
            at += ENTRY + length
            yield LOST if happened & OVERFLOW else _joined(directory, events[at - length : at]), happened


def _number(found: bytes, at: int, size: int) -> int:
    return int.from_bytes(found[at : at + size], sys.byteorder)


def _joined(directory: str, padded: bytes) -> str:
    """The path of what has a name, padded with zeros, in ``directory``; the directory itself has none, or a dot."""
    name = padded.partition(b"\0")[0]
    return directory if name in (b"", b".") else _join(directory, _fsdecode(name))
