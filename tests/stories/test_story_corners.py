"""Less common ways to read, to collect and to configure."""

from __future__ import annotations

import importlib.util
import textwrap

import pytest
from playground import Project, some

READERS = {
    "pkgutil.get_data": """
        import pkgutil

        def read():
            return pkgutil.get_data('package', 'data.txt').decode()
    """,
    "loader.get_data": """
        import package

        def read():
            return package.__loader__.get_data(package.__path__[0] + "/data.txt").decode()
    """,
    "importlib.resources": """
        import importlib.resources as r

        def read():
            return r.files('package').joinpath('data.txt').read_text()
    """,
    "opened r+": """
        def read():
            with open('package/data.txt', 'r+') as file:
                return file.read()
    """,
    "opened a+": """
        def read():
            with open('package/data.txt', 'a+') as file:
                file.seek(0)
                return file.read()
    """,
    "os.open rw": """
        import os

        def read():
            return os.read(os.open('package/data.txt', os.O_RDWR), 9).decode()
    """,
    "a thread": """
        import threading

        def read():
            found = []
            thread = threading.Thread(target=lambda: found.append(open("package/data.txt").read()))
            thread.start()
            thread.join()
            return found[0]
    """,
    "a pool": """
        from concurrent.futures import ThreadPoolExecutor

        def work():
            with open("package/data.txt") as file:
                return file.read()

        def read():
            with ThreadPoolExecutor() as pool:
                return pool.submit(work).result()
    """,
    "dir_fd": """
        import os

        def read():
            directory = os.open("package", os.O_RDONLY)
            return os.read(os.open("data.txt", os.O_RDONLY, dir_fd=directory), 9).decode()
    """,
    "linecache": """
        import linecache

        def read():
            linecache.clearcache()
            return linecache.getline('package/data.txt', 1)
    """,
    "fileinput": "import fileinput\n\ndef read():\n    return ''.join(fileinput.input('package/data.txt'))\n",
    "shutil.copy": """
        import shutil, tempfile, pathlib

        def read():
            with tempfile.TemporaryDirectory() as d:
                return pathlib.Path(shutil.copy('package/data.txt', d)).read_text()
    """,
    "exec": "import runpy\n\ndef read():\n    return runpy.run_path('package/data.txt')['x']\n",
}




@pytest.mark.parametrize("name", some(READERS, 5))
def test_however_it_is_read(project: Project, name: str) -> None:
    """A data file that fails the test when it changes is an input."""
    text = "x = 'good'" if "run_path" in READERS[name] else "good"
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = .\n",
            "package/__init__.py": "",
            "package/data.txt": text,
            "test_reads.py": textwrap.dedent(READERS[name])
            + "\n\ndef test_reads():\n    assert read().strip() == 'good'\n",
        }
    )
    cold = project.run()
    assert cold.code == 0, cold.out
    project.write({"package/data.txt": text.replace("good", "evil")})
    assert project.run().code == 1
    project.write({"package/data.txt": text})
    assert project.run().code == 0


def test_sqlite(project: Project) -> None:
    """A database that a test opens is an input."""
    import sqlite3

    def fill(value: int) -> None:
        with sqlite3.connect(project.root / "data.db") as db:
            db.execute("drop table if exists t")
            db.execute("create table t (x)")
            db.execute("insert into t values (?)", (value,))
        db.close()

    fill(1)
    project.write(
        {
            "test_db.py": """
                import sqlite3

                def test_db():
                    assert sqlite3.connect("data.db").execute("select x from t").fetchall() == [(1,)]
            """
        }
    )
    assert project.run().code == 0
    fill(2)
    assert project.run().code == 1


def test_options_of_a_conftest(project: Project) -> None:
    """An option that a conftest adds is in the key with its value."""
    project.write(
        {
            "conftest.py": """
                import pytest

                def pytest_addoption(parser):
                    parser.addoption("--stage", default="test")
                    parser.addini("level", "", default="1")

                def pytest_generate_tests(metafunc):
                    if "number" in metafunc.fixturenames:
                        metafunc.parametrize("number", range(int(metafunc.config.getini("level"))))

                @pytest.fixture
                def stage(request):
                    return request.config.getoption("--stage")
            """,
            "test_stage.py": """
                def test_stage(stage):
                    assert stage == 'test'

                def test_number(number):
                    pass
            """,
        }
    )
    project.cold_and_warm()
    wrong = project.run("--stage=live")
    assert wrong.code == 1 and wrong.reasons == {"test_stage.py": "flags-changed: --stage live"}
    assert not project.run().bodies
    project.write({"pytest.ini": "[pytest]\nlevel = 2\n"})
    assert project.run().counts == {"passed": 3}


