"""What can be learnt of a path without reading its content, as the text that its digest is made of."""

from __future__ import annotations

import _imp
import errno
import os
import stat as _stat
import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace

from pytest_gocache.core.globs import found_by, split
from pytest_gocache.core.hashing import ABSENT, Digest, digest_text
from pytest_gocache.core.looks import COVERAGE_DATA, NOISE, listing_digest, read_digest, read_listing
from pytest_gocache.core.ops import AND, Op

_real = SimpleNamespace(stat=os.stat, access=os.access, readlink=os.readlink, scandir=os.scandir)
"""Private copies: tests replace these, and we wrap them ourselves. Not by names of this module: pyfakefs
replaces functions of ``os`` wherever a module holds one."""

_realpath, _dirname, _relpath = os.path.realpath, os.path.dirname, os.path.relpath
_KINDS = {
    _stat.S_IFREG: "file",
    _stat.S_IFDIR: "directory",
    _stat.S_IFIFO: "fifo",
    _stat.S_IFSOCK: "socket",
    _stat.S_IFBLK: "block device",
    _stat.S_IFCHR: "character device",
}
_NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EBADF})
"""What ``exists`` takes for "no". Other errors reach the user (``EACCES``)."""


def learn(op: Op, path: str) -> Digest:
    """The digest of what ``op`` tells of ``path`` now; ``ABSENT`` where it tells that there is nothing."""
    if op is Op.LIST:
        return listed(path, read_listing(path))
    text = LEARN[op](path)
    return digest_text(f"{op} {text}") if text else ABSENT


def listed(directory: str, names: tuple[str, ...] | None) -> Digest:
    """The digest of a directory's listing; where there is none, what is there instead."""
    return learn(Op.KIND, directory) if names is None else listing_digest(names)


def _kind(path: str) -> str:
    found = _look(path)
    if isinstance(found, int):
        return "" if found in _NOTHING_THERE else f"error {found}"
    return _kind_of(found)


def _state(path: str) -> str:
    found, link = _look(path), _link(path)
    if isinstance(found, int):
        return link if found == errno.ENOENT else f"error {found} {link}"
    return f"{_described(found)} {link}"


def _times(path: str) -> str:
    """Who owns it, too: neither is kept by a checkout, and few ask."""
    found = _look(path)
    state = _state(path)
    return state if isinstance(found, int) else f"{state} {found.st_mtime_ns} {found.st_uid} {found.st_gid}"


def _rights(path: str) -> str:
    if isinstance(_look(path), int):
        return ""
    rights = (("r", os.R_OK), ("w", os.W_OK), ("x", os.X_OK))
    return "".join(letter for letter, how in rights if _real.access(path, how)) or "-"


def _link(path: str) -> str:
    """What the link says, and where it ends, both as seen from where it lies: a moved tree says the same."""
    try:
        said = _real.readlink(path)
    except (OSError, ValueError):
        return ""
    return f"{said} -> {_relpath(_realpath(path), _realpath(_dirname(path)))}"


def _same(pair: str) -> str:
    """Inodes are other ones in each checkout; whether they are equal is not."""
    one, other = map(_look, pair.split(AND))
    if isinstance(one, int) or isinstance(other, int):
        return ""
    return "one" if (one.st_ino, one.st_dev) == (other.st_ino, other.st_dev) else "two"


def _names(path: str) -> str:
    """Of a directory it tells how many others it holds, or nothing: that depends on the file system."""
    found = _look(path)
    if isinstance(found, int):
        return ""
    return str(found.st_nlink) if _stat.S_ISREG(found.st_mode) else _kind_of(found)


SUFFIXES = (*_imp.extension_suffixes(), ".py", ".pyc")
"""Of modules, in the order in which the import system tries them."""
ALL = "*"


def _module(path: str) -> str:
    """What would be found, so that it shows if something else wins; of an archive, all of it."""
    directory, _, name = path.rpartition(os.sep)
    if _kind(directory) == "file":
        return read_digest(directory)
    return _hiding(directory) if name == ALL else _found_as(path)


def _found_as(path: str) -> str:
    is_directory = _kind(path) == "directory"
    if is_directory:
        for suffix in SUFFIXES:
            if _kind(f"{path}{os.sep}__init__{suffix}") == "file":
                return f"package {suffix}"
    for suffix in SUFFIXES:
        if _kind(path + suffix) == "file":
            return f"module {suffix}"
    return "namespace" if is_directory else ""


def _hiding(directory: str) -> str:
    """What hides modules of the standard library."""
    names = _names_in(directory) or ()
    return "\0".join(name for name in names if name.partition(".")[0] in sys.stdlib_module_names)


def _names_in(directory: str) -> list[str] | None:
    """All names there, sorted; None where nothing can be listed."""
    try:
        with _real.scandir(directory) as entries:
            return sorted(entry.name for entry in entries)
    except (OSError, ValueError):
        return None


def _entries(path: str) -> str:
    names = _names_in(path)
    if names is None:
        return ""
    kept = [name for name in names if name not in NOISE and not name.startswith(COVERAGE_DATA)]
    return "\0".join(f"{name} {_state(os.path.join(path, name))}" for name in kept) or "empty"


def _found(pattern: str) -> str:
    """The names of the files it finds, as seen from where it starts."""
    base, _ = split(pattern)
    return "\0".join(_relpath(path, base) for path in found_by(pattern))


def _described(found: os.stat_result) -> str:
    kind = _kind_of(found)
    size = found.st_size if kind == "file" else ""
    return f"{kind} {size} {_stat.S_IMODE(found.st_mode):o}"


def _kind_of(found: os.stat_result) -> str:
    return _KINDS.get(_stat.S_IFMT(found.st_mode), "other")


def _look(path: str) -> os.stat_result | int:
    """What is there, or the number of the error."""
    try:
        found: os.stat_result = _real.stat(path)
        return found
    except OSError as error:
        return error.errno or errno.ENOENT
    except ValueError:  # no name at all
        return errno.ENOENT


LEARN: Mapping[Op, Callable[[str], str]] = {
    Op.KIND: _kind,
    Op.STAT: _state,
    Op.TIMES: _times,
    Op.ACCESS: _rights,
    Op.LINK: _link,
    Op.SAME: _same,
    Op.NAMES: _names,
    Op.FIND: _module,
    Op.SCAN: _entries,
    Op.GLOB: _found,
}
