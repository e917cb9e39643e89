"""Which files a run makes for itself: never inputs, whoever reads them."""

from __future__ import annotations

import os

from pytest_gocache.core.looks import signature
from pytest_gocache.core.values import frozen

DIRECTORIES = frozenset({"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache"})
KERNEL = ("/proc/", "/sys/", "/dev/")


@frozen
class Outputs:
    """``directories`` belong to this run whole (base temporary directory, our store); in ``shared``
    (the system's temporary directory) only what was made after ``began`` (nanoseconds) does, unless it
    lies in ``rootdir``: a project may live in a temporary directory, and its files are inputs.
    """

    directories: tuple[str, ...]
    shared: tuple[str, ...]
    rootdir: str
    began: int

    def holds(self, path: str) -> bool:
        """Whether ``path`` is something this run made."""
        if f"{path}{os.sep}".startswith(KERNEL) or path.endswith((".pyc", ".pyo")):
            return True
        if any(_below(path, directory) for directory in self.directories):
            return True
        if os.path.basename(path).startswith(".coverage") or DIRECTORIES.intersection(path.split(os.sep)):
            return True
        if _below(path, self.rootdir):
            return False
        return any(_below(path, directory) for directory in self.shared) and self._is_new(path)

    def _is_new(self, path: str) -> bool:
        now = signature(path)
        return now is None or now[2] >= self.began


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)
