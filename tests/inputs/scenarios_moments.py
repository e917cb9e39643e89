"""When something is read: at import, at collection, in the hooks of a conftest, in fixtures, threads, teardowns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edits import Setenv, Start, Write
from scenario import Scenario

DATA = {"data.txt": "old\n"}
NEW = (Write("data.txt"),)


def moment(name: str, about: str, test: str, **files: str) -> Scenario:
    """``data.txt`` is read at some moment, by the test module or by its conftest."""
    named = {f"{stem}.py": text for stem, text in files.items()}
    return Scenario(name, about, test, NEW, {**DATA, **named})


def hook(name: str, about: str, conftest: str, test: str = "") -> Scenario:
    """The conftest of the scenario's directory reads, and leaves what it read in ``SEEN``."""
    test = test or "import conftest\n\ndef test_THIS(seen):\n    assert seen == ['old']\n"
    fixture = """
import pathlib
import pytest

SEEN = []

def read():
    return pathlib.Path(__file__).with_name("data.txt").read_text().strip()

@pytest.fixture
def seen():
    return SEEN
"""
    return moment(name, about, test.replace("import conftest\n\n", ""), conftest=f"{fixture}\n{conftest}")


def root(name: str, about: str, conftest: str, test: str, also: Mapping[str, str] | None = None) -> Scenario:
    """The same of the root conftest, which concerns every module."""
    text = "import pathlib\n\ndef read_THIS():\n    return pathlib.Path('THIS/data.txt').read_text()\n\n"
    files = {**DATA, "/conftest.py": text + conftest, **(also or {})}
    return Scenario(name, about, test, NEW, files, alone=True, group="root")


COLLECTION = [
    moment("in_the_test", "in the test", "def test_THIS():\n    assert open('THIS/data.txt').read() == 'old\\n'\n"),
    moment("at_module_import", "when the test module is imported",
           "TEXT = open('THIS/data.txt').read()\n\ndef test_THIS():\n    assert TEXT == 'old\\n'\n"),
    Scenario("parametrized_by_file", "the parameters stand in a file", """
             import pytest

             @pytest.mark.parametrize("word", open("THIS/data.txt").read().split())
             def test_THIS(word):
                 assert word != "new"
             """, NEW, DATA),
    Scenario("parametrized_by_listing", "the parameters are the names of files", """
             import pathlib
             import pytest

             @pytest.mark.parametrize("path", sorted(pathlib.Path("THIS/cases").glob("*.txt")), ids=str)
             def test_THIS(path):
                 assert path.read_text() == "ok\\n"
             """, (Write("cases/b.txt", "bad\n"),), {"cases/a.txt": "ok\n"}),
    Scenario("parametrized_fixture", "the parameters of a fixture stand in a file", """
             import pytest

             @pytest.fixture(params=open("THIS/data.txt").read().split())
             def word(request):
                 return request.param

             def test_THIS(word):
                 assert word != "new"
             """, NEW, DATA),
    Scenario("skipped_by_file", "a skip mark asks whether a file is there", """
             import os
             import pytest

             @pytest.mark.skipif(not os.path.exists("THIS/switch"), reason="off")
             def test_THIS():
                 raise AssertionError
             """, (Write("switch"),)),
    Scenario("skipped_whole", "the module skips itself while a file is not there", """
             import os
             import pytest

             if not os.path.exists("THIS/switch"):
                 pytest.skip("off", allow_module_level=True)

             def test_THIS():
                 raise AssertionError
             """, (Write("switch"),)),
]  # fmt: skip

HOOKS = [
    hook("conftest_import", "when the conftest is loaded", "SEEN.append(read())\n"),
    hook("conftest_generates", "in pytest_generate_tests", """
def pytest_generate_tests(metafunc):
    if "word" in metafunc.fixturenames:
        metafunc.parametrize("word", [read()])
""", "def test_THIS(word):\n    assert word == 'old'\n"),
    # pytest calls it for all items: every module of the run needs such a conftest.
    replace(hook("conftest_modifies_items", "in pytest_collection_modifyitems", """
def pytest_collection_modifyitems(items):
    SEEN.append(read())
"""), alone=True),
    hook("conftest_test_setup", "in pytest_runtest_setup", """
def pytest_runtest_setup(item):
    SEEN[:] = [read()]
"""),
    hook("conftest_test_call", "in pytest_runtest_call", """
def pytest_runtest_call(item):
    assert read() == "old"
""", "def test_THIS():\n    pass\n"),
    hook("conftest_makes_module", "in pytest_pycollect_makemodule", """
def pytest_pycollect_makemodule(module_path, parent):
    SEEN[:] = [read()]
"""),
    hook("conftest_makes_report", "in pytest_runtest_makereport, which makes a failure of it", """
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call" and read() == "new":
        report.outcome = "failed"
        report.longrepr = "new"
    return report
""", "def test_THIS():\n    pass\n"),
    hook("conftest_fixture_setup", "in pytest_fixture_setup", """
def pytest_fixture_setup(fixturedef, request):
    SEEN[:] = [read()]
"""),
]  # fmt: skip

