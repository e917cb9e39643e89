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


@pytest.mark.parametrize("how", ["", pytest.param("--assert=plain", marks=pytest.mark.long)])
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


GENERATOR = """
    from pathlib import Path

    Path("made.py").write_text("VALUE = " + Path("spec.txt").read_text())
"""
GENERATES = """
    import subprocess, sys
    import pytest

    @pytest.fixture(scope="module")
    def made():
        subprocess.run([sys.executable, "gen.py"], check=True)
        import made
        return made

    def test_a(made):
        assert made.VALUE == 1
"""


def test_a_source_that_a_child_of_the_module_makes(project: Project) -> None:
    """Made anew before it is imported, with what stood in it: as it was."""
    project.write({"pytest.ini": "[pytest]\npythonpath = .\n", "gen.py": GENERATOR, "spec.txt": "1\n"})
    project.write({"tests/test_a.py": GENERATES})
    assert project.run().code == 0
    assert project.run().refused == {}  # it was not there before
    assert not project.run().bodies
    project.write({"spec.txt": "2\n"})
    run = project.run()
    assert run.code == 1 and run.reasons == {"tests/test_a.py": "input-changed: open spec.txt"}
    project.write({"spec.txt": "1\n"})
    assert project.run().refused == {"tests/test_a.py": "wrote-its-input: import made.py"}
    assert project.run().refused == {} and not project.run().bodies


def test_a_source_that_a_child_makes_for_a_moment(project: Project) -> None:
    """What ran is neither what was there before nor what is there now, though these are the same."""
    project.write({"pytest.ini": "[pytest]\npythonpath = .\n", "gen.py": GENERATOR, "spec.txt": "1\n"})
    project.write({"made.py": "VALUE = 0\n"})
    project.write(
        {
            "tests/test_a.py": """
                import subprocess, sys

                def test_a():
                    subprocess.run([sys.executable, "gen.py"], check=True)
                    import made
                    assert made.VALUE == 1
                    code = "open('made.py', 'w').write('VALUE = 0' + chr(10))"
                    subprocess.run([sys.executable, "-c", code], check=True)
            """
        }
    )
    assert project.run().refused == {"tests/test_a.py": "wrote-its-input: import made.py"}
