"""The local store on bad days. Laws 4 and 5: a hit or a miss; never an error, never code run.

Each story ends the same way (``assert_harmless``): misses instead of errors, at most one notice, and
a store that works again, unless the disk itself does not let it.
"""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_gocache.stores import guard
from pytest_gocache.stores.disk import DiskStore
from pytest_gocache.stores.seal import seal

SILENT = ["subprocess:python after setuid", "subprocess:python that cannot tell"]
pytestmark = pytest.mark.gocache(allow=SILENT)  # it reads what the test has laid
ONE, TWO = "11" * 32, "22" * 32
PAYLOAD = b'{"tests": ["::test_one"], "seconds": 0.25}'
ROW = (
    "INSERT INTO Cache (key, raw, store_time, access_time, mode, filename, value)"
    " VALUES (?, 1, 1, 1, ?, ?, ?)"
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound database with two entries, all of it out of the WAL."""
    directory = tmp_path_factory.mktemp("sound")
    store = DiskStore(directory)
    assert store.put_many([(ONE, PAYLOAD), (TWO, b"two")])
    store.close()
    return (directory / "v1" / "cache.db").read_bytes()


@pytest.fixture
def database(tmp_path: Path, sound: bytes) -> Path:
    """A copy of it, in a directory of its own, to be spoiled."""
    return lay(tmp_path / "cache", sound)


def lay(directory: Path, content: bytes) -> Path:
    """Makes ``directory`` a cache whose database has this content."""
    path = directory / "v1" / "cache.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def spoil(path: Path, *statements: str, rows: tuple[tuple[object, ...], ...] = ()) -> None:
    """What somebody with plain sqlite3 does to a database of ours."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    for row in rows:
        connection.execute("DELETE FROM Cache WHERE key = ?", row[:1])
        connection.execute(ROW, row)
    connection.close()


def assert_harmless(
    path: Path, allowed: tuple[bytes | None, ...] = (None,), works: bool = True
) -> tuple[str, ...]:
    """Opens the cache as a run would: hits are true, the rest are misses, and it can be used again."""
    store = DiskStore(path.parent.parent, busy_seconds=0.2)
    assert store.get(ONE) in allowed, "a hit is the payload that was stored, never another"
    assert store.get(TWO) in (b"two", None)
    assert store.put(ONE, b"again") or not works, store.notices
    assert store.get(ONE) == b"again" or not works
    store.delete(TWO)
    store.stats()
    store.trim()
    store.close()
    assert len(store.notices) <= 1, "at most one warning line"
    assert all(line.isprintable() and len(line) <= 500 for line in store.notices)
    return store.notices


# Bytes that are not what was written.


def test_every_byte_of_an_entry_flipped_or_cut(database: Path, sound: bytes) -> None:
    """Through the real database: a miss each time, and never a damaged database for the sake of one entry."""
    blob = seal(ONE, PAYLOAD)
    start = sound.find(blob)
    assert start > 0, "the entry lies in one piece, as sealed"
    for at in range(start, start + len(blob)):
        database.write_bytes(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])
        store = DiskStore(database.parent.parent)
        assert (store.get(ONE), store.get(TWO), store.notices) == (None, b"two", ())
        store.close()
    for length in range(len(blob)):
        spoil(database, rows=((ONE, 1, None, blob[:length]),))
        store = DiskStore(database.parent.parent)
        assert (store.get(ONE), store.notices) == (None, ())
        store.close()


def test_an_entry_under_another_name(database: Path) -> None:
    """Somebody renames a pass: it does not answer for the other module."""
    spoil(database, rows=((ONE, 1, None, seal(TWO, b"two")),))
    assert assert_harmless(database) == ()


def test_a_database_cut_at_many_lengths(database: Path, sound: bytes) -> None:
    """Moved aside, told once, and a fresh one takes its place."""
    lengths = [*range(0, 100, 9), *range(100, len(sound), 509), len(sound) - 1]
    for length in lengths:
        database.write_bytes(sound[:length])
        assert_harmless(database, allowed=(None, PAYLOAD))


