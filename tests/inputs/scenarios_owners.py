"""Whose input it is: what one test module reads first, others may find read already."""

from __future__ import annotations

from dataclasses import replace

from edits import Write
from scenario import Scenario

DATA = {"data.txt": "old\n"}
NEW = (Write("data.txt"),)
READ = "import pathlib\n\ndef read():\n    return pathlib.Path(__file__).with_name('data.txt').read_text()\n\n"


def shared(name: str, about: str, use: str, partial: bool = False, **files: str) -> Scenario:
    """Two test modules that use the same, and a third that does not. ``partial``: after a run of the second only."""
    named = {f"{stem}.py": text for stem, text in files.items()}
    other = "def test_THIS():\n    pass\n"
    return Scenario(
        name,
        about,
        edit=NEW,
        files={**DATA, **named, "test_THIS_1.py": use, "test_THIS_2.py": use, "test_THIS_3.py": other},
        then=(Write("test_THIS_2.py", f"{use}\n# again\n"),) if partial else (),
        stays=("test_THIS_3.py",),
        needless="the conftest performs the read, and every module below it may see what it kept"
        if "conftest.py" in named
        else "",
    )


def fixture(name: str, about: str, options: str, body: str, partial: bool = False) -> Scenario:
    """Two test modules use a fixture of their conftest."""
    conftest = f"import pytest\n{READ}@pytest.fixture({options})\ndef seen(request):\n    {body}\n"
    return shared(name, about, "def test_THIS(seen):\n    assert seen == 'old\\n'\n", partial, conftest=conftest)


IMPORTS = [
    shared("at_product_import", "read when a product module is imported",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.TEXT == 'old\\n'\n",
           THIS_product=READ + "TEXT = read()\n"),
    shared("at_deep_import", "read when a product module is imported by another product module",
           "import THIS_front\n\ndef test_THIS():\n    assert THIS_front.deep.TEXT == 'old\\n'\n",
           THIS_front="import THIS_product as deep\n", THIS_product=READ + "TEXT = read()\n"),
    shared("at_late_import", "read when a product module is imported by the test itself",
           "def test_THIS():\n    import THIS_product\n\n    assert THIS_product.TEXT == 'old\\n'\n",
           THIS_product=READ + "TEXT = read()\n"),
    shared("at_import_partial", "read at import of a product module, and then only one of the two ran again",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.TEXT == 'old\\n'\n", True,
           THIS_product=READ + "TEXT = read()\n"),
    shared("exists_at_import", "a product module asks at import whether a file is there",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.HERE\n",
           THIS_product="import pathlib\n\nHERE = pathlib.Path(__file__).with_name('data.txt').stat().st_size == 4\n"),
]  # fmt: skip
IMPORTS[-1] = replace(IMPORTS[-1], edit=(Write("data.txt", "longer\n"),))

MEMOISED = [
    shared("lru_cache", "behind lru_cache",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.read() == 'old\\n'\n",
           THIS_product="import functools\n" + READ + "read = functools.lru_cache(read)\n"),
    shared("lru_cache_partial", "behind lru_cache, and then only one of the two ran again",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.read() == 'old\\n'\n", True,
           THIS_product="import functools\n" + READ + "read = functools.lru_cache(read)\n"),
    shared("cached_property", "behind cached_property of one object",
           "from THIS_product import THING\n\ndef test_THIS():\n    assert THING.text == 'old\\n'\n",
           THIS_product="import functools\n" + READ + """
class Thing:
    @functools.cached_property
    def text(self):
        return read()

THING = Thing()
"""),
    shared("module_global", "kept in a module global",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.text() == 'old\\n'\n",
           THIS_product=READ + """
TEXT = None

def text():
    global TEXT
    if TEXT is None:
        TEXT = read()
    return TEXT
"""),
    shared("class_attribute", "kept in a class attribute of another product module",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.text() == 'old\\n'\n",
           THIS_kept="class Kept:\n    text = None\n",
           THIS_product=READ + """
from THIS_kept import Kept

def text():
    Kept.text = Kept.text or read()
    return Kept.text
"""),
    shared("read_by_thread", "read ahead in a thread that a product module starts at import",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.text() == 'old\\n'\n",
           THIS_product=READ + """
from concurrent.futures import ThreadPoolExecutor

AHEAD = ThreadPoolExecutor(1).submit(read)

def text():
    return AHEAD.result()
"""),
    shared("pool_hands_objects_back", "a process pool gives objects of a class that other modules do not use",
           "import concurrent.futures\nimport multiprocessing\nimport THIS_product\n\ndef test_THIS():\n"
           "    fork = multiprocessing.get_context('fork')\n"
           "    with concurrent.futures.ProcessPoolExecutor(1, fork) as pool:\n"
           "        assert pool.submit(THIS_product.make).result().text == 'old\\n'\n",
           THIS_product=READ + """
class Thing:
    def __init__(self, text):
        self.text = text

def make():
    return Thing(read())
"""),
    shared("listing_memoised", "a listing behind lru_cache",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.names() == ['a.txt']\n",
           THIS_product="""
import functools
import os

@functools.cache
def names():
    return sorted(os.listdir(os.path.join(os.path.dirname(__file__), "tree")))
"""),
]  # fmt: skip
MEMOISED[-1] = replace(MEMOISED[-1], files={**MEMOISED[-1].files, "tree/a.txt": ""}, edit=(Write("tree/b.txt"),))

