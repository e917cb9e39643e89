"""Files and directories that are read while tests run: whose input they are."""

from __future__ import annotations

import pytest
from playground import Project


def test_data_file_of_a_test(project: Project) -> None:
    """Content counts: edited, removed, back again; a file nobody reads does not."""
    project.write(
        {
            "data/users.json": '["ann"]\n',
            "data/notes.txt": "nothing\n",
            "tests/test_users.py": """
                import json
                import pathlib

                def test_users():
                    assert json.loads(pathlib.Path("data/users.json").read_text())
            """,
            "tests/test_other.py": "def test_other():\n    pass\n",
        }
    )
    project.cold_and_warm()
    project.write({"data/notes.txt": "something\n"})
    assert not project.run().bodies
    project.write({"data/users.json": '["bob"]\n'})
    run = project.run()
    assert run.reasons == {"tests/test_users.py": "input-changed: open data/users.json"}
    project.write({"data/users.json": "[]\n"})
    assert project.run().code == 1
    project.remove("data/users.json")
    assert project.run().code == 1
    project.write({"data/users.json": '["ann"]\n'})
    assert not project.run().bodies


def test_absent_then_present(project: Project) -> None:
    """A file that was looked for in vain is an input by its absence."""
    project.write(
        {
            "test_optional.py": """
                def setting():
                    try:
                        with open("local.cfg") as file:
                            return file.read()
                    except FileNotFoundError:
                        return "default"

                def test_setting():
                    assert setting() == "default"
            """
        }
    )
    project.cold_and_warm()
    project.write({"local.cfg": "mine"})
    run = project.run()
    assert run.code == 1 and run.reasons["test_optional.py"].startswith("input-changed: open local.cfg"), (
        run.reasons
    )
    project.remove("local.cfg")
    assert not project.run().bodies


def test_listing(project: Project) -> None:
    """A directory listed, globbed or walked is an input by its names, also one that is not there yet."""
    project.write(
        {
            "data/a.txt": "a\n",
            "test_glob.py": """
                import glob
                import os
                import pathlib

                def test_glob():
                    assert len(glob.glob("data/*.txt")) == 1

                def test_walk():
                    assert sum(len(files) for _, _, files in os.walk("data")) == 1

                def test_listdir():
                    assert os.listdir("data") == ["a.txt"]

                def test_pathlib():
                    try:
                        assert list(pathlib.Path("more").iterdir()) == []
                    except FileNotFoundError:
                        pass
            """,
        }
    )
    project.cold_and_warm()
    project.write({"data/a.txt": "b\n"})
    assert not project.run().bodies, "its content was not read"
    project.write({"data/b.txt": "b\n"})
    run = project.run()
    assert run.reasons == {"test_glob.py": "input-changed: list data"} and run.code == 1
    project.remove("data/b.txt")
    assert not project.run().bodies
    project.write({"more/c.txt": "c\n"})
    assert project.run().code == 1


def test_read_while_the_product_is_imported(project: Project) -> None:
    """It belongs to every test module that imports that product file, not only to the first."""
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src\n",
            "src/table.py": """
                import pathlib

                RATES = pathlib.Path(__file__).with_name("rates.txt").read_text().split()
            """,
            "src/rates.txt": "1 2\n",
            "src/uses.py": "import table\n",
            "tests/test_a.py": "import table\n\ndef test_a():\n    assert len(table.RATES) == 2\n",
            "tests/test_b.py": "import uses\n\ndef test_b():\n    assert len(uses.table.RATES) == 2\n",
            "tests/test_c.py": "def test_c():\n    pass\n",
        }
    )
    project.cold_and_warm()
    project.write({"src/rates.txt": "1 2 3\n"})
    run = project.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.counts == {"failed": 2, "passed": 1}
    assert run.reasons["tests/test_b.py"].startswith("input-changed: open src/rates.txt")