def test_flipped_bytes_anywhere_in_the_database(database: Path, sound: bytes) -> None:
    """Header, schema, tree pages, free space: whatever the byte, what comes back is true or nothing."""
    for at in [*range(100), *range(100, len(sound), 211)]:
        database.write_bytes(sound[:at] + bytes([sound[at] ^ 0xFF]) + sound[at + 1 :])
        assert_harmless(database, allowed=(None, PAYLOAD))


@pytest.mark.parametrize(
    "content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000, bytes(8192)]
)
def test_garbage(tmp_path: Path, content: bytes) -> None:
    """One line that says what, where, and what to do; the garbage is kept for whoever wants to look."""
    path = lay(tmp_path, content)
    (notice,) = assert_harmless(path)
    assert f"the cache in {tmp_path} was damaged" in notice
    (aside,) = path.parent.glob("cache.db.damaged-*")
    assert aside.read_bytes() == content
    assert str(aside) in notice
    assert assert_harmless(path, allowed=(b"again",)) == (), "the next run has nothing to say"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=600),
    st.sampled_from([b"", b"SQLite format 3\0", "page"]),
    st.sampled_from(["", "-wal", "-shm"]),
)
def test_any_bytes_as_any_file(
    tmp_path: Path, sound: bytes, content: bytes, head: bytes | str, suffix: str
) -> None:
    """Law 5: random bytes as the database, behind a good header, as its WAL and as its shared memory."""
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    path = lay(tmp_path / "cache", sound)
    start = sound[:200] if isinstance(head, str) else head
    Path(f"{path}{suffix}").write_bytes(start + content)
    assert_harmless(path, allowed=(None, PAYLOAD))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_at_any_place(tmp_path: Path, sound: bytes, data: st.DataObject) -> None:
    """Law 5, further in: pieces of a sound database overwritten."""
    content = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sound) - 1))
        piece = data.draw(st.binary(min_size=1, max_size=40))
        content[at : at + len(piece)] = piece
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    assert_harmless(lay(tmp_path / "cache", bytes(content)), allowed=(None, PAYLOAD))


