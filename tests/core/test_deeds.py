"""What is denied, or happens nobody knows where: nothing is written. That it was denied is an input. (Root is denied
nothing.)"""

from __future__ import annotations

import os
import posix
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_gocache.core import deeds
from pytest_gocache.core.audit import Audit
from pytest_gocache.core.made import Made
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op


@pytest.fixture
def watching() -> Iterator[Observer]:
    observer = Observer(lambda filename: "file:here" if filename == __file__ else "", lambda op, path: None)
    Audit(observer).install()
    yield observer
    observer.active = False


@pytest.fixture
def observer(watching: Observer, monkeypatch: pytest.MonkeyPatch) -> Observer:
    monkeypatch.setattr(deeds, "_access", lambda path, mode: False)
    return watching


@pytest.mark.parametrize("deed", ["open", "mkdir", "remove", "rmdir", "rename", "symlink"])
def test_what_is_denied(observer: Observer, tmp_path: Path, deed: str) -> None:
    paths = {name: tmp_path / name for name in ("new", "file", "empty")}
    paths["file"].touch()
    paths["empty"].mkdir()
    observer.forget()
    observer.reads.clear()
    observer.made = Made()

    {
        "open": lambda: paths["new"].open("w").close(),
        "mkdir": lambda: os.mkdir(paths["new"]),
        "remove": lambda: os.remove(paths["file"]),
        "rmdir": lambda: os.rmdir(paths["empty"]),
        "rename": lambda: os.rename(paths["file"], paths["new"]),
        "symlink": lambda: os.symlink("file", paths["new"]),
    }[deed]()

    observer.active = False
    assert not observer.faults
    assert (Op.ACCESS, str(tmp_path)) in observer.reads["file:here"]
    assert not any(str(path) in observer.made for path in paths.values())


BELOW: dict[str, Callable[[int], object]] = {
    "open": lambda at: os.close(posix.open("file", os.O_WRONLY | os.O_TRUNC, dir_fd=at)),
    "mkdir": lambda at: os.mkdir("new", dir_fd=at),
    "remove": lambda at: os.remove("file", dir_fd=at),
    "rmdir": lambda at: os.rmdir("empty", dir_fd=at),
    "rename": lambda at: os.rename("file", "new", src_dir_fd=at, dst_dir_fd=at),
    "rename here": lambda at: os.rename("file", "new", src_dir_fd=at),
    "rename there": lambda at: os.rename("other", "file", dst_dir_fd=at),
    "link": lambda at: os.link("file", "new", src_dir_fd=at, dst_dir_fd=at),
    "symlink": lambda at: os.symlink("file", "new", dir_fd=at),
    "chmod": lambda at: os.chmod("file", 0o600, dir_fd=at),
    "utime": lambda at: os.utime("file", dir_fd=at),
}


@pytest.mark.parametrize("deed", BELOW.values(), ids=BELOW)
def test_what_happens_nobody_knows_where(
    watching: Observer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: Callable[[int], object]
) -> None:
    """Below a descriptor, where the system tells no name of it: no name in the current directory is meant."""
    monkeypatch.setattr(deeds, "path_of", lambda descriptor: "")
    for place in (tmp_path, tmp_path / "there"):
        (place / "empty").mkdir(parents=True)
        (place / "file").write_text("1")
    (tmp_path / "other").touch()
    monkeypatch.chdir(tmp_path)
    at = os.open(tmp_path / "there", os.O_RDONLY)
    watching.made = Made()

    deed(at)

    watching.active = False
    os.close(at)
    assert not watching.faults
    assert not [name for name in ("file", "new", "empty", "other") if str(tmp_path / name) in watching.made]
