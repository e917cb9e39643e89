"""Where the cache lies, and the local files beside it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_gocache.stores import place
from pytest_gocache.stores.place import DAY, LocalFiles, PlaceError, choose, prepare


def test_the_option_wins_over_the_variable_and_that_over_the_ini_file(tmp_path: Path) -> None:
    """The nearer to the user's hand, the stronger."""
    one, two, three = str(tmp_path / "1"), str(tmp_path / "2"), str(tmp_path / "3")
    assert choose(one, three, environ={place.VARIABLE: two}) == Path(one)
    assert choose(None, three, environ={place.VARIABLE: two}) == Path(two)
    assert choose(None, three, environ={place.VARIABLE: ""}) == Path(three), "empty is not given"


def test_the_default_is_one_directory_per_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All projects of a user share it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert choose(environ={}).name == "pytest-gocache"


def test_relative_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to where it was typed, or to the ini file; a variable has no such place, and is refused."""
    monkeypatch.chdir(tmp_path)
    assert choose("cache", environ={}) == tmp_path / "cache"
    assert choose(None, "../c", ini_base=tmp_path / "project", environ={}) == tmp_path / "c"
    with pytest.raises(PlaceError, match=r"PYTEST_GOCACHE_DIR: 'cache' must be an absolute path"):
        choose(environ={place.VARIABLE: "cache"})


def test_a_tilde_is_the_home_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An ini file has no shell to expand it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert choose(None, "~/cache", environ={}) == tmp_path / "cache"


@pytest.mark.parametrize("given", ["\0", " ", "a\nb", "\x1b[31m"])
def test_nonsense_is_refused_in_one_line(given: str) -> None:
    """The line names the option, and repeats nothing that a terminal would obey."""
    with pytest.raises(PlaceError, match=r"--gocache-dir: .* is not a directory's name") as refusal:
        choose(given, environ={})
    assert str(refusal.value).isprintable()


def test_an_address_is_refused_and_told_where_it_goes() -> None:
    """A directory called ``dir:`` would be made otherwise."""
    with pytest.raises(PlaceError, match=r"'dir:///x' is an address.*--gocache-store=dir:PATH.*--gocache-remote=URL"):
        choose("dir:///x")


def test_a_file_is_refused(tmp_path: Path) -> None:
    """A cache is a directory."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PlaceError, match="is a file, not a directory"):
        choose(str(tmp_path / "file"), environ={})


def test_a_new_directory_is_private_and_says_what_it_is(tmp_path: Path) -> None:
    """Mode 0700, a README, and the tag by which backups leave it out."""
    directory = tmp_path / "deep" / "cache"
    assert prepare(directory) is None
    if os.name == "posix":
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert "safe to delete" in (directory / "README.md").read_text()
    tag = (directory / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert prepare(directory) is None, "a second time changes nothing"


def test_a_directory_with_other_content_is_used_but_not_labelled(tmp_path: Path) -> None:
    """A tag there would take somebody's own files out of their backups."""
    (tmp_path / "README.md").write_text("my thesis")
    assert prepare(tmp_path) is None
    assert (tmp_path / "README.md").read_text() == "my thesis"
    assert sorted(os.listdir(tmp_path)) == ["README.md", place.FORMAT]


def test_where_it_cannot_be_made_caching_is_off(tmp_path: Path) -> None:
    """One line that says what, where and what to do; never an error."""
    (tmp_path / "file").write_text("")
    notice = prepare(tmp_path / "file" / "cache")
    assert notice is not None
    assert notice.startswith("caching is off: cannot make ")
    assert "--gocache-dir" in notice


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """``v1`` that points elsewhere would have us write there."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / place.FORMAT).symlink_to(tmp_path)
    notice = prepare(tmp_path / "cache")
    assert notice is not None
    assert "is not a directory of ours" in notice


def test_a_local_file_comes_back_and_can_be_replaced(tmp_path: Path) -> None:
    """Nothing but the file is left behind."""
    files = LocalFiles(tmp_path)
    assert files.read("snapshot-1") is None
    assert files.write("snapshot-1", b"old")
    assert files.write("snapshot-1", b"new")
    assert files.read("snapshot-1") == b"new"
    assert os.listdir(tmp_path / place.FORMAT / "local") == ["snapshot-1.bin"]


def test_a_damaged_local_file_is_a_miss(tmp_path: Path) -> None:
    """Every byte flipped, every length cut, or under another name."""
    files = LocalFiles(tmp_path)
    assert files.write("index", b"some digests")
    path = tmp_path / place.FORMAT / "local" / "index.bin"
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        assert files.read("index") is None
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert files.read("index") is None
    path.with_name("other.bin").write_bytes(whole)
    assert files.read("other") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_links_and_pipes_are_not_read(tmp_path: Path) -> None:
    """A link may lead out of the cache; a pipe would wait for ever."""
    files = LocalFiles(tmp_path)
    assert files.write("real", b"x")
    local = tmp_path / place.FORMAT / "local"
    (local / "link.bin").symlink_to(local / "real.bin")
    os.mkfifo(local / "pipe.bin")
    assert files.read("link") is None
    assert files.read("pipe") is None


def test_a_local_file_that_cannot_be_written_is_only_not_written(tmp_path: Path) -> None:
    """Here a directory is in its way, and then a file in the way of all."""
    files = LocalFiles(tmp_path)
    (tmp_path / place.FORMAT / "local" / "index.bin").mkdir(parents=True)
    assert not files.write("index", b"x")
    assert os.listdir(tmp_path / place.FORMAT / "local") == ["index.bin"], "no temporary file stays"
    (tmp_path / "file").write_text("")
    assert not LocalFiles(tmp_path / "file").write("index", b"x")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "a.b", "ä", "a" * 101])
def test_a_bad_name_is_our_own_mistake(tmp_path: Path, name: str) -> None:
    """Names come from our code, so a bad one fails at once."""
    with pytest.raises(ValueError, match="not the name of a local file"):
        LocalFiles(tmp_path).read(name)


def test_unused_local_files_are_trimmed_and_used_ones_kept(tmp_path: Path) -> None:
    """Reading is a use, noted when the note is more than a day old. Foreign files stay."""
    now = 1_000_000_000.0
    files = LocalFiles(tmp_path, now=lambda: now)
    local = tmp_path / place.FORMAT / "local"
    for name in ("used", "unused"):
        assert files.write(name, b"x")
        os.utime(local / f"{name}.bin", (now - 40 * DAY, now - 40 * DAY))
    (local / "notes.txt").write_text("mine")
    os.utime(local / "notes.txt", (0, 0))
    assert files.read("used") == b"x"
    assert files.trim(30) > 0
    assert sorted(os.listdir(local)) == ["notes.txt", "used.bin"]


def test_the_hot_path_imports_nothing_heavy() -> None:
    """Measured by name, not by time: no sqlite3, diskcache, tempfile, platformdirs, pathlib."""
    code = (
        "import sys; old = set(sys.modules); import pytest_gocache.stores.place\n"
        "print(*set(sys.modules) - old)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sqlite3", "diskcache", "tempfile", "platformdirs", "pathlib"} & set(done.stdout.split())
