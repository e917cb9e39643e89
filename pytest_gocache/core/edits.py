"""What in a distribution's files is not as its RECORD says: edited, missing, planted.

RECORD holds a sum and a size for each file, so two machines with the same wheel agree without comparing
anything but what differs. The sum of a file need not be made where times prove that nobody wrote to it since
it was installed. An installer writes RECORD last: a RECORD that is the youngest file beside it, with a ctime
equal to its mtime, still has the time of installing; and a file whose ctime lies before that has not been
touched since. Trees that were copied, unpacked or checked out fail one test or the other: those are summed.
"""

from __future__ import annotations

import hashlib
import os
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from pytest_gocache.core.hashing import ABSENT, Digest
from pytest_gocache.core.looks import RACY_NS, read_digest
from pytest_gocache.core.records import Entry, is_note, read
from pytest_gocache.core.trees import Row

Edit: TypeAlias = tuple[str, Digest]
"""A path relative to the directory of distributions, and its content now (or ``ABSENT``)."""

_ALGORITHMS: Final = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_WRITING_NS: Final = 20_000_000
"""What an installer may take from writing RECORD to putting it in its place."""
_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")


def edits(
    site: str,
    info: str,
    record: Mapping[str, Entry],
    rows: Iterable[Row],
    now: int,
    others: Callable[[], frozenset[str]],
) -> tuple[Edit, ...]:
    """Every difference, sorted. ``others`` gives the files that other distributions own in the same directories."""
    found = {row[0]: row for row in rows}
    installed = time_of_installing(info, found.values(), now)
    changed = [(path, ABSENT) for path in record.keys() - found.keys()]
    changed += [
        (path, read_digest(os.path.join(site, path)))
        for path, entry in record.items()
        if path in found and not _is_as_installed(site, entry, found[path], installed)
    ]
    planted = [path for path in found.keys() - record.keys() if not is_note(path)]
    known = others() if planted else frozenset[str]()
    changed += [(path, read_digest(os.path.join(site, path))) for path in planted if path not in known]
    return tuple(sorted(changed))


def time_of_installing(info: str, rows: Iterable[Row], now: int) -> int:
    """The ctime of RECORD, where it proves to be the time of installing; else 0, before all files."""
    below = f"{info}/"
    beside = {row[0]: row for row in rows if row[0].startswith(below)}
    record = beside.pop(f"{info}/RECORD", None)
    if record is None:
        return 0
    _, _, mtime, ctime, _ = record
    last = all(max(row[2], row[3]) < ctime for row in beside.values())
    return ctime if last and 0 <= ctime - mtime < _WRITING_NS and ctime < now - RACY_NS else 0


def _is_as_installed(site: str, entry: Entry, row: Row, installed: int) -> bool:
    _, size, mtime, ctime, _ = row
    if not entry.sum or size != entry.size:
        return False
    return max(mtime, ctime) < installed or entry.sum == sum_of(f"{site}/{entry.path}", entry.sum)


def sum_of(path: str, like: str) -> str:
    """The file's sum as RECORD writes it, by the algorithm that ``like`` names; empty for one that is not known."""
    algorithm = like.partition("=")[0]
    make = _ALGORITHMS.get(algorithm)
    if make is None:
        return ""
    value = b2a_base64(make(read(path)).digest(), newline=False)
    return f"{algorithm}={value.rstrip(b'=').translate(_URLSAFE).decode()}"