def test_memoised_by_whom_came_first(project: Project) -> None:
    """An ``lru_cache`` filled by one module is read by the next: both have the file as input."""
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src\n",
            "src/config.py": """
                import functools
                import pathlib

                @functools.lru_cache
                def config():
                    return pathlib.Path("config.txt").read_text()
            """,
            "config.txt": "ok",
            "tests/test_a.py": "from config import config\n\ndef test_a():\n    assert config() == 'ok'\n",
            "tests/test_b.py": "from config import config\n\ndef test_b():\n    assert config() == 'ok'\n",
        }
    )
    project.cold_and_warm()
    project.write({"config.txt": "no"})
    assert project.run().counts == {"failed": 2}
    project.write({"config.txt": "ok"})
    assert not project.run().bodies


def test_read_in_wide_fixtures(project: Project) -> None:
    """A session or package fixture's reading belongs to all who use it, whoever used it first."""
    project.write(
        {
            "conftest.py": """
                import pathlib
                import pytest

                @pytest.fixture(scope="session")
                def seed():
                    return pathlib.Path("seed.txt").read_text()

                @pytest.fixture(scope="session")
                def grown(seed):
                    return seed * 2

                @pytest.fixture(scope="session", autouse=True)
                def always():
                    return pathlib.Path("always.txt").read_text()
            """,
            "seed.txt": "s",
            "always.txt": "a",
            "test_a.py": "def test_a(seed):\n    assert seed == 's'\n",
            "test_b.py": "def test_b(grown):\n    assert grown == 'ss'\n",
            "test_c.py": """
                import pytest

                def test_c(request):
                    assert request.getfixturevalue('seed') == 's'
            """,
            "test_d.py": "def test_d():\n    pass\n",
        }
    )
    project.cold_and_warm()
    project.write({"seed.txt": "t"})
    run = project.run()
    assert {"test_a.py", "test_b.py", "test_c.py"} <= run.modules and run.counts == {"failed": 3, "passed": 1}
    project.write({"seed.txt": "s"})
    assert not project.run().bodies
    project.write({"always.txt": "b"})
    assert len(project.run().modules) == 4


def test_what_a_child_of_a_wide_fixture_reads(project: Project) -> None:
    """Whoever asks for the fixture needs it, in whatever way it asks; who set it up first has no more of it."""
    project.write(
        {
            "conftest.py": """
                import subprocess
                import sys

                import pytest

                @pytest.fixture(scope="session")
                def told():
                    return subprocess.check_output([sys.executable, "script.py"], text=True).strip()

                @pytest.fixture(scope="session")
                def behind(request):
                    return request.getfixturevalue("told")

                @pytest.fixture
                def any_of_them(request):
                    return request.getfixturevalue
            """,
            "script.py": "print(open('data.txt').read())\n",
            "data.txt": "good",
            "test_a_first.py": "def test_a(behind):\n    assert behind == 'good'\n",
            "test_b_by_name.py": "def test_b(request):\n    assert request.getfixturevalue('told') == 'good'\n",
            "test_c_by_two_names.py": "def test_c(request):\n    assert request.getfixturevalue('behind') == 'good'\n",
            "test_d_by_argument.py": "def test_d(behind):\n    assert behind == 'good'\n",
            "test_e_by_another.py": "def test_e(any_of_them):\n    assert any_of_them('behind') == 'good'\n",
            "sub/conftest.py": """
                import pytest

                @pytest.fixture(scope="session")
                def told(told):
                    return told + told
            """,
            "sub/test_f_one.py": "def test_f(request):\n    assert request.getfixturevalue('told') == 'goodgood'\n",
            "sub/test_g_two.py": "def test_g(request):\n    assert request.getfixturevalue('told') == 'goodgood'\n",
            "test_z_not.py": "def test_z(request):\n    assert request.node\n",
        }
    )
    cold, _ = project.cold_and_warm()
    assert cold.counts == {"passed": 8}
    project.write({"data.txt": "bad"})
    run = project.run()
    assert run.counts == {"failed": 7, "passed": 1} and "test_z_not.py" not in run.modules, run.said
    project.write({"data.txt": "good"})
    assert not project.run().bodies


