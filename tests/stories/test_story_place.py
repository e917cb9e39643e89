"""Where the cache lies: the shell's commands mean the directory that pytest, started in the same place, means."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from playground import Project, some

DIR = "[pytest]\ngocache_dir = .gc\n"
LAYOUTS = {
    "pytest.ini": {"pytest.ini": DIR},
    ".pytest.ini": {".pytest.ini": "[pytest]\ngocache_dir: .gc\n"},
    "tox.ini": {"tox.ini": DIR, "pyproject.toml": "[project]\n", "setup.cfg": "[tool:pytest]\ngocache_dir = no\n"},
    "setup.cfg": {"setup.cfg": "[tool:pytest]\ngocache_dir = .gc\n", "tox.ini": "[tox]\n"},
    "pyproject.toml": {"pyproject.toml": "[tool.pytest.ini_options]\ngocache_dir = '.gc'\n", "tox.ini": "[pytest]\n"},
    "an empty one comes first": {"pytest.ini": "", "tox.ini": "[pytest]\ngocache_dir = no\n"},
    "addopts": {"pytest.ini": "[pytest]\ngocache_dir = no\naddopts = -v\n  --gocache-dir=.gc  --tb=short\n"},
    "addopts in two words": {"tox.ini": "[pytest]\naddopts = --gocache-dir=no --gocache-dir '.gc'\n"},
    "addopts as a list": {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['-v', '--gocache-dir=.gc']\n"},
    "nothing": {},
}
OF_PYTEST_9 = {
    "pytest.toml": {"pytest.toml": "[pytest]\ngocache_dir = '.gc'\n", "pytest.ini": "[pytest]\n"},
    ".pytest.toml": {".pytest.toml": "[pytest]\naddopts = ['--gocache-dir', '.gc']\n"},
    "tool.pytest": {"pyproject.toml": "[tool.pytest]\ngocache_dir = '.gc'\n"},
    "an empty table": {"pyproject.toml": "[tool.pytest]\n", "tox.ini": DIR},
}
PASSES = "def test_a():\n    pass\n"


def python(project: Project, *args: str, cwd: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, where no directory is given but by ``variables``."""
    own = {"PYTEST_PLUGINS": "pytest_gocache.plugin", "XDG_CACHE_HOME": str(project.home / "xdg")}
    env = {**project.environment(PYTEST_GOCACHE_DIR=None), **own, **variables}
    command = (sys.executable, "-m", *args)
    return subprocess.run(command, cwd=project.root / cwd, env=env, capture_output=True, text=True, timeout=60)


def shell(project: Project, *args: str, cwd: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of ours."""
    return python(project, "pytest_gocache", *args, cwd=cwd, **variables)


def place(project: Project, cwd: str = "", **variables: str) -> tuple[str, bool]:
    """The directory that ``stats`` tells, from the project's root, and whether something is in it."""
    done = shell(project, "stats", cwd=cwd, **variables)
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert done.returncode == 0, done.stderr
    return os.path.relpath(told["directory"], project.root), told["entries"] != "0"


@pytest.mark.parametrize("files", some(LAYOUTS.values(), 2), ids=LAYOUTS)
def test_the_directory_of_the_ini_file(project: Project, files: dict[str, str]) -> None:
    """It is where pytest put its results, also from a directory below."""
    project.remove("pytest.ini")
    project.write({"test_a.py": PASSES, "sub/test_b.py": PASSES, **files})
    there = ".gc" if ".gc" in str(files) else os.path.join("..", "xdg", "pytest-gocache")
    for cwd in ("", "sub") if "addopts" not in str(files) else ("",):
        run = project.run(cwd=cwd, PYTEST_GOCACHE_DIR=None, XDG_CACHE_HOME=str(project.home / "xdg"))
        assert run.code == 0 and (project.root / there / "v1" / "cache.db").exists(), run.said
        assert place(project, cwd) == (there, True)


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="pytest 8 does not know them")
@pytest.mark.parametrize("files", some(OF_PYTEST_9.values(), 1), ids=OF_PYTEST_9)
def test_the_directory_of_newer_ini_files(project: Project, files: dict[str, str]) -> None:
    test_the_directory_of_the_ini_file(project, files)