# Bytes that somebody planted.


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A directory beside the cache in which nothing may be read, made or deleted."""
    directory = tmp_path / "outside"
    directory.mkdir()
    (directory / "x").write_bytes(seal(ONE, b"from outside"))
    yield directory
    assert os.listdir(directory) == ["x"]
    assert (directory / "x").read_bytes() == seal(ONE, b"from outside")


def test_planted_pickles_are_not_unpickled(database: Path, outside: Path) -> None:
    """As value and as key, in the mode that makes plain diskcache run them."""
    bomb = pickle.dumps(Bomb(outside / "ran"))
    spoil(
        database,
        "UPDATE Cache SET raw = 0",
        rows=((ONE, 4, None, bomb), (TWO, 1, None, bomb), (bomb, 4, None, bomb)),
    )
    assert assert_harmless(database) == ()
    with pytest.raises(FileExistsError):
        pickle.loads(pickle.dumps(Bomb(outside)))  # The bomb is a real one.


@pytest.mark.parametrize("mode", [0, 1, 2, 3, 4, 5, "x", None])
def test_planted_filenames_are_not_followed(database: Path, outside: Path, mode: object) -> None:
    """Neither read (get), nor deleted (put over it, delete, trim, clean)."""
    names = ("../../outside/x", str(outside / "x"), "x")
    (database.parent / "x").write_bytes(seal(ONE, b"from inside"))
    for number, name in enumerate(names):
        value = seal(ONE, b"odd") if number == 1 else None
        spoil(
            database, rows=((ONE, mode, name, value), (TWO, mode, name, None), ("33" * 32, mode, name, None))
        )
        assert assert_harmless(database) == ()
    spoil(database, rows=((ONE, mode, "../../outside/x", None),))
    store = DiskStore(database.parent.parent)
    store.clean()
    store.close()
    assert (database.parent / "x").exists()


@pytest.mark.parametrize(
    "plant",
    [
        "CREATE TRIGGER evil AFTER INSERT ON Cache BEGIN DELETE FROM Cache; END",
        "CREATE TRIGGER evil AFTER UPDATE ON Cache BEGIN UPDATE Cache SET value = x'00'; END",
        "CREATE VIEW evil AS SELECT * FROM Cache",
        "CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value)",
        "CREATE INDEX evil ON Cache(abs(mode))",
        "ALTER TABLE Cache ADD COLUMN evil TEXT DEFAULT 'x'",
        "ALTER TABLE Cache RENAME COLUMN value TO evil",
        "DROP INDEX Cache_key_raw",
        "CREATE VIRTUAL TABLE evil USING fts4(x)",
        "PRAGMA journal_mode = DELETE",
    ],
)
def test_a_schema_that_is_not_ours_is_not_used(database: Path, plant: str) -> None:
    """Looked at before anything could fire; then moved aside, whole, and told."""
    spoil(database, plant)
    (notice,) = assert_harmless(database)
    assert "damaged" in notice


def test_a_view_in_place_of_the_table(database: Path) -> None:
    """A view that computes whatever is asked for, with a trigger to catch what is written."""
    spoil(
        database,
        "ALTER TABLE Cache RENAME TO Real",
        "CREATE VIEW Cache AS SELECT * FROM Real",
        "CREATE TRIGGER evil INSTEAD OF INSERT ON Cache BEGIN SELECT 1; END",
    )
    (notice,) = assert_harmless(database)
    assert "tables, indexes, triggers or views" in notice


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("disk_min_file_size", 0),
        ("disk__directory", "/"),
        ("disk_pickle_protocol", 4),
        ("eviction_policy", "least-recently-used"),
        ("cull_limit", 1000),
        ("size_limit", 0),
        ("statistics", 1),
        ("sqlite_mmap_size", 2**30),
        ("sqlite_journal_mode", "delete"),
        ("sqlite_writable_schema = 1; --", 1),
        ("_disk", "x"),
        ("get", "x"),
    ],
)
def test_planted_settings_do_not_win(database: Path, outside: Path, key: str, value: object) -> None:
    """diskcache would obey them. There is no such table in ours: the database is moved aside unread."""
    spoil(database, "CREATE TABLE Settings ( key TEXT NOT NULL UNIQUE, value)")
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("INSERT INTO Settings VALUES (?, ?)", (key, value))
        connection.execute("UPDATE Cache SET filename = '../../outside/x'")
    connection.close()
    (notice,) = assert_harmless(database)
    assert "damaged" in notice


def test_rows_of_impossible_types(database: Path) -> None:
    """Text that is no UTF-8, numbers, infinity: as values and in every other column."""
    spoil(
        database,
        "UPDATE Cache SET access_time = CAST(x'ff' AS TEXT), filename = CAST(x'fe' AS TEXT), size = 9e999",
    )
    spoil(
        database,
        rows=((ONE, 1, None, "text"), (TWO, 1, None, 2**62), (3, 1, None, None), (None, 1, None, 1.5)),
    )
    assert assert_harmless(database) == ()


def hot_journal(database: Path, victim: Path) -> bytes:
    """A rollback journal that names ``victim`` as its super-journal: SQLite deletes it when it rolls back.

    https://www.sqlite.org/fileformat2.html, "The Rollback Journal": header, no page, super-journal name.
    """
    page = struct.unpack(">H", database.read_bytes()[16:18])[0]
    magic = bytes.fromhex("d9d505f920a163d7")
    head = magic + struct.pack(">IIIII", 0, 0, database.stat().st_size // page, 512, page)
    name = os.fsencode(victim)
    tail = struct.pack(">I", 2**30 // page + 1) + name + struct.pack(">II", len(name), sum(name)) + magic
    return head.ljust(512, b"\0") + tail


def test_a_planted_journal_deletes_nothing(database: Path, tmp_path: Path) -> None:
    """Plain SQLite deletes the file it names, on the first read; ours looks first, and moves it aside."""
    victim = tmp_path / "thesis.txt"
    victim.write_text("mine\n")
    Path(f"{database}-journal").write_bytes(hot_journal(database, victim))
    (notice,) = assert_harmless(database)
    assert "rollback journal" in notice
    assert victim.exists()

    lay(database.parent.parent, database.read_bytes())
    Path(f"{database}-journal").write_bytes(hot_journal(database, victim))
    connection = sqlite3.connect(database)
    connection.execute("SELECT * FROM Cache").fetchall()
    connection.close()
    assert not victim.exists(), "the journal is a real one"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
def test_files_that_are_no_files(database: Path, outside: Path, suffix: str, kind: str) -> None:
    """A link would lead out of the cache, also for writing (the WAL); a pipe would wait for ever."""
    path = Path(f"{database}{suffix}")
    path.unlink(missing_ok=True)
    make: dict[str, Callable[[], None]] = {
        "link": lambda: path.symlink_to(outside / "x"),
        "pipe": lambda: os.mkfifo(path),
        "directory": lambda: path.mkdir(),
    }
    make[kind]()
    (notice,) = assert_harmless(database)
    assert "damaged" in notice


def test_a_link_in_place_of_our_directory(tmp_path: Path, database: Path) -> None:
    """Nothing is used there, and nothing renamed there."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "v1").symlink_to(database.parent)
    store = DiskStore(tmp_path / "other")
    assert store.get(ONE) is None
    assert not store.put(ONE, b"x")
    assert len(store.notices) == 1
    assert os.listdir(database.parent) == ["cache.db"]


