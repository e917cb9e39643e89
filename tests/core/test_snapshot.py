"""A snapshot only ever says "all as it was"; anything else is no answer."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pytest_gocache.core.files import ABSENT_SIGNATURE, Remembered
from pytest_gocache.core.hashing import ABSENT, Digest
from pytest_gocache.core.looks import listing_digest, read_digest, read_listing, signature
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import Op
from pytest_gocache.core.snapshot import DAY, Snapshot, compare, decode, encode
from pytest_gocache.core.values import changed


@pytest.fixture
def made(tmp_path: Path) -> Snapshot:
    """Of one directory with one file, and a file that is absent."""
    (tmp_path / "a.py").write_text("1")
    path, absent = str(tmp_path / "a.py"), str(tmp_path / "sub" / "absent")
    seen = signature(path)
    assert seen is not None
    files = {
        path: Remembered(seen, read_digest(path)),
        absent: Remembered(ABSENT_SIGNATURE, read_digest(absent)),
    }
    return Snapshot(100.0, "e", {str(tmp_path): listing_digest(read_listing(str(tmp_path)))}, files, (), ())


def nothing(wanted: Input) -> Digest:
    """These snapshots have looked at files only."""
    raise AssertionError(wanted)


def holds(made: Snapshot, epoch: str = "e", now: float = 101.0) -> bool:
    found = decode(encode(made))
    assert found == made
    compared = compare(found, epoch, now, nothing)
    return compared is not None and compared.same


def test_it_holds_while_nothing_changes(made: Snapshot, tmp_path: Path) -> None:
    """A touched file is looked at again, and remembered anew as soon as it is old enough to be believed."""
    assert holds(made)
    os.utime(tmp_path / "a.py", (1, 1))
    now = time.time()
    made = changed(made, written=now)
    young = compare(made, "e", now, nothing)
    assert young is not None and young.same
    assert young.snapshot.files[str(tmp_path / "a.py")].signature == ABSENT_SIGNATURE
    found = compare(made, "e", now + 10, nothing)
    assert found is not None and found.snapshot.files != made.files
    again = compare(found.snapshot, "e", now + 10, nothing)
    assert again is not None and again.snapshot is found.snapshot


def test_a_signature_is_believed_or_not(made: Snapshot, tmp_path: Path) -> None:
    """A file that changed, and has the size, the times and the inode that it had."""
    path = str(tmp_path / "a.py")
    known = changed(made, files={path: changed_digest(made.files[path])})
    believing = compare(known, "e", 101.0, nothing)
    assert believing is not None and believing.same
    reading = compare(known, "e", 101.0, nothing, trusting=False)
    assert reading is not None and reading.files == {path}
    all_read = compare(made, "e", 101.0, nothing, trusting=False)
    assert all_read is not None and all_read.same and all_read.snapshot is made


def changed_digest(known: Remembered) -> Remembered:
    """As if the file had had another content."""
    return known._replace(digest=Digest("0" * 64))


def test_it_ends_with_any_change(made: Snapshot, tmp_path: Path) -> None:
    """Another epoch, a day, a clock that went back."""
    assert not holds(made, epoch="f")
    assert not holds(made, now=100.0 + DAY) and not holds(made, now=99.0)
    # Another content of the same size.
    (tmp_path / "a.py").write_text("2")
    assert not holds(made)
    (tmp_path / "a.py").write_text("1")
    assert holds(made)
    # A new name in the directory.
    (tmp_path / "b.py").write_text("")
    assert not holds(made)
    (tmp_path / "b.py").unlink()
    assert holds(made)


def test_it_ends_when_a_file_goes_or_comes(made: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "a.py").rename(tmp_path / "old")
    (tmp_path / "a.py").mkdir()
    assert not holds(made)


def test_an_absent_file_that_appears(made: Snapshot, tmp_path: Path) -> None:
    """In a directory that nobody lists."""
    listed = Snapshot(100.0, "e", {}, made.files, (), ())
    assert holds(listed)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "absent").write_text("")
    assert not holds(listed)


def test_variables_and_looks_at_paths_count(made: Snapshot) -> None:
    """Each is asked for as it is now."""
    known = changed(made, looked_at=((Input(Op.GETENV, "HOME"), Digest("d")),))
    assert decode(encode(known)) == known
    same, other = (compare(known, "e", 101.0, lambda wanted, now=now: now) for now in (Digest("d"), ABSENT))
    assert same is not None and same.same
    assert other is not None and other.inputs == {Input(Op.GETENV, "HOME")} and not other.files
