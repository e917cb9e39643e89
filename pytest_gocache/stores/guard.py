"""What has to hold before SQLite or diskcache may touch a database that somebody else may have made.

SQLite runs triggers, follows views, and rolls back a journal that lies beside the database; a
planted ``cache.db-journal`` makes it delete any file it names (tried: ``docs/decisions/002-diskcache.md``).
diskcache believes whatever stands in the table ``Settings``. So, in this order:

1. The files are looked at without opening them: plain files only, and no rollback journal. Ours is
   written in WAL mode and put in place whole, so it never has one.
2. The database is opened for reading only, and its schema compared, word for word, with the one below.

Nothing is repaired. What does not pass is moved aside, and a fresh database takes its place.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path

DATABASE = "cache.db"

SCHEMA = (
    # Word for word diskcache 5.6.3's table and unique index (a test compares). Its table Settings, its
    # index for expiry and its five triggers are left out: what a cache never has need not be trusted.
    "CREATE TABLE Cache ( rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL,"
    " expire_time REAL, access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB,"
    " size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0, filename TEXT, value BLOB)",
    "CREATE UNIQUE INDEX Cache_key_raw ON Cache(key, raw)",
)

_PRAGMAS = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",  # A mapped file that another process cuts short is a SIGBUS, not an error.
    "PRAGMA temp_store = MEMORY",
    "PRAGMA synchronous = NORMAL",  # After a power cut the newest entries may be gone; never torn.
    "PRAGMA journal_size_limit = 16777216",
)


_NO_SHARED_MEMORY = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
)


class Damaged(Exception):
    """The database, or something beside it, is not one of ours. The text says what."""


def open_checked(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """A read-only connection to a database that passed the checks.

    ``FileNotFoundError``: there is none yet. ``Damaged``: it is not ours. ``sqlite3.Error``,
    ``OSError``, ``ValueError`` (text that is no UTF-8) and ``MemoryError``: SQLite's own findings.
    """
    check_files(path)
    try:
        return _checked(path, "mode=ro", busy_seconds)
    except sqlite3.OperationalError as error:
        if primary_code(error) == sqlite3.SQLITE_ERROR:  # Here it is not our SQL: "unsupported file format".
            raise Damaged(str(error)) from None
        if primary_code(error) not in _NO_SHARED_MEMORY:
            raise
    # In a read-only directory, or on a full disk, SQLite cannot make the shared memory of WAL mode.
    # "immutable" needs none; if somebody does write meanwhile, what we read is torn, and the seal says so.
    return _checked(path, "mode=ro&immutable=1", busy_seconds)


def connect(path: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    """An unchecked connection with our pragmas. ``mode`` is that of a SQLite URI."""
    uri = f"{path.absolute().as_uri()}?{mode}"
    connection = sqlite3.connect(uri, timeout=busy_seconds, isolation_level=None, uri=True)
    connection.text_factory = bytes  # Planted text need not be UTF-8.
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except BaseException:
        connection.close()  # Left to the collector it would be a ResourceWarning in somebody's test.
        raise
    return connection


def primary_code(error: BaseException) -> int:
    """SQLite's result code without its refinements; 0 where the error is not SQLite's own."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _checked(path: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    connection = connect(path, mode, busy_seconds)
    try:
        _check_schema(connection)
        if "immutable" not in mode and connection.execute("PRAGMA journal_mode").fetchall() != [(b"wal",)]:
            raise Damaged("its journal mode is not WAL")
    except BaseException:
        connection.close()
        raise
    return connection


def check_files(path: Path) -> None:
    """Looks at the files and opens none. ``Damaged``, or ``OSError`` (``FileNotFoundError``: none yet)."""
    if path.parent.is_symlink():
        # Not ``Damaged``: nothing may be renamed where it points to.
        raise NotADirectoryError(f"{path.parent} is a link")
    for beside in (f"{path}-wal", f"{path}-shm", f"{path}"):
        if not stat.S_ISREG(_mode(beside)):
            raise Damaged(f"{os.path.basename(beside)} is not a plain file")
    if _mode(f"{path}-journal", absent=0):
        raise Damaged(f"a rollback journal lies beside {path.name}")
    os.lstat(path)  # FileNotFoundError where there is no database yet.


def _mode(path: str, absent: int = stat.S_IFREG) -> int:
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return absent


def _check_schema(connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL LIMIT 50").fetchall()
    found = sorted(sql for (sql,) in rows)
    if found != sorted(text.encode() for text in SCHEMA):
        raise Damaged("its tables, indexes, triggers or views are not those of a cache")


def is_header_sound(path: Path) -> bool:
    """Whether the two bytes say "WAL" that, damaged, make SQLite read a database and refuse to write to it.

    Not to be called while SQLite has the file open in this process: on POSIX closing it drops all locks.
    """
    try:
        with open(path, "rb") as file:
            return file.read(20)[18:] == b"\2\2"
    except OSError:
        return True


def create(path: Path) -> None:
    """Puts an empty database at ``path``, unless another process was quicker. ``sqlite3.Error``, ``OSError``.

    Made under a name of its own and linked into place: nobody ever sees half a schema (and would
    move it aside), and the journal of its making never lies beside ``cache.db``.
    """
    spare = path.with_name(f"{path.name}.new-{os.getpid()}-{os.urandom(4).hex()}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(spare, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _fill(spare)
        _link(spare, path)
    finally:
        spare.unlink(missing_ok=True)


def _fill(spare: Path) -> None:
    connection = connect(spare, "mode=rw", 5)
    try:
        # No waiting for the disk: there is nothing in it yet that a power cut could take.
        for pragma in (
            "synchronous = OFF",
            "journal_mode = MEMORY",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN")
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _link(spare: Path, path: Path) -> None:
    try:
        os.link(spare, path)
    except FileExistsError:
        pass
    except OSError:  # A file system without links: two creators at the same moment may lose entries.
        if not path.exists():
            os.rename(spare, path)


def move_aside(path: Path, now: float) -> str:
    """Renames the database and all beside it to ``*.damaged-<time>``; the database's new name. ``OSError``.

    The database goes last: until then nobody makes a fresh one, which would take up the old WAL. A
    process that still has it open keeps writing to the moved file, and loses those entries only.
    """
    mark = f".damaged-{int(now)}"
    if os.path.lexists(f"{path}{mark}"):
        mark += f"-{os.urandom(4).hex()}"  # The second within one second.
    for suffix in ("-journal", "-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{path}{suffix}", f"{path}{suffix}{mark}")
    return f"{path}{mark}"
