"""Ways past the watching that a reader of this code found: each would have shown a stale pass."""

from __future__ import annotations

import time
import zipfile

import pytest
from playground import Project, some

from pytest_gocache.core.looks import RACY_NS

MARKS = ["bin/activate"] if pytest.version_tuple < (8, 3) else ["conda-meta/history", "pyvenv.cfg"]
"""By which pytest tells a virtual environment."""
OPENERS = {
    "built elsewhere": "open('config.txt', 'w', **given(there)).close()",
    "positional": "open('config.txt', 'w', -1, None, None, None, True, given(there)['opener']).close()",
    "partial": "functools.partial(open, **given(there))('config.txt', 'w').close()",
    "raw": "io.FileIO('config.txt', 'w', **given(there)).close()",
}


@pytest.mark.parametrize("how", some(OPENERS, 2))
def test_an_opener_that_cannot_be_recognised(project: Project, how: str) -> None:
    """The file of that name in the current directory was not written: its inode says so."""
    project.write(
        {
            "config.txt": "v1",
            "test_a.py": f"""
                import functools
                import io
                import os

                def given(there):
                    return {{"opener": lambda name, flags: os.open(name, flags, 0o666, dir_fd=there)}}

                def test_a(tmp_path):
                    there = os.open(tmp_path, os.O_RDONLY)
                    {OPENERS[how]}
                    os.close(there)
                    assert open("config.txt").read() == "v1"
            """,
        }
    )
    project.cold_and_warm()
    project.write({"config.txt": "v2"})
    assert project.run().code == project.plain().code == 1


@pytest.mark.long
def test_a_link_that_a_child_makes(project: Project) -> None:
    """In a temporary directory, to a file of the project, of which nothing is known but that it is not young."""
    project.write(
        {
            "data.txt": "v1",
            "test_a.py": """
                import os, subprocess, sys

                def test_a(tmp_path):
                    link = str(tmp_path / "link")
                    code = f"import os; os.symlink({os.path.abspath('data.txt')!r}, {link!r})"
                    subprocess.run([sys.executable, "-c", code], check=True)
                    assert open(link).read() == "v1"
            """,
        }
    )
    time.sleep(RACY_NS / 1e9)
    project.cold_and_warm()
    project.write({"data.txt": "v2"})
    assert project.run().code == project.plain().code == 1


def test_colons_in_a_path(project: Project) -> None:
    """Node ids have them between a module and its tests: whose a test is cannot be told."""
    project.write({"test_a.py": "def test_a():\n    pass\n", "sub/test_b::c.py": "def test_q():\n    assert 0\n"})
    for _ in range(2):
        run, plain = project.run(), project.plain()
        assert run.code == plain.code == 1 and run.counts == plain.counts
    project.write({"sub/test_b::c.py": "def test_q():\n    pass\n"})
    for _ in range(3):
        run = project.run()
        assert run.code == 0 and run.counts == {"passed": 2}
    assert run.reasons["sub/test_b::c.py"].startswith("inert: there is '::' in its path")


@pytest.mark.parametrize("mark", some(MARKS, 1))
def test_a_directory_becomes_an_environment_or_is_none_any_more(project: Project, mark: str) -> None:
    """pytest collects nothing in a virtual environment."""
    project.write({"tests/test_a.py": "def test_a():\n    pass\n", f"tests/sub/{mark}": ""})
    project.write({"tests/sub/test_b.py": "def test_b():\n    assert 0\n"})
    project.cold_and_warm()
    project.remove(f"tests/sub/{mark}")
    assert project.run().code == 1
    project.write({"tests/sub/test_b.py": "def test_b():\n    pass\n"})
    project.cold_and_warm()
    project.write({f"tests/sub/{mark}": ""})
    assert project.run().counts == {"passed": 1}


FINDS = """
import os
import sys
from importlib.machinery import FileFinder, SourceFileLoader

sys.meta_path.append(FileFinder(os.path.dirname(os.path.abspath(__file__)), (SourceFileLoader, [".src"])))
"""
EXTRA = """
try:
    import extra
except ImportError:
    extra = None

def test_a():
    assert extra is None
"""


def test_modules_of_other_names(project: Project) -> None:
    """Where somebody finds modules by a suffix of his own, every name in a directory counts."""
    project.write({"conftest.py": FINDS, "tests/test_a.py": EXTRA})
    project.cold_and_warm()
    project.write({"extra.src": ""})
    assert project.run().code == project.plain().code != 0


def test_archives_on_the_path(project: Project) -> None:
    """One that appears under a name without a suffix, and one that gets another module."""
    project.write({"pytest.ini": "[pytest]\npythonpath = lib.bundle lib.zip\n", "tests/test_a.py": EXTRA})
    put(project, "lib.zip", "other.py")
    project.cold_and_warm()
    put(project, "lib.bundle", "extra.py")
    assert project.run().code == project.plain().code == 1
    project.remove("lib.bundle")
    assert not project.run().bodies
    put(project, "lib.zip", "extra.py")
    assert project.run().code == project.plain().code == 1


def put(project: Project, archive: str, module: str) -> None:
    """Adds an empty module to an archive."""
    with zipfile.ZipFile(project.root / archive, "a") as file:
        file.writestr(module, "")