FIXTURES = [
    fixture("session_fixture", "a session fixture", "scope='session'", "return read()"),
    fixture("session_fixture_partial", "a session fixture, and then only one of the two ran again",
            "scope='session'", "return read()", True),
    fixture("package_fixture", "a package fixture", "scope='package'", "return read()"),
    fixture("module_fixture", "a module fixture", "scope='module'", "return read()"),
    fixture("class_fixture", "a class fixture", "scope='class'", "return read()"),
    fixture("session_fixture_kept", "a session fixture that reads when a test calls what it gave",
            "scope='session'", "kept = []\n    return Lazy(kept)\n\n"
            "class Lazy:\n    def __init__(self, kept):\n        self.kept = kept\n\n"
            "    def __eq__(self, other):\n        self.kept[:] = self.kept or [read()]\n"
            "        return self.kept == [other]"),
    fixture("session_finalizer", "a finalizer of a session fixture, and the second module sees its setup only",
            "scope='session'", "text = read()\n    request.addfinalizer(read)\n    return text"),
    shared("autouse_session", "an autouse session fixture of a nested conftest",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.TEXT == 'old\\n'\n",
           conftest="import pytest\n" + READ + """
@pytest.fixture(scope="session", autouse=True)
def always():
    import THIS_product

    THIS_product.TEXT = read()
""", THIS_product="TEXT = None\n"),
    shared("asked_by_name", "a session fixture asked for by getfixturevalue",
           "def test_THIS(request):\n    assert request.getfixturevalue('seen') == 'old\\n'\n",
           conftest="import pytest\n" + READ + "@pytest.fixture(scope='session')\ndef seen():\n    return read()\n"),
    shared("fixture_of_fixture", "a session fixture behind a session fixture",
           "def test_THIS(doubled):\n    assert doubled == 'old\\nold\\n'\n",
           conftest="import pytest\n" + READ + """
@pytest.fixture(scope="session")
def seen():
    return read()

@pytest.fixture(scope="session")
def doubled(seen):
    return seen * 2
"""),
    shared("fixture_by_mark", "a session fixture by usefixtures",
           "import pytest\nimport THIS_product\n\npytestmark = pytest.mark.usefixtures('seen')\n\n"
           "def test_THIS():\n    assert THIS_product.TEXT == 'old\\n'\n",
           THIS_product="TEXT = None\n",
           conftest="import pytest\n" + READ + """
@pytest.fixture(scope="session")
def seen():
    import THIS_product

    THIS_product.TEXT = read()
"""),
    shared("fixture_of_plugin_file", "a session fixture of a product file that the conftest imports",
           "def test_THIS(seen):\n    assert seen == 'old\\n'\n",
           conftest="from THIS_fixtures import seen\n",
           THIS_fixtures="import pytest\n" + READ
           + "@pytest.fixture(scope='session')\ndef seen():\n    return read()\n"),
    shared("fixture_memoised", "a function fixture of a memoised reader",
           "def test_THIS(seen):\n    assert seen == 'old\\n'\n",
           conftest="import functools\nimport pytest\n" + READ
           + "read = functools.cache(read)\n\n@pytest.fixture\ndef seen():\n    return read()\n"),
]  # fmt: skip
# A read in the last teardown belongs also to the module that happens to be the last.
FIXTURES = [replace(each, alone=True, group="last") if each.name == "session_finalizer" else each for each in FIXTURES]

