"""Who reads what. The audit hook is real; owners are decided by a fake."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_gocache.core.audit import Audit
from pytest_gocache.core.observe import EVERYONE, Observer
from pytest_gocache.core.ops import WRITTEN, Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.standing import Standing

pytestmark = pytest.mark.gocache(False, reason="it watches itself")


@pytest.fixture
def looked() -> list[str]:
    return []


@pytest.fixture
def observer(looked: list[str], tmp_path: Path) -> Iterator[Observer]:
    """This file is first-party, the standard library nobody, all else pytest's own."""

    def owner_of(filename: str) -> str:
        if filename == __file__:
            return "file:here"
        if filename == "/site/plugin.py":
            return "top:plugin"
        if filename == "/standard/keeper.py":
            return EVERYONE
        if filename.startswith("<"):
            return Observer.IMPORTLIB if "importlib" in filename else ""
        return Observer.PYTEST if "_pytest" in filename or "pluggy" in filename else ""

    observer = Observer(owner_of, lambda op, path: looked.append(path))
    Audit(observer).install()
    yield observer
    observer.active = False
    assert not observer.faults


def reads(observer: Observer, owner: str) -> set[tuple[Op, str]]:
    others = (Op.IMPORT, Op.EXEC, *WRITTEN, Op.KIND, Op.LINK)
    return {event for event in observer.reads.get(owner, set()) if event[0] not in others}


def lay(observer: Observer, *paths: Path) -> None:
    """Files that were there before anybody watched."""
    observer.active = False
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text("old")
    observer.active = True


def test_a_read_belongs_to_who_runs_and_to_the_code_on_the_stack(
    observer: Observer, looked: list[str], tmp_path: Path
) -> None:
    """Opened directly or through the standard library, by name or number, it is the same."""
    direct, through, low = (str(tmp_path / name) for name in ("direct", "through", "low"))
    lay(observer, *map(Path, (direct, through, low)))
    with observer.running("module:m"):
        with open(direct) as file:
            file.read()
        Path(through).read_text()
        os.close(os.open(low, os.O_RDONLY))
        os.listdir(tmp_path)
    expected = {(Op.OPEN, direct), (Op.OPEN, through), (Op.OPEN, low), (Op.LIST, str(tmp_path))}
    assert reads(observer, "module:m") == reads(observer, "file:here") == expected
    assert {direct, through, low} <= set(looked)


def test_owners_nest(observer: Observer, tmp_path: Path) -> None:
    """What a wide fixture reads belongs to it and to the module around it; afterwards only to the module."""
    absent = [str(tmp_path / name) for name in ("a", "b")]
    with observer.running("module:m"):
        with observer.running("fixture:f"), pytest.raises(FileNotFoundError):
            Path(absent[0]).read_text()
        with pytest.raises(FileNotFoundError):
            Path(absent[1]).read_text()
    assert reads(observer, "fixture:f") == {(Op.OPEN, absent[0])}
    assert reads(observer, "module:m") == {(Op.OPEN, path) for path in absent}


def test_what_one_wrote_itself_is_no_input(observer: Observer, tmp_path: Path) -> None:
    """A file written, a directory made and all in it: outputs of that owner, inputs of another. That something may be
    made where it was made is an input."""
    made = tmp_path / "made"
    with observer.running("module:writer"):
        made.mkdir()
        (made / "x").write_text("1")
        (made / "x").read_text()
        os.rename(made / "x", made / "y")
        (made / "y").read_text()
        list(made.iterdir())
    assert reads(observer, "module:writer") == {(Op.ACCESS, str(tmp_path))}
    with observer.running("module:reader"):
        (made / "y").read_text()
    assert reads(observer, "module:reader") == {(Op.OPEN, str(made / "y"))}


def test_inactive_is_deaf(observer: Observer, tmp_path: Path) -> None:
    """Switched off it keeps nothing."""
    observer.active = False
    with observer.running("module:m"):
        os.listdir(tmp_path)
    assert "module:m" not in observer.reads


