"""Environment variables: who reads which, and what is no reading at all."""

from __future__ import annotations

import os

import pytest
from playground import Project, some

OTHER = "def test_other():\n    pass\n"


def reading(project: Project, expression: str) -> None:
    """Two modules: one test asserts ``expression``, the other reads nothing."""
    project.write(
        {
            "test_it.py": f"import os\nfrom os import environ\n\ndef test_it():\n    assert {expression}\n",
            "test_other.py": OTHER,
        }
    )


def ways_of_reading(project: Project, expressions: dict[str, str]) -> dict[str, str]:
    """A module for each expression, and one that reads nothing. The readers, and why they run when COLOUR changes."""
    start = "import os\nfrom os import environ\n\ndef test_it():\n    assert "
    modules = {f"test_{way}.py": f"{start}{expression}\n" for way, expression in expressions.items()}
    project.write({**modules, "test_other.py": OTHER})
    return dict.fromkeys(modules, "input-changed: getenv COLOUR")


SINGLE = {
    "subscript": "os.environ['COLOUR'] == 'red'",
    "get": "os.environ.get('COLOUR') == 'red'",
    "getenv": "os.getenv('COLOUR', 'none') == 'red'",
    "bytes": "os.environb[b'COLOUR'] == b'red'",
    "getenvb": "os.getenvb(b'COLOUR') == b'red'",
    "in": "'COLOUR' in os.environ and os.environ['COLOUR'] == 'red'",
    "setdefault": "os.environ.setdefault('COLOUR', 'blue') == 'red'",
    "held": "environ['COLOUR'] == 'red'",
    "class": "type(environ).__getitem__(environ, 'COLOUR') == 'red'",
    "expandvars": "os.path.expandvars('$COLOUR') == 'red'",
    "format": "'{COLOUR}'.format_map(os.environ) == 'red'",
}


def test_one_variable(project: Project) -> None:
    """Another value, no value, the old one; other variables are nobody's."""
    reasons = ways_of_reading(project, SINGLE)
    project.cold_and_warm(COLOUR="red")
    assert not project.run(COLOUR="red", SHAPE="round").bodies
    for value in ("green", None):
        run = project.run(COLOUR=value)
        assert run.reasons == reasons and run.counts["failed"] == len(SINGLE), run.said
    assert not project.run(COLOUR="red").bodies


def test_pop(project: Project) -> None:
    """Taking a variable away reads it."""
    reading(project, "os.environ.pop('COLOUR', None) == 'red'")
    project.cold_and_warm(COLOUR="red")
    assert project.run(COLOUR="green").reasons == {"test_it.py": "input-changed: getenv COLOUR"}


@pytest.mark.parametrize("expression", ["'COLOUR' not in os.environ", "os.getenv('COLOUR') is None"])
def test_absent_then_set(expression: str, project: Project) -> None:
    """A variable asked for in vain is an input by its absence; set to nothing, it is set."""
    reading(project, expression)
    project.cold_and_warm(COLOUR=None)
    run = project.run(COLOUR="")
    assert run.code == 1 and run.reasons == {"test_it.py": "input-changed: getenv COLOUR"}
    assert not project.run(COLOUR=None).bodies


ALL = {
    "iterated": "not [name for name in os.environ if name == 'COLOUR']",
    "copied": "os.environ.copy().get('COLOUR') is None",
    "dict": "dict(os.environ).get('COLOUR') is None",
    "unpacked": "{**os.environ}.get('COLOUR') is None",
    "items": "'COLOUR' not in [name for name, _ in os.environ.items()]",
    "values": "'red' not in os.environ.values()",
    "merged": "'COLOUR' not in os.environ | {}",
    "bytes": "b'COLOUR' not in list(os.environb)",
    "repr": "'COLOUR' not in repr(os.environ)",
}


def test_all_variables(project: Project) -> None:
    """Whoever looks through all depends on all, but not on those that differ from terminal to terminal."""
    readers = ways_of_reading(project, ALL)
    project.cold_and_warm(COLOUR=None)
    assert not project.run(COLOUR=None, WINDOWID="77", PWD="/elsewhere", SHLVL="9").bodies
    run = project.run(COLOUR="red")
    assert run.reasons == dict.fromkeys(readers, "input-changed: getenv *"), run.reasons
    assert run.counts["failed"] == len(ALL), run.said
    assert not project.run(COLOUR=None).bodies


def test_home_and_path(project: Project) -> None:
    """``expanduser`` reads HOME, ``which`` reads PATH, and neither reads anything else."""
    reading(project, "os.path.expanduser('~/x') == '/old/x'")
    which = "import shutil\n\ndef test_which():\n    assert shutil.which('no-such-tool') is None\n"
    project.write({"test_which.py": which})
    path = os.environ["PATH"]
    project.cold_and_warm(HOME="/old")
    run = project.run(HOME="/new")
    assert run.code == 1 and run.reasons == {"test_it.py": "input-changed: getenv HOME"}
    run = project.run(HOME="/old", PATH=f"/nowhere:{path}")
    assert run.reasons == {"test_which.py": "input-changed: getenv PATH"}