TEARDOWN = [
    Scenario("session_teardown", "the teardown of a session fixture, which fails in the last test that ran",
             "def test_THIS(seen):\n    pass\n", NEW, {**DATA, "conftest.py": "import pytest\n" + READ + """
@pytest.fixture(scope="session")
def seen():
    yield
    assert read() == "old\\n"
"""}, alone=True, group="last"),
    Scenario("module_teardown", "the teardown of a module fixture", "def test_THIS(seen):\n    pass\n", NEW,
             {**DATA, "conftest.py": "import pytest\n" + READ + """
@pytest.fixture(scope="module")
def seen():
    yield
    assert read() == "old\\n"
"""}),
]  # fmt: skip

MEMOISED = [
    replace(each, edit=(Write("THIS_product.py", each.files["THIS_product.py"].replace("= text", "= 'new'")),))
    if each.name == "pool_hands_objects_back"
    else each
    for each in MEMOISED
]

ZONE = "TZif" + "\0" * 16 + "\0\0\0\0" * 4 + "\0\0\0\1" + "\0\0\0\4" + "\0\0{}\0\0" + "ABC\0"
"""A time zone without changes; the difference to UTC is missing."""
KEPT_BY_PYTHON = [
    Scenario("time_zone", "a time zone, which zoneinfo keeps", edit=(Write("zones/THIS", ZONE.format("\x0e\x10")),),
             files={"zones/THIS": ZONE.format("\0\0"), "THIS_product.py": """
import pathlib
import zoneinfo

zoneinfo.reset_tzpath(to=[str(pathlib.Path(__file__).parent.absolute() / "zones")])
""", **{f"test_THIS_{number}.py": """
import datetime
import zoneinfo
import THIS_product

def test_THIS():
    assert not zoneinfo.ZoneInfo("THIS").utcoffset(datetime.datetime(2020, 1, 1))
""" for number in (1, 2)}}, alone=True),
]  # fmt: skip
IN_THREADS = [
    shared("thread_pool_at_import", "read in a pool at the import of a product module, by Python's own code",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.TEXTS == ['old\\n']\n",
           THIS_product="""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

with ThreadPoolExecutor(2) as pool:
    TEXTS = list(pool.map(Path.read_text, [Path(__file__).with_name("data.txt")]))
"""),
    shared("to_thread", "read by asyncio.to_thread, and kept",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.text() == 'old\\n'\n",
           THIS_product="""
import asyncio
from pathlib import Path

KEPT = {}

async def ask():
    if not KEPT:
        KEPT["it"] = await asyncio.to_thread(Path.read_text, Path(__file__).with_name("data.txt"))
    return KEPT["it"]

def text():
    return asyncio.run(ask())
"""),
    shared("thread_asks_the_system_first", "read in a pool where the machine was asked something before, and kept",
           "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.text() == 'old\\n'\n",
           THIS_product="""
import os
from concurrent.futures import ThreadPoolExecutor

KEPT = {}

def text():
    if not KEPT:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(os.cpu_count).result()
            with pool.submit(open, os.path.join(os.path.dirname(__file__), "data.txt")).result() as file:
                KEPT["it"] = file.read()
    return KEPT["it"]
"""),
]  # fmt: skip
OF_NOBODY = "nobody knows whose a thread's reading is in which only Python's own code runs"
IN_THREADS = [replace(each, needless=OF_NOBODY, group="threads") for each in IN_THREADS]

SCENARIOS = [*KEPT_BY_PYTHON, *IN_THREADS, *IMPORTS, *MEMOISED, *FIXTURES, *TEARDOWN]
