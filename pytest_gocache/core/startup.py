"""What the start-up hook of a Python child needs, in the directory of the run's journals."""

from __future__ import annotations

import marshal
import os
import sys
from importlib.machinery import SourceFileLoader

from pytest_gocache.core.journal import make

_join = os.path.join
HOOK = _join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "child")
BUNDLE = "bundle"
PACKAGE = __name__.rpartition(".")[0]
MODULES = (
    "ops", "hashing", "looks", "learnt", "frames", "asks", "made", "paths", "standing", "whose", "alarms",
    "observe", "standin", "machine", "scripts", "programs", "libraries", "deeds", "audit", "network", "journal",
    "children", "environment", "variables", "probes", "named", "searches", "kernel", "native", "opening",
    "child",
)  # fmt: skip
"""In an order in which they can be loaded; no heavy one among them, nor one that needs a heavy one."""


def prepare(directory: str, top: str) -> str:
    """Lays the modules ready, compiled, and gives the directory of the hook. ``top`` is the project's directory."""
    path = _join(directory, BUNDLE)
    if not os.path.exists(path):
        make(directory)
        part = f"{path}.{os.getpid()}"
        with open(part, "wb") as file:
            marshal.dump((sys.prefix, top, [(name, _code(name)) for name in map(_named, MODULES)]), file)
        os.replace(part, path)  # Whoever finds it finds all of it.
    return HOOK


def _named(name: str) -> str:
    return f"{PACKAGE}.{name}"


def _code(name: str) -> object:
    # Python's own loader: pytest's, which rewrites assertions, gives no code.
    path = _join(os.path.dirname(os.path.abspath(__file__)), f"{name.rpartition('.')[2]}.py")
    return SourceFileLoader(name, path).get_code(name)
