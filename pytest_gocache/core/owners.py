"""Whose reading it is when a frame of some file is on the stack (see ``core/whose.py``)."""

from __future__ import annotations

import os

from pytest_gocache.core.frames import PACKAGE, STAND_INS
from pytest_gocache.core.observe import EVERYONE, Observer, Owner
from pytest_gocache.core.places import Places

PYTEST_PACKAGES = frozenset(
    {"_pytest", "pytest", "pluggy", "pytest_gocache", "xdist", "execnet", "pytest_cov", "coverage"}
)
"""Their reading for themselves is nobody's input: what of them matters is in the key."""

KEEPERS = ("gettext.py", "mimetypes.py", "zoneinfo/")
"""Of the standard library: these keep what they read, so that the next who asks reads nothing."""

FOR_OTHERS = ("_py", "_code")
"""Of pytest's packages: libraries for whoever calls them. (Who shows a failure is the runner.)"""


def owner_of(filename: str, places: Places) -> Owner:
    """The owner that a source file stands for; empty for the standard library, which keeps nothing of ours."""
    if filename in STAND_INS:
        return ""
    if filename.startswith("<"):
        return Observer.IMPORTLIB if "importlib" in filename else ""
    name = places.name(filename)
    if name.startswith("{stdlib"):
        if name.partition("/")[2].startswith(KEEPERS):
            return EVERYONE
        return Observer.IMPORTLIB if "}/importlib/_boot" in name else ""
    if name.endswith("/_pytest/pytester.py") or any(f"/_pytest/{part}/" in name for part in FOR_OTHERS):
        return ""  # copied examples, programs run, ``py.path``, tracebacks: all of it for who asks
    top = name.split("/")[1].removesuffix(".py") if name.startswith("{site") and "/" in name else ""
    if top in PYTEST_PACKAGES or filename.startswith(PACKAGE):
        return Observer.PYTEST
    return f"top:{top}" if places.is_third_party(filename) else f"file:{_absolute(filename)}"


def _absolute(filename: str) -> str:
    """Code may say that it stands in any file, and the current directory may be gone."""
    try:
        return os.path.abspath(filename)
    except OSError:
        return filename
