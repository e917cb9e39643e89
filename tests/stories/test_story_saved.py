"""A source is saved while the run is still loading it: what passes then is the old code."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playground import Project

LOADING = """
    import time
    import pytest

    open("LOADING", "w").close()
    time.sleep(0.6)  # as if it imported something large

    @pytest.fixture
    def value():
        return 1
"""
TEST = """
    def test_a(value):
        assert value == 1
"""


@contextmanager
def saved_while_loading(project: Project, name: str) -> Iterator[None]:
    """Edits ``name`` as soon as it says that it is being loaded."""
    started, done = project.home / "loading", threading.Event()

    def save() -> None:
        while not started.exists() and not done.is_set():
            time.sleep(0.01)
        project.edit(name, "return 1", "return 2")

    thread = threading.Thread(target=save)
    thread.start()
    yield
    done.set()
    thread.join()
    started.unlink()


def told(project: Project, text: str) -> str:
    return text.replace("LOADING", str(project.home / "loading"))


@pytest.mark.parametrize("how", ["", "--assert=plain"])
@pytest.mark.parametrize("name", ["conftest.py", "tests/conftest.py", "kit.py"])
def test_a_conftest(project: Project, name: str, how: str) -> None:
    """Its first text passed, so nothing is stored under its second; neither for a plugin that a conftest names."""
    args = [how] if how else []
    project.write({name: told(project, LOADING), "tests/test_a.py": TEST})
    if name == "kit.py":
        project.write({"conftest.py": "pytest_plugins = ['kit']\n"})
    with saved_while_loading(project, name):
        first = project.run(*args)
    assert first.code == 0 and first.refused == {"tests/test_a.py": f"too-new: import {name}"}, first.said
    second = project.run(*args)
    assert second.code == 1 and second.bodies == ("tests/test_a.py::test_a",), second.said


def test_a_plugin_named_on_the_command_line(project: Project) -> None:
    """It is loaded before anything is watched."""
    project.write({"kit.py": told(project, LOADING), "tests/test_a.py": TEST})
    with saved_while_loading(project, "kit.py"):
        first = project.run("-pkit", PYTHONPATH=f"{project.home}/lib:{project.root}")
    assert first.code == 0 and first.refused == {"tests/test_a.py": "too-new: import kit.py"}, first.said
    Path(project.home / "loading").unlink(missing_ok=True)
    project.edit("kit.py", "return 2", "return 1")
    assert project.run("-pkit", PYTHONPATH=f"{project.home}/lib:{project.root}").refused == {}
    assert project.run("-pkit", PYTHONPATH=f"{project.home}/lib:{project.root}").bodies == ()


def test_a_conftest_written_just_before_the_run(project: Project) -> None:
    """Nobody touched it since: stored, and found again."""
    project.write({"conftest.py": told(project, LOADING), "tests/test_a.py": TEST})
    assert project.run().refused == {}
    Path(project.home / "loading").unlink()
    assert project.run().bodies == ()
