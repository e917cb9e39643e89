"""The trees of installed distributions (see ``installed.py``), each looked at once a run."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Final, TypeAlias

from pytest_gocache.core.installed import TreeSignature, _open, _os_stat, names_in, signature_of, tree_holds
from pytest_gocache.core.looks import NOISE, RACY_NS, listing_digest
from pytest_gocache.core.model import Json
from pytest_gocache.core.values import field, record

# Private copies: tests replace these, and some are watched by the time this is loaded.
_scandir, _close, _fstat, _time_ns = os.scandir, os.close, os.fstat, time.time_ns
_name_of = attrgetter("name")

Row: TypeAlias = tuple[str, int, int, int, int]
"""(path relative to the directory of the tree, size, mtime_ns, ctime_ns, inode)."""

_NEVER: Final = 1 << 62
"""Younger than any file: what could not be looked at is not believed to be the same next time."""


@record
class Tree:
    """All that is seen of a tree when it is walked."""

    rows: list[Row] = field(default_factory=list)
    shape: dict[str, str] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    """What the signature is made of."""
    newest: int = 0
    """The latest time of any file or directory in it."""


class Trees:
    """The trees of a run, each looked at when it is first asked for. ``remembered`` as ``to_json`` gives it."""

    def __init__(self, now_ns: int | None = None, remembered: Json = None) -> None:
        self.began = _time_ns() if now_ns is None else now_ns
        self._old: Mapping[str, Json] = remembered if isinstance(remembered, dict) else {}
        self._walked: dict[tuple[str, str], Tree] = {}
        self._signatures: dict[tuple[str, str], TreeSignature] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def rows(self, site: str, tree: str) -> list[Row]:
        """Every file of the tree, without bytecode."""
        return self._walk(site, tree).rows

    def signature(self, site: str, tree: str) -> TreeSignature:
        """What changes with every file of the tree."""
        if (site, tree) not in self._signatures:
            self._signatures[site, tree] = self._unmoved(site, tree) or signature_of(self._walk(site, tree).numbers)
        return self._signatures[site, tree]

    def joint(self, site: str, trees: Iterable[str]) -> TreeSignature:
        """One signature of several trees."""
        joined = "\n".join(f"{tree} {self.signature(site, tree)}" for tree in trees)
        return TreeSignature(hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32])

    def names(self, site: str) -> tuple[str, ...]:
        """The names in a directory of distributions, sorted."""
        if site not in self._names:
            self._names[site] = names_in(site)
        return self._names[site]

    def is_young(self, site: str, trees: Iterable[str]) -> bool:
        """Whether a later edit of these trees could leave the same signature."""
        walked = [self._walked[site, tree] for tree in trees if (site, tree) in self._walked]
        return any(tree.newest > self.began - RACY_NS for tree in walked)

    def to_json(self, site: str) -> dict[str, Json]:
        """What was seen of the trees in ``site`` and is not too young to be told from a later edit."""
        names = [tree for at, tree in self._signatures if at == site and not self.is_young(site, [tree])]
        return {os.path.join(site, tree): self._kept(site, tree) for tree in names}

    def witness(self) -> Json:
        """All that was asked for, for ``holds``; None if some of it is too young."""
        for site, tree in self._walked:
            self.signature(site, tree)
        if any(self.is_young(site, [tree]) for site, tree in self._walked):
            return None
        sites = sorted({*self._names, *(site for site, _ in self._signatures)})
        return {site: [listing_digest(self.names(site)), self.to_json(site)] for site in sites}

    def _walk(self, site: str, tree: str) -> Tree:
        if (site, tree) not in self._walked:
            self._walked[site, tree] = walk(site, tree)
        return self._walked[site, tree]

    def _unmoved(self, site: str, tree: str) -> TreeSignature | None:
        """The remembered signature, if it is still the right one."""
        path = os.path.join(site, tree)
        kept = self._old.get(path)
        if (site, tree) in self._walked or not isinstance(kept, list) or not tree_holds(path, kept):
            return None
        return TreeSignature(str(kept[0]))

    def _kept(self, site: str, tree: str) -> Json:
        walked = self._walked.get((site, tree))
        if walked is None:
            return self._old[os.path.join(site, tree)]
        return [self._signatures[site, tree], dict(walked.shape)]


def walk(site: str, tree: str) -> Tree:
    """All files of one tree; nothing if there is no such tree. Links are followed."""
    path, found = os.path.join(site, tree), Tree()
    try:
        seen = _os_stat(path)
    except (OSError, ValueError):
        return found
    if not stat.S_ISDIR(seen.st_mode):
        _add(found, (tree, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino))
        return found
    linked = {(seen.st_dev, seen.st_ino)}
    waiting = [""]
    while waiting:
        below = waiting.pop()
        waiting += [f"{below}/{name}" for name in _look_into(path + below, below, tree, found, linked)]
    return found


def _look_into(path: str, below: str, tree: str, found: Tree, linked: set[tuple[int, int]]) -> list[str]:
    """Adds the files of one directory to ``found`` and gives the names of the directories in it."""
    try:
        handle = _open(path, os.O_RDONLY)
    except OSError:
        found.newest = _NEVER
        return []
    try:
        seen = _fstat(handle)
        with _scandir(handle) as listed:
            entries = sorted((entry for entry in listed if entry.name not in NOISE), key=_name_of)
        found.numbers += (seen.st_ino, seen.st_ctime_ns)
        found.newest = max(found.newest, seen.st_ctime_ns)
        inside = [entry for entry in entries if entry.is_dir()]
        files = [entry for entry in entries if not entry.is_dir()]
        for entry in files:
            _add(found, _row(entry, f"{tree}{below}/{entry.name}"))
        found.shape[below] = "/".join(entry.name for entry in files)
        return [each.name for each in inside if not each.is_symlink() or _is_new(path, each.name, linked)]
    except OSError:
        found.newest = _NEVER
        return []
    finally:
        _close(handle)


def _add(found: Tree, row: Row) -> None:
    found.rows.append(row)
    found.numbers += row[1:]
    found.newest = max(found.newest, row[2], row[3])


def _row(entry: os.DirEntry[str], name: str) -> Row:
    try:
        seen = entry.stat()
    except OSError:  # a link that leads nowhere
        return name, -1, 0, 0, 0
    return name, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino


def _is_new(path: str, name: str, linked: set[tuple[int, int]]) -> bool:
    """Whether a linked directory has not been followed yet: links may go round in circles."""
    seen = _os_stat(os.path.join(path, name))
    key = (seen.st_dev, seen.st_ino)
    if key in linked:
        return False
    linked.add(key)
    return True
