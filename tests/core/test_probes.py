"""What stands in for functions of ``os``: what it tells, and that nobody can tell it from the original."""

from __future__ import annotations

import copy
import glob
import inspect
import linecache
import os
import pathlib
import pickle
import posix
import shutil
import signal
import stat
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_gocache.core.made import Made
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import AND, Op
from pytest_gocache.core.probes import NAMES, Probes

pytestmark = pytest.mark.gocache(False, reason="it watches itself")


@pytest.fixture
def looked() -> list[tuple[Op, str]]:
    return []


@pytest.fixture
def observer(looked: list[tuple[Op, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    """This file is first-party, ``/site/times.py`` third-party, pytest its own; ``tmp_path`` is the project."""

    def owner_of(filename: str) -> str:
        if filename == __file__ or filename == "<string>":
            return "file:here"
        if filename.startswith(str(tmp_path)):
            return "top:site"
        return Observer.PYTEST if "_pytest" in filename else ""

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "link").symlink_to("a.txt")
    observer = Observer(owner_of, lambda op, path: looked.append((op, os.path.basename(path))))
    probes = Probes(observer, str(tmp_path))
    observer.active = True
    probes.install()
    yield observer
    observer.active = False
    probes.remove()
    assert not observer.faults


def test_what_we_open_ourselves_is_still_ours_afterwards(observer: Observer) -> None:
    """It is nobody's reading, nor is what comes after it."""
    with observer.unwatched():
        os.close(os.open("a.txt", os.O_RDONLY))
        assert not observer.awake
    assert observer.awake


def module_of(asked: str, *loaded: str) -> str:
    """The name of the module that ``inspect`` finds for one file, after these were loaded."""
    names = {f"loaded_{at}": os.path.abspath(name) for at, name in enumerate(loaded)}
    for name, file in names.items():
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__file__ = file
    try:
        found = inspect.getmodule(compile("", os.path.abspath(asked), "exec"))
        return "" if found is None else found.__name__
    finally:
        for name in names:
            del sys.modules[name]


def test_what_inspect_asks_of_all_that_is_loaded_is_nobodys(observer: Observer, tmp_path: Path) -> None:
    """Of the file that it is asked about it counts that it is there."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "c.py").symlink_to("b.py")

    assert module_of("b.py", "a.py", "c.py") == "loaded_1"

    at = str(tmp_path) + os.sep
    told = {(op, name.removeprefix(at)) for op, name in observer.reads["file:here"]}
    assert {name for _, name in told} & {"a.py", "b.py", "c.py"} == {"b.py"}, told


ASKS: dict[str, tuple[Callable[[], object], set[tuple[Op, str]]]] = {
    "exists": (lambda: os.path.exists("a.txt"), {(Op.KIND, "a.txt")}),
    "exists absent": (lambda: os.path.exists("b/c"), {(Op.KIND, "b/c")}),
    "exists bytes": (lambda: os.path.exists(b"a.txt"), {(Op.KIND, "a.txt")}),
    "isfile": (lambda: os.path.isfile("a.txt"), {(Op.KIND, "a.txt")}),
    "isdir": (lambda: os.path.isdir("a.txt"), {(Op.KIND, "a.txt")}),
    "lexists": (lambda: os.path.lexists("link"), {(Op.LINK, "link"), (Op.KIND, "link")}),
    "islink": (lambda: os.path.islink("link"), {(Op.LINK, "link")}),
    "ismount": (lambda: os.path.ismount("a.txt"), {(Op.LINK, "a.txt"), (Op.KIND, "a.txt")}),
    "getsize": (lambda: os.path.getsize("a.txt"), {(Op.STAT, "a.txt")}),
    "getmtime": (lambda: os.path.getmtime("a.txt"), {(Op.TIMES, "a.txt")}),
    "samefile": (
        lambda: os.path.samefile("a.txt", "link"),
        {(op, name) for op in (Op.LINK, Op.KIND) for name in ("a.txt", "link")} | {(Op.SAME, "a.txt = link")},
    ),
    "samefile of nothing": (
        lambda: refused(os.path.samefile, "a.txt", "b"),
        {(op, name) for op in (Op.LINK, Op.KIND) for name in ("a.txt", "b")},
    ),
    "copyfile": (
        lambda: refused(shutil.copyfile, "a.txt", "link"),
        {(op, name) for op in (Op.LINK, Op.KIND) for name in ("a.txt", "link")} | {(Op.SAME, "a.txt = link")},
    ),
    "copytree": (
        lambda: [refused(shutil.copyfile, each, "link") for each in os.scandir() if each.name == "a.txt"],
        {(Op.STAT, "link"), (Op.SAME, "a.txt = link")},
    ),
    "realpath": (lambda: os.path.realpath("link"), {(Op.LINK, "link"), (Op.LINK, "a.txt")}),
    "realpath strict": (
        lambda: os.path.realpath("a.txt", strict=True),
        {(Op.LINK, "a.txt"), (Op.KIND, "a.txt")},
    ),
    "realpath of nothing": (lambda: os.path.realpath("b"), {(Op.LINK, "b")}),
    "stat": (lambda: os.stat("a.txt"), {(Op.STAT, "a.txt")}),
    "stat by keyword": (lambda: os.stat(path="a.txt", follow_symlinks=False), {(Op.STAT, "a.txt")}),
    "lstat": (lambda: os.lstat("link"), {(Op.STAT, "link")}),
    "stat of a number": (lambda: os.stat(0), set()),
    "stat of an open file": (lambda: of_open(os.stat), {(Op.STAT, "a.txt")}),
    "fstat": (lambda: of_open(os.fstat), {(Op.STAT, "a.txt")}),
    "sameopenfile": (lambda: of_open(lambda at: os.path.sameopenfile(at, at)), {(Op.SAME, "a.txt = a.txt")}),
    "stat beside a number": (lambda: stat_beside(), {(Op.STAT, "a.txt")}),
    "access": (lambda: os.access("a.txt", os.R_OK), {(Op.ACCESS, "a.txt")}),
    "access at all": (lambda: os.access("a.txt", os.F_OK), {(Op.KIND, "a.txt")}),
    "readlink": (lambda: os.readlink("link"), {(Op.LINK, "link"), (Op.KIND, "link")}),
    "Path.exists": (lambda: Path("a.txt").exists(), {(Op.KIND, "a.txt")}),
    "Path.is_file": (lambda: Path("a.txt").is_file(), {(Op.KIND, "a.txt")}),
    "Path.is_dir": (lambda: Path("a.txt").is_dir(), {(Op.KIND, "a.txt")}),
    "Path.is_fifo": (lambda: Path("a.txt").is_fifo(), {(Op.KIND, "a.txt")}),
    "Path.is_symlink": (lambda: Path("link").is_symlink(), {(Op.LINK, "link")}),
    "Path.stat": (lambda: Path("a.txt").stat(), {(Op.STAT, "a.txt")}),
    "Path.lstat": (lambda: Path("link").lstat(), {(Op.STAT, "link")}),
    "Path.owner": (lambda: Path("a.txt").owner(), {(Op.TIMES, "a.txt")}),
    "Path.readlink": (lambda: Path("link").readlink(), {(Op.LINK, "link"), (Op.KIND, "link")}),
    "Path.glob of a name": (lambda: list(Path().glob("a.txt")), {(Op.LINK, "a.txt"), (Op.KIND, "a.txt")}),
    "glob of a name": (lambda: glob.glob("a.txt"), {(Op.LINK, "a.txt"), (Op.KIND, "a.txt")}),
    "which": (
        lambda: shutil.which("./a.txt"),
        {(Op.KIND, "a.txt"), (Op.ACCESS, "a.txt")},
    ),
    "linecache": (lambda: linecache.updatecache("a.txt"), {(Op.OPEN, "a.txt")}),
}


GLOB_OF_A_NAME: dict[tuple[int, ...], set[tuple[Op, str]]] = {
    (3, 11): {(Op.KIND, "a.txt")},
    (3, 12): set(),  # it lists the directory, which an audit event tells
}


def refused(call: Callable[..., object], one: object, other: str) -> None:
    with pytest.raises((shutil.SameFileError, FileNotFoundError)):
        call(one, other)


def of_open(ask: Callable[[int], object]) -> None:
    number = posix.open("a.txt", os.O_RDONLY)
    ask(number)
    os.close(number)


def stat_beside() -> None:
    number = posix.open(".", os.O_RDONLY)
    os.stat("a.txt", dir_fd=number)
    os.close(number)


@pytest.mark.parametrize("ask", ASKS)
def test_what_is_asked(ask: str, observer: Observer, tmp_path: Path) -> None:
    """Each way of asking is told as what it wants to know, for whoever runs and for the file that asks."""
    call, expected = ASKS[ask]
    with observer.running("module:m"):
        call()
    found = observer.reads.get("module:m", set())
    plain = {(op, " = ".join(os.path.relpath(one, tmp_path) for one in path.split(AND))) for op, path in found}
    if ask == "Path.glob of a name":
        expected = GLOB_OF_A_NAME.get(sys.version_info[:2], expected)
    assert plain >= expected and plain - expected <= {(Op.KIND, "."), (Op.LINK, "."), (Op.LINK, ".."), (Op.KIND, "..")}
    assert found == observer.reads.get("file:here", set())


def test_resolving_tells_of_links_below_the_project_only(observer: Observer, tmp_path: Path) -> None:
    """What the project lies in is the machine's; a link in the middle of a path is the project's."""
    (tmp_path / "real").mkdir()
    (tmp_path / "way").symlink_to("real")
    observer.made = Made()
    with observer.running("module:m"):
        Path("way/x").resolve()
    assert observer.reads["module:m"] == {(Op.LINK, str(tmp_path / name)) for name in ("way", "real", "real/x")}


def test_pytest_itself_is_nobody(observer: Observer, looked: list[tuple[Op, str]]) -> None:
    """What pytest asks for itself, directly or by pathlib, is not even looked at."""
    inside: dict[str, Callable[..., object]] = {}
    exec(compile("def call(f):\n    return f()", "/_pytest/x.py", "exec"), inside)
    with observer.running("module:m"):
        inside["call"](Path("a.txt").exists)
        inside["call"](Path("a.txt").resolve)
    assert not observer.reads and not looked


def test_times_for_third_party_code(observer: Observer, looked: list[tuple[Op, str]], tmp_path: Path) -> None:
    """A stat is about times if third-party code on the stack speaks of them; else they are kept in mind."""
    for name, text in {"plain": "", "times": "result.st_mtime_ns"}.items():
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        inside: dict[str, Callable[..., object]] = {}
        exec(compile("import os\ndef call(path):\n    return os.stat(path)", str(file), "exec"), inside)
        observer.made = Made()
        with observer.running(f"module:{name}"):
            inside["call"]("a.txt")
    assert observer.reads["module:plain"] == {(Op.STAT, str(tmp_path / "a.txt"))}
    assert observer.reads["module:times"] == {(Op.TIMES, str(tmp_path / "a.txt"))}
    assert looked[:2] == [(Op.TIMES, "a.txt"), (Op.STAT, "a.txt")]


@pytest.mark.parametrize("name", NAMES)
def test_nobody_can_tell(name: str, observer: Observer) -> None:
    """It looks, compares, hashes, copies and pickles as the original does."""
    ours, original = getattr(os, name), getattr(posix, name)
    assert ours is not original and ours == original and original == ours and hash(ours) == hash(original)
    assert ours != len
    assert repr(ours) == repr(original) and ours.__doc__ == original.__doc__
    assert ours.__name__ == original.__name__ and ours.__qualname__ == original.__qualname__
    assert isinstance(ours, types.BuiltinFunctionType) and inspect.isbuiltin(ours) and callable(ours)
    assert inspect.signature(ours) == inspect.signature(original)
    assert inspect.getdoc(ours) == inspect.getdoc(original)
    assert pickle.loads(pickle.dumps(ours)) is ours and copy.deepcopy(ours) is ours and copy.copy(ours) is ours
    for supports in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        assert (ours in supports) == (original in supports)

    class Holder:
        kept = ours

    assert Holder().kept is ours  # a builtin does not turn into a method


def test_results_and_errors_are_the_originals(observer: Observer) -> None:
    """Whatever is given: the same result or the same error, and a path asked for its name once more at most."""
    assert os.stat("a.txt") == posix.stat("a.txt") and stat.S_ISLNK(os.lstat("link").st_mode)
    for wrong in ("nothing", "a\0b", 1.5, None, Path("nothing"), "a.txt/x"):
        caught = []
        for function in (os.stat, posix.stat):
            with pytest.raises((OSError, ValueError, TypeError)) as error:
                function(wrong)
            caught.append((error.type, str(error.value)))
        assert caught[0] == caught[1]
    with pytest.raises(TypeError):
        os.stat()
    with pytest.raises(TypeError):
        os.access("a.txt")


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signals here")
def test_an_alarm_that_rings_while_a_path_is_asked_for_its_name_ends_the_call(observer: Observer) -> None:
    """It rings once: whoever waits for a file would wait for ever."""

    class Rings:
        left = 1

        def __fspath__(self) -> str:
            if self.left:
                self.left -= 1
                signal.raise_signal(signal.SIGUSR1)
            return "a.txt"

    def rings(*_: object) -> None:
        raise LookupError("time is up")

    before = signal.signal(signal.SIGUSR1, rings)
    try:
        with pytest.raises(LookupError, match="time is up"):
            os.path.exists(Rings())
    finally:
        signal.signal(signal.SIGUSR1, before)
    observer.faults.clear()


def test_failures_show_no_frame_of_ours(observer: Observer) -> None:
    """pytest hides it; the text of a traceback has it as its last frame, and nothing else of ours."""
    with pytest.raises(FileNotFoundError) as error:
        os.stat("nothing")
    assert error.traceback.filter(error)[-1].path == Path(__file__)
    assert len(traceback.extract_tb(error.tb)) == 2


def test_others_may_patch_meanwhile(observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others put in our place stays theirs, and undoing it brings back what was there."""
    ours = os.stat
    with monkeypatch.context() as context:
        context.setattr(os, "stat", lambda *args, **options: "fake")
        assert os.stat("a.txt") == "fake" and not observer.reads
    assert os.stat is ours


def test_removing(observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Originals come back, but not over what somebody else has put there; a kept stand-in goes on, silent."""
    second, before = Probes(observer, "/"), [getattr(os, name) for name in NAMES]
    lstat = vars(getattr(glob, "_StringGlobber", pathlib.Path))["lstat"]
    second.install()
    kept = os.lstat
    mine = lambda *args: None  # noqa: E731
    monkeypatch.setattr(os, "access", mine)
    second.remove()
    assert [getattr(os, name) for name in NAMES if name != "access"] == [each for each in before if each != before[2]]
    assert os.access is mine and vars(getattr(glob, "_StringGlobber", pathlib.Path))["lstat"] is lstat
    assert kept("a.txt") == posix.lstat("a.txt")
