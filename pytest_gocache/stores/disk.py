"""The local store: one SQLite database, written through diskcache, each entry sealed.

A read is plain SQL on a read-only connection that has passed ``guard``: it can neither write nor wait
for a writer (WAL), and diskcache is not even imported. The first write opens a ``Writer``.

Nothing here raises for what lies on the disk. The first trouble of each kind leaves one notice, and
the run goes on with what still works:

    damaged             moved aside, once; a fresh database takes its place
    read-only           reading goes on
    full, locked        reading goes on; nothing more is written in this run
    unusable            no further
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_gocache.stores import guard, tidy
from pytest_gocache.stores.base import check_name, is_name
from pytest_gocache.stores.place import DAY, FORMAT, LocalFiles, StrPath
from pytest_gocache.stores.seal import MAX_BLOB, MAX_PAYLOAD, seal, unseal
from pytest_gocache.stores.tidy import StoreStats, Trimmed
from pytest_gocache.stores.trouble import TROUBLE, kind_of, notice

if TYPE_CHECKING:
    from pytest_gocache.stores.writer import Writer

T = TypeVar("T")

MAX_BYTES = 1024**3
MAX_AGE_DAYS = 30.0

_GET = (
    "SELECT value, access_time FROM Cache WHERE key = ? AND raw = 1 AND mode = 1 AND filename IS NULL"
    " AND expire_time IS NULL AND typeof(value) = 'blob' AND length(value) <= ?"
)

_NAMES = "SELECT key FROM Cache WHERE raw = 1 AND mode = 1 AND filename IS NULL ORDER BY key"


class DiskStore:
    """A ``Store`` in ``<directory>/v1/cache.db`` for one thread; a forked child only gets misses."""

    def __init__(
        self,
        directory: StrPath,
        *,
        now: Callable[[], float] = time.time,
        max_bytes: int = MAX_BYTES,
        busy_seconds: float = 5.0,
    ) -> None:
        self._path = Path(directory, FORMAT, guard.DATABASE).absolute()
        self._local = LocalFiles(directory, now)
        self._now, self._max_bytes, self._busy = now, max_bytes, busy_seconds
        self._pid = os.getpid()
        self._reader: sqlite3.Connection | None = None
        self._writer: Writer | None = None
        self._readable = self._writable = True
        self._inode = 0
        self._moved = self._wrote = False
        self._used: list[str] = []
        self._notices: dict[str, str] = {}

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, one line each: what, where, what to do. At most one of a kind."""
        return tuple(self._notices.values())

    def get(self, name: str, here: bool = False) -> bytes | None:
        """The payload under ``name``, or None: absent, damaged, foreign, or the database cannot be read."""
        check_name(name)
        rows = self._attempt(lambda: self._read(_GET, (name, MAX_BLOB)))
        if not rows:
            return None
        ((blob, used),) = rows
        payload = unseal(name, blob)
        if payload is not None and not (isinstance(used, float) and self._now() - used < DAY):
            self._used.append(name)
        return payload

    def put(self, name: str, payload: bytes) -> bool:
        """Stores ``payload`` whole or not at all; False when it could not be written."""
        return self.put_many([(name, payload)])

    def put_many(self, items: Iterable[tuple[str, bytes]], here: Collection[str] = ()) -> bool:
        """Stores all the items in one transaction (three times quicker than one by one), or none of them."""
        sealed = []
        for name, payload in items:
            check_name(name)
            if len(payload) > MAX_PAYLOAD:
                self._notice("large")
                return False
            sealed.append((name, seal(name, payload)))
        return self._attempt(lambda: self._write(sealed), writing=True) or False

    def delete(self, name: str) -> None:
        """Forgets ``name``; nothing happens where there is none, or where it cannot be written."""
        check_name(name)
        self._attempt(lambda: self._open_writer(fresh=False).forget(name), writing=True)

    def names(self) -> list[str]:
        """Those of all entries, whole or damaged; none where nothing can be read."""
        rows = self._attempt(lambda: self._read(_NAMES, ())) or []
        found = (key.decode("ascii", "replace") if isinstance(key, bytes) else key for (key,) in rows)
        return [name for name in found if is_name(name)]

    def stats(self) -> StoreStats:
        """Entries, bytes and oldest use; zeros where nothing can be read."""
        return self._attempt(lambda: tidy.measure(self._read)) or StoreStats(0, 0, None)

    def trim(self, max_age_days: float = MAX_AGE_DAYS, max_bytes: int | None = None) -> Trimmed:
        """Deletes what was not used for so long, then, longest unused first, what exceeds ``max_bytes``."""
        before = self._now() - max_age_days * DAY
        limit = self._max_bytes if max_bytes is None else max_bytes
        gone = self._attempt(lambda: tidy.delete_unused(self._execute, before, limit), writing=True)
        freed = self._local.trim(max_age_days) + tidy.remove_left_overs(self._path.parent, before)
        return self._after_deleting(gone or Trimmed(0, 0), freed)

    def clean(self) -> Trimmed:
        """Deletes all entries, local files and left-overs; no directory, and nothing that is not ours."""
        gone = self._attempt(lambda: tidy.delete_all(self._execute), writing=True)
        freed = self._local.clean() + tidy.remove_left_overs(self._path.parent, float("inf"))
        return self._after_deleting(gone or Trimmed(0, 0), freed)

    def close(self) -> None:
        """Notes what was used, trims if due (daily, and only after a write), closes. May be called twice."""
        if os.getpid() == self._pid:
            if self._used and self._writable and os.access(self._path, os.W_OK):
                self._quietly(self._note_use)
            if self._wrote and self._quietly(self._trim_is_due):
                self.trim()
            self._drop()
        self._readable = self._writable = False

    # What follows may raise anything of TROUBLE, down to _attempt and _quietly, which catch it.

    def _read(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._open_reader().execute(statement, values).fetchall()

    def _execute(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._open_writer(fresh=False).execute(statement, values)

    def _open_reader(self) -> sqlite3.Connection:
        if self._reader is None:
            self._inode = os.lstat(self._path).st_ino
            self._reader = guard.open_checked(self._path, self._busy)
        return self._reader

    def _open_writer(self, fresh: bool = True) -> Writer:
        """The reader checks first. ``FileNotFoundError``: there is no database, and none is to be made."""
        if self._writer is None:
            from pytest_gocache.stores.writer import Writer

            if fresh and not os.path.lexists(self._path):
                guard.create(self._path)
            self._open_reader()
            self._writer = Writer(self._path, self._busy, self._now)
        return self._writer

    def _after_deleting(self, gone: Trimmed, freed: int) -> Trimmed:
        if gone.entries:
            self._quietly(lambda: self._open_writer(fresh=False).shrink())
        return Trimmed(gone.entries, gone.bytes + freed)

    def _write(self, sealed: list[tuple[str, bytes]]) -> bool:
        self._open_writer().write(sealed)
        self._wrote = True
        return True

    def _note_use(self) -> None:
        """At most daily per entry, and at the end: reading is not writing."""
        names, self._used = self._used, []
        tidy.note_use(self._execute, names, self._now())

    def _trim_is_due(self) -> bool:
        """Daily, by the time of an empty file; at once where the database has outgrown its limit."""
        flags = os.O_CREAT | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        marker = self._path.with_name("trimmed")
        fresh = not os.path.lexists(marker)
        os.close(os.open(marker, flags, 0o600))
        due = fresh or self._now() - os.lstat(marker).st_mtime > DAY
        if due:
            os.utime(marker, (self._now(), self._now()))
        return due or os.lstat(self._path).st_size > 1.25 * self._max_bytes

    def _attempt(self, work: Callable[[], T], writing: bool = False) -> T | None:
        """The answer of ``work``, or None and a notice. After damage it has one more try."""
        if os.getpid() != self._pid or not (self._writable if writing else self._readable):
            return None
        try:
            return work()
        except FileNotFoundError:
            return None
        except TROUBLE as error:
            again = self._judge(error, writing)
        return self._attempt(work, writing) if again else None

    def _quietly(self, work: Callable[[], T]) -> T | None:
        """The same without a notice, for housekeeping that the next run will do."""
        try:
            return work()
        except TROUBLE:
            return None

    def _judge(self, error: BaseException, writing: bool) -> bool:
        """Decides what still works after ``error``. True where a fresh database may be tried."""
        kind, why = kind_of(error)
        if kind == "read-only" and writing:
            self._drop()  # The next read opens it again.
            if not guard.is_header_sound(self._path):
                kind = "damaged"
        if kind == "damaged" and not self._moved:
            return self._set_aside(why)
        self._writable = False
        self._readable = writing and kind != "damaged"
        kinds = {"unusable": "read-only"} if self._readable else {kind: "unusable"}
        self._notice(kinds.get(kind, kind), why=why)
        return False

    def _set_aside(self, why: str) -> bool:
        self._drop()
        self._moved = True
        try:
            if os.lstat(self._path).st_ino == self._inode:  # Else another process has just done so.
                aside = guard.move_aside(self._path, self._now())
                self._notice("damaged", why=why, aside=aside)
        except OSError as error:
            return self._judge(error, writing=False)
        return True

    def _notice(self, kind: str, why: str = "", aside: str = "") -> None:
        self._notices.setdefault(kind, notice(kind, self._path.parent.parent, why, aside))

    def _drop(self) -> None:
        """Closes what is open; the reader first, so that the writer can be the last and empty the WAL."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                self._quietly(connection.close)
        self._reader = self._writer = None
