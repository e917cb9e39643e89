"""The local store on a good day: what it keeps, for how long, at what cost to others."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import diskcache
import pytest

from pytest_gocache.stores import disk as disk_module
from pytest_gocache.stores.base import Store
from pytest_gocache.stores.disk import DiskStore
from pytest_gocache.stores.guard import SCHEMA
from pytest_gocache.stores.memory import MemoryStore
from pytest_gocache.stores.place import DAY
from pytest_gocache.stores.tidy import StoreStats
from pytest_gocache.stores.writer import RawDisk, Refused

ONE, TWO, THREE = "11" * 32, "22" * 32, "33" * 32


class Clock:
    """A clock that the test sets."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Stands still unless told otherwise."""
    return Clock()


@pytest.fixture
def open_store(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., DiskStore]]:
    """Opens the store in tmp_path once more, as another run would."""
    opened: list[DiskStore] = []

    def open_it(**options: int) -> DiskStore:
        opened.append(DiskStore(tmp_path, now=clock, **options))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.mark.parametrize("kind", [DiskStore, lambda _: MemoryStore()])
def test_every_store_keeps_replaces_and_forgets(tmp_path: Path, kind: Callable[[Path], Store]) -> None:
    """The protocol, on each implementation."""
    store = kind(tmp_path)
    assert store.get(ONE) is None
    assert store.put(ONE, b"first")
    assert store.put(ONE, b"second")
    assert store.put(TWO, b"")
    assert (store.get(ONE), store.get(TWO), store.get(THREE)) == (b"second", b"", None)
    store.delete(ONE)
    store.delete(THREE)
    assert (store.get(ONE), store.get(TWO)) == (None, b"")
    store.close()


@pytest.mark.parametrize(
    "name", ["", "AB" * 32, "ab" * 31, "ab" * 33, "../" * 21 + "a", "zz" * 32, "ab" * 31 + "a\n"]
)
def test_a_bad_name_is_our_own_mistake(tmp_path: Path, name: str) -> None:
    """It fails at once, and makes nothing."""
    store = DiskStore(tmp_path)
    for use in (store.get, store.delete, lambda bad: store.put(bad, b"")):
        with pytest.raises(ValueError, match="not the name of an entry"):
            use(name)
    assert os.listdir(tmp_path) == []


def test_entries_outlive_the_process_that_wrote_them(open_store: Callable[..., DiskStore]) -> None:
    """Also a large one, and several written in one transaction."""
    large = os.urandom(5_000_000)
    store = open_store()
    assert store.put_many([(ONE, b"one"), (TWO, large)])
    store.close()
    assert open_store().get(TWO) == large
    assert store.get(ONE) is None, "a closed store answers nothing"
    assert not store.put(ONE, b"")


def test_only_what_was_promised_lies_in_the_directory(
    tmp_path: Path, open_store: Callable[..., DiskStore]
) -> None:
    """No value files, however large the value: one database and a note of the last trim."""
    store = open_store()
    assert store.put(ONE, bytes(10_000_000))
    store.close()
    assert sorted(os.listdir(tmp_path / "v1")) == ["cache.db", "trimmed"]