def test_read_in_conftest(project: Project) -> None:
    """What a conftest reads when it is loaded, or in a hook, belongs to all below it."""
    project.write(
        {
            "a/conftest.py": """
                import pathlib

                TEXT = pathlib.Path(__file__).with_name('a.txt').read_text()
            """,
            "a/a.txt": "a\n",
            "a/test_a.py": "import conftest\n\ndef test_a():\n    pass\n",
            "b/test_b.py": "def test_b():\n    pass\n",
        }
    )
    project.cold_and_warm()
    project.write({"a/a.txt": "b\n"})
    assert project.run().modules == {"a/test_a.py"}


def test_root_conftest_reads_at_configure(project: Project) -> None:
    """The root conftest is loaded before any session begins; its reading counts all the same."""
    project.write(
        {
            "conftest.py": """
                import pathlib
                import pytest

                TEXT = pathlib.Path("root.txt").read_text()

                def pytest_configure(config):
                    config.extra = pathlib.Path("configure.txt").read_text()

                @pytest.fixture
                def text(request):
                    return TEXT + request.config.extra
            """,
            "root.txt": "a",
            "configure.txt": "b",
            "test_a.py": "def test_a(text):\n    assert text == 'ab'\n",
        }
    )
    project.cold_and_warm()
    for name, right in (("root.txt", "a"), ("configure.txt", "b")):
        project.write({name: "x"})
        assert project.run().code == 1, name
        project.write({name: right})
        assert not project.run().bodies, name


def test_parameters_from_a_file(project: Project) -> None:
    """Tests made from a file at collection change with it."""
    project.write(
        {
            "cases.txt": "a b\n",
            "test_cases.py": """
                import pathlib
                import pytest

                CASES = pathlib.Path(__file__).with_name("cases.txt").read_text().split()

                @pytest.mark.parametrize("case", CASES)
                def test_case(case):
                    assert case
            """,
        }
    )
    cold, _ = project.cold_and_warm()
    assert cold.counts == {"passed": 2}
    project.write({"cases.txt": "a b c\n"})
    assert len(project.run().bodies) == 3


def test_own_outputs_are_no_inputs(project: Project) -> None:
    """What a module writes and reads again, and what lies in ``tmp_path``, does not make it run."""
    project.write(
        {
            "test_writes.py": """
                import pathlib

                def test_tmp(tmp_path):
                    (tmp_path / "x").write_text("1")
                    assert (tmp_path / "x").read_text() == "1" and len(list(tmp_path.iterdir())) == 1

                def test_tree():
                    pathlib.Path("out").mkdir(exist_ok=True)
                    pathlib.Path("out/report.txt").write_text("1")
                    assert pathlib.Path("out/report.txt").read_text() == "1"
            """
        }
    )
    project.run()
    project.run()
    assert not project.run().bodies


def test_working_directory(project: Project) -> None:
    """A relative name means another file after ``chdir``, and in a run from another directory."""
    project.write(
        {
            "a/data.txt": "a",
            "b/data.txt": "a",
            "test_chdir.py": """
                import os
                import pathlib

                HERE = pathlib.Path(__file__).parent

                def test_chdir(monkeypatch):
                    monkeypatch.chdir(HERE / "b")
                    assert open("data.txt").read() == "a"
            """,
            "test_relative.py": """
                def test_relative():
                    try:
                        assert open("data.txt").read() == "a"
                    except FileNotFoundError:
                        pass
            """,
        }
    )
    project.cold_and_warm()
    project.write({"b/data.txt": "b"})
    assert project.run().modules == {"test_chdir.py"}
    project.write({"b/data.txt": "a"})
    # From below, test_relative reads another file.
    project.write({"a/data.txt": "b"})
    below = project.run("..", cwd="a")
    assert below.code == 1 and "test_relative.py" in below.modules, below.said


def test_links(project: Project) -> None:
    """A symbolic link is what it leads to."""
    project.write(
        {
            "one.txt": "1",
            "two.txt": "2",
            "test_link.py": "def test_link():\n    assert open('link.txt').read() == '1'\n",
        }
    )
    link = project.root / "link.txt"
    link.symlink_to("one.txt")
    project.cold_and_warm()
    link.unlink()
    link.symlink_to("two.txt")
    assert project.run().code == 1


