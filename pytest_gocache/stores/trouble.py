"""What can go wrong with a database, and what the user is told of it: one line of each kind."""

from __future__ import annotations

import errno
import sqlite3

from pytest_gocache.stores.guard import Damaged, primary_code

TROUBLE = (sqlite3.Error, OSError, ValueError, MemoryError, Damaged, ImportError)
"""All that a hostile file, a full disk or a lock can raise. ``ValueError``: text that is no UTF-8, rows that
cannot be. ``ImportError``: an environment that has lost diskcache."""

_KINDS = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "unusable",
    sqlite3.SQLITE_IOERR: "unusable",
    sqlite3.SQLITE_PERM: "unusable",
    sqlite3.SQLITE_NOMEM: "unusable",
    sqlite3.SQLITE_INTERRUPT: "unusable",
    sqlite3.SQLITE_ERROR: "unusable",
    0: "unusable",
}
"""Any other code of SQLite's means damage. ERROR and 0 (Python's own) do not: they mean a mistake of ours."""

_SYSTEM_KINDS = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
}

_TEXTS = {
    "damaged": "the cache in {path} was damaged ({why}); its database is now {aside}, which may be deleted",
    "read-only": "cannot write to the cache in {path} ({why}): its results are used, new ones are not kept",
    "full": "no space for the cache in {path}: new results are not kept; make room, or `pytest-gocache trim`",
    "locked": "another process keeps the cache in {path} locked: new results of this run are not kept",
    "unusable": "the cache in {path} cannot be used ({why}); look there, or choose another --gocache-dir",
    "large": "a result of more than 64 MiB is not kept in the cache in {path}",
}


def kind_of(error: BaseException) -> tuple[str, str]:
    """The kind of trouble, and why in a few words. The first error counts: the others come from it."""
    while not isinstance(error, Damaged) and isinstance(error.__context__, (sqlite3.Error, OSError)):
        error = error.__context__
    why = one_line(str(error)) or type(error).__name__
    if isinstance(error, TimeoutError):
        return "locked", why
    if isinstance(error, OSError):
        return _SYSTEM_KINDS.get(error.errno or 0, "unusable"), error.strerror or why
    if isinstance(error, (ImportError, MemoryError)):
        return "unusable", why
    return _KINDS.get(primary_code(error), "damaged") if isinstance(error, sqlite3.Error) else "damaged", why


def notice(kind: str, path: object, why: str = "", aside: str = "") -> str:
    """The line for the user: what, where, what to do."""
    return one_line(_TEXTS[kind].format(path=path, why=why, aside=aside))


def one_line(text: str) -> str:
    """``text`` without line breaks or anything else that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)[:500].strip()
