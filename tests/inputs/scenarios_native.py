"""Native code: shared libraries count by content, wherever they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from artefacts import Library
from edits import Change, Link, Setenv, Write
from scenario import Expect, Scenario

LOAD = "import ctypes\nimport os\n\ndef test_THIS():\n    assert ctypes.CDLL({}).answer() == 1\n"


def loads(name: str, about: str, where: str, expression: str) -> Scenario:
    """A test that loads a library and calls it."""
    return Scenario(
        name, about, LOAD.format(expression), (Library(where, 2),), before=(Library(where, 1),), wants="gcc"
    )


PATH = Setenv("LD_LIBRARY_PATH", "ROOT/near:ROOT/far")
OPTIONAL = """
import ctypes

def answer():
    try:
        return ctypes.CDLL("libTHIS.so").answer()
    except OSError:
        return 0

def test_THIS():
    assert answer() == {}
"""


def named(name: str, about: str, at_first: int, before: tuple[Change, ...], edit: Change) -> Scenario:
    """A test that loads a library by its bare name, if there is one."""
    return Scenario(name, about, OPTIONAL.format(at_first), (edit,), before=(PATH, *before), group="named", wants="gcc")


FAR, NEAR = "/far/libTHIS.so", "/near/libTHIS.so"
BY_NAME = [
    named("library_by_name", "ctypes loads a library by its bare name", 1, (Library(FAR, 1),), Library(FAR, 2)),
    named("library_hidden", "another library is found first", 1, (Library(FAR, 1),), Library(NEAR, 2)),
    named("library_absent", "a library that was not there", 0, (), Library(NEAR, 2)),
    named("library_by_name_broken", "what is there is no library", 0, (Write(FAR, "no library"),), Library(FAR, 2)),
    replace(
        named("library_of_the_system", "a library of the system", 0, (), Write("other.txt")),
        test="import ctypes\n\ndef test_THIS():\n    assert ctypes.CDLL('libm.so.6').abs(-2) == 2\n",
        expect=Expect.CACHED,
    ),
    Scenario(
        "library_by_name_in_child",
        "a child loads a library by its bare name",
        """
        import subprocess
        import sys

        def test_THIS():
            code = "import ctypes; print(ctypes.CDLL('libTHIS.so').answer())"
            assert subprocess.check_output([sys.executable, "-c", code], text=True) == "1\\n"
        """,
        (Library(FAR, 2),),
        before=(PATH, Library(FAR, 1)),
        group="named",
        wants="gcc",
    ),
]

READ = """
import ctypes
import functools
import os
import subprocess
import sys
import tempfile

import pytest

NAME = b"THIS/data.txt"
C = ctypes.CDLL("libc.so.6")

def read(name=NAME):
    at, text = C.open(name, os.O_RDONLY), ctypes.create_string_buffer(100)
    C.read(at, text, 99)
    C.close(at)
    return text.value.decode().strip()

