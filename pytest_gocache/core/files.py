"""What lies on disk, each file looked at once a run: signatures, digests, listings.

A signature (size, times, inode) is never the truth, only a reason not to read a file again: a
digest is believed for the same signature, unless the file was so young when it was read that a
later edit could have left the same signature (git's "racy" rule).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from pytest_gocache.core.hashing import ABSENT, Digest, digest_bytes
from pytest_gocache.core.learnt import learn, listed
from pytest_gocache.core.looks import (
    DIRECTORY,
    Signature,
    as_text,
    is_young,
    read_digest,
    read_listing,
    signature,
    time_ns,
)
from pytest_gocache.core.ops import CONTENT, LOOKED_AT, Op

_open = open  # A private copy: tests replace it (pyfakefs).

ABSENT_SIGNATURE: Signature = (-1, -1, -1, -1)
"""No file has it: what is under it is looked at again each time."""


class Look(NamedTuple):
    """A file as it was when first looked at in this run. ``digest`` is empty until somebody needs it."""

    signature: Signature | None
    racy: bool


class Remembered(NamedTuple):
    """A digest from an earlier run, believed while the signature stays the same."""

    signature: Signature
    digest: Digest


class Files:
    """The disk as this run sees it. ``remembered`` are digests that earlier runs left, by path. Unless it is
    ``trusting``, no signature proves anything, as if all files were young."""

    def __init__(
        self, remembered: Mapping[str, Remembered], clock: Callable[[], int] = time_ns, trusting: bool = True
    ) -> None:
        self._remembered = remembered if trusting else {}
        self._trusting = trusting
        self._clock = clock
        self._looks: dict[str, Look] = {}
        self._digests: dict[str, Digest] = {}
        self._listings: dict[str, tuple[str, ...] | None] = {}
        self._learnt: dict[tuple[Op, str], Digest] = {}
        self._born = clock()
        self._doubted: set[str] = set()
        self._disturbed: set[str] = set()
        """What tests wrote to after it was read: as it was, if its content is again what it was."""

    def see(self, op: Op, path: str) -> None:
        """Notes, once, what ``op`` tells of ``path`` now, before the code under test sees it."""
        if op is Op.EXEC:
            self._runs(path)
        elif op in CONTENT:
            self.look(path)
        elif op is Op.WRITE:
            self._disturb(path)
        else:
            self.learnt(op, path)

    def _runs(self, path: str) -> None:
        """``path`` is loaded. Written meanwhile by whoever it was (a child), it is as it was if its content is."""
        look = self._looks.get(path)
        if look is None:
            self.look(path)
        elif path in self._digests and signature(path) != look.signature != ABSENT_SIGNATURE:
            self._disturbed.add(path)
            if read_digest(path) != self._digests[path]:
                self._doubted.add(path)

    def _disturb(self, path: str) -> None:
        """``path`` is about to be written, or to be read after that. What was read of it before is made sure of."""
        look = self._looks.get(path)
        if look is None:
            return
        if _is_same_directory(path, look):
            if signature(path) == look.signature:
                self._digests.setdefault(path, DIRECTORY)  # it may be moved away, and another come in its place
        elif path not in self._disturbed:
            self._disturbed.add(path)
            if path not in self._digests and signature(path) == look.signature:
                self._digests[path] = read_digest(path)
        elif read_digest(path) != self._digests.get(path):
            self._doubted.add(path)

    def doubt(self, path: str) -> None:
        """Nobody knows whether ``path`` was read before or after it was changed: it is not as it was."""
        self._looks[path] = Look(ABSENT_SIGNATURE, False)

    def learnt(self, op: Op, path: str) -> Digest:
        """The digest of what ``op`` told of ``path`` at the first time it was asked in this run."""
        known = self._learnt.get((op, path))
        if known is None:
            known = self._learnt[op, path] = self._learn(op, path)
        return known

    def _learn(self, op: Op, path: str) -> Digest:
        return listed(path, self.listing(path)) if op is Op.LIST else learn(op, path)

    def told(self, op: Op, path: str) -> str:
        """What a forked child tells of ``path``: what was seen first, before it or by it."""
        if op not in LOOKED_AT:
            return ""
        if op not in CONTENT:
            return self.learnt(op, path)
        seen = self.look(path)
        return as_text(seen.signature, self.digest(path) if seen.racy else "")

    def still(self, op: Op, path: str) -> bool:
        """Whether ``op`` tells of ``path`` what it told at first."""
        if op in CONTENT:
            return self.unchanged(path)
        if (op, path) not in self._learnt:
            return self._was_there(path)
        return learn(op, path) == self.learnt(op, path) and path not in self._doubted

    def look(self, path: str) -> Look:
        """Notes how ``path`` is now, once. Young files are digested at once: their signature proves nothing."""
        known = self._looks.get(path)
        if known is not None:
            return known
        seen = signature(path)
        look = Look(seen, seen is not None and (not self._trusting or is_young(seen, self._clock())))
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
            self._digests[path] = read_digest(path) if seen is None else self._believe(path, seen)
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

    def has(self, path: str) -> bool:
        """Whether the directory of ``path`` listed it at first."""
        return os.path.basename(path) in (self.listing(os.path.dirname(path)) or ())

    def unchanged(self, path: str) -> bool:
        """Whether ``path`` still is what the first look saw (``errFileTooNew`` in Go's test cache)."""
        look = self._looks.get(path)
        if look is None:
            return self._was_there(path)
        if path in self._doubted:
            return False
        if signature(path) != look.signature:
            if _is_same_directory(path, look):
                return True
            return path in self._disturbed and read_digest(path) == self._digests.get(path)
        return not look.racy or read_digest(path) == self._digests[path]

    def only_gained(self, directory: str, made: Collection[str]) -> bool:
        """Whether ``directory`` lists what it listed at first and, beyond that, only paths in ``made``."""
        first, now = set(self.listing(directory) or ()), set(read_listing(directory) or ())
        return first <= now and all(os.path.join(directory, name.rstrip("/")) in made for name in now - first)

    def _was_there(self, path: str) -> bool:
        """Whether ``path``, never looked at in this run, has been as it is since before the run."""
        seen = signature(path)
        return seen is not None and not is_young(seen, self._born)

    def appeared_since(self, path: str, began: int) -> bool:
        """Whether nothing older than ``began`` (nanoseconds) was there at the first look, or is there now."""
        look = self._looks.get(path)
        seen = look.signature if look is not None else signature(path)
        return seen is None or max(seen[1], seen[2]) >= began

    def was_absent(self, op: Op, path: str) -> bool:
        """Whether nothing was there when ``op`` first told of ``path``."""
        if op in CONTENT:
            return path in self._looks and self._looks[path].signature is None
        return self._learnt.get((op, path)) == ABSENT

    def adopt_learnt(self, op: Op, path: str, digest: Digest) -> None:
        """Takes over what another process was told at first. Two that differ are both doubted."""
        if self._learnt.setdefault((op, path), digest) != digest:
            self._doubted.add(path)

    def everything_learnt(self) -> Iterable[tuple[Op, str, Digest]]:
        """All that this process was told of paths, at first."""
        return [(op, path, digest) for (op, path), digest in self._learnt.items()]

    def adopt(self, path: str, look: Look, digest: Digest | None) -> None:
        """Takes over what another process saw at its first look. Two that differ are both doubted."""
        known = self._looks.setdefault(path, look)
        if known.signature != look.signature and not self._was_touched(path, look, digest):
            self._doubted.add(path)
        if digest is not None and self._digests.setdefault(path, digest) != digest:
            self._doubted.add(path)

    def _was_touched(self, path: str, look: Look, digest: Digest | None) -> bool:
        """Whether it was written to before another process saw it so, and nothing else stands in it than before."""
        first = self._digests.get(path)
        if first is None or path not in self._disturbed:
            return False
        return digest == first if digest else signature(path) == look.signature and read_digest(path) == first

    def take_over(
        self,
        looks: Iterable[tuple[str, Look, Digest | None]],
        learnt: Iterable[tuple[Op, str, Digest]],
    ) -> None:
        """All that ``looks`` and ``everything_learnt`` of another process gave."""
        for look in looks:
            self.adopt(*look)
        for seen in learnt:
            self.adopt_learnt(*seen)

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


def _is_same_directory(path: str, look: Look) -> bool:
    """Whether ``path`` is the directory that it was: what lies in it is another question."""
    now = signature(path)
    same_place = now is not None and look.signature is not None and now[3] == look.signature[3]
    return same_place and read_digest(path) == DIRECTORY