def test_too_large_a_payload_is_not_kept(
    open_store: Callable[..., DiskStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All or none, with one notice."""
    monkeypatch.setattr(disk_module, "MAX_PAYLOAD", 10)
    store = open_store()
    assert not store.put_many([(ONE, b"small"), (TWO, bytes(11))])
    assert store.get(ONE) is None
    assert len(store.notices) == 1


def test_two_versions_share_a_directory(
    tmp_path: Path, open_store: Callable[..., DiskStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keeps to its own format's directory, and neither sees the other's entries as damage."""
    ours = open_store()
    assert ours.put(ONE, b"ours")
    monkeypatch.setattr(disk_module, "FORMAT", "v2")
    theirs = open_store()
    assert theirs.get(ONE) is None
    assert theirs.put(ONE, b"theirs")
    assert theirs.clean().entries == 1
    assert (ours.get(ONE), ours.notices, theirs.notices) == (b"ours", (), ())


def test_reading_imports_no_diskcache_and_writes_nothing(
    tmp_path: Path, open_store: Callable[..., DiskStore]
) -> None:
    """A warm run pays for neither (diskcache also imports Django, where that is installed)."""
    assert open_store().put(ONE, b"payload")
    code = (
        "import sys; from pytest_gocache.stores.disk import DiskStore\n"
        f"store = DiskStore({str(tmp_path)!r}); assert store.get({ONE!r}) == b'payload'; store.close()\n"
        "assert 'diskcache' not in sys.modules"
    )
    # The clock of this test is years behind: the child's day has not come round since "now" was noted.
    subprocess.run(
        [
            sys.executable,
            "-c",
            code.replace("store = DiskStore(", "store = DiskStore(now=lambda: 1.7e9, directory="),
        ],
        check=True,
    )


def test_use_is_noted_at_most_daily(open_store: Callable[..., DiskStore], clock: Clock) -> None:
    """An hour later: no note. Two days later: one, so that a trim knows what is in use."""
    store = open_store()
    assert store.put(ONE, b"x")
    store.close()
    written = clock.now
    for later, noted in ((DAY / 24, written), (2 * DAY, written + 2 * DAY)):
        clock.now = written + later
        store = open_store()
        assert store.get(ONE) == b"x"
        store.close()
        assert open_store().stats().oldest_use == noted


def test_trim_takes_the_unused(open_store: Callable[..., DiskStore], clock: Clock) -> None:
    """Thirty days without use; what was used meanwhile stays."""
    store = open_store()
    assert store.put_many([(ONE, b"used"), (TWO, b"unused")])
    clock.now += 20 * DAY
    assert store.get(ONE) == b"used"
    store.close()
    clock.now += 20 * DAY
    store = open_store()
    assert store.trim().entries == 1
    assert (store.get(ONE), store.get(TWO)) == (b"used", None)


def test_trim_takes_the_longest_unused_beyond_the_limit(
    tmp_path: Path, open_store: Callable[..., DiskStore], clock: Clock
) -> None:
    """And the file becomes smaller."""
    store = open_store()
    for name in (ONE, TWO, THREE):
        clock.now += 60
        assert store.put(name, os.urandom(100_000))
    gone = store.trim(max_bytes=250_000)
    assert gone.entries == 1
    assert gone.bytes >= 100_000
    assert store.get(ONE) is None
    assert store.get(THREE) is not None
    store.close()
    assert (tmp_path / "v1" / "cache.db").stat().st_size < 250_000


def test_a_run_that_wrote_trims_at_its_end_once_a_day(
    open_store: Callable[..., DiskStore], clock: Clock
) -> None:
    """Nobody has to call trim; a second run of the same day does not look again."""
    store = open_store()
    assert store.put(ONE, b"old")
    store.close()
    clock.now += 40 * DAY
    for name, left in ((TWO, 1), (THREE, 2)):
        store = open_store()
        assert store.put(name, b"new")
        store.close()
        assert open_store().stats().entries == left


def test_a_database_beyond_its_limit_is_trimmed_at_once(open_store: Callable[..., DiskStore]) -> None:
    """A day of large results does not fill the disk."""
    for name in (ONE, TWO, THREE):
        store = open_store(max_bytes=250_000)
        assert store.put(name, os.urandom(200_000))
        store.close()
    assert open_store().stats().entries == 1


def test_stats_of_nothing(open_store: Callable[..., DiskStore]) -> None:
    """No cache yet: zeros, and no error."""
    assert open_store().stats() == StoreStats(0, 0, None)


def test_clean_leaves_other_processes_their_database(open_store: Callable[..., DiskStore]) -> None:
    """A run that has the store open goes on, on the same database, now empty."""
    running, shell = open_store(), open_store()
    assert running.put(ONE, b"x")
    assert shell.clean().entries == 1
    assert running.get(ONE) is None
    assert running.put(TWO, b"y")
    assert shell.get(TWO) == b"y"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")
def test_a_forked_child_gets_misses(open_store: Callable[..., DiskStore], clock: Clock) -> None:
    """SQLite connections must not cross a fork; tests under the cache do fork."""
    store = open_store()
    assert store.put(ONE, b"x")
    clock.now += 2 * DAY
    assert store.get(ONE) == b"x"
    child = os.fork()
    if child == 0:
        wrong = store.get(ONE) is not None or store.put(TWO, b"x")
        store.close()
        os._exit(1 if wrong else 0)
    assert os.waitpid(child, 0)[1] == 0
    assert store.get(ONE) == b"x"
    assert store.stats().oldest_use == clock.now - 2 * DAY, "the child noted nothing either"


def test_the_schema_is_diskcaches(tmp_path: Path) -> None:
    """Ours is part of what this diskcache makes; should that change, this test says where to look."""
    with diskcache.Cache(tmp_path, eviction_policy="none") as cache:
        made = {sql for (sql,) in cache._sql("SELECT sql FROM sqlite_master")}
    assert set(SCHEMA) <= made


def test_our_disk_refuses_everything_but_names_and_raw_bytes() -> None:
    """The second fence: should a row get past ours, diskcache finds no pickle and no file to open."""
    disk = RawDisk("/nowhere", min_file_size=0)
    assert disk.put(ONE) == (ONE, True)
    assert disk.fetch(1, None, b"x", False) == b"x"
    for key in ("../x", 5, b"x", ("a", 1)):
        with pytest.raises(ValueError, match="not the name of an entry"):
            disk.put(key)
    for mode, filename, value in (
        (4, None, b"x"),
        (2, "x", None),
        (3, "x", None),
        (1, "x", b"x"),
        (1, None, "x"),
    ):
        with pytest.raises(Refused):
            disk.fetch(mode, filename, value, False)
    with pytest.raises(ValueError, match="a cache keeps bytes, not dict"):
        disk.store({}, False)
    with pytest.raises(Refused):
        disk.filename()
    with pytest.raises(Refused):
        disk.get(b"pickle", False)


def test_our_settings_hold(open_store: Callable[..., DiskStore]) -> None:
    """Both connections: no memory map, no trusted schema; and WAL, which readers never wait for."""
    store = open_store()
    assert store.put(ONE, b"x")
    assert store._writer is not None
    for execute in (store._read, store._writer.execute):
        asked = {
            name: execute(f"PRAGMA {name}", ())[0][0]
            for name in ("mmap_size", "trusted_schema", "journal_mode")
        }
        assert asked == {"mmap_size": 0, "trusted_schema": 0, "journal_mode": b"wal"}
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._read("DELETE FROM Cache", ())
