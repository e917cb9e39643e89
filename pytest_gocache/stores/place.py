"""Where the cache lies, and the small files that speed up one machine.

Read on every cached run before anything else is known: imports nothing heavy (no sqlite3, diskcache,
tempfile, pathlib, platformdirs at its top).

    <directory>/            mode 0700, with README.md, CACHEDIR.TAG and .gitignore where we made it
    <directory>/v1/         everything of this format; another version of the plugin has another one
    <directory>/v1/cache.db the entries (``stores/disk.py``)
    <directory>/v1/local/   files that only this machine can use (``LocalFiles``)
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from pytest_gocache.stores.seal import MAX_BLOB, MAX_PAYLOAD, seal, unseal

if TYPE_CHECKING:
    from pathlib import Path

StrPath: TypeAlias = "str | os.PathLike[str]"

FORMAT = "v1"
"""The directory of this format. Raise the number when the layout, the schema or the seal changes."""

VARIABLE = "PYTEST_GOCACHE_DIR"
DAY = 24 * 60 * 60.0

README = """\
# The cache of pytest-gocache

This directory holds results of passing tests, so that `pytest --gocache` need not run them again.
It holds data only; nothing in it is ever run.

It is safe to delete, at any time: tests then simply run once more.
`pytest-gocache clean` empties it, `pytest-gocache stats` shows what is in it.
"""

CACHEDIR_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by pytest-gocache.
# For information about cache directory tags, see:
#   https://bford.info/cachedir/spec.html
"""


class PlaceError(ValueError):
    """The directory that somebody asked for cannot be one. The text is one clear line for the user."""


def choose(
    option: str | None = None,
    ini: str | None = None,
    *,
    ini_base: StrPath | None = None,
    environ: Mapping[str, str] | None = None,
) -> Path:
    """The cache directory: ``--gocache-dir``, ``$PYTEST_GOCACHE_DIR``, ini, or else the per-user default.

    An option may be relative to where the command was typed, an ini value to ``ini_base``. A variable
    must be absolute: it outlives the directory it was set in, and would mean a new cache in each.
    Empty counts as not given. ``PlaceError`` for what cannot be a directory.
    """
    variable = (os.environ if environ is None else environ).get(VARIABLE)
    if option:
        return _place("--gocache-dir", option, os.getcwd())
    if variable:
        return _place(VARIABLE, variable, None)
    if ini:
        return _place("gocache_dir", ini, ini_base)
    return _default()


def _place(source: str, given: str, base: StrPath | None) -> Path:
    from pathlib import Path

    if "\0" in given or not given.strip() or not given.isprintable():
        raise PlaceError(f"{source}: {given!r} is not a directory's name")
    if "://" in given:
        other = "--gocache-store=dir:PATH is a directory of files, --gocache-remote=URL a server or a bucket"
        raise PlaceError(f"{source}: {given!r} is an address, not a directory ({other})")
    path = os.path.expanduser(given)
    if not os.path.isabs(path):
        if base is None:
            raise PlaceError(f"{source}: {given!r} must be an absolute path")
        path = os.path.join(base, path)
    path = os.path.normpath(path)
    if os.path.exists(path) and not os.path.isdir(path):
        raise PlaceError(f"{source}: {given!r} is a file, not a directory")
    return Path(path)


def _default() -> Path:
    from pathlib import Path

    from platformdirs import user_cache_dir  # Slow to import, and needed only where nobody chose.

    return Path(user_cache_dir("pytest-gocache", appauthor=False))


def prepare(directory: StrPath) -> str | None:
    """Makes the directory where it is missing. None, or one line that says why caching is off; never raises.

    README, CACHEDIR.TAG and .gitignore go only into a directory that was missing or empty: a tag in
    somebody's own directory would take it out of their backups.
    """
    inner = os.path.join(directory, FORMAT)
    try:
        if not _is_real_directory(inner):
            os.makedirs(directory, mode=0o700, exist_ok=True)
            if not os.listdir(directory):
                _introduce(directory)
            os.makedirs(inner, mode=0o700, exist_ok=True)
    except FileExistsError:
        return f"caching is off: {inner} is not a directory of ours; move it, or choose another --gocache-dir"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        return f"caching is off: cannot make {os.fspath(directory)} ({why}); choose another --gocache-dir"
    return None


