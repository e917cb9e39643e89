"""What lies on disk, each file looked at once a run: signatures, digests, listings.

A signature (size, times, inode) is never the truth, only a reason not to read a file again: a
digest is believed for the same signature, unless the file was so young when it was read that a
later edit could have left the same signature (git's "racy" rule).
"""

from __future__ import annotations

import os
import stat as _stat
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pytest_gocache.core.hashing import ABSENT, Digest, digest_bytes, digest_text

# Private copies: tests replace these (pyfakefs, freezegun, monkeypatch).
_os_stat, _scandir, _open = os.stat, os.scandir, open
_time_ns: Callable[[], int] = time.time_ns

RACY_NS = 2_000_000_000
"""Coarsest time stamp of a file system in use (FAT: 2 s). A younger file's signature proves nothing."""

Signature: TypeAlias = tuple[int, int, int, int]
"""(size, mtime_ns, ctime_ns, inode)."""


ABSENT_SIGNATURE: Signature = (-1, -1, -1, -1)
"""No file has it: what is under it is looked at again each time."""


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it was when first looked at in this run. ``digest`` is empty until somebody needs it."""

    signature: Signature | None
    racy: bool


@dataclass(frozen=True, slots=True)
class Remembered:
    """A digest from an earlier run, believed while the signature stays the same."""

    signature: Signature
    digest: Digest


class Files:
    """The disk as this run sees it. ``remembered`` are digests that earlier runs left, by path."""

    def __init__(self, remembered: Mapping[str, Remembered], clock: Callable[[], int] = _time_ns) -> None:
        self._remembered = remembered
        self._clock = clock
        self._looks: dict[str, Look] = {}
        self._digests: dict[str, Digest] = {}
        self._listings: dict[str, tuple[str, ...] | None] = {}
        self._doubted: set[str] = set()

    def look(self, path: str) -> Look:
        """Notes how ``path`` is now, once. Young files are digested at once: their signature proves nothing."""
        known = self._looks.get(path)
        if known is not None:
            return known
        seen = signature(path)
        look = Look(seen, seen is not None and self._clock() - max(seen[1], seen[2]) < RACY_NS)
        self._looks[path] = look
        if look.racy:
            self._digests[path] = read_digest(path)
        return look

    def digest(self, path: str) -> Digest:
        """The SHA-256 of the file's content at the first look; ``ABSENT`` if it was no readable file."""
        known = self._digests.get(path)
        if known is not None:
            return known
        seen = self.look(path).signature
        if path not in self._digests:
            self._digests[path] = ABSENT if seen is None else self._believe(path, seen)
        return self._digests[path]

    def _believe(self, path: str, seen: Signature) -> Digest:
        old = self._remembered.get(path)
        return old.digest if old is not None and old.signature == seen else read_digest(path)

    def content(self, path: str) -> bytes | None:
        """The bytes of a source file, for parsing; None if unreadable. Its digest is noted with it."""
        self.look(path)
        try:
            with _open(path, "rb") as file:
                content = file.read()
        except OSError:
            return None
        self._digests.setdefault(path, digest_bytes(content))
        return content

    def listing(self, directory: str) -> tuple[str, ...] | None:
        """Sorted names in ``directory``, sub-directories with a slash; None if there is no such directory."""
        if directory not in self._listings:
            self._listings[directory] = read_listing(directory)
        return self._listings[directory]

    def unchanged(self, path: str) -> bool:
        """Whether ``path`` still is what the first look saw (``errFileTooNew`` in Go's test cache)."""
        look = self._looks[path]
        if path in self._doubted or signature(path) != look.signature:
            return False
        return not look.racy or read_digest(path) == self._digests[path]

    def adopt(self, path: str, look: Look, digest: Digest | None) -> None:
        """Takes over what another process saw at its first look. Two that differ are both doubted."""
        known = self._looks.setdefault(path, look)
        if known.signature != look.signature:
            self._doubted.add(path)
        if digest is not None and self._digests.setdefault(path, digest) != digest:
            self._doubted.add(path)

    def looks(self) -> Iterable[tuple[str, Look, Digest | None]]:
        """Every first look of this process, with the digest where it was taken."""
        return [(path, look, self._digests.get(path)) for path, look in self._looks.items()]

    def recorded(self, path: str) -> Remembered:
        """The digest of ``path`` for its signature; a young file gets a signature that is never believed."""
        digest = self.digest(path)
        look = self._looks.get(path)
        known = look is not None and not look.racy and look.signature is not None
        return Remembered(look.signature if known and look and look.signature else ABSENT_SIGNATURE, digest)

    def listed(self) -> Iterable[str]:
        """Every directory that was listed in this run."""
        return list(self._listings)

    def believable(self) -> Iterable[tuple[str, Remembered]]:
        """What the next run may believe: path, and the digest for its signature."""
        for path, digest in self._digests.items():
            look = self._looks.get(path)
            if look is not None and look.signature is not None and not look.racy:
                yield path, Remembered(look.signature, digest)


def signature(path: str) -> Signature | None:
    """The signature of what ``path`` leads to; None if there is nothing."""
    try:
        found = _os_stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def read_digest(path: str) -> Digest:
    """The SHA-256 of a regular file's content now; ``ABSENT`` for anything that cannot be read as one."""
    try:
        if not _stat.S_ISREG(_os_stat(path).st_mode):
            return ABSENT
        with _open(path, "rb") as file:
            return digest_bytes(file.read())
    except (OSError, ValueError):
        return ABSENT


def read_listing(directory: str) -> tuple[str, ...] | None:
    """Sorted names in ``directory`` without what Python and pytest leave behind; None if there is none."""
    try:
        with _scandir(directory) as entries:
            names = [entry.name + "/" if entry.is_dir() else entry.name for entry in entries]
    except (OSError, ValueError):
        return None
    return tuple(sorted(name for name in names if name not in LEFT_BEHIND))


def listing_digest(names: tuple[str, ...] | None) -> Digest:
    """The digest of a listing; ``ABSENT`` where there is no directory."""
    return ABSENT if names is None else digest_text("\0".join(names))


LEFT_BEHIND = frozenset({"__pycache__/", ".pytest_cache/", ".hypothesis/", ".coverage", ".mypy_cache/", ".ruff_cache/"})
"""Names that appear by running; no listing is about them."""