def test_whose_it_is(project: Project) -> None:
    """A session fixture, what a product module reads when imported or keeps: all who use them run."""
    project.write(
        {
            "part/conftest.py": """
                import os
                import pytest

                @pytest.fixture(scope="session")
                def database():
                    return os.environ.get("DATABASE_URL")
            """,
            "imported.py": "import os\n\nDEBUG = os.environ.get('DEBUG_LEVEL')\n",
            "kept.py": """
                import functools
                import os

                @functools.lru_cache
                def region():
                    return os.getenv("REGION")
            """,
            **{f"part/test_database_{n}.py": "def test_it(database):\n    assert not database\n" for n in (1, 2)},
            **{f"test_debug_{n}.py": "import imported\n\ndef test_it():\n    pass\n" for n in (1, 2)},
            **{f"test_region_{n}.py": "import kept\n\ndef test_it():\n    assert not kept.region()\n" for n in (1, 2)},
            "test_other.py": OTHER,
        }
    )
    project.cold_and_warm()
    readers = {"DATABASE_URL": "part/test_database", "DEBUG_LEVEL": "test_debug", "REGION": "test_region"}
    for name, modules in readers.items():
        run = project.run(**{name: "x"})
        reason = f"input-changed: getenv {name}"
        assert run.reasons == {f"{modules}_{n}.py": reason for n in (1, 2)}, run.reasons
        assert not project.run().bodies


def test_conftest_reads_when_loaded(project: Project) -> None:
    """At its import, in a hook, in a thread: for all that it applies to."""
    project.write(
        {
            "conftest.py": """
                import os
                import threading

                FOUND = []
                thread = threading.Thread(target=lambda: FOUND.append(os.environ.get("IN_THREAD")))
                thread.start()
                thread.join()

                def pytest_configure():
                    os.environ.get("AT_CONFIGURE")
            """,
            "part/conftest.py": "import os\n\nPART = os.environ.get('PART')\n",
            "part/test_a.py": OTHER,
            "test_other.py": OTHER,
        }
    )
    project.cold_and_warm()
    assert project.run(PART="x").modules == {"part/test_a.py"}
    assert project.run(IN_THREAD="x").modules == {"part/test_a.py", "test_other.py"}
    assert project.run(AT_CONFIGURE="x").modules == {"part/test_a.py", "test_other.py"}
    assert not project.run().bodies


NO_READING = {
    "monkeypatch": "monkeypatch.setenv('COLOUR', 'mine'); assert os.environ['COLOUR'] == os.getenv('COLOUR') == 'mine'",
    "removed": "monkeypatch.delenv('COLOUR', raising=False); assert os.getenv('COLOUR') is None",
    "written": "os.environ['COLOUR'] = 'mine'; assert os.environ['COLOUR'] == 'mine'",
    "updated": "os.environ.update(COLOUR='mine'); assert 'mine' in os.environ['COLOUR']",
    "whole": "monkeypatch.setattr(os, 'environ', {'COLOUR': 'mine'}); assert os.getenv('COLOUR') == 'mine'",
    "cleared": "os.environ.clear(); assert os.getenv('COLOUR') is None",
    "temporary": "import tempfile; tempfile.tempdir = None; tempfile.gettempdir()",
    "child": "import subprocess, sys; assert subprocess.call([sys.executable, '-Sc', '']) == 0",
}


@pytest.mark.parametrize("way", some(NO_READING, 3))
def test_what_is_no_reading(way: str, project: Project) -> None:
    """A value that the test set itself is not the environment's, however it was set."""
    project.write({"test_it.py": f"import os\n\ndef test_it(monkeypatch):\n    {NO_READING[way]}\n"})
    if way == "child":
        project.write({"pytest.ini": "[pytest]\n"})
        cold = project.run(COLOUR="red", TMPDIR=str(project.home))
        assert "getenv" not in cold.said and cold.code == 0
        return
    project.cold_and_warm(COLOUR="red", TMPDIR=str(project.home))
    assert not project.run(COLOUR="green", TMPDIR=str(project.root)).bodies


def test_patch_dict_copies_only_to_put_back(project: Project) -> None:
    """``mock.patch.dict``, as decorator or context, emptied or not: no reading of all."""
    project.write(
        {
            "test_it.py": """
                import os
                from unittest import mock

                @mock.patch.dict(os.environ, {"COLOUR": "mine"})
                def test_decorated():
                    assert os.environ["COLOUR"] == "mine"

                def test_emptied():
                    with mock.patch.dict(os.environ, {"COLOUR": "mine"}, clear=True):
                        assert os.environ["COLOUR"] == "mine" and os.getenv("HOME") is None
                    with mock.patch.dict("os.environ", COLOUR="mine"):
                        assert os.getenv("COLOUR") == "mine"
            """
        }
    )
    project.cold_and_warm(COLOUR="red")
    assert not project.run(COLOUR="green", SHAPE="round").bodies


