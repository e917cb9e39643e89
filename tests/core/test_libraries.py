"""Libraries that are loaded by a bare name: those that were found are told once they are loaded."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from pytest_gocache.core.libraries import VARIABLE, Libraries, found
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op

LIBM = "libm.so.6"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")


@pytest.fixture
def observer() -> Observer:
    return Observer(lambda filename: "", lambda op, path: None)


def test_what_was_found() -> None:
    """The file that holds it; nothing for what was not loaded."""
    ctypes.CDLL(LIBM)
    assert os.path.basename(found(LIBM)) == LIBM
    assert found("libnosuch.so.6") == ""


def test_it_is_told_at_the_end_of_whoever_loaded_it(
    observer: Observer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What might be found in its place is told at once; nobody needs to use the library."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    load = Libraries(observer).handlers()["ctypes.dlopen"]
    with observer.running("module:a"):
        load(LIBM)
        assert (Op.OPEN, str(tmp_path / LIBM)) in observer.reads["module:a"]
        assert (Op.OPEN, found(LIBM)) not in observer.reads["module:a"]
        ctypes.CDLL(LIBM)
    assert (Op.OPEN, found(LIBM)) in observer.reads["module:a"]
    assert (Op.GETENV, VARIABLE) in observer.reads["module:a"]
    assert not observer.faults


def test_the_program_itself_is_no_library(observer: Observer) -> None:
    """``CDLL(None)``."""
    with observer.running("module:a"):
        Libraries(observer).handlers()["ctypes.dlopen"](None)
    assert observer.reads == {}