def _is_real_directory(path: str) -> bool:
    """Whether it is there. ``FileExistsError`` for anything else: we do not write where a link points."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(mode):
        raise FileExistsError(path)
    return True


def _introduce(directory: StrPath) -> None:
    for name, text in (("README.md", README), ("CACHEDIR.TAG", CACHEDIR_TAG), (".gitignore", "*\n")):
        with suppress(FileExistsError), open(os.path.join(directory, name), "x", encoding="utf-8") as file:
            file.write(text)  # Where the file exists, another process was as quick.


class LocalFiles:
    """Sealed files that make this machine quicker and that it can lose: a read is the bytes written, or None.

    Names are made by our own code: lower-case letters, digits and hyphens (else ``ValueError``).
    """

    def __init__(self, directory: StrPath, now: Callable[[], float] = time.time) -> None:
        self._directory = os.path.join(directory, FORMAT, "local")
        self._now = now

    def read(self, name: str) -> bytes | None:
        """What was last written under ``name``, or None: absent, damaged, not a plain file."""
        path = self._path(name)
        try:
            if not _is_real_directory(self._directory):
                return None
            with open(path, "rb", opener=_open_plain) as file:
                status = os.fstat(file.fileno())
                blob = file.read() if status.st_size <= MAX_BLOB else b""
        except (OSError, MemoryError):
            return None
        self._note_use(path, status.st_mtime)
        return unseal(name, blob)

    def has(self, name: str) -> bool:
        """Whether something lies there under ``name``, whole or not."""
        return os.path.isfile(self._path(name))

    def write(self, name: str, payload: bytes, level: int = 0) -> bool:
        """Writes whole or not at all (a new file, then renamed over the old); False when it could not. ``level`` is
        zlib's, for what is much longer than it need be."""
        path = self._path(name)
        if len(payload) > MAX_PAYLOAD:
            return False
        spare = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
        try:
            if not _is_real_directory(self._directory):
                os.makedirs(self._directory, mode=0o700, exist_ok=True)
            # Level 0 for most: these files are read on every run, and inflating would cost more than reading.
            # No fsync: after a power cut the seal tells a torn file from a whole one.
            with open(spare, "xb") as file:
                file.write(seal(name, payload, level))
            os.replace(spare, path)
        except OSError:
            _remove(spare)
            return False
        return True

    def trim(self, max_age_days: float = 30) -> int:
        """Deletes what nobody read for so long (and left-over temporary files); the bytes this freed."""
        return self._delete_older_than(self._now() - max_age_days * DAY)

    def clean(self) -> int:
        """Deletes all of them, and nothing that is not one of them; the bytes this freed."""
        return self._delete_older_than(float("inf"))

    def _delete_older_than(self, moment: float) -> int:
        freed = 0
        with suppress(OSError):
            for entry in list(os.scandir(self._directory)) if _is_real_directory(self._directory) else []:
                status = entry.stat(follow_symlinks=False)
                if entry.name.endswith((".bin", ".tmp")) and status.st_mtime < moment and _remove(entry.path):
                    freed += status.st_size
        return freed

    def _path(self, name: str) -> str:
        if name.strip("abcdefghijklmnopqrstuvwxyz0123456789-") or not 0 < len(name) <= 100:
            raise ValueError(f"not the name of a local file: {name!r}")
        return os.path.join(self._directory, f"{name}.bin")

    def _note_use(self, path: str, modified: float) -> None:
        """At most daily: reading is not writing. Where it cannot be noted, the file is trimmed early."""
        if self._now() - modified > DAY:
            with suppress(OSError):
                os.utime(path, (self._now(), self._now()))


def _open_plain(path: str, flags: int) -> int:
    """Opens a regular file only: no link out of the directory, no pipe that would wait for a writer."""
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"not a regular file: {path}")
    return descriptor


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
