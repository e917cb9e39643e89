"""``pytest-gocache doctor``: a look at the set-up, with what to do. Everything that it says was made to happen here."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from playground import Project

READS = """
    def test_reads():
        assert open("stamp.txt").read()
"""
CALLS = """
    import socket

    def test_calls():
        try:
            socket.create_connection(("203.0.113.7", 80), timeout=0.01)
        except OSError:
            pass
"""


def python(project: Project, *args: str, **variables: str) -> tuple[int, list[str]]:
    """A process of its own, as a user has: its exit code and its lines, without what fills them."""
    env = {**os.environ, "PYTEST_GOCACHE_DIR": str(project.store), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}
    env["PYTEST_PLUGINS"] = "pytest_gocache.plugin"
    done = subprocess.run((sys.executable, "-m", *args), cwd=project.root, env=env, capture_output=True, text=True)
    return done.returncode, [" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines()]


def doctor(project: Project, *args: str, **variables: str) -> tuple[int, list[str]]:
    """What it says."""
    return python(project, "pytest_gocache", "doctor", *args, **variables)


def run(project: Project) -> None:
    """The tests, with the cache."""
    assert python(project, "pytest", "--gocache")[0] == 0


def test_a_sound_project(shop: Project) -> None:
    """Before and after the first run; it runs no test."""
    code, lines = doctor(shop)
    assert code == 0 and "ok modules 3: 0 cached, 3 to run" in lines and "ok why no-record: 3 modules" in lines, lines
    run(shop)
    code, lines = doctor(shop)
    assert code == 0 and {line.split()[0] for line in lines} == {"ok"}, lines


@pytest.mark.long
def test_modules_that_are_never_stored(project: Project) -> None:
    """The reason, the very thing, and what can be done; what changes at each run is told apart."""
    project.write({"stamp.txt": "1", "test_reads.py": READS, "test_calls.py": CALLS})
    run(project)
    for number in (2, 3):
        project.write({"stamp.txt": str(number)})
        run(project)
    project.write({"stamp.txt": "4"})
    code, lines = doctor(project)
    assert code == 0, lines
    assert "look each time input-changed: 1 module" in lines and "test_reads.py: open stamp.txt" in lines, lines
    assert "look why network: 1 module" in lines and "test_calls.py: 203.0.113.7:80" in lines, lines
    assert any(line.startswith("-> use a server on this machine") for line in lines), lines


@pytest.mark.parametrize(
    ("ini", "wanted"),
    [
        ("gocache_alow = network", "wrong ini Unknown config option: gocache_alow"),
        ("gocache_allow = everything", "gocache_allow"),
        ("addopts = --setup-show", "wrong gocache off (--setup-show)"),
    ],
)
def test_mistakes_in_the_ini_file(project: Project, ini: str, wanted: str) -> None:
    """What pytest itself makes of it is told in a line."""
    project.write({"pytest.ini": f"[pytest]\n{ini}\n", "test_a.py": "def test_a(): pass\n"})
    code, lines = doctor(project)
    assert code == 1 and any(wanted in line and line.startswith("wrong") for line in lines), lines


def test_the_directory(project: Project) -> None:
    """One that others may write to, and one that cannot be."""
    project.write({"test_a.py": "def test_a(): pass\n"})
    run(project)
    project.store.chmod(0o777)
    code, lines = doctor(project)
    assert code == 1 and any(line.startswith("wrong directory others may write there (777)") for line in lines), lines
    project.write({"file": ""})
    code, lines = doctor(project, PYTEST_GOCACHE_DIR=str(project.root / "file"))
    assert code == 2 and "is a file, not a directory" in lines[-1], lines


def test_arguments_are_pytests(project: Project) -> None:
    """A part of the project can be asked about."""
    project.write({"test_a.py": "def test_a(): pass\n", "test_b.py": "def test_b(): pass\n"})
    assert "ok modules 1: 0 cached, 1 to run" in doctor(project, "test_b.py")[1]
