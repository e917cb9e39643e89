"""What the import system looks for where the import graph does not look."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.searches import Searches

Found = set[tuple[Op, str]]


@pytest.fixture
def observer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    """``near`` and ``far`` are on ``sys.path``, in front; ``far`` has a package. Only they are first-party."""

    def owner_of(filename: str) -> str:
        if "importlib" in filename:
            return Observer.IMPORTLIB
        return f"file:{filename}" if filename.startswith(str(tmp_path)) else ""

    (tmp_path / "near").mkdir()
    (tmp_path / "far" / "shop").mkdir(parents=True)
    for name in ("__init__", "deep"):
        (tmp_path / "far" / "shop" / f"{name}.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "near"), str(tmp_path / "far"), *sys.path])
    observer = Observer(owner_of, lambda op, path: None)
    searches = Searches(observer)
    observer.active = True
    before = vars(PathFinder)["find_spec"]
    searches.install()
    yield observer
    searches.remove()
    for name in ("shop", "shop.deep"):
        sys.modules.pop(name, None)
    assert vars(PathFinder)["find_spec"] is before
    assert not observer.faults


def looked_for(observer: Observer, tmp_path: Path, owner: str) -> Found:
    return {(op, os.path.relpath(path, tmp_path)) for op, path in observer.reads.get(owner, set())}


def imports(observer: Observer, name: str) -> None:
    with observer.running("module:m"):
        importlib.import_module(name)


def test_until_it_is_found(observer: Observer, tmp_path: Path) -> None:
    """Also in the packages found there; and for whoever meets it loaded."""
    imports(observer, "shop.deep")
    first = {(Op.FIND, "near/shop"), (Op.FIND, "far/shop")}
    assert looked_for(observer, tmp_path, "module:m") == first | {(Op.FIND, "far/shop/deep")}
    assert looked_for(observer, tmp_path, f"file:{tmp_path}/far/shop/__init__.py") == first


def test_where_the_graph_looks(observer: Observer, tmp_path: Path) -> None:
    """It finds what is there by itself."""
    observer.rooted.update({str(tmp_path / "near"), str(tmp_path / "far")})
    imports(observer, "shop.deep")
    assert looked_for(observer, tmp_path, "module:m") == set()


def test_the_standard_library(observer: Observer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of its names at once: a child looks for many."""
    monkeypatch.delitem(sys.modules, "sched", raising=False)
    imports(observer, "sched")
    assert looked_for(observer, tmp_path, "module:m") == {(Op.FIND, "near/*"), (Op.FIND, "far/*")}
