"""What is denied: nothing is written, and that it was denied is an input. (Root is denied nothing.)"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_gocache.core import deeds
from pytest_gocache.core.audit import Audit
from pytest_gocache.core.made import Made
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op


@pytest.fixture
def observer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    observer = Observer(lambda filename: "file:here" if filename == __file__ else "", lambda op, path: None)
    monkeypatch.setattr(deeds, "_access", lambda path, mode: False)
    Audit(observer).install()
    yield observer
    observer.active = False


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
