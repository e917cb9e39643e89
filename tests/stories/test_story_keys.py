"""What decides a result and is no file that a test reads: conftests wherever they lie, marks, plugins, the order of
things. Each of these was a stale pass that a review found."""

from __future__ import annotations

import gzip
from functools import partial

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


STARTS = "import os\nSTATE = {}\n\ndef %s(%s):\n    os.environ['APP_DB'] = STATE['db'] = 'sqlite'\n"
ASKS_VARIABLE = "import os\n\ndef test_db():\n    assert os.environ['APP_DB'] == 'sqlite'\n"


@pytest.mark.parametrize(
    ("hook", "first", "second"),
    [
        ("pytest_sessionstart", ("svc/api/tests",), ()),
        ("pytest_sessionstart", ("svc/api/tests/test_db.py",), ("svc",)),
        ("pytest_sessionstart", ("-p", "xdist", "svc/api/tests"), ("-p", "xdist", "-n1")),
        ("pytest_cmdline_main", ("svc/api/tests",), ()),
        ("pytest_report_header", ("svc/api/tests",), ()),
        ("pytest_collection", ("svc/api/tests",), ()),
    ],
)
def test_a_conftest_that_is_loaded_late(
    project: Project, hook: str, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """pytest calls what is called at its start only of conftests in the directories that it was given."""
    project.write(
        {
            "svc/api/tests/conftest.py": STARTS % (hook, ""),
            "svc/api/tests/test_db.py": ASKS_VARIABLE,
            "svc/test_other.py": PASSES,
        }
    )
    project.cold_and_warm(*first)
    late = project.run(*second)
    plain = project.plain(*second)
    assert late.code == plain.code != 0 and late.counts == plain.counts, late.said
    told = "flags-changed: svc/api/tests/conftest.py is loaded when pytest collects"
    assert late.reasons["svc/api/tests/test_db.py"] == told
    assert not project.run(*first).bodies


def test_a_conftest_that_is_loaded_early(project: Project) -> None:
    """The other way round, by what it keeps itself."""
    asks = "def test_db(request):\n    assert not request.config.pluginmanager.get_plugin(%r).STATE\n"
    project.write(
        {
            "svc/api/tests/conftest.py": STARTS % ("pytest_sessionstart", ""),
            "svc/api/tests/test_db.py": asks % str(project.root / "svc/api/tests/conftest.py"),
        }
    )
    project.cold_and_warm()
    fails_as_plain(project, "svc/api/tests")
    fails_as_plain(project, "svc/api/tests/test_db.py")


def test_what_was_imported_before_a_conftest_did_something(project: Project) -> None:
    """It does it when it is loaded: before everything, or when pytest comes by."""
    project.write(
        {
            "b/conftest.py": "import os\n\ndef pytest_configure():\n    os.environ['X'] = '1'\n",
            "b/test_b.py": PASSES,
            "a/test_a.py": "import os\nX = 'X' in os.environ\n\ndef test_x():\n    assert X\n",
        }
    )
    project.cold_and_warm("a", "b")
    fails_as_plain(project)
    assert not project.run("b").bodies


def test_a_late_conftest_that_makes_no_difference(project: Project) -> None:
    """Its module has one key, wherever it is asked for."""
    conftest = f"def pytest_configure(config):\n    config.addinivalue_line('markers', 'slow')\n\n{FIXTURE}"
    project.write({"svc/api/conftest.py": conftest, "svc/api/test_1.py": ASKS})
    project.cold_and_warm("svc/api")
    assert not project.run().bodies
    assert not project.run("svc/api/test_1.py").bodies


def test_a_conftest_beside_a_file_that_was_asked_for(project: Project) -> None:
    """pytest loads it at its start, and it acts on all that is asked for."""
    project.write(
        {
            "a/conftest.py": "def pytest_configure(config):\n    config.addinivalue_line('filterwarnings', 'error')\n",
            "a/test_a.py": PASSES,
            "b/test_b.py": "import warnings\n\ndef test_b():\n    warnings.warn('old')\n",
        }
    )
    project.cold_and_warm("b/test_b.py")
    fails_as_plain(project, "a/test_a.py", "b/test_b.py")
    project.write({"a/conftest.py": "X = 1\n"})
    project.cold_and_warm("a/test_a.py", "b/test_b.py")
    project.write({"a/conftest.py": "def pytest_configure(config):\n    config.option.nothing = 1\n    1/0\n"})
    run, plain = project.run("a/test_a.py", "b/test_b.py"), project.plain("a/test_a.py", "b/test_b.py")
    assert run.code == plain.code != 0, run.said


@pytest.mark.parametrize(
    ("hook", "workers"),
    [
        ("@pytest.hookimpl(trylast=True)\n{0}    {1}", ()),
        ("@pytest.hookimpl(trylast=True)\n{0}    {1}", ("-p", "xdist", "-n1")),
        ("@pytest.hookimpl(wrapper=True)\n{0}    yield\n    {1}", ()),
        ("@pytest.hookimpl(wrapper=True)\n{0}    {1}\n    yield", ()),
        ("{0}    {1}", ()),
    ],
    ids=["last", "last in a worker", "after all", "before all", "plain"],
)
def test_marks_that_come_when_pytest_has_judged(project: Project, hook: str, workers: tuple[str, ...]) -> None:
    """``-m`` and ``-k`` see those of hooks that are called before pytest's own, and no later ones."""
    text = hook.format("def pytest_collection_modifyitems(items):\n", "[each.add_marker('slow') for each in items[:1]]")
    project.write({"pytest.ini": "[pytest]\nmarkers = slow\n", "conftest.py": f"import pytest\n\n{text}\n"})
    project.write({"test_1.py": f"{PASSES}\ndef test_other():\n    pass\n"})
    project.cold_and_warm(*workers)
    for args in (("-m", "slow"), ("-m", "not slow"), ("-k", "slow")):
        run, plain = project.run(*workers, *args), project.plain(*workers, *args)
        assert run.counts == plain.counts and run.code == plain.code and not run.bodies, (args, run.said)


OPENS = "import argparse\n\ndef pytest_addoption(parser):\n    parser.addoption('--data', type=%s)\n"


@pytest.mark.parametrize("opens", ["argparse.FileType()", "open", "lambda name: __import__('gzip').open(name)"])
def test_an_option_that_opens_a_file(project: Project, opens: str) -> None:
    """What it holds counts, whoever reads it and when."""
    project.write({"conftest.py": OPENS % opens, "test_1.py": PASSES})
    reads = "def test_data(pytestconfig):\n    assert pytestconfig.getoption('data').read() in ('1', b'1')\n"
    project.write({"sub/test_2.py": reads})
    pack = partial(gzip.compress, mtime=0) if "gzip" in opens else bytes
    (project.root / "d.json").write_bytes(pack(b"1"))
    project.cold_and_warm("--data=d.json")
    (project.root / "d.json").write_bytes(pack(b"2"))
    fails_as_plain(project, "--data=d.json")
    (project.root / "d.json").write_bytes(pack(b"1"))
    warm = project.run("--data=d.json", "sub")
    assert not warm.bodies and warm.code == 0, warm.reasons


def test_an_option_that_is_written_to(project: Project) -> None:
    """Such a file is no input."""
    writes = "def test_log(pytestconfig):\n    pytestconfig.getoption('data').write('x')\n"
    project.write({"conftest.py": OPENS % "argparse.FileType('w')", "test_1.py": writes})
    project.cold_and_warm("--data=log.txt")


def test_an_option_that_reads_what_has_no_name(project: Project) -> None:
    """Nobody can look at it beforehand."""
    project.write({"conftest.py": OPENS % "argparse.FileType()", "test_1.py": PASSES})
    assert "gocache: off (--data -)" in project.run("-s", "--data", "-").out


@pytest.mark.parametrize("says", ["", "    def __str__(self):\n        return 'level'\n"], ids=["nothing", "one thing"])
def test_an_option_that_is_an_object(project: Project, says: str) -> None:
    """It is told from others by what stands on the command line, whatever it says of itself."""
    made = f"class Level:\n    def __init__(self, text):\n        self.text = text\n\n{says}\n"
    project.write(
        {
            "conftest.py": f"{made}\ndef pytest_addoption(parser):\n"
            "    parser.addoption('--level', type=Level, nargs='*')\n"
            "    parser.addoption('--other', type=Level, default=Level('1'))\n",
            "test_1.py": "def test_level(pytestconfig):\n"
            "    assert pytestconfig.getoption('level')[0].text + pytestconfig.getoption('other').text == '11'\n",
        }
    )
    project.cold_and_warm("--level", "1", "2")
    fails_as_plain(project, "--level", "2", "1")
    fails_as_plain(project, "--level", "1", "2", "--other=2")
    project.cold_and_warm("--level", "1", "3", "--other", "1")