def test_fixtures_that_fail_and_recover(project: Project) -> None:
    """Set-up and tear-down of modules and classes, unittest's too, that fail are failures of the module."""
    project.write(
        {
            "test_unit.py": """
                import os
                import unittest

                def tearDownModule():
                    if "BREAK" in os.environ:
                        raise ValueError("module")

                class TestUnit(unittest.TestCase):
                    @classmethod
                    def tearDownClass(cls):
                        if "BREAK" in os.environ:
                            raise ValueError("class")

                    def test_unit(self):
                        pass
            """,
            "test_setup.py": """
                import os

                def setup_module():
                    assert 'BREAK' not in os.environ

                def test_a():
                    pass
            """,
            "test_good.py": "def test_good():\n    pass\n",
        }
    )
    for _ in range(2):
        broken, plain = project.run(BREAK="1"), project.plain(BREAK="1")
        assert (broken.code, broken.counts) == (plain.code, plain.counts) and broken.code == 1
    mended = project.run()
    assert mended.code == 0 and mended.modules == {"test_unit.py", "test_setup.py"}


def test_collect_ignore(project: Project) -> None:
    """What a conftest leaves out today may be in tomorrow, with no file changed."""
    project.write(
        {
            "conftest.py": "import os\n\ncollect_ignore = ['test_b.py'] if 'SHORT' in os.environ else []\n",
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b():\n    pass\n",
        }
    )
    for _ in range(2):
        assert project.run(SHORT="1").counts == {"passed": 1}
    for _ in range(2):
        assert project.run().counts == {"passed": 2}
    assert project.run(SHORT="1").counts == {"passed": 1}


def test_test_packages(project: Project) -> None:
    """Test directories that are packages, with equal names inside, relative imports and helpers."""
    project.write(
        {
            "tests/__init__.py": "",
            "tests/one/__init__.py": "",
            "tests/one/helper.py": "VALUE = 1\n",
            "tests/one/test_same.py": """
                from .helper import VALUE

                def test_same():
                    assert VALUE == 1
            """,
            "tests/two/__init__.py": "",
            "tests/two/helper.py": "VALUE = 2\n",
            "tests/two/test_same.py": """
                from . import helper

                def test_same():
                    assert helper.VALUE == 2
            """,
        }
    )
    project.cold_and_warm()
    project.edit("tests/one/helper.py", "1", "3")
    run = project.run()
    assert run.modules == {"tests/one/test_same.py"} and run.code == 1
    project.edit("tests/one/helper.py", "3", "1")
    assert not project.run().bodies
    project.write({"tests/__init__.py": "A = 1\n"})
    assert len(project.run().modules) == 2


def test_pyargs(project: Project) -> None:
    """``--pyargs`` with a package and with a module of it."""
    project.write(
        {
            "pytest.ini": "[pytest]\n",
            "package/__init__.py": "",
            "package/code.py": "VALUE = 1\n",
            "package/tests/__init__.py": "",
            "package/tests/test_code.py": """
                from package.code import VALUE

                def test_code():
                    assert VALUE == 1
            """,
        }
    )
    for args in (("package",), ("package.tests.test_code",), ("package.tests.test_code::test_code",)):
        plain = project.plain("--pyargs", *args)
        run = project.run("--pyargs", *args)
        assert (run.code, run.counts) == (plain.code, plain.counts) == (0, {"passed": 1})
        assert not project.run("--pyargs", *args).bodies
    project.edit("package/code.py", "1", "2")
    assert project.run("--pyargs", "package").code == 1