# A disk that does not let us.


def test_a_full_disk(database: Path) -> None:
    """What is there is still read; nothing half-written stays; one line says so."""
    store = DiskStore(database.parent.parent)
    assert store.put(ONE, PAYLOAD)
    assert store._writer is not None
    store._writer.execute(f"PRAGMA max_page_count = {len(database.read_bytes()) // 4096 + 2}")
    assert not store.put_many([(TWO, b"new"), ("33" * 32, os.urandom(100_000))])
    assert not store.put(TWO, b"new"), "it is not tried again and again"
    assert (store.get(ONE), store.get(TWO)) == (PAYLOAD, b"two"), "none of the transaction was kept"
    store.close()
    (notice,) = store.notices
    assert notice.startswith(f"no space for the cache in {database.parent.parent}")
    assert assert_harmless(database, allowed=(PAYLOAD,)) == (), "with space again, it works again"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_a_file_that_may_not_grow(tmp_path: Path, database: Path) -> None:
    """The system's own refusal (RLIMIT_FSIZE, in a child), at every size: no error, no damage."""
    code = """
        import os, resource, sys
        from pytest_gocache.stores.disk import DiskStore
        limit = int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        store = DiskStore(sys.argv[1])
        assert store.get("22" * 32) == b"two", store.notices
        assert not store.put("11" * 32, os.urandom(200_000))
        store.close()
        assert len(store.notices) == 1, store.notices
    """
    for limit in (0, 40_000, 100_000):
        run_child(code, database.parent.parent, limit)
        store = DiskStore(database.parent.parent)
        assert (store.get(ONE), store.notices) == (PAYLOAD, ())
        store.close()


def test_no_new_file_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first database of all, on a full or read-only disk."""
    for code, said in ((errno.ENOSPC, "no space"), (errno.EROFS, "cannot write")):

        def fail(path: Path, code: int = code) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(guard, "create", fail)
        store = DiskStore(tmp_path)
        assert not store.put(ONE, b"x")
        assert store.get(ONE) is None
        (notice,) = store.notices
        assert notice.startswith(said)


def test_a_read_only_database_is_read(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root permission bits mean nothing, so here SQLite itself is told to open everything for reading."""
    real = guard.connect
    monkeypatch.setattr(
        "pytest_gocache.stores.writer.connect", lambda path, mode, seconds: real(path, "mode=ro", seconds)
    )
    store = DiskStore(database.parent.parent)
    assert store.get(ONE) == PAYLOAD
    assert not store.put(TWO, b"new")
    store.delete(ONE)
    assert store.trim().entries == 0
    assert (store.get(ONE), store.get(TWO)) == (PAYLOAD, b"two")
    store.close()
    (notice,) = store.notices
    assert notice.startswith("cannot write to the cache")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