def test_what_outweighs_the_ini_file(project: Project) -> None:
    """As for pytest: the variable, and before it an option, wherever that is given."""
    project.write({"pytest.ini": DIR})
    variable = {"PYTEST_GOCACHE_DIR": str(project.root / "variable")}
    assert place(project, **variable)[0] == "variable"
    assert place(project, **variable, PYTEST_ADDOPTS="--gocache-dir=added")[0] == "added"
    assert place(project, PYTEST_ADDOPTS="--gocache-dir=dir://files")[0] == ".gc", "a store, not a directory"
    given = shell(project, "stats", "--gocache-dir=option", **variable)
    assert given.stdout.startswith(f"directory   {project.root / 'option'}\n")


def test_the_ini_file_of_what_is_asked_about(project: Project) -> None:
    """``pytest part/test_a.py`` reads the ini file there, so it is meant wherever the command is typed."""
    project.write({"part/pytest.ini": DIR, "part/tests/test_a.py": PASSES})
    ran = project.run("part", PYTEST_GOCACHE_DIR=None, XDG_CACHE_HOME=str(project.home / "xdg"))
    assert ran.code == 0 and (project.root / "part" / ".gc").exists(), ran.said
    for command in (("show", "part/tests/test_a.py::test_a"), ("explain", "part/tests/test_a.py"), ("list", "part")):
        told = shell(project, *command)
        assert told.returncode == 0 and "tests/test_a.py" in told.stdout, told


@pytest.mark.parametrize("command", some(["clean", "trim", "export", "list"], 1))
def test_every_command_obeys(project: Project, command: str) -> None:
    """None looks at another directory than the one that is used."""
    project.write({"pytest.ini": DIR, "test_a.py": PASSES})
    project.run(PYTEST_GOCACHE_DIR=None)
    more = {"export": ["out"], "trim": ["--max-size=1KB"]}.get(command, [])
    done = shell(project, command, *more)
    assert done.returncode == 0 and not any(f"{word} 0 " in done.stdout for word in ("deleted", "copied")), done
    assert done.stdout


def test_an_ini_file_that_cannot_be_read(project: Project) -> None:
    """One line: what is deleted must not lie where nobody asked for."""
    for name, text in {"pytest.ini": "[pytest\n", "pyproject.toml": "[tool", "tox.ini": "x"}.items():
        project.write({name: text})
        done = shell(project, "clean")
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and name in done.stderr, done
        assert shell(project, "clean", "--gocache-dir=here").returncode == 0
        project.remove(name)


@pytest.mark.parametrize(
    ("args", "directory", "to_run"),
    [
        ("", ".gc", 0),
        ("tests/test_alone.py::test_alone", ".gc", 0),
        ("--color no tests", ".gc", 0),
        ("--gocache-dir=new tests", "new", 3),
        ("tests --gocache-dir new", "new", 3),
    ],
)
def test_doctor(shop: Project, args: str, directory: str, to_run: int) -> None:
    """What is cached is cached, and the directory is told. All that it is given is pytest's."""
    shop.write({"pytest.ini": "[pytest]\npythonpath = src\ngocache_dir = .gc\n"})
    assert python(shop, "pytest", "--gocache").returncode == 0
    done = shell(shop, "doctor", *args.split())
    told = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any(line.startswith(f"ok directory {shop.root / directory},") for line in told), done
    assert any(line.startswith("ok modules") and line.endswith(f" {to_run} to run") for line in told), told


def test_a_path_in_a_word_of_its_own(project: Project) -> None:
    """One that lies elsewhere would move rootdir away from the ini file, as soon as it is there."""
    elsewhere = project.root.parent / "elsewhere"
    elsewhere.mkdir()
    uses = "import shop\n\ndef test_a():\n    pass\n"
    project.write({"pytest.ini": "[pytest]\npythonpath = src\n", "src/shop.py": "", "test_a.py": uses})
    run = project.run("--gocache-dir", str(elsewhere))
    assert run.code == 4 and f"Write --gocache-dir={elsewhere}" in run.err
    assert project.run(f"--gocache-dir={elsewhere}").code == 0
    assert project.run("--gocache-dir", "inside").code == project.run("--gocache-dir", "inside").code == 0
