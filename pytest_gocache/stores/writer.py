"""The one place that speaks to diskcache: its SQL for writing, without what it believes and runs.

Imported at the first write of a run and not before: ``import diskcache`` costs, and
brings Django into the process where that is installed. Reading goes around it (``stores/disk.py``).

What of diskcache is not used, and why (``docs/decisions/002-diskcache.md`` has the whole story):

- its serialisation: pickle, and value files by the name that stands in the row. ``RawDisk`` keeps raw
  bytes in the row and refuses the rest;
- its start-up, ``Cache.__init__``: takes settings from the database, also names of attributes and
  pragmas; writes 36 times; waits 60 seconds for a lock; expands ``$`` and ``~`` in the directory;
- its eviction: deletes the files that stand in ``filename``.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import diskcache

from pytest_gocache.stores.base import check_name, is_name
from pytest_gocache.stores.guard import connect

MODE_RAW = 1


class Refused(OSError):
    """Something other than raw bytes in a row. ``OSError``: diskcache takes it for a lost value, a miss."""


class RawDisk(diskcache.Disk):  # type: ignore[misc]
    """Names of 64 hex digits, values of raw bytes, all of it in the database. No pickle, no file, ever."""

    def put(self, key: object) -> tuple[str, bool]:
        """The key as it lies in the database. ``ValueError`` for anything that is not a name."""
        name = key if isinstance(key, str) else repr(key)
        check_name(name)
        return name, True

    def get(self, key: object, raw: object) -> str:
        """The name that lies in the database; ``Refused`` for anything else (diskcache would unpickle)."""
        if not (isinstance(key, str) and is_name(key) and raw):
            raise Refused("a key that is no name")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, bytes]:
        """The columns size, mode, filename and value: never a file."""
        if read or type(value) is not bytes:
            raise ValueError(f"a cache keeps bytes, not {type(value).__name__}")
        return len(value), MODE_RAW, None, value

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> bytes:
        """The value, if it is raw bytes in the row; ``Refused`` for pickles, text, numbers and files."""
        if mode != MODE_RAW or filename is not None or read or type(value) is not bytes:
            raise Refused(f"a value of mode {mode!r}, which is not ours")
        return value

    def filename(self, key: object = None, value: object = None) -> tuple[str, str]:
        """Refused: there are no value files."""
        raise Refused("there are no value files")

    def remove(self, file_path: object) -> None:
        """Removes nothing, whatever a row calls its file."""


class Writer(diskcache.Cache):  # type: ignore[misc]
    """diskcache's transactions, ``set`` and ``delete`` on a database that has passed ``guard.open_checked``.

    Raises ``sqlite3.Error`` and ``ValueError``. diskcache says ``Timeout`` for *every* failure to begin
    a transaction, a read-only file as well; what SQLite said is raised in its place.
    """

    def __init__(self, path: Path, busy_seconds: float, now: Callable[[], float]) -> None:
        # Instead of diskcache's own start-up. Every setting that a write looks at:
        self._directory = str(path.parent)
        self._timeout = busy_seconds
        self._disk = RawDisk(self._directory, min_file_size=2**62, pickle_protocol=0)
        self.statistics = 0
        self.eviction_policy = "none"
        self.cull_limit = 0  # No eviction by diskcache at all; ``DiskStore.trim`` deletes rows.
        self.size_limit = 2**62
        self._local = threading.local()
        self._txn_id: int | None = None
        self._now = now
        self._connection = connect(path, "mode=rw", busy_seconds)

    @property
    def _con(self) -> sqlite3.Connection:
        return self._connection

    def __len__(self) -> int:
        raise NotImplementedError("diskcache counts in its table Settings, which we do not have")

    def __bool__(self) -> bool:
        return True

    def write(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Writes all items in one transaction: all of them or none."""
        try:
            with self.transact():
                for name, blob in items:
                    self.set(name, blob)
        except diskcache.Timeout as timeout:
            raise timeout.__context__ or TimeoutError("database is locked") from None

    def forget(self, name: str) -> None:
        """Deletes one item, if it is there."""
        try:
            self.delete(name)
        except diskcache.Timeout as timeout:
            raise timeout.__context__ or TimeoutError("database is locked") from None

    def _row_insert(self, key: str, raw: bool, now: float, columns: tuple[Any, ...]) -> None:
        super()._row_insert(key, raw, self._now(), columns)

    def _row_update(self, rowid: int, now: float, columns: tuple[Any, ...]) -> None:
        super()._row_update(rowid, self._now(), columns)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement of ours to its end (an unfinished one would hold a lock)."""
        return self._connection.execute(statement, values).fetchall()

    def shrink(self) -> None:
        """Gives the pages of deleted rows back to the system."""
        # A script, since sqlite3 steps a statement without columns only once: one page.
        self._connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes the connection; the last one of all processes also empties the WAL."""
        self._connection.close()
