"""``pytest-gocache run``: an exact repeat without pytest, and everything else by pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playground import Project, some

from pytest_gocache.core import answer, snapshot
from pytest_gocache.stores.place import LocalFiles
from pytest_gocache.stores.seal import unseal

DATA = """
    def test_data():
        assert open("data.txt").read()
"""
FILES = {
    "pytest.ini": "[pytest]\ntestpaths = tests docs\n",
    "tests/test_a.py": "import product\n\ndef test_a():\n    assert product\n",
    "tests/test_data.py": DATA,
    "product.py": "ONE = 1\n",
    "data.txt": "1",
    "tests/conftest.py": "import pytest\n\n@pytest.fixture\ndef one():\n    return 1\n",
    "tests/test_apps/app.py": "ONE = 1\n",
    "docs/conftest.py": "",
}


@dataclass(frozen=True)
class Told:
    """What one command did."""

    code: int
    out: str
    err: str
    started: bool
    """Whether pytest was imported."""


def run(project: Project, *args: str, **variables: str) -> Told:
    """``pytest-gocache run`` in a process of its own."""
    env = {**os.environ, "PYTEST_GOCACHE_DIR": str(project.store), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}
    env["PYTEST_PLUGINS"] = "pytest_gocache.plugin"
    env.pop("PYTEST_CURRENT_TEST", None)  # ours, and another in each phase
    command = (sys.executable, "-X", "importtime", "-m", "pytest_gocache", "run", *args)
    done = subprocess.run(command, cwd=project.root, env=env, capture_output=True, text=True)
    return Told(done.returncode, done.stdout, done.stderr, "_pytest.config" in done.stderr)


@pytest.fixture
def answered(project: Project) -> Project:
    """A project whose next repeat is answered."""
    project.write(FILES)
    first, second = run(project), run(project)
    assert first.started and second.started and second.code == 0 and "2 modules cached" in second.out, second
    assert not run(project).started
    return project


def test_it_shows_what_pytest_shows(answered: Project) -> None:
    """The same text but for the seconds, and exit status 0; each command line by itself."""
    shown = run(answered)
    assert (shown.code, shown.started) == (0, False)
    whole = run(answered, "-v", "tests/test_data.py")
    assert whole.started and "PASSED (cached)" not in run(answered, "-q").out
    again = [run(answered, "-v", "tests/test_data.py") for _ in range(2)]
    assert [each.started for each in again] == [True, False] and "PASSED (cached)" in again[1].out
    text = [each.out.rpartition(" in ")[0] for each in again]
    assert text[0] == text[1]


def write(name: str, text: str) -> Callable[[Project], object]:
    return lambda project: project.write({name: text})


EDITS: dict[str, Callable[[Project], object]] = {
    "a test": write("tests/test_a.py", "def test_a():\n    assert 1\n"),
    "the product": write("product.py", "ONE = 2\n"),
    "data": write("data.txt", "2"),
    "a new module": write("tests/test_new.py", "def test_new():\n    pass\n"),
    "a conftest": write("tests/conftest.py", "import os\n"),
    "a conftest of the root": write("conftest.py", "import os\n"),
    "an ini value": write("pytest.ini", "[pytest]\ntestpaths = tests docs\naddopts = -v\n"),
    "an ini file of more weight": write("pytest.toml", "[pytest]\n"),
    "a conftest where there are no tests": write("docs/conftest.py", "raise RuntimeError\n"),
    "a conftest in a directory with a name that pytest knows": write("tests/test_apps/conftest.py", "import os\n"),
    "what a distribution beside the project brings": write("one.egg-info/entry_points.txt", "[pytest11]\no = one\n"),
    "an ini file above": lambda project: (project.root.parent / "setup.cfg").write_text("[tool:pytest]\n"),
    "the store": lambda project: shutil.rmtree(project.store / "v1"),
    "another run took a pass back": lambda project: LocalFiles(project.store).write(snapshot.EPOCH, b"new"),
    "what failed last": write(".pytest_cache/v/cache/lastfailed", '{"tests/test_a.py::test_a": true}'),
}


@pytest.mark.parametrize("edit", some(EDITS, 4))
def test_after_an_edit_pytest_starts(answered: Project, edit: str) -> None:
    """Whatever it is about."""
    EDITS[edit](answered)
    after = run(answered)
    assert after.started, after


VARIABLES = ({"PYTEST_ADDOPTS": "-v"}, {"SHOP_A": "1"}, {"COLUMNS": "50"}, {"TZ": "Asia/Tokyo"})


@pytest.mark.parametrize("variables", some(VARIABLES, 1))
def test_in_another_environment_pytest_starts(answered: Project, variables: dict[str, str]) -> None:
    """Each variable counts; each has an answer of its own."""
    assert run(answered, **variables).started
    assert not run(answered).started


def test_elsewhere_pytest_starts(answered: Project) -> None:
    """In another directory the same words mean something else."""
    answered.write({"sub/test_sub.py": "def test_sub():\n    assert False\n"})
    command = (sys.executable, "-m", "pytest_gocache", "run")
    done = subprocess.run(command, cwd=answered.root / "sub", capture_output=True, text=True)
    assert done.returncode != 0, done.stdout


CONFTESTS = {
    "before the tests": "def pytest_configure(config):\n    pass\n",
    "the header": "import time\n\ndef pytest_report_header(config):\n    return str(time.time())\n",
    "when it is loaded": "print('loaded')\n",
    "when Python ends": "import atexit\n\natexit.register(print, 'ended')\n",
    "an option": "def pytest_configure(config):\n    config.option.xmlpath = 'junit.xml'\n",
    "a report": "def pytest_runtest_logreport(report):\n    pass\n",
    "the end": "def pytest_sessionfinish(session):\n    open('ended.txt', 'a').write('.')\n",
    "the summary": "def pytest_terminal_summary(terminalreporter):\n    pass\n",
    "a key": "import time\n\ndef pytest_gocache_key(config):\n    return 'schema 1'\n",
}


@pytest.mark.parametrize("conftest", some(CONFTESTS, 2))
def test_what_a_conftest_does_is_done(project: Project, conftest: str) -> None:
    """Nothing is answered where a hook may do something in a run without tests."""
    project.write({**FILES, "conftest.py": CONFTESTS[conftest]})
    assert [run(project).started for _ in range(4)] == [True] * 4


WRITING = ("--junitxml=junit.xml", "--log-file=log.txt", "--gocache-json=account.json", "@args")


@pytest.mark.parametrize("option", some(WRITING, 1))
def test_what_is_to_be_written_is_written(project: Project, option: str) -> None:
    """Each time."""
    project.write({**FILES, "args": "-q\n"})
    written = project.root / option.partition("=")[2]
    for _ in range(4):
        assert run(project, option).started
        if "=" in option:
            written.unlink()


@pytest.mark.parametrize("ini", some(("testpaths = te*", "testpaths = ../elsewhere"), 1))
def test_where_pytest_may_look_elsewhere_it_starts(project: Project, ini: str) -> None:
    """What a pattern finds, and a conftest above a directory outside of rootdir, may be more the next time."""
    elsewhere = project.root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "test_there.py").write_text("def test_there(): pass\n")
    project.write({**FILES, "pytest.ini": f"[pytest]\n{ini}\n"})
    assert [run(project).started for _ in range(4)] == [True] * 4


def test_the_text_of_a_warning_stays(project: Project) -> None:
    """Under -qq there is no closing line, and seconds elsewhere are the user's."""
    warns = "import warnings\n\ndef test_a():\n    warnings.warn('took in 7.50s too long')\n"
    project.write({"tests/test_a.py": warns})
    assert all("took in 7.50s too long" in run(project, "-qq").out for _ in range(4))
    assert all("took in 7.50s too long" in run(project).out for _ in range(4)) and not run(project).started