@pytest.mark.parametrize("wal", [False, True])
def test_a_read_only_directory_is_read(sound: bytes, wal: bool) -> None:
    """By its permission bits, in a child that is not root; SQLite cannot make its shared memory there."""
    code = """
        import os, sys, urllib.parse
        import pytest_gocache.stores.writer
        from pytest_gocache.stores.disk import DiskStore
        if os.getuid() == 0:
            os.setgid(65534), os.setuid(65534)
        store = DiskStore(sys.argv[1])
        assert store.get("11" * 32) is not None, store.notices
        assert not store.put("22" * 32, b"new")
        assert store.get("22" * 32) == b"two", store.notices
        store.close()
        (notice,) = store.notices
        assert notice.startswith("cannot write to the cache"), notice
    """
    directory = Path(tempfile.mkdtemp())  # Not tmp_path: its parents are closed to other users.
    try:
        path = lay(directory / "cache", sound)
        if wal:
            Path(f"{path}-wal").write_bytes(b"")
        path.chmod(0o444)
        for closed in (path.parent, path.parent.parent, directory):
            closed.chmod(0o555)
        run_child(code, path.parent.parent)
    finally:
        for opened in (directory, directory / "cache", directory / "cache" / "v1"):
            opened.chmod(0o755)
        shutil.rmtree(directory)


def test_a_database_that_may_not_be_read(database: Path) -> None:
    """Caching is off for this run, with one line; nothing is moved."""
    code = """
        import os, sys
        from pytest_gocache.stores.disk import DiskStore
        store = DiskStore(sys.argv[1])
        import pytest_gocache.stores.guard as guard
        def closed(*_): raise PermissionError(13, "Permission denied")
        guard.os.lstat = closed
        assert store.get("11" * 32) is None
        assert not store.put("11" * 32, b"x")
        store.close()
        assert len(store.notices) == 1, store.notices
    """
    run_child(code, database.parent.parent)
    assert os.listdir(database.parent) == ["cache.db"]


