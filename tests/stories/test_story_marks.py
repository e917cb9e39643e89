"""What users declare: ``pytest.mark.gocache`` and the ini lines beside it."""

from __future__ import annotations

import re
import sys
import time

import pytest
from playground import Project

GOOD = "def test_good():\n    pass\n"
BEYOND = """
    import socket

    def test_beyond():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            try:
                client.sendto(b"a", ("192.0.2.1", 9))
            except OSError:
                pass
"""


def marked(arguments: str, body: str = "pass") -> str:
    """A module with one test, marked so."""
    return f"import pytest\n\n@pytest.mark.gocache({arguments})\ndef test_marked():\n    {body}\n"


@pytest.mark.parametrize("where", ["test", "class", "module", "conftest"])
def test_never_cached(project: Project, where: str) -> None:
    """``gocache(False)`` on a test, its class, its module, or put there by a conftest: it always runs."""
    mark = "pytest.mark.gocache(False, reason='talks to a printer')"
    texts = {
        "test": f"import pytest\n\n@{mark}\ndef test_a():\n    pass\n\ndef test_b():\n    pass\n",
        "class": f"import pytest\n\n@{mark}\nclass TestA:\n    def test_a(self):\n        pass\n",
        "module": f"import pytest\n\npytestmark = [{mark}]\n\ndef test_a():\n    pass\n",
        "conftest": "def test_a():\n    pass\n",
    }
    project.write({"test_m.py": texts[where], "test_good.py": GOOD})
    if where == "conftest":
        hook = "def pytest_collection_modifyitems(items):\n    for item in items:\n"
        adds = f"        if 'test_m' in item.nodeid:\n            item.add_marker({mark})\n"
        project.write({"conftest.py": f"import pytest\n\n{hook}{adds}"})
    cold = project.run()
    assert cold.refused == {"test_m.py": "marked: talks to a printer"} and cold.numbers == (0, 2, 1), cold.out
    for _ in range(2):
        run = project.run()
        assert run.modules == {"test_m.py"} and run.reasons == {"test_m.py": "marked: talks to a printer"}, run.out


def test_never_cached_on_a_condition(project: Project) -> None:
    """``gocache(True)`` changes nothing; without a reason the test is named."""
    project.write({"test_m.py": marked("True", "pass")})
    project.cold_and_warm()
    project.write({"test_m.py": marked("1 > 2")})
    assert project.run().refused == {"test_m.py": "marked: test_m.py::test_marked"}


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("data/deep/b.txt", "open data/deep/b.txt"),
        ("data/new/c.txt", "glob data/**/*.txt"),
        ("table.bin", "glob table.bin"),
    ],
)
def test_declared_files(project: Project, name: str, detail: str) -> None:
    """Files that nobody sees being read count by name and content, also one that appears or goes."""
    project.write({"test_m.py": marked("inputs=['data/**/*.txt', 'table.bin']"), "test_good.py": GOOD})
    project.write({"data/a.txt": "a", "data/deep/b.txt": "b", "data/other.md": "c"})
    project.cold_and_warm()
    path = project.root / name
    before = path.read_text() if path.exists() else None
    project.write({name: "changed"})
    assert project.run().reasons == {"test_m.py": f"input-changed: {detail}"}
    for _ in range(2):
        assert not project.run().bodies, "in its turn it is cached"
    project.write({name: "changed again"})
    assert project.run().modules == {"test_m.py"}
    project.remove(name) if before is None else project.write({name: before})
    assert not project.run().bodies
    project.write({"data/other.md": "changed"})
    assert not project.run().bodies
    project.remove("data/a.txt")
    assert project.run().modules == {"test_m.py"}


def test_declared_files_that_change_during_the_run(project: Project) -> None:
    """Not stored: nobody knows what the test saw."""
    body = "open('data/a.txt', 'a').close() if 'EDIT' not in os.environ else os.truncate('data/a.txt', 0)"
    project.write({"test_m.py": "import os\n" + marked("inputs=['data/**']", body), "data/a.txt": "a"})
    run = project.run(EDIT="1")
    assert re.match(r"(wrote-its-input|too-new): open data/a\.txt", run.refused["test_m.py"]), run.out
    project.write({"test_m.py": "import os\n" + marked("inputs=['data/**']", "open('data/new', 'w').close()")})
    assert project.run().refused["test_m.py"] == "wrote-its-input: glob data/**"