ROOT_HOOKS = [
    root("root_configure", "in pytest_configure", "def pytest_configure(config):\n    config.THIS = read_THIS()\n",
         "def test_THIS(pytestconfig):\n    assert pytestconfig.THIS == 'old\\n'\n"),
    root("root_session_start", "in pytest_sessionstart",
         "def pytest_sessionstart(session):\n    session.config.seen = read_THIS()\n",
         "def test_THIS(pytestconfig):\n    assert pytestconfig.seen == 'old\\n'\n"),
    root("root_options", "in pytest_addoption: the default of an option",
         "def pytest_addoption(parser):\n    parser.addoption('--THIS', default=read_THIS())\n",
         "def test_THIS(pytestconfig):\n    assert pytestconfig.getoption('THIS') == 'old\\n'\n"),
    root("root_ignores", "in pytest_ignore_collect", """
def pytest_ignore_collect(collection_path):
    return (collection_path.name == "test_THIS_more.py" and read_THIS() == "old\\n") or None
""", "def test_THIS():\n    pass\n", {"test_THIS_more.py": "def test_THIS_more():\n    raise AssertionError\n"}),
]  # fmt: skip
ROOT_HOOKS[-1] = replace(
    ROOT_HOOKS[-1],
    red=True,
    stays=("test_THIS.py",),
    needless="what the root conftest reads at collection is an input of every module",
)

READ = "def read():\n    return open('THIS/data.txt').read()\n\n"
STYLES = [
    moment("in_setup_module", "in setup_module", READ + """
def setup_module(module):
    module.SEEN = read()

def test_THIS():
    assert SEEN == "old\\n"
"""),
    moment("in_setup_class", "in setup_class", READ + """
class TestIt:
    def setup_class(cls):
        cls.seen = read()

    def test_THIS(self):
        assert self.seen == "old\\n"
"""),
    moment("in_setup_method", "in setup_method", READ + """
class TestIt:
    def setup_method(self):
        self.seen = read()

    def test_THIS(self):
        assert self.seen == "old\\n"
"""),
    moment("in_unittest_class_setup", "in unittest's setUpClass", READ + """
import unittest

class TestIt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seen = read()

    def test_THIS(self):
        self.assertEqual(self.seen, "old\\n")
"""),
    moment("in_teardown_module", "in teardown_module", READ + """
def teardown_module():
    assert read() == "old\\n"

def test_THIS():
    pass
"""),
    moment("in_fixture_teardown", "in the teardown of a fixture", "import pytest\n\n" + READ + """
@pytest.fixture
def thing():
    yield
    assert read() == "old\\n"

def test_THIS(thing):
    pass
"""),
    moment("in_finalizer", "in a finalizer", READ + """
def test_THIS(request):
    request.addfinalizer(lambda: exec('assert read() == "old\\\\n"', globals()))
"""),
    moment("in_thread", "in a thread", "import threading\n\n" + READ + """
def test_THIS():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(read()))
    thread.start()
    thread.join()
    assert seen == ["old\\n"]
"""),
    moment("in_thread_pool", "in a pool of threads", "import concurrent.futures\n\n" + READ + """
def test_THIS():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert pool.submit(read).result() == "old\\n"
"""),
    moment("in_coroutine", "in asyncio code", "import asyncio\n\n" + READ + """
async def both():
    return [read(), await asyncio.to_thread(read)]

def test_THIS():
    assert asyncio.run(both()) == ["old\\n", "old\\n"]
"""),
    moment("in_del", "when an object goes", READ + """
class Thing:
    def __del__(self):
        SEEN.append(read())

SEEN = []

def test_THIS():
    thing = Thing()
    del thing
    assert SEEN == ["old\\n"]
"""),
    Scenario("in_doctest", "in a doctest of the module", '''
             def test_THIS():
                 """
                 >>> open("THIS/data.txt").read()
                 'old\\\\n'
                 """
             ''', NEW, DATA, before=(Start(("--doctest-modules",)),), alone=True,
             needless="modules with doctests run each time"),
    Scenario("env_at_collection", "a variable among the parameters", """
             import os
             import pytest

             @pytest.mark.parametrize("word", os.environ["THIS_x"].split())
             def test_THIS(word):
                 assert word != "new"
             """, (Setenv("THIS_x", "new"),), before=(Setenv("THIS_x", "old"),)),
]  # fmt: skip

SCENARIOS = [*COLLECTION, *HOOKS, *ROOT_HOOKS, *STYLES]
