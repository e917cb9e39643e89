"""What the kernel tells of files that C code opens. The C library plays the part of such code."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_gocache.core import kernel
from pytest_gocache.core.kernel import CREATED, LOST, MODIFIED, OPENED, OVERFLOW, Watch, begin
from pytest_gocache.core.native import Native
from pytest_gocache.core.observe import EVERYONE, Observer
from pytest_gocache.core.ops import Op

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell"),
    pytest.mark.gocache(False, reason="it watches itself"),
]
WAYS = ("_Fanotify", "_Inotify")


def touch(path: Path) -> None:
    """As C code opens a file."""
    library = ctypes.CDLL(None)
    library.close(library.open(os.fsencode(path), os.O_RDONLY))


@pytest.fixture(params=WAYS)
def watch(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Each way that the kernel has; not all are allowed everywhere."""

    class Refused(Watch):
        def __init__(self, library: object) -> None:
            raise OSError

    monkeypatch.setattr(kernel, next(each for each in WAYS if each != request.param), Refused)
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "in").mkdir()
    watch = begin([str(tmp_path)])
    if not watch.sees:
        pytest.skip("not allowed here")
    yield watch
    watch.close()


def test_what_happens_in_a_directory(watch: Watch, tmp_path: Path) -> None:
    """By path, once; then no more."""
    touch(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("b")
    os.listdir(tmp_path)
    happened = watch.read()
    assert happened[str(tmp_path / "a.txt")] & OPENED
    assert happened[str(tmp_path / "b.txt")] & (CREATED | MODIFIED)
    assert happened[str(tmp_path)] & OPENED
    assert not watch.read()


def test_what_is_not_watched(watch: Watch, tmp_path: Path) -> None:
    """Directories below are not, unless they are added; what is not there does no harm."""
    (tmp_path / "in" / "c.txt").write_text("c")
    assert watch.add(str(tmp_path / "gone"))
    assert str(tmp_path / "in" / "c.txt") not in watch.read()
    watch.add(str(tmp_path / "in"))
    touch(tmp_path / "in" / "c.txt")
    assert str(tmp_path / "in" / "c.txt") in watch.read()


def test_a_descriptor_that_is_somebody_elses_by_now(watch: Watch, tmp_path: Path) -> None:
    """A daemon closes all that are open, and opens others: nothing of theirs is read, or closed."""
    number = watch._descriptor  # type: ignore[attr-defined]
    os.close(number)
    taken = os.open(tmp_path / "a.txt", os.O_RDONLY)
    if taken != number:
        os.dup2(taken, number)
        os.close(taken)
    assert watch.read() == {LOST: OVERFLOW}
    watch.close()
    assert os.read(number, 9) == b"a"
    os.close(number)


def test_others_are_passed_over(tmp_path: Path) -> None:
    """What another process opens is nobody's here, where the kernel tells who it was."""
    watch = begin([str(tmp_path)])
    if type(watch).__name__ != "_Fanotify":
        pytest.skip("it does not tell")
    (tmp_path / "a.txt").write_text("a")
    watch.read()
    if not (child := os.fork()):
        (tmp_path / "a.txt").read_text()
        os._exit(0)
    os.waitpid(child, 0)
    assert not watch.read()
    watch.close()


def test_that_ctypes_is_needed_does_not_show() -> None:
    """The user's code may count what is loaded."""
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if "ctypes" in name}
    try:
        begin([]).close()
        assert not [name for name in sys.modules if "ctypes" in name]
    finally:
        sys.modules.update(before)


@pytest.fixture
def observer() -> Iterator[Observer]:
    """Installed packages own what stands in their directory."""
    observer = Observer(lambda name: f"top:{name.split('/')[2]}" if name.startswith("/site/") else "", lambda *_: None)
    observer.active = True
    yield observer
    observer.active = False
    assert observer.faults in ([], ["native: it is not known any more what C code opened"])


def test_whose_it_is(observer: Observer, tmp_path: Path) -> None:
    """Whoever runs, and all who import the package; what Python told of is not told again."""
    data, other = tmp_path / "data", tmp_path / "other"
    data.write_text("data")
    other.write_text("other")
    native = Native(observer, str(tmp_path))
    native.loaded("/site/polars/polars.so", {"top:polars"})
    with observer.running("module:a"):
        touch(data)
        other.read_text()
    native.remove()
    assert observer.reads["module:a"] == observer.reads["top:polars"] == {(Op.OPEN, str(data))}


def test_links_in_a_circle(observer: Observer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each directory is watched once, and not all that a link leads to."""
    monkeypatch.setattr("pytest_gocache.core.native.MOST_DIRECTORIES", 5)
    project = tmp_path / "project"
    (project / "in").mkdir(parents=True)
    (project / "up").symlink_to(tmp_path)
    (project / "in" / "around").symlink_to(project)
    for number in range(9):
        (tmp_path / f"other{number}").mkdir()
    native = Native(observer, str(project))
    native.loaded("/site/polars/polars.so", {EVERYONE})
    watched = [*native._directories]
    native.remove()
    assert {str(project), str(project / "in")} <= set(watched) and len(watched) == len(set(watched)) <= 5


@pytest.mark.parametrize("name", ["/site/numpy/core.so", "/site/81d2__mypyc.cpython-312.so", "/lib/python/_json.so"])
def test_who_opens_through_python(observer: Observer, tmp_path: Path, name: str) -> None:
    """The kernel is not asked for their sake."""
    Native(observer, str(tmp_path)).loaded(name, set())
    assert not observer.turns


def test_more_than_the_kernel_keeps(observer: Observer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of such a run is stored."""

    class Losing(Watch):
        sees = True

        def read(self) -> dict[str, int]:
            return {LOST: OVERFLOW}

    monkeypatch.setattr("pytest_gocache.core.native.begin", lambda directories: Losing())
    native = Native(observer, str(tmp_path))
    native.loaded("/site/polars/polars.so", {EVERYONE})
    native.settle()
    native.remove()
    assert observer.faults


def test_a_directory_made_meanwhile(observer: Observer, tmp_path: Path) -> None:
    """By whomever: what C code opens in it later is seen."""
    native = Native(observer, str(tmp_path))
    native.loaded("/site/polars/polars.so", {"top:polars"})
    with observer.running("module:a"):
        subprocess.run(["mkdir", "-p", tmp_path / "out" / "deep"], check=True)
    data = tmp_path / "out" / "deep" / "data"
    subprocess.run(["touch", data], check=True)
    with observer.running("module:b"):
        touch(data)
    native.remove()
    assert (Op.OPEN, str(data)) in observer.reads["module:b"]


@pytest.mark.parametrize("refuses", ["begin", "add"])
def test_where_nothing_is_seen(
    observer: Observer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: str
) -> None:
    """Who imports the package is not stored: others watch too many directories, or the file system cannot tell."""
    if refuses == "begin":
        monkeypatch.setattr("pytest_gocache.core.native.begin", lambda directories: Watch())
    else:
        monkeypatch.setattr(kernel._Fanotify, "add", lambda self, directory: False)
        monkeypatch.setattr(kernel._Inotify, "add", lambda self, directory: False)
    native = Native(observer, str(tmp_path))
    native.loaded("/site/polars/polars.so", {"top:polars"})
    native.remove()
    assert not observer.turns and observer.reads == {"top:polars": {(Op.NATIVE, "polars")}}