def test_written_from_what_was_read(project: Project) -> None:
    """``monkeypatch.setenv(prepend=…)`` reads for the test; after undoing, the old value is the environment's again."""
    project.write(
        {
            "test_prepended.py": """
                import os

                def test_prepended(monkeypatch):
                    monkeypatch.setenv("COLOUR", "dark", prepend="-")
                    assert os.environ["COLOUR"] == "dark-red"
            """,
            "test_undone.py": """
                import os

                def test_undone(monkeypatch):
                    with monkeypatch.context() as context:
                        context.setenv("COLOUR", "mine")
                    assert os.environ["COLOUR"] == "red"
            """,
        }
    )
    project.cold_and_warm(COLOUR="red")
    run = project.run(COLOUR="green")
    assert run.counts == {"failed": 2} and set(run.reasons.values()) == {"input-changed: getenv COLOUR"}


def test_nobody_can_tell(project: Project) -> None:
    """``os.environ`` is what it was: type, text, copies, children; writes reach the C library's environment."""
    project.write(
        {
            "test_it.py": """
                import collections.abc
                import copy
                import ctypes
                import os
                import pickle
                import pytest

                def test_looks():
                    assert type(os.environ).__name__ == "_Environ"
                    assert isinstance(os.environ, collections.abc.MutableMapping)
                    assert repr(os.environ).startswith("environ({'") and "'COLOUR': 'red'" in repr(os.environ)
                    assert type(os.environ.copy()) is dict and len(os.environ) == len(list(os.environ)) > 1
                    assert os.environ == dict(os.environ) and os.environ | {} == os.environ.copy()
                    assert sorted(os.environ.keys()) == sorted(name for name, _ in os.environ.items())
                    with pytest.raises(KeyError) as error:
                        os.environ["NOT_THERE"]
                    assert error.value.args == ("NOT_THERE",) and error.value.__suppress_context__
                    with pytest.raises(TypeError):
                        os.environ[1]

                def test_copies():
                    assert copy.copy(os.environ)["COLOUR"] == "red"
                    apart = copy.deepcopy(os.environ)
                    assert type(apart._data) is dict and apart["COLOUR"] == "red"
                    with pytest.raises((AttributeError, pickle.PicklingError)):
                        pickle.dumps(os.environ)

                def test_writes(monkeypatch):
                    getenv = ctypes.CDLL(None).getenv
                    getenv.restype = ctypes.c_char_p
                    monkeypatch.setenv("SHAPE", "round")
                    assert getenv(b"SHAPE") == b"round" == os.environb[b"SHAPE"]
                    os.environ |= {"SHAPE": "flat"}
                    assert getenv(b"SHAPE") == b"flat" and os.popen("echo $SHAPE").read() == "flat\\n"
                    del os.environ["SHAPE"]
                    assert getenv(b"SHAPE") is None and "SHAPE" not in os.environ
                    os.putenv("SHAPE", "c")
                    assert "SHAPE" not in os.environ
            """
        }
    )
    run = project.run(COLOUR="red")
    assert run.counts == {"passed": 3}, run.said


def test_values_are_never_stored(project: Project) -> None:
    """Only digests are: of one variable and of all."""
    reading(project, "os.environ['COLOUR'] and dict(os.environ)")
    project.cold_and_warm(COLOUR="a-secret-of-mine")
    files = [file for file in project.store.rglob("*") if file.is_file()]
    assert files and not any(b"a-secret-of-mine" in file.read_bytes() for file in files)


def test_with_workers(project: Project) -> None:
    """Workers tell the controller; what only workers have is the same in each of them."""
    reading(project, "os.environ['COLOUR'] == 'red' and os.environ.get('PYTEST_XDIST_WORKER') != 'x'")
    project.cold_and_warm("-pxdist", "-n2", COLOUR="red")
    run = project.run("-pxdist", "-n2", COLOUR="green")
    assert run.code == 1 and run.reasons == {"test_it.py": "input-changed: getenv COLOUR"}, run.reasons
    assert not project.run("-pxdist", "-n2", COLOUR="red").bodies
    assert project.run("-pxdist", COLOUR="red").reasons == {"test_it.py": "input-changed: getenv PYTEST_XDIST_WORKER"}


