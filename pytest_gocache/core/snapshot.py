"""What a run looked like, so that an exact repeat needs neither graph nor collection.

The general way makes keys from sources, finds traces and matches them. Where every directory still
lists the same names and every file still has the same content, all of that would give what it gave
before; so the snapshot keeps the answer with those listings and digests. It is an accelerator of one
machine: it only ever says "as it was", and when it cannot, the general way decides. Where some files
have changed, or test modules came or went, it still speaks for those that depend on none of them (``needs.py``).

Format, version 9: ``[version, written, epoch, {directory: digest}, {directory: digest}, {path: [signature…, digest]},
[[op, name, digest]…], [brief…], installed, whole, needs, [other…], [[glob…], [asked…], [glob…]]]``; ``installed`` as
in ``installed.py``, the last as in ``listings.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_gocache.core import codec, installed
from pytest_gocache.core.files import ABSENT_SIGNATURE, Remembered
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.listings import Counting, Listings
from pytest_gocache.core.looks import RACY_NS, read_digest, read_listing, signature
from pytest_gocache.core.model import Brief, Input, Json, Op, ResultID
from pytest_gocache.core.values import changed, field, fields_of, frozen

VERSION = 9
EPOCH = "epoch"
"""A local file, rewritten whenever a stored pass is evicted: no snapshot of before may be used."""
DAY = 24 * 60 * 60.0
"""A snapshot older than this is not used, so that the store learns at least daily what is in use."""


@frozen
class Snapshot:
    """The modules of one run that were hits, or passed and were stored, and what they depend on together."""

    written: float
    epoch: str
    """Changes whenever a stored pass is evicted, by whichever run."""
    directories: Mapping[str, Digest]
    """The listings of all that were listed."""
    files: Mapping[str, Remembered]
    looked_at: tuple[tuple[Input, Digest], ...]
    """Variables, and what was learnt of paths but their content."""
    modules: tuple[Brief, ...]
    installed: Json = field(default_factory=dict)
    """The witness of the installed distributions."""
    whole: bool = True
    """These were all the modules of the run, and an exact repeat may replay them and do nothing else."""
    needs: Digest = Digest("")
    """Of what tells which module depends on what (``needs.py``)."""
    others: tuple[str, ...] = ()
    """Paths of all else that was collected: modules that could not be stored, and what is no module."""
    counting: Counting = Counting()
    """Which names of the listings count."""
    without_modules: Mapping[str, Digest] = field(default_factory=dict)
    """Of directories with test modules that nobody asked for by name: their listings without these."""


@frozen
class Compared:
    """A snapshot beside the present. ``snapshot`` has the present signatures of what did not change."""

    snapshot: Snapshot
    files: frozenset[str]
    """Those with another content."""
    inputs: frozenset[Input]
    """Those of ``looked_at`` that are another."""
    moved: frozenset[str] = frozenset()
    """Directories where test modules came or went beside others."""

    @property
    def same(self) -> bool:
        """Whether everything is as it was."""
        return not (self.files or self.inputs or self.moved)


def epoch_in(read: Callable[[str], bytes | None]) -> str:
    """The epoch now. ``read`` gives a local file of the cache."""
    return (read(EPOCH) or b"").hex()


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes."""
    files = {path: [*known.signature, known.digest] for path, known in snapshot.files.items()}
    rows = [[m.path, m.nodeid, m.letters, m.seconds, m.deselected, m.result, m.plain] for m in snapshot.modules]
    looked_at = [[each.op, each.name, digest] for each, digest in snapshot.looked_at]
    head = [VERSION, snapshot.written, snapshot.epoch, dict(snapshot.directories), dict(snapshot.without_modules)]
    counting = [[*names] for names in fields_of(snapshot.counting).values()]
    tail = [snapshot.installed, snapshot.whole, snapshot.needs, [*snapshot.others], counting]
    return codec.dump([*head, files, looked_at, rows, *tail])


def decode(payload: bytes) -> Snapshot | None:
    """What ``encode`` wrote, or None."""
    return codec.load(payload, lambda row: _snapshot(*row))


def _snapshot(
    version: int,
    written: float,
    epoch: str,
    directories: dict[str, Any],
    without_modules: dict[str, Any],
    files: dict[str, Any],
    looked_at: list[Any],
    rows: list[Any],
    witness: Json,
    whole: bool,
    needs: str,
    others: list[Any],
    counting: list[Any],
) -> Snapshot | None:
    if version != VERSION:
        return None
    return Snapshot(
        float(written),
        str(epoch),
        dict(directories.items()),
        {path: Remembered((row[0], row[1], row[2], row[3]), row[4]) for path, row in files.items()},
        tuple((Input(Op(op), str(name)), Digest(str(digest))) for op, name, digest in looked_at),
        tuple(
            Brief(
                str(path),
                str(nodeid),
                str(letters),
                float(seconds),
                int(gone),
                ResultID(str(result)),
                plain is True,
            )
            for path, nodeid, letters, seconds, gone, result, plain in rows
        ),
        witness,
        whole is True,
        Digest(str(needs)),
        tuple(map(str, others)),
        Counting(*(tuple(map(str, names)) for names in counting)),
        dict(without_modules.items()),
    )


def compare(
    snapshot: Snapshot, epoch: str, now: float, present: Callable[[Input], Digest], trusting: bool = True
) -> Compared | None:
    """What has changed since; None where it may concern every module: then the snapshot says nothing.

    Unless it is ``trusting``, a file with the same signature is read all the same.
    """
    if snapshot.epoch != epoch or not 0 <= now - snapshot.written < DAY:
        return None
    listings, moved = Listings(snapshot.counting), set[str]()
    for directory, digest in snapshot.directories.items():
        names = read_listing(directory)
        if listings.digest(names) != digest:
            moved.add(directory)
            if listings.without_modules(names) != snapshot.without_modules.get(directory):
                return None
    if not installed.holds(snapshot.installed):
        return None
    inputs = frozenset(wanted for wanted, digest in snapshot.looked_at if present(wanted) != digest)
    fresh: dict[str, Remembered] = {}
    other: list[str] = []
    for path, known in snapshot.files.items():
        seen = signature(path)
        if seen is None or seen != known.signature or not trusting:
            if read_digest(path) != known.digest:
                other.append(path)
            elif seen is not None and seen != known.signature:
                old = now * 1e9 - max(seen[1], seen[2]) > RACY_NS
                fresh[path] = Remembered(seen if old else ABSENT_SIGNATURE, known.digest)
    newer = changed(snapshot, files={**snapshot.files, **fresh}) if fresh else snapshot
    return Compared(newer, frozenset(other), inputs, frozenset(moved))
