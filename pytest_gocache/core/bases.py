"""The directories that pytest puts on ``sys.path``: the first one up from a module that is no package."""

from __future__ import annotations

import os
from collections.abc import Iterable


def basedir(path: str) -> str:
    """The directory that pytest puts on ``sys.path`` for this module: the first one up that is no package."""
    directory = os.path.dirname(path)
    while os.path.isfile(os.path.join(directory, "__init__.py")) and os.path.basename(directory).isidentifier():
        directory = os.path.dirname(directory)
    return directory


def base_of(source: str) -> str:
    """The directory in which the top-level module with this source, or package with this ``__init__``, lies."""
    directory, name = os.path.split(source)
    return os.path.dirname(directory) if name.partition(".")[0] == "__init__" else directory


class Bases:
    """Gives the base directories of modules; each directory is looked at once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        """The one of the module at ``path``."""
        directory = os.path.dirname(path)
        if directory not in self._known:
            self._known[directory] = basedir(path)
        return self._known[directory]


def bases_of(paths: Iterable[str]) -> dict[str, str]:
    """The base directory of each of these modules."""
    base = Bases()
    return {path: base(path) for path in paths}