def test_declared_variables(project: Project) -> None:
    """A variable that only a library in C reads."""
    project.write({"test_m.py": marked("env=['GDAL_DATA']"), "test_good.py": GOOD})
    project.cold_and_warm()
    run = project.run(GDAL_DATA="here")
    assert run.reasons == {"test_m.py": "input-changed: getenv GDAL_DATA"}
    assert not project.run(GDAL_DATA="here").bodies and not project.run().bodies


@pytest.mark.long
def test_maximum_age(project: Project) -> None:
    """A pass older than that does not count; the shortest of several marks holds. Also in an exact repeat."""
    project.write({"test_m.py": "import pytest\n\npytestmark = pytest.mark.gocache(max_age='1d')\n\n" + GOOD})
    for _ in range(2):
        project.cold_and_warm()
    project.write({"test_m.py": marked("max_age='1s'") + "\n\npytestmark = pytest.mark.gocache(max_age='1d')\n"})
    for _ in range(2):
        run = project.run()
        assert run.modules == {"test_m.py"}
        project.run()
        project.run("-v")
        time.sleep(1.1)
    assert re.fullmatch(r"expired: until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", run.reasons["test_m.py"]), run.out


@pytest.mark.long
def test_a_run_that_outlasts_its_maximum_age(project: Project) -> None:
    """What was over before it was stored is not taken for unchanged later."""
    project.write({"test_m.py": "import time\n" + marked("max_age='1s'", "time.sleep(2.1)")})
    project.run()
    for _ in range(2):
        run = project.run()
        assert run.modules == {"test_m.py"}
    assert run.reasons["test_m.py"].startswith("expired: until "), run.out


def test_allowed_by_a_mark(project: Project) -> None:
    """What the mark allows is no reason to refuse this module; others are refused as before."""
    allow = "pytestmark = pytest.mark.gocache(allow=['network'])\n"
    project.write({"test_net.py": BEYOND})
    assert project.run().refused == {"test_net.py": "network: 192.0.2.1:9"}
    text = (project.root / "test_net.py").read_text()
    project.write({"test_net.py": "import pytest\n\n" + allow + text, "test_other.py": text})
    assert project.run().refused == {"test_other.py": "network: 192.0.2.1:9"}
    for _ in range(2):
        assert project.run().modules == {"test_other.py"}
    project.edit("test_net.py", "'network'", "'network:192.0.2.1'")
    project.run()
    assert project.run().modules == {"test_other.py"}
    project.edit("test_net.py", "192.0.2.1'", "192.0.2.2'")
    for _ in range(2):
        told = project.run()
        assert "network: 192.0.2.1:9" in (told.refused.get("test_net.py"), told.reasons["test_net.py"])


def test_allowed_by_the_ini_file(project: Project) -> None:
    """A pass stored while the network was allowed does not count when it no longer is."""
    project.write({"test_net.py": BEYOND, "test_good.py": GOOD})
    allow = ("-o", "gocache_allow=network:192.0.2.*")
    for _ in range(2):
        project.cold_and_warm(*allow)
    run = project.run()
    assert run.modules == {"test_net.py"} and run.reasons == {"test_net.py": "network: 192.0.2.1:9"}, run.out
    assert not project.run(*allow).bodies
    assert not project.run("-o", "gocache_allow=network subprocess:git").bodies
    assert project.run("-o", "gocache_allow=network:example.com subprocess").modules == {"test_net.py"}


def test_files_for_every_module(project: Project) -> None:
    """``gocache_inputs``: with the line and without are different keys; the files count for all."""
    project.write({"test_a.py": GOOD, "test_b.py": GOOD, "schema/x.sql": "x"})
    project.run()
    ini = ("-o", "gocache_inputs=schema/**")
    cold, _ = project.cold_and_warm(*ini)
    assert cold.reasons["test_a.py"] == "flags-changed: gocache_inputs = schema/**"
    project.write({"schema/x.sql": "y"})
    run = project.run(*ini)
    assert set(run.reasons.values()) == {"input-changed: open schema/x.sql"} and len(run.modules) == 2
    assert not project.run().bodies