def test_a_locked_database_is_not_waited_for_again_and_again(database: Path) -> None:
    """One short wait, one line; reading goes on beside the writer."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = DiskStore(database.parent.parent, busy_seconds=0.2)
    started = time.monotonic()
    assert [store.put(TWO, b"new") for _ in range(20)] == [False] * 20
    assert time.monotonic() - started < 2
    assert store.get(ONE) == PAYLOAD
    store.close()
    other.execute("ROLLBACK")
    other.close()
    (notice,) = store.notices
    assert notice.startswith("another process keeps the cache")


def test_a_full_disk_at_the_end_of_a_run(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note of use fails half-way: the trim after it finds no open transaction, and nothing is moved."""
    store = DiskStore(database.parent.parent)
    assert store.put("33" * 32, b"new")
    store._used.append(ONE)
    real = store._execute

    def full(statement: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        if statement == "COMMIT":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(statement, values)

    monkeypatch.setattr(store, "_execute", full)
    store.close()
    assert not list(database.parent.glob("*damaged*"))
    assert assert_harmless(database, allowed=(PAYLOAD,)) == ()


def test_a_call_from_another_thread(database: Path) -> None:
    """A mistake of the caller, and no damage: nothing is moved for it."""
    store = DiskStore(database.parent.parent)
    assert store.get(ONE) == PAYLOAD
    found: list[bytes | None] = []
    thread = threading.Thread(target=lambda: found.append(store.get(ONE)))
    thread.start()
    thread.join()
    store.close()
    assert found == [None]
    assert os.path.exists(database)
    assert not list(database.parent.glob("*damaged*"))


def test_a_store_that_goes_away_under_a_run(tmp_path: Path, database: Path) -> None:
    """Law 4: somebody deletes the whole directory between two looks."""
    store = DiskStore(database.parent.parent)
    assert store.put(ONE, b"x")
    shutil.rmtree(database.parent.parent)
    store.get(ONE)
    store.put(TWO, b"x")
    store.close()
    assert len(store.notices) <= 1
    assert assert_harmless(database) == ()


def test_a_database_moved_aside_by_another_process(database: Path) -> None:
    """The second one to find the damage leaves the fresh database of the first in peace."""
    database.write_bytes(b"garbage" * 1000)
    first, second = DiskStore(database.parent.parent), DiskStore(database.parent.parent)
    second._inode = database.stat().st_ino  # It looked before the first moved it.
    assert first.put(ONE, b"fresh")
    assert second._judge(guard.Damaged("found a moment ago"), writing=True)
    assert second.get(ONE) == b"fresh"
    assert (len(first.notices), second.notices) == (1, ())
    first.close()
    second.close()


# Several at once, and killed.

WRITER = """
    import sys
    from pytest_gocache.stores.disk import DiskStore
    directory, number = sys.argv[1], int(sys.argv[2])
    print("up", flush=True)
    sys.stdin.readline()
    for round in range(10):
        store = DiskStore(directory, busy_seconds=20)
        for entry in range(5):
            name = f"{number:032x}{round * 5 + entry:032x}"
            assert store.put(name, name.encode() * 50), store.notices
            assert store.get(name) == name.encode() * 50
            assert store.put("ff" * 32, name.encode()), store.notices
        store.close()
        assert not store.notices, store.notices
"""

ENDLESS = """
    import os, sys
    from pytest_gocache.stores.disk import DiskStore
    store = DiskStore(sys.argv[1])
    number = 0
    while True:
        number += 1
        name = f"{os.getpid():032x}{number % 50:032x}"
        if not store.put_many([(name, name.encode() * 500), ("ff" * 32, name.encode())]):
            sys.exit(str(store.notices))
        print(name, flush=True)
"""


def run_child(code: str, *arguments: object) -> None:
    """Runs ``code`` in a fresh interpreter; its assertion is ours."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_eight_processes_at_once(tmp_path: Path) -> None:
    """All begin with no database at all; all entries of all are there in the end, and nobody complained."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)]
    pipe = subprocess.PIPE
    crowd = [
        subprocess.Popen([*command, str(number)], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for number in range(8)
    ]
    for process in crowd:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
    said = [process.communicate("go\n", timeout=60)[1] for process in crowd] if _start(crowd) else []
    assert said == [""] * 8
    store = DiskStore(tmp_path)
    for number in range(8):
        for entry in range(50):
            name = f"{number:032x}{entry:032x}"
            assert store.get(name) == name.encode() * 50
    assert store.stats().entries == 401
    store.close()
    assert set(os.listdir(tmp_path / "v1")) <= {"cache.db", "cache.db-wal", "cache.db-shm", "trimmed"}


def _start(crowd: list[subprocess.Popen[str]]) -> bool:
    """Lets them go together; ``communicate`` alone would start one after another."""
    for process in crowd:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return True


def test_killed_while_writing(tmp_path: Path) -> None:
    """kill -9, again and again: what was reported as written is there, and the database is sound."""
    for turn in range(12):
        command = [sys.executable, "-c", textwrap.dedent(ENDLESS), str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            written = [process.stdout.readline().strip()]
            time.sleep(0.005 * turn)
            os.kill(process.pid, signal.SIGKILL)
            written += process.stdout.read().split("\n")[:-1]
        store = DiskStore(tmp_path)
        last = written[-1] if len(written[-1]) == 64 else written[-2]
        assert store.get(last) == last.encode() * 500
        assert store.put(ONE, b"x")
        store.close()
        assert store.notices == ()
    check = sqlite3.connect(tmp_path / "v1" / "cache.db")
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()
