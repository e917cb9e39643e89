"""What a large local store costs, and what it takes to merge the stores of shards.

    python bench/store.py [--entries 100000] [--size 1500] [--shards 8] [--pairs 5]

Look-ups (2,000 of them, as of 1,000 modules) in a store with so many entries beside one that has nothing else; ``trim``
by age and by size; ``import`` of shards that have 10,000 entries together, half of which all of them have.
Seconds of wall and CPU time of this process; the store is in the directory for temporary files.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pairs import table

from pytest_gocache.cli import main as command
from pytest_gocache.stores.directory import Directory
from pytest_gocache.stores.disk import DiskStore
from pytest_gocache.stores.seal import seal
from pytest_gocache.stores.tidy import StoreStats

LOOKED_UP = 2000
TOGETHER = 10_000
"""Entries of all shards."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=1500, help="bytes of an entry that cannot be compressed")
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
        print(f"{options.entries} entries of {options.size} bytes, {options.shards} shards, {os.cpu_count()} CPUs")
        rows: list[tuple[str, ...]] = [("", "wall s", "CPU s", "")]
        rows += large(Path(name), options.entries, options.size, options.pairs)
        rows += merged(Path(name), options.shards, options.size)
        print(table(rows))


def names(start: int, count: int) -> list[str]:
    """Names of entries, the same each time."""
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(start, start + count)]


def payloads(wanted: Sequence[str], size: int) -> Iterator[tuple[str, bytes]]:
    """Entries of some size."""
    return ((name, os.urandom(size)) for name in wanted)


def took(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def row(name: str, times: tuple[float, float], told: str = "") -> tuple[str, ...]:
    """One line of the table."""
    return name, f"{times[0]:.3f}", f"{times[1]:.3f}", told


def large(home: Path, entries: int, size: int, pairs: int) -> list[tuple[str, ...]]:
    """Look-ups and trims of a large store."""
    asked = names(0, LOOKED_UP)
    small, big = home / "small", home / "big"
    for place, count in ((small, LOOKED_UP), (big, entries)):
        store = DiskStore(place, max_bytes=1 << 40)
        for start in range(0, count, 10_000):
            store.put_many(payloads(names(start, min(10_000, count - start)), size))
        store.close()

    def look_up(place: Path) -> None:
        store = DiskStore(place)
        assert all(store.get(name) for name in asked)

    times: dict[Path, list[tuple[float, float]]] = {small: [], big: []}
    for number in range(pairs):
        for place in (small, big) if number % 2 else (big, small):
            times[place].append(took(lambda place=place: look_up(place)))  # type: ignore[misc]
    medians = {
        place: (statistics.median(wall for wall, _ in found), statistics.median(cpu for _, cpu in found))
        for place, found in times.items()
    }
    rows = [
        row(f"{LOOKED_UP} look-ups, nothing else in the store", medians[small]),
        row(f"{LOOKED_UP} look-ups, {entries} entries in the store", medians[big]),
    ]
    later = DiskStore(big, now=lambda: time.time() + 86_400)
    later.put_many(payloads(asked, size))  # those are in use
    rows.append(row("trim, nothing to delete", took(lambda: later.trim(30))))
    half = later.stats().bytes // 2
    rows.append(row("trim to half the size", took(lambda: later.trim(30, half)), held(later.stats(), half)))
    assert all(later.get(name) for name in asked), "what is in use stays"
    rows.append(row("trim by age, all but those in use", took(lambda: later.trim(0.5)), told(later.stats())))
    later.close()
    limited = DiskStore(big, max_bytes=LOOKED_UP * size // 2)
    rows.append(row("a run that stores one entry beyond the limit", took(lambda: stored(limited))))
    rows[-1] = (*rows[-1][:3], held(DiskStore(big).stats(), LOOKED_UP * size // 2))
    return rows


def stored(store: DiskStore) -> None:
    """What a run does at its end."""
    store.put_many(payloads(["f" * 64], 10))
    store.close()


def held(stats: StoreStats, limit: int) -> str:
    """That a limit was kept."""
    assert stats.bytes <= limit, (stats, limit)
    return f"{told(stats)}, limit {limit / 1e6:.1f} MB"


def told(stats: StoreStats) -> str:
    """What is left."""
    return f"{stats.entries} entries, {stats.bytes / 1e6:.1f} MB"


def merged(home: Path, shards: int, size: int) -> list[tuple[str, ...]]:
    """``import`` of what shards exported."""
    common, own = TOGETHER // 2, TOGETHER // 2 // shards
    shared = [(name, seal(name, payload)) for name, payload in payloads(names(0, common), size)]
    places = []
    for shard in range(shards):
        place = Directory(str(home / f"shard{shard}"))
        places.append(str(home / f"shard{shard}"))
        mine = ((name, seal(name, payload)) for name, payload in payloads(names(common + shard * own, own), size))
        for name, blob in (*shared, *mine):
            place.put(name, blob)
    output = io.StringIO()

    def work() -> None:
        with contextlib.redirect_stdout(output):
            assert command(["import", *places, "--gocache-dir", str(home / "merged")]) == 0

    name = f"import of {shards} shards, {common + own} entries each"
    rows = [row(name, took(work), output.getvalue().split(" to ")[0])]
    out = str(home / "out")

    def back() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            assert command(["export", out, "--gocache-dir", str(home / "merged")]) == 0

    return [*rows, row(f"export of {TOGETHER} entries", took(back))]


if __name__ == "__main__":
    main()
