"""Who reads which variable. ``os.environ`` is real; owners are decided by a fake."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from unittest import mock

import pytest

from pytest_gocache.core.environment import ALL, Variables
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.variables import Reader, Watched

pytestmark = pytest.mark.gocache(False, reason="it watches itself")


@pytest.fixture
def observer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    """This file is first-party, pytest its own; COLOUR is red, SHAPE unset, SHLVL one of the volatile."""

    def owner_of(filename: str) -> str:
        return "file:here" if filename == __file__ else Observer.PYTEST if "_pytest" in filename else ""

    monkeypatch.setenv("COLOUR", "red")
    monkeypatch.setenv("SHLVL", "3")
    monkeypatch.delenv("SHAPE", raising=False)
    observer = Observer(owner_of, lambda op, path: None)
    reader = Reader(observer, Variables(os.environ))
    observer.active = True
    reader.install()
    yield observer
    observer.active = False
    reader.remove()
    assert not observer.faults


def read(observer: Observer) -> set[str]:
    """The names that were read since the last time."""
    events = observer.reads.pop("file:here", set())
    observer.forget()  # what was told once is not told again
    assert all(op is Op.GETENV for op, _ in events)
    return {name for _, name in events}


def each_in_a_loop() -> list[str]:
    return [os.environ[name] for name in os.environ]


READS: dict[str, tuple[Callable[[], object], set[str]]] = {
    "get": (lambda: os.environ.get("COLOUR"), {"COLOUR"}),
    "get absent": (lambda: os.getenv("SHAPE", "x"), {"SHAPE"}),
    "in": (lambda: "SHAPE" in os.environ, {"SHAPE"}),
    "in keys": (lambda: "SHAPE" in os.environ.keys(), {"SHAPE"}),  # noqa: SIM118
    "in items": (lambda: ("SHAPE", "x") in os.environ.items(), {"SHAPE"}),
    "bytes": (lambda: os.environb[b"COLOUR"], {"COLOUR"}),
    "volatile by name": (lambda: os.environ["SHLVL"], {"SHLVL"}),
    "delete": (lambda: os.environ.__delitem__("COLOUR"), {"COLOUR"}),
    "pop": (lambda: os.environ.pop("COLOUR"), {"COLOUR"}),
    "expanduser": (lambda: os.path.expanduser("~"), {"HOME"}),
    "expandvars": (lambda: os.path.expandvars("$COLOUR ${SHAPE}"), {"COLOUR", "SHAPE"}),
    "copy": (lambda: os.environ.copy(), {ALL}),
    "dict": (lambda: dict(os.environ, X="1"), {ALL}),
    "unpacked": (lambda: {**os.environ}, {ALL}),
    "loop": (each_in_a_loop, {ALL}),
    "items": (lambda: list(os.environ.items()), {ALL}),
    "values": (lambda: "red" in os.environ.values(), {ALL}),
    "equal": (lambda: os.environ == {}, {ALL}),
    "len": (lambda: len(os.environ), {ALL}),
    "bool": (lambda: not os.environ, {ALL}),
    "repr": (lambda: repr(os.environ), {ALL}),
    "copy, then by name": (lambda: [dict(os.environ), os.environ["SHLVL"]], {ALL, "SHLVL"}),
    "clear": (lambda: os.environ.clear(), set()),
    "set": (lambda: os.environ.update(SHAPE="x"), set()),
    "set, then read": (lambda: [os.environ.update(COLOUR="x"), os.environ["COLOUR"]], set()),
    "removed, then read": (lambda: [os.unsetenv("COLOUR"), os.environ.clear(), os.getenv("COLOUR")], set()),
    "temporary files": (lambda: tempfile._candidate_tempdir_list(), set()),
    "child": (lambda: os.waitstatus_to_exitcode(os.system("true")), set()),
}


@pytest.mark.parametrize("way", READS)
def test_what_is_read(way: str, observer: Observer) -> None:
    """Each way of reading gives names, or all, or nothing."""
    call, expected = READS[way]
    before = dict(os.environ)
    read(observer)
    call()
    assert read(observer) == expected
    os.environ.clear()
    os.environ.update(before)


def test_a_variable_that_another_set_since(observer: Observer) -> None:
    """The same code asks for it once more: it meets what that module made of it."""
    observer.importing = True
    for running in ("module:/b", "module:/a", "module:/b"):
        with observer.running(running):
            if running == "module:/a":
                os.environ["COLOUR"] = "blue"
            else:
                os.environ.get("COLOUR")
    assert {(Op.EXEC, "/a"), (Op.AFTER, "/a")} <= observer.reads["module:/b"]
    os.environ["COLOUR"] = "red"


def test_patch_dict(observer: Observer) -> None:
    """It copies all of them, which nobody sees."""
    with mock.patch.dict(os.environ, {"COLOUR": "blue"}, clear=True):
        assert os.environ["COLOUR"] == "blue"
    with mock.patch.dict("os.environ", SHAPE="round"):
        assert os.environ["SHAPE"] == "round"
    assert not read(observer)
    assert os.environ["COLOUR"] == "red" and read(observer) == {"COLOUR"}


def test_monkeypatch(observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads for itself what it puts back later, and for its caller what it prepends to."""
    monkeypatch.setenv("SHAPE", "round")
    monkeypatch.delenv("SHAPE")
    monkeypatch.setitem(os.environ, "SHAPE", "flat")
    assert not read(observer)
    monkeypatch.setenv("COLOUR", "dark", prepend="-")
    assert read(observer) == {"COLOUR"} and os.environ["COLOUR"] == "dark-red"
    assert not read(observer)


def test_what_was_there_comes_back(observer: Observer) -> None:
    """The same dictionary as before, with what the variables are by then; and one within the other."""
    outer = os.environ._data
    inner = Reader(Observer(lambda filename: "", lambda op, path: None), Variables(os.environ))
    inner.install()
    assert type(os.environ._data) is Watched and os.environ._data is os.environb._data is not outer
    os.environ["SHAPE"] = "round"
    inner.remove()
    assert os.environ._data is outer is os.environb._data and os.environ.pop("SHAPE") == "round"