def test_ignored_paths_and_variables(project: Project) -> None:
    """They count neither at a look-up nor in an exact repeat; without the line again, they count again."""
    text = """
        import os
        import pathlib

        def test_a():
            path = pathlib.Path("log/count.txt")
            path.write_text(path.read_text() + "x")
            assert os.environ.get("CI_JOB") != "bad"
    """
    project.write({"test_a.py": text, "test_good.py": GOOD, "log/count.txt": "x"})
    assert project.run().refused["test_a.py"].startswith(("wrote-its-input: ", "too-new: "))
    ini = ("-o", "gocache_ignore=log/** env:CI_*")
    for _ in range(2):
        project.cold_and_warm(*ini)
    project.write({"log/count.txt": "other"})
    assert not project.run(*ini, CI_JOB="1").bodies
    assert not project.run(*ini, CI_JOB="2").bodies
    run = project.run()
    assert run.modules == {"test_a.py"} and run.reasons["test_a.py"].startswith("input-changed: "), run.out


def test_copies_of_the_environment_without_what_is_ignored(project: Project) -> None:
    """``dict(os.environ)`` reads all variables: those that are ignored do not count in it."""
    project.write({"test_a.py": "import os\n\ndef test_a():\n    assert dict(os.environ)\n"})
    ini = ("-o", "gocache_ignore=env:CI_*")
    project.cold_and_warm(*ini)
    assert not project.run(*ini, CI_JOB="1").bodies


@pytest.mark.parametrize(
    "workers", [(), pytest.param(("-p", "xdist", "-n2"), marks=pytest.mark.long)], ids=["serial", "xdist"]
)
def test_marks_under_xdist(project: Project, workers: tuple[str, ...]) -> None:
    """Workers read the marks, and the controller heeds them."""
    if workers:
        pytest.importorskip("xdist")
    project.write(
        {
            "test_never.py": marked("False, reason='no'"),
            "test_files.py": marked("inputs=['data/*'], env=['X'], max_age='1d'"),
            "data/a": "a",
        }
    )
    project.run(*workers)
    assert project.run(*workers).modules == {"test_never.py"}
    project.write({"data/a": "b"})
    assert project.run(*workers).modules == {"test_never.py", "test_files.py"}
    assert project.run(*workers, X="1").modules == {"test_never.py", "test_files.py"}
    assert project.run(*workers[:2], X="1").modules == {"test_never.py"}


MISUSES = {
    "": "says nothing",
    "'no'": "False",
    "False, True": "one value",
    "False, reason=1": "reason",
    "input=['a']": "'input'",
    "inputs='data'": "inputs=[",
    "inputs=['']": "inputs=[",
    "env=['A=1']": "'A=1'",
    "env=[1]": "env=[",
    "allow=['netwrok']": "'netwrok'",
    "allow='network'": "allow=[",
    "max_age=3": "'1d'",
    "max_age='soon'": "'soon'",
    "max_age='0s'": "'0s'",
}


def test_misuse_of_the_mark(project: Project) -> None:
    """One line of error that names the test and what to write instead; nothing runs, nothing is lost."""
    project.write({"test_good.py": GOOD})
    project.run()
    for arguments, told in MISUSES.items():
        project.write({"sub/test_m.py": marked(arguments)})
        run = project.run()
        lines = [line for line in run.err.splitlines() if line]
        assert run.code == 4 and not run.bodies and "Traceback" not in run.said, run.said
        assert len(lines) == 1 and "sub/test_m.py::test_marked" in lines[0] and told in lines[0], lines
    project.write({"sub/test_m.py": marked("max_age='2w'")})
    assert project.run().modules == {"sub/test_m.py"}


