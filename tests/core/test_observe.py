"""Who reads what. The audit hook is real; owners are decided by a fake."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_gocache.core.model import Op
from pytest_gocache.core.observe import Observer, absolute


@pytest.fixture
def looked() -> list[str]:
    return []


@pytest.fixture
def observer(looked: list[str]) -> Iterator[Observer]:
    """This file is first-party, the standard library nobody, all else pytest's own."""

    def owner_of(filename: str) -> str:
        if filename == __file__:
            return "file:here"
        if filename.startswith("<"):
            return Observer.IMPORTLIB if "importlib" in filename else ""
        return Observer.PYTEST if "_pytest" in filename or "pluggy" in filename else ""

    observer = Observer(owner_of, looked.append)
    observer.install()
    yield observer
    observer.active = False
    assert not observer.faults


def reads(observer: Observer, owner: str) -> set[tuple[Op, str]]:
    return {event for event in observer.reads.get(owner, set()) if event[0] not in (Op.IMPORT, Op.EXEC)}


def test_a_read_belongs_to_who_runs_and_to_the_code_on_the_stack(
    observer: Observer, looked: list[str], tmp_path: Path
) -> None:
    """Opened directly or through the standard library, by name or number, it is the same."""
    direct, through, low = (str(tmp_path / name) for name in ("direct", "through", "low"))
    for path in (direct, through, low):
        Path(path).write_text("x")
    observer.reads.clear()
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
    """A file written, a directory made and all in it: outputs of that owner, inputs of another."""
    made = tmp_path / "made"
    with observer.running("module:writer"):
        made.mkdir()
        (made / "x").write_text("1")
        (made / "x").read_text()
        os.rename(made / "x", made / "y")
        (made / "y").read_text()
        list(made.iterdir())
    assert not reads(observer, "module:writer")
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


def test_dynamic_imports_are_noted_even_of_loaded_modules(observer: Observer) -> None:
    """``importing`` is told the name by whoever replaces ``import_module``."""

    def import_module(name: str) -> None:
        observer.importing(name)

    with observer.running("module:m"):
        import_module("os.path")
    assert (Op.IMPORT, "os.path") in observer.reads["module:m"]
