"""Keeping the store small: what is in it, what is too old or too much, what was left behind.

Only rows of our own table and files of our own names are ever deleted, and never what a row names.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Execute: TypeAlias = "Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]"

# Patterns are compiled at their first use: few runs trim.
_LEFT_OVER = (
    r"cache\.db(-journal|-wal|-shm)?\.damaged-\d+(-[0-9a-f]{8})?"
    r"|cache\.db\.new-\d+-[0-9a-f]+(-journal|-wal|-shm)?"
)


class StoreStats(NamedTuple):
    """What lies in a store: entries, their size as sealed, and when the one unused for longest was used."""

    entries: int
    bytes: int
    oldest_use: float | None


class Trimmed(NamedTuple):
    """What a trim or a clean took away."""

    entries: int
    bytes: int


def measure(execute: Execute) -> StoreStats:
    """Counts entries and bytes. Reads no value: SQLite knows a value's length from its row's header."""
    # total() and CAST: planted rows may hold anything, and sum() raises where integers overflow.
    ((entries, size, oldest),) = execute(
        "SELECT count(*), total(length(value)), min(CAST(access_time AS REAL)) FROM Cache", ()
    )
    return StoreStats(entries, int(size), oldest)


def delete_unused(execute: Execute, before: float, max_bytes: int) -> Trimmed:
    """Deletes entries last used before ``before``; then, longest unused first, what exceeds ``max_bytes``."""
    return _delete(
        execute,
        "DELETE FROM Cache WHERE access_time IS NULL OR CAST(access_time AS REAL) < ? OR rowid IN ("
        " SELECT rowid FROM ("
        "  SELECT rowid, total(length(value)) OVER newest_first AS up_to_here"
        "  FROM Cache WINDOW newest_first AS (ORDER BY CAST(access_time AS REAL) DESC, rowid)"
        " ) WHERE up_to_here > ?)",
        (before, max_bytes),
    )


def delete_all(execute: Execute) -> Trimmed:
    """Deletes every row. The database stays: other processes may have it open."""
    return _delete(execute, "DELETE FROM Cache", ())


def note_use(execute: Execute, names: Sequence[str], now: float) -> None:
    """Writes down that these entries were used."""
    with _transaction(execute):
        for name in names:
            execute("UPDATE Cache SET access_time = ? WHERE key = ? AND raw = 1", (now, name))


def _delete(execute: Execute, statement: str, values: tuple[Any, ...]) -> Trimmed:
    with _transaction(execute):
        had = measure(execute)
        execute(statement, values)
        has = measure(execute)
    return Trimmed(had.entries - has.entries, had.bytes - has.bytes)


@contextmanager
def _transaction(execute: Execute) -> Iterator[None]:
    execute("BEGIN IMMEDIATE", ())
    try:
        yield
        execute("COMMIT", ())
    except BaseException:
        execute("ROLLBACK", ())  # May fail, where SQLite has rolled back already: the first error counts.
        raise


def remove_left_overs(directory: Path, before: float) -> int:
    """Deletes databases moved aside, and what killed processes left, older than ``before``; bytes freed."""
    freed = 0
    try:
        for entry in list(os.scandir(directory)):
            status = entry.stat(follow_symlinks=False)
            old = status.st_mtime < before and not stat.S_ISDIR(status.st_mode)
            if old and re.fullmatch(_LEFT_OVER, entry.name):
                os.unlink(entry.path)
                freed += status.st_size
    except OSError:
        pass  # Gone meanwhile, or not ours to delete: the next trim tries again.
    return freed
