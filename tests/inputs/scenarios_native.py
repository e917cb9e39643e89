"""Native code: shared libraries count by content, wherever they lie."""

from __future__ import annotations

from artefacts import Library
from scenario import Scenario

LOAD = "import ctypes\nimport os\n\ndef test_THIS():\n    assert ctypes.CDLL({}).answer() == 1\n"


def loads(name: str, about: str, where: str, expression: str) -> Scenario:
    """A test that loads a library and calls it."""
    return Scenario(
        name, about, LOAD.format(expression), (Library(where, 2),), before=(Library(where, 1),), wants="gcc"
    )


SCENARIOS = [
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
