"""Which files a run makes for itself: never inputs, whoever reads them."""

from __future__ import annotations

import os

from pytest_gocache.core.looks import signature
from pytest_gocache.core.values import frozen

DIRECTORIES = frozenset({"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache"})
KERNEL = ("/proc/", "/sys/", "/dev/")
IN_MEMORY = "/dev/shm/"
"""A disk like others."""
TEMPORARY = "tmp"
"""What names that ``tempfile`` draws begin with."""


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
    made: frozenset[str] = frozenset()
    """What somebody of this run is known to have made: it may be gone by now."""

    def holds(self, path: str) -> bool:
        """Whether ``path`` is something this run made."""
        whole, name = f"{path}{os.sep}", os.path.basename(path)
        if whole.startswith(KERNEL) and not whole.startswith(IN_MEMORY):
            return True
        if any(_below(path, directory) for directory in self.directories):
            return True
        if name == ".coverage" or name.startswith(".coverage.") or DIRECTORIES.intersection(path.split(os.sep)):
            return True
        if _below(path, self.rootdir):
            return False
        return any(_below(path, directory) and self._is_new(path, directory) for directory in self.shared)

    def _is_new(self, path: str, shared: str) -> bool:
        """Whether it was made in this run, or is gone with what was: if nothing is there, the place above it tells."""
        now = signature(path)
        while now is None and path not in self.made and os.path.dirname(path) != shared.rstrip(os.sep):
            path = os.path.dirname(path)
            if not _below(path, shared):
                return True
            now = signature(path)
        if now is None and path in self.made:
            return True
        return os.path.basename(path).startswith(TEMPORARY) if now is None else now[2] >= self.began


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)
