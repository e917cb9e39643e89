"""Single looks at what lies on disk. Child processes take them, too, so nothing heavy is imported."""

from __future__ import annotations

import errno
import os
import stat as _stat
import sys
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TypeAlias

from pytest_gocache.core.hashing import ABSENT, Digest, digest_bytes, digest_parts, digest_text

_real = SimpleNamespace(
    stat=os.stat, scandir=os.scandir, readlink=os.readlink, open=os.open, read=os.read, close=os.close
)
"""Private copies: tests replace these. Not by names of this module: pyfakefs replaces functions of ``os``
wherever a module holds one."""

_dirname = os.path.dirname
time_ns: Callable[[], int] = time.time_ns

READING = os.O_RDONLY | getattr(os, "O_BINARY", 0)
AT_ONCE = 1 << 16

RACY_NS = 2_000_000_000
"""Coarsest time stamp of a file system in use (FAT: 2 s). A younger file's signature proves nothing."""

TICKS = 5
"""Linux's clock of the last tick, by which it stamps files, up to 10 ms behind ``time_ns``; nameless in Python."""

MACOS, LINUX = sys.platform == "darwin", sys.platform == "linux"
LONGEST_ON_MACOS = 1024

Signature: TypeAlias = tuple[int, int, int, int]
"""(size, mtime_ns, ctime_ns, inode)."""


def stamp_of_now() -> int:
    """The least time stamp, in nanoseconds, of a file made from now on."""
    return time.clock_gettime_ns(TICKS) if LINUX else time_ns()


def signature(path: str) -> Signature | None:
    """The signature of what ``path`` leads to; None if there is nothing."""
    try:
        found = _real.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def as_text(seen: Signature | None, digest: str) -> str:
    """A look at a file as a child tells it: its signature, then the digest of one that is young; empty for none."""
    return "" if seen is None else " ".join([*map(str, seen), *([digest] if digest else [])])


DIRECTORY = digest_text("directory")


def read_digest(path: str) -> Digest:
    """The SHA-256 of a regular file's content now; ``ABSENT`` if nothing is there; else why it cannot be read."""
    try:
        mode = _real.stat(path).st_mode
        if not _stat.S_ISREG(mode):
            return DIRECTORY if _stat.S_ISDIR(mode) else digest_text("other")
        return _digest_of(path)
    except OSError as error:  # to open it fails in another way where something stands in the way
        return ABSENT if error.errno == errno.ENOENT else digest_text(f"error {error.errno}")
    except ValueError:
        return ABSENT


def _digest_of(path: str) -> Digest:
    """Without a buffer in between: a suite may read thousands of small files, and to make one took a third of it."""
    descriptor = _real.open(path, READING)
    try:
        content = _real.read(descriptor, AT_ONCE)
        more = _real.read(descriptor, AT_ONCE) if content else b""
        if not more:
            return digest_bytes(content)
        return digest_parts(_parts(descriptor, content, more))
    finally:
        _real.close(descriptor)


def _parts(descriptor: int, *first: bytes) -> Iterator[bytes]:
    yield from first
    while part := _real.read(descriptor, AT_ONCE):
        yield part


def read_listing(directory: str) -> tuple[str, ...] | None:
    """Sorted names in ``directory`` without what Python and pytest leave behind; None if there is none."""
    try:
        with _real.scandir(directory) as entries:
            found = list(entries)
            names = [entry.name + "/" if entry.is_dir() else entry.name for entry in found]
            names += [entry.name + LINKED for entry in found if entry.is_symlink() and entry.is_dir()]
    except (OSError, ValueError):
        return None
    return tuple(sorted(name for name in names if name not in LEFT_BEHIND and not name.startswith(COVERAGE_DATA)))


LINKED = "/\0"
"""Beside the name of a directory that is a link: a walk does not go into it. No name ends like this."""


def listing_digest(names: tuple[str, ...] | None) -> Digest:
    """The digest of a listing; ``ABSENT`` where there is no directory."""
    return ABSENT if names is None else digest_text("\0".join(names))


LEFT_BEHIND = frozenset({"__pycache__/", ".pytest_cache/", ".hypothesis/", ".coverage", ".mypy_cache/", ".ruff_cache/"})
"""Names that appear by running; no listing is about them."""
COVERAGE_DATA = ".coverage."
"""Data files of measured processes, of which each has one."""
NOISE = frozenset(name.rstrip("/") for name in LEFT_BEHIND)
"""The same without the mark of a directory."""


def is_young(seen: Signature, now: int) -> bool:
    """Whether a later edit could leave the same signature."""
    return now - max(seen[1], seen[2]) < RACY_NS


def path_of(descriptor: int) -> str:
    """Where the file or directory lies that a descriptor stands for; empty where the system does not tell."""
    try:
        return _path_on_macos(descriptor) if MACOS else str(_real.readlink(f"/proc/self/fd/{descriptor}"))
    except OSError:
        return ""


def _path_on_macos(descriptor: int) -> str:
    import fcntl  # its ``F_GETPATH`` is the same number for ever; other systems have no name for it

    return os.fsdecode(fcntl.fcntl(descriptor, 50, bytes(LONGEST_ON_MACOS)).rstrip(b"\0"))


def upward(path: str) -> Iterator[str]:
    """``path``, and each directory that it lies in, up to the root."""
    above = ""
    while path != above:
        yield path
        above, path = path, _dirname(path)


def archive_of(path: str) -> str:
    """The zip archive that a module at ``path`` came from; empty for a file of its own."""
    there = next((each for each in upward(path) if signature(each) is not None), path)
    return there if there != path and not os.path.isdir(there) else ""