def test_source_read_as_text(project: Project) -> None:
    """A source file that is read as data counts with its comments."""
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src\n",
            "src/product.py": "A = 1\n",
            "test_lint.py": """
                import pathlib

                import product

                def test_no_todo():
                    assert "TODO" not in pathlib.Path("src/product.py").read_text()
            """,
            "src/thing.py": "def f():\n    # inside\n    return 1\n",
            "test_inspect.py": """
                import inspect

                import thing

                def test_source():
                    assert "inside" in inspect.getsource(thing.f)
            """,
        }
    )
    project.cold_and_warm()
    project.write({"src/product.py": "A = 1  # TODO\n"})
    assert project.run().counts == {"failed": 1, "passed": 1}
    project.edit("src/thing.py", "# inside", "# beside")
    assert project.run().counts == {"failed": 2}


def test_through_descriptors(project: Project) -> None:
    """``os.open``, ``io.open_code``, mmap, zip archives and sqlite databases are reads like any other."""
    project.write(
        {
            "raw.bin": "abc",
            "mapped.bin": "abc",
            "make.py": "",
            "test_raw.py": """
                import mmap
                import os
                import sqlite3
                import zipfile

                def test_os_open():
                    number = os.open("raw.bin", os.O_RDONLY)
                    assert os.read(number, 9) == b"abc"
                    os.close(number)

                def test_mmap():
                    with open("mapped.bin", "rb") as file:
                        assert mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:] == b"abc"

                def test_zip():
                    assert zipfile.ZipFile("pack.zip").namelist() == ["x"]
            """,
        }
    )
    import zipfile

    with zipfile.ZipFile(project.root / "pack.zip", "w") as pack:
        pack.writestr("x", "1")
    project.cold_and_warm()
    for name in ("raw.bin", "mapped.bin"):
        project.write({name: "abd"})
        assert project.run().code == 1
        project.write({name: "abc"})
        assert not project.run().bodies
    with zipfile.ZipFile(project.root / "pack.zip", "w") as pack:
        pack.writestr("y", "1")
    assert project.run().code == 1


def test_what_linecache_remembers(project: Project) -> None:
    """The second module that asks reads nothing: ``linecache`` kept the lines."""
    body = "import linecache\n\ndef test():\n    assert linecache.getline('data.txt', 1) == '1\\n'\n"
    project.write({"data.txt": "1\n", "test_a.py": body, "test_b.py": body})
    project.cold_and_warm()
    project.write({"data.txt": "2\n"})
    assert set(project.run().reasons.values()) == {"input-changed: open data.txt"}


def test_what_a_loader_reads_for_a_test(project: Project) -> None:
    """``doctest.testfile`` and ``pkgutil.get_data`` ask the test module's loader, which is pytest's."""
    project.write(
        {
            "doc.txt": ">>> 1\n1\n",
            "test_f.py": "import doctest\n\ndef test_f():\n    assert doctest.testfile('doc.txt').failed == 0\n",
        }
    )
    project.cold_and_warm()
    project.write({"doc.txt": ">>> 1\n2\n"})
    assert project.run().code == 1


@pytest.mark.parametrize("args", [("tests/test_makes.py", "tests/test_reads.py"), ()], ids=["looked up", "vouched for"])
def test_a_file_that_one_makes_and_another_reads(project: Project, args: tuple[str, ...]) -> None:
    """Who reads it is replayed before it changes: that is said, and it runs in the next run."""
    makes = "def test_makes():\n    text = open('source.txt').read()\n    open('made.txt', 'w').write(text.upper())\n"
    project.write({"source.txt": "old", "made.txt": "OLD", "tests/test_makes.py": makes})
    project.write({"tests/test_reads.py": "def test_reads():\n    assert open('made.txt').read() == 'OLD'\n"})
    for _ in range(3):
        run = project.run()
    assert not run.bodies and "run again" not in run.said
    project.write({"source.txt": "newer"})
    run = project.run(*args)
    assert run.modules == {"tests/test_makes.py"}
    told = "gocache: tests changed made.txt, which tests/test_reads.py reads: it was replayed before; run again"
    assert told in run.out
    run = project.run(*args)
    assert run.code == 1 and "tests/test_reads.py" in run.modules and "run again" not in run.said
