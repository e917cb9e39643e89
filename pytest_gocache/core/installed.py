"""Whether the files of installed distributions are as they were: signatures, and a witness for snapshots.

A *tree* is a file or directory right below a directory of distributions: ``numpy``, ``numpy-2.4.dist-info``,
``six.py``. Its *signature* is made of size, times and inode of every file in it, and of inode and ctime of
every directory, so a file that is edited, removed or planted changes it. ctime cannot be set back, hence size
and mtime restored do not help; but a signature proves nothing about files that were young when it was made
(git's "racy" rule, see ``files.py``): such trees are not remembered.

Its *shape* is the names in it. Who has the shape of a tree finds its signature by one stat for each name,
relative to its directory: 1.1 times the bare stat, where listing the directories anew makes it 1.6 times.
An exact repeat of a run asks only ``holds``, so nothing heavy is imported here.

Format of a tree, remembered or in a witness: ``[signature, {directory below the tree: names, by slashes}]``;
of a witness: ``{site directory: [digest of its names, {path: tree}]}``.
"""

from __future__ import annotations

import hashlib
import marshal
import os
from collections.abc import Mapping
from typing import NewType

from pytest_gocache.core.looks import NOISE, listing_digest
from pytest_gocache.core.model import Json

# Private copies: tests replace these.
_os_stat, _listdir, _open, _close, _fstat = os.stat, os.listdir, os.open, os.close, os.fstat

TreeSignature = NewType("TreeSignature", str)


def holds(witness: Json) -> bool:
    """Whether all is as it was when ``witness`` was made. A witness that is none never holds."""
    try:
        return isinstance(witness, dict) and all(_site_holds(site, kept) for site, kept in witness.items())
    except (TypeError, ValueError, AttributeError):
        return False


def joined(one: Json, other: Json) -> Json:
    """The witness of everything that one of two witnesses tells of; None if they disagree, or one is none."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return None
    both: dict[str, Json] = {**other, **one}
    for site in one.keys() & other.keys():
        match one[site], other[site]:
            case [str(listed), dict(trees)], [str(listed_too), dict(trees_too)] if listed == listed_too:
                both[site] = [listed, {**trees_too, **trees}]
            case _:
                return None
    return both


def _site_holds(site: str, kept: Json) -> bool:
    match kept:
        case [str(listed), dict(trees)]:
            same = listing_digest(names_in(site)) == listed
            return same and all(tree_holds(path, then) for path, then in trees.items())
    return False


def tree_holds(path: str, kept: Json) -> bool:
    """Whether the tree at ``path`` still has the signature that is kept with its shape."""
    match kept:
        case [str(signature), dict(shape)]:
            try:
                return signature_of(numbers_of(path, shape)) == signature
            except (OSError, ValueError, AttributeError, TypeError):
                return False
    return False


def numbers_of(path: str, shape: Mapping[str, Json]) -> list[int]:
    """What the signature of a tree of that shape is made of. Raises OSError where something is missing."""
    if not shape:
        return _numbers_of_file(path)
    numbers: list[int] = []
    for below, names in shape.items():
        handle = _open(path + below, os.O_RDONLY)
        try:
            seen = _fstat(handle)
            numbers += (seen.st_ino, seen.st_ctime_ns)
            for name in names.split("/") if names else ():  # type: ignore[union-attr]
                seen = _os_stat(name, dir_fd=handle)
                numbers += (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)
        finally:
            _close(handle)
    return numbers


def _numbers_of_file(path: str) -> list[int]:
    try:
        seen = _os_stat(path)
    except FileNotFoundError:
        return []
    return [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]


def names_in(site: str) -> tuple[str, ...]:
    """The sorted names in a directory, without what running leaves behind."""
    try:
        return tuple(sorted(name for name in _listdir(site) if name not in NOISE))
    except OSError:
        return ()


def signature_of(numbers: list[int]) -> TreeSignature:
    """A short text that changes with any of ``numbers``."""
    return TreeSignature(hashlib.sha256(marshal.dumps(numbers, 2)).hexdigest()[:32])