def test_without_terminal_and_with_coverage(project: Project) -> None:
    """``-p no:terminal`` ends as before; so does ``--cov`` (see ``test_story_coverage``)."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    for _ in range(2):
        run = project.run("-p", "no:terminal")
        assert run.code == 0 and "Traceback" not in run.said, run.said
    assert not run.bodies
    if importlib.util.find_spec("pytest_cov"):
        cold, _ = project.cold_and_warm("-p", "pytest_cov", "--cov=.", "--cov-report=")
        assert len(cold.bodies) == 1, cold.out


@pytest.mark.long
def test_measured_by_coverage(project: Project) -> None:
    """``coverage run`` measures all that runs: what was recorded without it runs once more."""
    settings = "[run]\nparallel = true\nsource = .\n"
    project.write({"setup.cfg": "", ".coveragerc": settings, "test_a.py": "def test_a():\n    pass\n"})
    project.cold_and_warm()
    project.python = ("-m", "coverage", "run")
    cold, _ = project.cold_and_warm()
    assert set(cold.reasons.values()) == {"no-coverage"} and len(cold.bodies) == 1, cold.out


def test_fixture_overridden_nearby(project: Project) -> None:
    """The nearest fixture of a name wins, also when its conftest comes or goes."""
    project.write(
        {
            "conftest.py": "import pytest\n\n@pytest.fixture\ndef value():\n    return 1\n",
            "sub/test_value.py": "def test_value(value):\n    assert value == 1\n",
            "test_value_too.py": "def test_value(value):\n    assert value == 1\n",
        }
    )
    project.cold_and_warm()
    project.write({"sub/conftest.py": "import pytest\n\n@pytest.fixture\ndef value():\n    return 2\n"})
    run = project.run()
    assert run.modules == {"sub/test_value.py"} and run.code == 1
    project.remove("sub/conftest.py")
    assert not project.run().bodies


@pytest.mark.long
def test_many_tests_fill_lines(project: Project) -> None:
    """More dots than a line holds, with skips among them: as many letters, and 100 %."""
    project.write(
        {
            "test_many.py": """
                import pytest

                @pytest.mark.parametrize("n", range(200))
                def test_n(n):
                    if n % 50 == 7:
                        pytest.skip("seventh")
            """
        }
    )
    for args in ((), ("-q",), ("-n0",) if importlib.util.find_spec("xdist") else ()):
        extra = ("-p", "xdist") if "-n0" in args else ()
        cold, warm = project.cold_and_warm(*extra, *args) if not args else (project.run(*args, *extra),) * 2
        for run in (cold, warm):
            letters = [
                line.split("[")[0].replace("(cached)", "").replace("test_many.py", "")
                for line in run.out.splitlines()
            ]
            shown = [line.strip() for line in letters if line.strip() and not line.strip(" .s")]
            assert "".join(shown).count(".") == 196 and "".join(shown).count("s") == 4, run.out
            assert "[100%]" in run.out
            assert all(len(line) <= 80 for line in run.out.splitlines()[5:12]), run.out


def test_empty_module_and_module_without_tests(project: Project) -> None:
    """A module in which nothing is a test stays as pytest treats it, before and after it gets one."""
    project.write(
        {
            "test_empty.py": "",
            "test_helpers.py": "def helper():\n    pass\n",
            "test_a.py": "def test_a():\n    pass\n",
        }
    )
    for _ in range(3):
        run = project.run()
        assert run.code == 0 and run.counts == {"passed": 1}
    assert not run.bodies
    project.write({"test_empty.py": "def test_now():\n    assert 0\n"})
    assert project.run().code == 1
    project.remove("test_empty.py", "test_a.py")
    assert [project.run().code for _ in range(3)] == [5, 5, 5]


def test_a_marker_or_parameter_from_the_clock(project: Project) -> None:
    """Ids that differ from run to run are pytest's affair; the module is a hit with the ids it had."""
    project.write(
        {
            "test_id.py": """
                import pytest, random

                @pytest.mark.parametrize('x', [random.random()])
                def test_id(x):
                    pass
            """
        }
    )
    cold, warm = project.cold_and_warm("-v")
    assert set(warm.verdicts()) == set(cold.verdicts())


def test_a_test_that_changes_its_input(project: Project) -> None:
    """Read, then written: it is not stored with the old content as its input."""
    project.write(
        {
            "counter.txt": "0",
            "test_counter.py": """
                import pathlib

                def test_counter():
                    page = pathlib.Path("counter.txt")
                    number = int(page.read_text())
                    page.write_text(str(number + 1))
                    assert number < 2
            """,
        }
    )
    assert [project.run().code for _ in range(3)] == [0, 0, 1]
