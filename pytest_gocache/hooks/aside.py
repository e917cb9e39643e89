"""Objects set aside from the rounds of the garbage collector while there are none of the user's among them.

pytest, its plugins and what we need ourselves are tens of thousands of objects that live to the end. Each full
collection goes round all of them, and pytest itself asks for some; so does Python when it ends. ``gc.get_objects`` does
not tell of what is set aside; whoever asks for referrers gets all.
"""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType
from typing import Final

import pytest

from pytest_gocache.core.frames import PACKAGE
from pytest_gocache.core.places import site_dirs, stdlib_dirs

COMMANDS: Final = ("pytest", "py.test", "pytest-gocache")
PACKAGES: Final = (("__main__.py", "pytest"), ("__main__.py", "pytest_gocache"))
"""What Python was started with where it ends when pytest does."""
SET_ASIDE_BY_OTHERS: Final = 1000
"""Python may have set aside some itself; whoever has more than these does not want them back."""


class Aside:
    """What is set aside stays so: Python ends with this run, or nothing is."""

    def __init__(self, config: pytest.Config) -> None:
        pytests = os.path.dirname(os.path.dirname(os.path.abspath(pytest.__file__)))
        self._installed = tuple(os.path.join(each, "") for each in (*site_dirs(), *stdlib_dirs(), pytests, PACKAGE))
        self._alone = not config.invocation_params.plugins and gc.get_freeze_count() < SET_ASIDE_BY_OTHERS
        self._done = False

    def add(self) -> None:
        """Sets aside what there is now, unless some of it may be the user's."""
        self._alone = self._alone and self._ends_here() and all(map(self._is_installed, list(sys.modules.values())))
        if self._alone:
            self._done = True
            gc.freeze()

    def take_back(self, *_asked: object) -> None:
        """Nothing is set aside any more, nor will be."""
        self._alone = False
        if self._done:
            self._done = False
            gc.unfreeze()

    def _ends_here(self) -> bool:
        directory, name = os.path.split(_file(sys.modules.get("__main__")))
        if not name:
            return "PYTEST_XDIST_WORKER" in os.environ
        return name.removesuffix(".exe") in COMMANDS or (name, os.path.basename(directory)) in PACKAGES

    def _is_installed(self, module: object) -> bool:
        file = _file(module)
        return not file or file.startswith(self._installed) or module is sys.modules.get("__main__")


def _file(module: object) -> str:
    file = vars(module).get("__file__") if isinstance(module, ModuleType) else None
    return file if isinstance(file, str) else ""


ASIDE = pytest.StashKey[Aside]()