def test_misuse_of_the_mark_under_xdist(project: Project) -> None:
    """The same line, and nothing runs."""
    pytest.importorskip("xdist")
    project.write({"test_good.py": GOOD, "test_m.py": marked("input=['a']")})
    run = project.run("-p", "xdist", "-n2")
    assert run.code == 4 and not run.bodies and "Traceback" not in run.said, run.said
    assert run.said.count("test_m.py::test_marked: ") == 1, run.said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("gocache_allow=netwrok", "'netwrok'"),
        ("gocache_allow=network:", "'network:'"),
        ("gocache_allow=subprocess:/usr/bin/git", "name alone"),
        ("gocache_ignore=env:", "'env:'"),
        ("gocache_ignore=env:A=1", "'env:A=1'"),
        ("gocache_env=A=1", "'A=1'"),
    ],
)
def test_rubbish_in_the_ini_file(project: Project, line: str, told: str) -> None:
    """A usage error that names the line, the word and what to write."""
    project.write({"test_good.py": GOOD})
    run = project.run("-o", line)
    assert run.code == 4 and not run.bodies and "Traceback" not in run.said
    said = [each for each in run.err.splitlines() if each]
    assert len(said) == 1 and line.partition("=")[0] in said[0] and told in said[0], run.err
    assert project.plain("-o", line).code == 0, "not asked for, not read"


def test_what_there_is_to_declare(project: Project) -> None:
    """``--markers`` and ``--help`` tell; ``--strict-markers`` knows the mark, with the cache and without."""
    project.write({"test_m.py": marked("max_age='1d'")})
    for run in (project.run, project.plain):
        assert run("--strict-markers").code == 0
        told = [line for line in run("--markers").out.splitlines() if line.startswith("@pytest.mark.gocache")]
        assert len(told) == 1 and all(word in told[0] for word in ("False", "inputs", "env", "allow", "max_age"))
    out = project.plain("--help").out
    assert all(name in out for name in ("gocache_allow", "gocache_inputs", "gocache_env", "gocache_ignore"))


@pytest.mark.skipif(sys.platform == "win32", reason="programs of POSIX")
def test_programs_that_are_allowed(project: Project) -> None:
    """Any, or one by its name, in the ini file or a mark; what they read can be declared."""
    run = "import subprocess\n\ndef test_a():\n    subprocess.run(['sed', '-n', '1p', 'data.txt'], check=True)\n"
    project.write({"test_a.py": run, "data.txt": "a"})
    assert project.run().refused == {"test_a.py": "subprocess: sed"}
    for ini in ("subprocess:sed", "subprocess", "subprocess:s* network"):
        assert not project.run("-o", f"gocache_allow={ini}").refused
        assert not project.run("-o", f"gocache_allow={ini}").bodies
    assert project.run("-o", "gocache_allow=subprocess:cat").reasons == {"test_a.py": "subprocess: sed"}
    mark = "pytestmark = pytest.mark.gocache(allow=['subprocess:sed'], inputs=['data.txt'])\n"
    project.write({"test_a.py": "import pytest\n\n" + mark + run})
    project.cold_and_warm()
    project.write({"data.txt": "b"})
    assert project.run().reasons == {"test_a.py": "input-changed: open data.txt"}


@pytest.mark.skipif(sys.platform == "win32", reason="programs of POSIX")
def test_a_program_with_options_that_is_allowed(project: Project) -> None:
    """By what the output names, in quotation marks where words are parted by blanks."""
    body = "    subprocess.run([sys.executable, '-S', '-c', ''], check=True)\n"
    run = f"import pytest, subprocess, sys\n\ndef test_a():\n{body}"
    project.write({"test_a.py": run})
    named = project.run().refused["test_a.py"]
    assert named.startswith("subprocess: python") and named.endswith(" -S")
    word = named.replace(": ", ":")
    for ini in (f"[pytest]\ngocache_allow = network '{word}'\n", f'[pytest]\ngocache_allow = "{word}"\n'):
        project.write({"pytest.ini": ini})
        assert not project.run().refused and not project.run().bodies
    project.write({"pytest.ini": f"[pytest]\ngocache_allow = {word}\n"})
    wrong = project.run()
    assert wrong.code == 4 and "'-S'" in wrong.err and "quotation marks" in wrong.err, wrong.said
    project.write({"pytest.ini": "[pytest]\n"})
    project.write({"test_a.py": run.replace("\ndef", f"\npytestmark = pytest.mark.gocache(allow=[{word!r}])\n\ndef")})
    project.cold_and_warm()
