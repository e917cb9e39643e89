"""What decides a result and is no file that a test reads: conftests wherever they lie, marks, plugins, the order of
things. Each of these was a stale pass that a review found."""

from __future__ import annotations

import pytest
from playground import Project

FIXTURE = "import pytest\n\n@pytest.fixture\ndef value():\n    return 1\n"
ASKS = "def test_asks(value):\n    assert value == 1\n"
PASSES = "def test_it():\n    pass\n"


def fails_as_plain(project: Project, *args: str, **env: str) -> None:
    """What fails without a cache fails with it."""
    run, plain = project.run(*args, **env), project.plain(*args, **env)
    assert run.code == plain.code != 0 and run.counts == plain.counts, run.said


@pytest.mark.parametrize(
    ("files", "conftest", "args"),
    [
        ({"a/pytest.ini": "[pytest]\n", "b/pytest.ini": "[pytest]\n", "a/test_a.py": PASSES}, "b", ("a", "b")),
        ({"config/pytest.ini": "[pytest]\n"}, "b", ("-c", "config/pytest.ini", "b")),
        ({"tests/unit/test_u.py": PASSES}, "b", ("--confcutdir=tests/unit", "tests", "b")),
    ],
    ids=["two ini files", "ini file elsewhere", "confcutdir"],
)
def test_a_conftest_elsewhere(project: Project, files: dict[str, str], conftest: str, args: tuple[str, ...]) -> None:
    """pytest leaves out only those above the directory where it begins to look for them."""
    project.write({**files, f"{conftest}/conftest.py": FIXTURE, f"{conftest}/tests/test_b.py": ASKS})
    project.cold_and_warm(*args)
    project.edit(f"{conftest}/conftest.py", "return 1", "return 22")
    fails_as_plain(project, *args)


def test_a_package_above_a_gap(project: Project) -> None:
    """pytest imports what is above a directory that is no package, too, and calls what sets it up."""
    sets_up = "def setup_module():\n    assert 1\n"
    project.write({"tests/__init__.py": sets_up, "tests/a/test_1.py": PASSES, "tests/b/test_2.py": PASSES})
    project.cold_and_warm()
    project.edit("tests/__init__.py", "assert 1", "assert 1 == 2")
    fails_as_plain(project)
    project.remove("tests/__init__.py")
    assert project.run().code == 0
    project.write({"tests/__init__.py": "raise ValueError\n"})
    fails_as_plain(project)


def test_marks_that_a_hook_adds(project: Project) -> None:
    """``-m`` and ``-k`` see them, and so they are kept."""
    project.write(
        {
            "pytest.ini": "[pytest]\nmarkers = slow\n",
            "conftest.py": """
                import pytest

                def pytest_collection_modifyitems(items):
                    for item in items:
                        if "slow" in item.nodeid:
                            item.add_marker(pytest.mark.slow)
            """,
            "slow/test_1.py": PASSES,
            "test_2.py": PASSES,
        }
    )
    project.cold_and_warm()
    for args in (("-m", "slow"), ("-m", "not slow"), ("-k", "slow")):
        run, plain = project.run(*args), project.plain(*args)
        assert run.counts == plain.counts and run.code == plain.code, run.said


@pytest.mark.parametrize(
    ("asks", "args"),
    [
        ("config.getoption('-m')", ("-m", "slow")),
        ("config.option.keyword", ("-k", "test_s")),
        ("any('::' in each for each in config.args)", ("test_1.py::test_s",)),
    ],
)
def test_a_hook_that_asks_what_is_selected(project: Project, asks: str, args: tuple[str, ...]) -> None:
    """The record of the whole says nothing of a part."""
    project.write(
        {
            "pytest.ini": "[pytest]\nmarkers = slow\n",
            "conftest.py": f"""
                import pytest

                def pytest_collection_modifyitems(config, items):
                    if not {asks}:
                        for item in items:
                            if item.get_closest_marker("slow"):
                                item.add_marker(pytest.mark.skip(reason="slow"))
            """,
            "test_1.py": f"import pytest\n\n@pytest.mark.slow\ndef test_s():\n    assert 0\n\n{PASSES}",
        }
    )
    project.cold_and_warm()
    fails_as_plain(project, *args)


def test_the_order_of_directories(project: Project) -> None:
    """Two have a module of one name."""
    project.write({"a/shop.py": "V = 1\n", "b/shop.py": "V = 2\n"})
    project.write({"test_1.py": "import shop\n\ndef test_shop():\n    assert shop.V == 1\n"})
    first, second, lib = project.root / "a", project.root / "b", project.home / "lib"
    project.cold_and_warm(PYTHONPATH=f"{lib}:{first}:{second}")
    fails_as_plain(project, PYTHONPATH=f"{lib}:{second}:{first}")


def test_the_order_of_plugins(project: Project) -> None:
    """Of two fixtures with one name the last counts."""
    project.write({"one.py": FIXTURE, "two.py": FIXTURE.replace("1", "2"), "test_1.py": ASKS})
    here = {"PYTHONPATH": f"{project.home / 'lib'}:{project.root}"}
    plugins = min(("one,two", "two,one"), key=lambda each: project.plain(PYTEST_PLUGINS=each, **here).code)
    project.cold_and_warm(PYTEST_PLUGINS=plugins, **here)
    fails_as_plain(project, PYTEST_PLUGINS=",".join(reversed(plugins.split(","))), **here)


def test_where_the_ini_file_lies(project: Project) -> None:
    """Its text is the same, and what is told by its place is not."""
    reads = "def test_reads(pytestconfig):\n    assert (pytestconfig.inipath.parent / 'x.txt').read_text() == 'good'\n"
    project.write({"pytest.ini": "[pytest]\n", "cfg/pytest.ini": "[pytest]\n", "x.txt": "good", "cfg/x.txt": "bad"})
    project.write({"tests/test_1.py": reads})
    project.cold_and_warm("tests")
    fails_as_plain(project, "tests", "-c", "cfg/pytest.ini", "--rootdir=.")


def test_one_value_or_two(project: Project) -> None:
    """Of an option that takes several."""
    project.write(
        {
            "conftest.py": """
                def pytest_addoption(parser):
                    parser.addoption("--tags", action="append", nargs="+")
            """,
            "test_1.py": "def test_tags(pytestconfig):\n    assert pytestconfig.getoption('--tags') == [['a', 'b']]\n",
        }
    )
    project.cold_and_warm("test_1.py", "--tags", "a", "b")
    fails_as_plain(project, "test_1.py", "--tags", "a b")