def test_a_day_later_pytest_starts(answered: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the store learns what is in use."""
    path = next((answered.store / "v1/local").glob("answer-*.bin"))
    known = answer.decode(unseal(path.stem, path.read_bytes()) or b"")
    assert known is not None
    read = LocalFiles(known.directory).read
    monkeypatch.chdir(answered.root)
    assert answer.holds(known, read, os.environ, time.time())
    assert not answer.holds(known, read, os.environ, time.time() + 25 * 3600)


def test_failures_are_pytests(project: Project) -> None:
    """A module that fails runs each time."""
    project.write({"test_a.py": "def test_a():\n    assert False\n"})
    assert [(told.code, told.started) for told in (run(project) for _ in range(3))] == [(1, True)] * 3


def test_a_directory_that_is_none(project: Project) -> None:
    """pytest says what is wrong with it."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    told = run(project, PYTEST_GOCACHE_DIR=str(project.root / "test_a.py"))
    assert told.code == 4 and told.started


def test_the_command_that_is_named(project: Project) -> None:
    """One that can be typed, in the help and where an option is wrong."""
    assert run(project, "--help").out.startswith("usage: pytest-gocache run [options]")
    wrong = run(project, "--no-such-option")
    assert wrong.code == 4 and "pytest-gocache run: error: unrecognized arguments" in wrong.err, wrong