def test_a_relative_name_is_made_absolute_at_once(
    observer: Observer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory of the moment counts."""
    monkeypatch.chdir(tmp_path)
    with observer.running("module:m"), pytest.raises(FileNotFoundError):
        os.open("x/../absent", os.O_RDONLY)
    assert reads(observer, "module:m") == {(Op.OPEN, str(tmp_path / "absent"))}
    assert absolute(b"a") == str(tmp_path / "a") == absolute(tmp_path / "a")


def test_what_a_plugin_reads_for_itself_is_everyones(observer: Observer, tmp_path: Path) -> None:
    """Only where no first-party code stands between it and the reading."""
    inside: dict[str, Callable[..., bool]] = {}
    exec(compile("def call(function, *args):\n    return function(*args)", "/site/plugin.py", "exec"), inside)
    observer.plugins = frozenset({"top:plugin"})
    inside["call"](lambda path: os.listdir(path), tmp_path)
    assert not reads(observer, EVERYONE)
    with observer.running("module:m"), pytest.raises(FileNotFoundError):
        threading.Thread(target=inside["call"], args=(open, tmp_path / "a")).run()
    assert not reads(observer, EVERYONE)  # this file is on the stack
    thread = threading.Thread(target=inside["call"], args=(os.listdir, tmp_path))
    thread.start()
    thread.join()
    assert reads(observer, EVERYONE) == {(Op.LIST, str(tmp_path))}


CALLING = "def call(function, *args):\n    return function(*args)"


def calling_in(filename: str) -> Callable[..., bool]:
    """A function in that file, which calls another."""
    inside: dict[str, Callable[..., bool]] = {}
    exec(compile(CALLING, filename, "exec"), inside)
    return inside["call"]


def test_who_asks_for_what_is_kept_for_everyone_is_looked_for_no_further(observer: Observer, tmp_path: Path) -> None:
    """All have it already; but not what others read for which the keeper only makes room, and not imports."""
    by_keeper, by_plugin = calling_in("/standard/keeper.py"), calling_in("/site/plugin.py")
    with observer.running("module:m"):
        by_plugin(by_keeper, os.listdir, tmp_path)
        assert reads(observer, EVERYONE) == reads(observer, "module:m") == {(Op.LIST, str(tmp_path))}
        assert not reads(observer, "file:here")
        by_plugin(by_keeper, lambda path: os.listdir(path), tmp_path)
        with pytest.raises(ImportError):
            by_plugin(by_keeper, __import__, "no_such")
    assert reads(observer, "file:here") == {(Op.LIST, str(tmp_path))}
    assert (Op.IMPORT, "no_such") in observer.reads["file:here"]


@pytest.mark.parametrize("asker", ["<frozen importlib>", "/_pytest/main.py"])
def test_what_a_keeper_reads_for_those_who_read_for_themselves_is_nobodys(
    asker: str, observer: Observer, tmp_path: Path
) -> None:
    """``zoneinfo`` asks for the places of this machine while it is imported."""
    by_keeper, by_asker = calling_in("/standard/keeper.py"), calling_in(asker)
    with observer.running("module:m"):
        by_keeper(os.listdir, tmp_path.parent)
        observer.reads.clear()
        for _ in range(2):
            by_asker(by_keeper, os.listdir, tmp_path)
    assert not reads(observer, EVERYONE) and not reads(observer, "module:m")


def test_a_forked_process_has_no_thread_that_looks_but_its_own(observer: Observer) -> None:
    """The numbers of threads come again: what one did whose number another had, in the parent, is not ours."""
    looks, ends = threading.Event(), threading.Event()
    thread = threading.Thread(target=observer.quietly, args=("test", lambda: (looks.set(), ends.wait())))
    thread.start()
    looks.wait()
    observer.forget()
    seen: list[bool] = []
    observer.quietly("test", lambda: (observer.forget(), seen.append(observer.awake)))
    ends.set()
    thread.join()
    assert seen == [False] and observer.awake and not observer._busy


def test_the_stack_above_the_entrance_is_nobodys(observer: Observer, tmp_path: Path) -> None:
    """The frames of pytest's own loop are not asked."""
    here = sys._getframe().f_code.co_firstlineno
    observer.enters_by({__file__: range(here, here + 20)})
    with observer.running("module:m"), pytest.raises(FileNotFoundError):
        (tmp_path / "a").read_text()
    assert reads(observer, "module:m") == {(Op.OPEN, str(tmp_path / "a"))}
    assert "file:here" not in observer.reads


def test_writes_are_kept_to_tell_what_a_module_made(observer: Observer, tmp_path: Path) -> None:
    """They belong to who runs, and to nobody on the stack."""
    with observer.running("module:m"):
        (tmp_path / "made").write_text("x")
    assert observer.reads["module:m"] >= {(Op.WRITE, str(tmp_path / "made"))}
    assert (Op.WRITE, str(tmp_path / "made")) not in observer.reads.get("file:here", set())


def test_what_stays_in_a_file_that_one_writes_is_read(observer: Observer, tmp_path: Path) -> None:
    """Appended to and read, moved or linked: the old content is still there. Emptied first: it is not."""
    kept, moved, hard, emptied = (str(tmp_path / name) for name in ("kept", "moved", "hard", "emptied"))
    lay(observer, *map(Path, (kept, moved, hard, emptied)))
    with observer.running("module:m"):
        with open(kept, "a") as file:
            file.write("new")
        assert reads(observer, "module:m") == {(Op.ACCESS, kept)}
        assert Path(kept).read_text() == "oldnew"
        os.rename(moved, tmp_path / "elsewhere")
        os.link(hard, tmp_path / "second")
        Path(emptied).write_text("new")
    may = {(Op.ACCESS, path) for path in (kept, emptied, str(tmp_path))}
    assert reads(observer, "module:m") == {(Op.OPEN, path) for path in (kept, moved, hard)} | may


def test_a_directory_that_is_there_is_not_made(observer: Observer, tmp_path: Path) -> None:
    """``makedirs(exist_ok=True)`` makes nobody the author of what lies in it."""
    lay(observer, tmp_path / "there" / "data")
    with observer.running("module:m"):
        os.makedirs(tmp_path / "there", exist_ok=True)
        (tmp_path / "there" / "data").read_text()
    assert reads(observer, "module:m") == {(Op.OPEN, str(tmp_path / "there" / "data"))}


def test_through_a_link_of_ones_own_one_reads_what_is_not(observer: Observer, tmp_path: Path) -> None:
    """A link into a place of outputs that leads to an input."""
    lay(observer, tmp_path / "data" / "users")
    with observer.running("module:m"):
        (tmp_path / "link").symlink_to("data")
        (tmp_path / "link" / "users").read_text()
    made = (Op.ACCESS, str(tmp_path))
    assert reads(observer, "module:m") == {(Op.OPEN, str(tmp_path / "data" / "users")), made}


def test_what_a_wide_fixture_made_is_no_input_of_those_who_use_it(observer: Observer, tmp_path: Path) -> None:
    """They read what this run made; to others, the file may lie there still when they run alone."""
    observer.used_by = lambda owners: ["fixture:session:db"] if "module:b" in owners else []
    with observer.running("module:a"), observer.running("fixture:session:db"):
        (tmp_path / "test.db").write_text("x")
    for module in ("module:b", "module:c"):
        with observer.running(module):
            (tmp_path / "test.db").read_text()
    (tmp_path / "test.db").read_text()
    assert not reads(observer, "module:b") and not reads(observer, EVERYONE)
    assert reads(observer, "module:c") == {(Op.OPEN, str(tmp_path / "test.db"))}


def test_what_fails_makes_nothing(observer: Observer, tmp_path: Path) -> None:
    """An audit event comes before its deed: a file that is there was not put there by a move that failed."""
    lay(observer, tmp_path / "data")
    with observer.running("module:m"):
        with pytest.raises(FileNotFoundError):
            os.rename(tmp_path / "nothing", tmp_path / "data")
        for deed in (os.symlink, os.link):
            with pytest.raises(FileExistsError):
                deed(tmp_path / "data", tmp_path / "data")
        with tempfile.TemporaryFile(dir=tmp_path):
            (tmp_path / "data").read_text()
    assert reads(observer, "module:m") == {(Op.OPEN, str(tmp_path / "data"))}


def test_what_moves_with_a_directory_is_read(observer: Observer, tmp_path: Path) -> None:
    """It is found under the new name, which is the module's own."""
    lay(observer, tmp_path / "old" / "data")
    with observer.running("module:m"):
        os.rename(tmp_path / "old", tmp_path / "new")
        (tmp_path / "new" / "data").read_text()
    assert (Op.OPEN, str(tmp_path / "old" / "data")) in reads(observer, "module:m")


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signals here")
def test_an_alarm_is_for_who_set_it(observer: Observer) -> None:
    """It may ring while we look: what its handler raises goes on to the test. What we raise ourselves does not."""

    class Clock:
        def rings(self, *_: object) -> None:
            raise LookupError("time is up")

    before = signal.signal(signal.SIGUSR1, Clock().rings)
    try:
        with pytest.raises(LookupError, match="time is up"):
            observer.quietly("look", signal.raise_signal, signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    observer.quietly("look", int, "a mistake")
    told = [fault.partition("(")[0] for fault in observer.faults]
    observer.faults.clear()
    assert told == ["look: LookupError", "look: ValueError"]


def test_what_another_thread_raises_in_this_one_is_for_who_runs_in_it(observer: Observer) -> None:
    """So libraries end a thread that takes too long. It may come up while we look."""

    class TooLong(Exception):
        pass

    throw = functools.partial(ctypes.pythonapi.PyThreadState_SetAsyncExc, ctypes.c_ulong(threading.get_ident()))
    with pytest.raises(TooLong):
        observer.quietly("look", throw, ctypes.py_object(TooLong))
    observer.faults.clear()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms here")
def test_an_alarm_leaves_nobody_deaf(observer: Observer) -> None:
    """pytest-timeout ends a test by one, wherever it is: what the next tests read is heard all the same."""

    class TooLate(BaseException):
        pass

    def ends(*_: object) -> None:
        raise TooLate

    before = signal.signal(signal.SIGALRM, ends)
    try:
        for _ in range(200):
            with pytest.raises(TooLate):
                signal.setitimer(signal.ITIMER_REAL, 0.0003)
                while True:
                    observer.quietly("nothing", int)
            assert observer.awake
    finally:
        signal.signal(signal.SIGALRM, before)


def test_nothing_remembered_takes_no_object() -> None:
    """There is one standing to each stack of calls, and tests may look at all objects there are."""
    one, two = Standing(set()), Standing(set())
    assert one.told is two.told is one.calls is two.owners