def test_what_anothers_fixture_set(project: Project) -> None:
    """It set what was unset. Who reads it without that fixture reads what the user sets from then on."""
    project.write(
        {
            "test_a.py": """
                import os
                import pytest

                @pytest.fixture(scope="module", autouse=True)
                def colour():
                    os.environ.setdefault("COLOUR", "red")

                def test_a():
                    assert os.environ["COLOUR"]
            """,
            "test_b.py": "import os\n\ndef test_b():\n    assert os.environ.get('COLOUR') == 'red'\n",
        }
    )
    project.run()
    assert not project.run().bodies
    run = project.run(COLOUR="blue")
    assert run.code == project.plain(COLOUR="blue").code == 1
    assert run.reasons["test_b.py"] == "input-changed: getenv COLOUR"


SETS = "import os\n\nos.environ['COLOUR'] = 'red'\n\ndef test_sets():\n    pass\n"
READS = "import os\n\ndef test_reads():\n    assert os.environ['COLOUR'] == 'red'\n"
OTHERS = {"test_a.py": SETS, "test_b.py": READS, "test_c.py": "def test_c():\n    pass\n"}


@pytest.mark.parametrize(
    "workers", [(), pytest.param(("-pxdist", "-pxdist.looponfail", "-n2"), marks=pytest.mark.long)]
)
def test_a_variable_that_another_module_leaves(project: Project, workers: tuple[str, ...]) -> None:
    """pytest imports all modules before it runs a test: who sets it is imported, and who reads it depends on it."""
    project.write(OTHERS)
    project.cold_and_warm(*workers)
    project.edit("test_c.py", "pass", "assert 1")
    run = project.run(*workers)
    assert run.modules == {"test_a.py", "test_c.py"}
    assert run.reasons["test_a.py"] == "inert: sets COLOUR when it is imported, which others may read"
    project.edit("test_b.py", "assert", "assert 1 and")
    assert project.run(*workers).code == project.plain(*workers).code == 0
    assert not project.run(*workers).bodies
    project.edit("test_a.py", "'red'", "'blue'")
    run = project.run(*workers)
    assert run.code == project.plain(*workers).code == 1 and run.modules == {"test_a.py", "test_b.py"}
    project.edit("test_a.py", "'blue'", "'red'")
    assert project.run(*workers).code == 0
    project.edit("test_a.py", "os.environ['COLOUR'] = 'red'", "")
    assert project.run(*workers).code == project.plain(*workers).code == 1


@pytest.mark.parametrize(
    "sets",
    [
        "os.environ['COLOUR'] = 'red'\ndel os.environ['COLOUR']",
        "os.environ['COLOUR'] = os.environ.get('COLOUR', '')\nos.environ.pop('COLOUR')",
        "import json",
    ],
)
def test_a_module_that_leaves_no_variable(project: Project, sets: str) -> None:
    """What it sets and takes back, others do not meet."""
    project.write(OTHERS | {"test_a.py": f"import os\n{sets}\n\ndef test_sets():\n    pass\n", "test_b.py": ""})
    project.cold_and_warm()
    project.edit("test_c.py", "pass", "assert 1")
    assert project.run().modules == {"test_c.py"}


def test_variables_by_way_of_the_project(project: Project) -> None:
    """A setting of the project's, imported by a module, is left by that."""
    setting = "import os\n\nos.environ.setdefault('COLOUR', 'red')\n"
    imports = "import settings\n\ndef test_sets():\n    pass\n"
    project.write(OTHERS | {"test_a.py": imports, "settings.py": setting})
    project.cold_and_warm()
    project.edit("test_c.py", "pass", "assert 1")
    assert project.run().modules == {"test_a.py", "test_c.py"}
    project.edit("settings.py", "'red'", "'blue'")
    run = project.run()
    assert run.code == project.plain().code == 1 and {"test_a.py", "test_b.py"} <= run.modules


EXPLAINED = """
    import pytest

    def test_long():
        with pytest.raises(AssertionError) as error:
            assert list(range(20)) == list(range(1, 21))
        assert "Full diff" not in str(error.value)
"""


@pytest.mark.parametrize("variable", ["CI", "BUILD_NUMBER"])
def test_explanations_that_ci_lengthens(project: Project, variable: str) -> None:
    """A test that sees the explanation of an assertion meets whether pytest finds itself in a CI system."""
    project.write(
        {
            "test_1.py": EXPLAINED,
            "test_2.py": "def test_2():\n    try:\n        assert 1 == 2\n    except AssertionError:\n        pass\n",
            "test_3.py": "import pytest\n\n@pytest.mark.xfail\ndef test_fails():\n    assert [1] == [2]\n",
        }
    )
    project.cold_and_warm()
    there, plain = project.run(**{variable: "7"}), project.plain(**{variable: "7"})
    assert there.counts == plain.counts == {"failed": 1, "passed": 1, "xfailed": 1}, there.said
    assert there.modules == {"test_1.py"}
    assert not project.run().bodies
