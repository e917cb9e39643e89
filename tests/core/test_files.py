"""What lies on disk, each file looked at once; a signature is believed only where it proves something."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pytest_gocache.core.files import Files, Remembered
from pytest_gocache.core.hashing import ABSENT, Digest, digest_bytes
from pytest_gocache.core.learnt import learn
from pytest_gocache.core.looks import AT_ONCE, RACY_NS, listing_digest, read_digest, read_listing, signature
from pytest_gocache.core.ops import Op


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "a.txt").write_text("one")
    return str(tmp_path / "a.txt")


def old(remembered: dict[str, Remembered]) -> Files:
    """Files as they look long after they were written."""
    return Files(remembered, clock=lambda: 10 * RACY_NS + max(os.stat(path).st_ctime_ns for path in remembered))


def test_a_remembered_digest_is_believed_for_its_signature(path: str) -> None:
    """An old file with the same signature is not read again; with another it is."""
    seen = signature(path)
    assert seen is not None
    lie = Digest("remembered")
    assert old({path: Remembered(seen, lie)}).digest(path) == lie
    changed = (seen[0] + 1, *seen[1:])
    assert old({path: Remembered(changed, lie)}).digest(path) == digest_bytes(b"one")  # type: ignore[arg-type]


def test_a_young_file_proves_nothing(path: str) -> None:
    """Its signature is neither believed nor remembered, and it is read at the first look."""
    seen = signature(path)
    assert seen is not None
    files = Files({path: Remembered(seen, Digest("remembered"))})
    files.look(path)
    Path(path).write_text("two")
    assert files.digest(path) == digest_bytes(b"one"), "as it was at the first look"
    assert not files.unchanged(path)
    assert dict(files.believable()) == {}
    assert files.recorded(path).signature != seen


def test_nothing_is_believed(path: str) -> None:
    """Where time stamps are not trusted: neither from run to run, nor from the beginning of a run to its end."""
    seen = signature(path)
    assert seen is not None
    files = Files({path: Remembered(seen, Digest("lie"))}, clock=lambda: 10 * RACY_NS + seen[2], trusting=False)
    assert files.digest(path) == digest_bytes(b"one") and files.unchanged(path)
    assert not list(files.believable())


def test_unchanged(path: str) -> None:
    """A young file written again with the same bytes and times is unchanged; with others it is not."""
    files = Files({})
    files.look(path)
    assert files.unchanged(path)
    times = os.stat(path)
    Path(path).write_text("two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not files.unchanged(path)


def test_absent(tmp_path: Path) -> None:
    """What is not there has one digest, and is changed when it appears."""
    files, path = Files({}), str(tmp_path / "absent")
    assert files.digest(path) == ABSENT and files.content(path) is None
    assert files.unchanged(path)
    Path(path).write_text("")
    assert not files.unchanged(path)
    assert files.digest("odd\0name") == ABSENT


def test_two_processes_that_saw_different_things(path: str) -> None:
    """A file that workers saw differently is doubted for good."""
    mine, theirs = Files({}), Files({})
    mine.digest(path)
    Path(path).write_text("another")
    theirs.digest(path)
    for told in theirs.looks():
        mine.adopt(*told)
    assert not mine.unchanged(path)
    same = Files({})
    for told in theirs.looks():
        same.adopt(*told)
    assert same.unchanged(path) and same.digest(path) == digest_bytes(b"another")


def test_listings(tmp_path: Path) -> None:
    """Sorted names, directories told from files, and nothing that running leaves behind."""
    for name in ("b", "__pycache__", ".pytest_cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "a").write_text("")
    assert read_listing(str(tmp_path)) == ("a", "b/") == Files({}).listing(str(tmp_path))
    assert read_listing(str(tmp_path / "a")) is None and listing_digest(None) == ABSENT
    assert listing_digest(("a", "b")) != listing_digest(("a", "b/")) != listing_digest(())


def test_only_regular_files_have_content(tmp_path: Path) -> None:
    """A pipe is not waited for."""
    os.mkfifo(tmp_path / "pipe")
    assert read_digest(str(tmp_path / "pipe")) not in (ABSENT, read_digest(str(tmp_path)))


def test_what_a_test_puts_back_is_as_it_was(path: str) -> None:
    """Written after it was read, and in the end of the same content: no doubt, whatever times it has."""
    files = Files({}, clock=lambda: time.time_ns() + 10**10)
    Path(path).write_text("1")
    files.see(Op.OPEN, path)
    files.see(Op.WRITE, path)
    Path(path).write_text("2")
    assert not files.unchanged(path)
    Path(path).write_text("1")
    assert files.unchanged(path)
    # Somebody reads it before it is put back: what that saw is not what is stored.
    files.see(Op.WRITE, path)
    Path(path).write_text("2")
    files.see(Op.WRITE, path)
    Path(path).write_text("1")
    assert not files.unchanged(path)


def test_a_file_never_looked_at_is_believed_if_it_is_old(tmp_path: Path) -> None:
    """What a run learns of too late must have been there before it began."""
    path = str(tmp_path / "a")
    Path(path).write_text("1")
    now = time.time_ns()
    assert not Files({}, clock=lambda: now).unchanged(path)
    assert Files({}, clock=lambda: now + 10**10).unchanged(path)
    assert not Files({}, clock=lambda: now + 10**10).unchanged(path + "absent")


def test_how_it_cannot_be_read_counts(tmp_path: Path) -> None:
    """Nothing there, a directory, a file where a directory should be: opening fails in another way each time."""
    maybe = tmp_path / "maybe"
    seen = [(read_digest(str(maybe)), read_digest(str(maybe / "in")))]
    maybe.mkdir()
    seen.append((read_digest(str(maybe)), read_digest(str(maybe / "in"))))
    maybe.rmdir()
    maybe.write_text("1")
    seen.append((read_digest(str(maybe)), read_digest(str(maybe / "in"))))
    assert [seen[0][1], seen[1][1]] == [ABSENT, ABSENT] != [seen[2][1], ABSENT]
    assert len({first for first, _ in seen}) == 3


def test_what_lies_in_a_directory_is_another_question(tmp_path: Path) -> None:
    """A directory that was opened is what it was, whatever was put into it."""
    files = Files({}, clock=lambda: time.time_ns() + 10**10)
    files.look(str(tmp_path))
    files.see(Op.KIND, str(tmp_path))
    for name in ("a", "b"):
        (tmp_path / name).write_text("1")
        files.see(Op.WRITE, str(tmp_path))  # ``os.utime``, and somebody reads it after that
    assert files.unchanged(str(tmp_path)) and files.still(Op.KIND, str(tmp_path))
    tmp_path.rename(f"{tmp_path}.old")
    tmp_path.write_text("1")
    files.see(Op.WRITE, str(tmp_path))
    assert not files.unchanged(str(tmp_path)) and not files.still(Op.KIND, str(tmp_path))


def test_a_directory_that_came_in_place_of_another_is_as_it_was(tmp_path: Path) -> None:
    """Moved away, and a copy of it put there: the same content, that of a directory."""
    files, tree = Files({}, clock=lambda: time.time_ns() + 10**10), tmp_path / "tree"
    tree.mkdir()
    files.look(str(tree))
    files.see(Op.WRITE, str(tree))  # it is about to be moved
    tree.rename(tmp_path / "away")
    files.see(Op.WRITE, str(tree))  # another is about to be made
    tree.mkdir()
    files.see(Op.WRITE, str(tree))  # and read
    assert files.unchanged(str(tree))


def test_a_listing_tells_a_link_from_a_directory(tmp_path: Path) -> None:
    """A walk goes into one and not into the other. And no listing is not the same as a file in its place."""
    (tmp_path / "real").mkdir()
    (tmp_path / "name").symlink_to("real")
    linked = learn(Op.LIST, str(tmp_path))
    (tmp_path / "name").unlink()
    (tmp_path / "name").mkdir()
    assert learn(Op.LIST, str(tmp_path)) != linked
    assert learn(Op.LIST, str(tmp_path / "maybe")) == ABSENT
    (tmp_path / "maybe").write_text("1")
    assert learn(Op.LIST, str(tmp_path / "maybe")) != ABSENT


@pytest.mark.parametrize("size", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
def test_the_digest_of_files_of_all_sizes(tmp_path: Path, size: int) -> None:
    """Small ones are read at once, others in parts."""
    (tmp_path / "file").write_bytes(b"x" * size)
    assert read_digest(str(tmp_path / "file")) == digest_bytes(b"x" * size)
