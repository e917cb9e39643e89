"""Native code: shared libraries count by content, wherever they lie."""

from __future__ import annotations

from dataclasses import replace

from artefacts import Library
from edits import Change, Setenv, Write
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

SCENARIOS = [
    *BY_NAME,
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