def write(name, text, how=os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
    at = C.open(name, how, 0o644)
    C.write(at, text, len(text))
    C.close(at)

"""
LISTED = """
def entries(name):
    C.opendir.restype = C.readdir.restype = ctypes.c_void_p
    C.readdir.argtypes = C.closedir.argtypes = (ctypes.c_void_p,)
    at, found = C.opendir(name), 0
    while C.readdir(at):
        found += 1
    C.closedir(at)
    return found

"""
TEST = "def test_THIS():\n    assert {} == 'old'\n"
DATA = {"data.txt": "old\n"}
EDITED = (Write("data.txt", "new\n"),)


def opened(name: str, about: str, test: str, **more: Any) -> Scenario:
    """C code opens a file. Whoever has the library may have read it, so all modules with the like run."""
    given = {"edit": EDITED, "files": DATA, "alone": True, "group": "opened", **more}
    return Scenario(f"c_{name}", about, READ + test, **given)


PRODUCT = {**DATA, "THIS_product.py": READ + "@functools.cache\ndef kept():\n    return read()\n"}
CHILD = "from THIS_product import read\nprint(read())"
OPENED = [
    opened("opens", "C code opens a file", TEST.format("read()")),
    opened("opens_below", "below a directory", TEST.format("read(b'THIS/in/it/data.txt')"),
           files={"in/it/data.txt": "old\n"}, edit=(Write("in/it/data.txt"),)),
    opened("opens_by_link", "by a link, which leads elsewhere then", TEST.format("read(b'THIS/link')"),
           before=(Link("link", "data.txt"),), files={**DATA, "other.txt": "new"}, edit=(Link("link", "other.txt"),)),
    opened("opens_by_linked_directory", "below a linked directory", TEST.format("read(b'THIS/link/data.txt')"),
           before=(Link("link", "one"),), files={"one/data.txt": "old", "two/data.txt": "new"},
           edit=(Link("link", "two"),)),
    opened("opens_after_python", "after Python has opened it", TEST.format("open(NAME).close() or read()")),
    opened("lists", "C code lists a directory",
           LISTED + "def test_THIS():\n    assert entries(b'THIS/tree') == 3\n",
           files={"tree/a.txt": ""}, edit=(Write("tree/b.txt"),)),
    opened("opens_in_fixture", "in a fixture of the session",
           "@pytest.fixture(scope='session')\ndef it():\n    return read()\n\n"
           "def test_THIS(it):\n    assert it == 'old'\n"),
    opened("opens_in_thread", "in a thread",
           "def test_THIS():\n    import concurrent.futures as c\n    with c.ThreadPoolExecutor() as pool:\n"
           "        assert pool.submit(read).result() == 'old'\n"),
    opened("opens_in_fork", "in a forked process",
           "def test_THIS():\n    pid = os.fork()\n    if not pid:\n        os._exit(read() != 'old')\n"
           "    assert os.waitpid(pid, 0)[1] == 0\n"),
    opened("opens_source", "a source that nobody imports", TEST.format("read(b'THIS/other.py')"),
           files={"other.py": "old"}, edit=(Write("other.py", "new"),)),
    Scenario(
        "c_opens_in_fork_alone",
        "C code that only a forked process loads",
        """
        import os

        def test_THIS():
            pid = os.fork()
            if not pid:
                from THIS_product import read
                os._exit(read() != "old")
            assert os.waitpid(pid, 0)[1] == 0
        """,
        EDITED,
        {**DATA, "THIS_product.py": READ},
        alone=True,
        group="forked",
    ),
    Scenario(
        "c_opens_in_child_alone",
        "C code that only a child loads, which ends in its own way",
        """
        import subprocess
        import sys

        def test_THIS():
            assert subprocess.check_output([sys.executable, "THIS/script.py"], text=True) == "old"
        """,
        EDITED,
        {
            **DATA,
            "script.py": f"from os import _exit\n{READ}\nsys.stdout.write(read())\nsys.stdout.flush()\n_exit(0)\n",
        },
        alone=True,
        group="forked",
    ),
    opened("opens_in_child", "in a child", TEST.format(
        f"subprocess.check_output([sys.executable, '-c', {CHILD!r}], text=True, cwd='THIS/..',"
        " env={**os.environ, 'PYTHONPATH': 'THIS'}).strip()"), files=PRODUCT),
    replace(opened("kept", "shared code keeps what C code read", "", files={
        **PRODUCT, **{f"test_THIS_{n}.py": f"from THIS_product import kept\n\n{TEST.format('kept()')}" for n in (1, 2)},
    }), test=""),
    opened("writes", "what C code writes is no input", TEST.format("write(b'THIS/out.txt', b'new') or 'old'"),
           files={"out.txt": "old"}, edit=(Write("out.txt", "other"),), expect=Expect.CACHED),
    opened("writes_and_reads", "nobody knows which came first",
           TEST.format("write(b'THIS/out.txt', b'old') or read(b'THIS/out.txt')"),
           files={"out.txt": "old"}, edit=(), group="written", expect=Expect.REFUSED, reasons=("wrote-its-input",)),
    opened("makes", "what C code makes and takes away again is no input",
           TEST.format("write(b'THIS/out.txt', b'old') or read(b'THIS/out.txt') + (os.remove(b'THIS/out.txt') or '')"),
           edit=(Write("other.txt"),), expect=Expect.CACHED),
    opened("changes", "a counter in C", TEST.format(
        "(read(b'THIS/count'), write(b'THIS/count', b'x', os.O_WRONLY | os.O_APPEND)) and 'old'"),
        files={"count": "x"}, edit=(), group="counted", expect=Expect.REFUSED, reasons=("wrote-its-input",)),
]

SCENARIOS = [
    *BY_NAME,
    *OPENED,
    loads(
        "library_by_path", "ctypes loads a library by an absolute path", "THIS.so", "os.path.abspath('THIS/THIS.so')"
    ),
    loads("library_by_relative_path", "ctypes loads a library by a relative path", "THIS.so", "'./THIS/THIS.so'"),
    loads("library_outside", "ctypes loads a library outside rootdir", "../THIS.so", "'../beside/THIS/THIS.so'"),
    Scenario(
        "library_of_product",
        "a product module loads a library when it is imported, for two test modules",
        edit=(Library("THIS.so", 2),),
        before=(Library("THIS.so", 1),),
        files={
            "THIS_native.py": """
                import ctypes
                import pathlib

                LIBRARY = ctypes.CDLL(str(pathlib.Path(__file__).with_name("THIS.so")))
            """,
            "test_THIS_1.py": "import THIS_native\n\ndef test_THIS():\n    assert THIS_native.LIBRARY.answer() == 1\n",
            "test_THIS_2.py": "import THIS_native\n\ndef test_THIS():\n    assert THIS_native.LIBRARY.answer() == 1\n",
        },
        wants="gcc",
    ),
]
