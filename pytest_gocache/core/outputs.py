"""Which files a run makes for itself: never inputs, whoever reads them."""

from __future__ import annotations

import os

from pytest_gocache.core.looks import signature
from pytest_gocache.core.paths import is_below
from pytest_gocache.core.values import frozen

DIRECTORIES = frozenset({"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache"})
KERNEL = ("/proc/", "/sys/", "/dev/")
IN_MEMORY = "/dev/shm/"
"""A disk like others."""


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
    drawn: frozenset[str] = frozenset()
    """What ``tempfile`` has drawn names for: nobody finds these again, and they may be gone by now."""

    def holds(self, path: str) -> bool:
        """Whether ``path`` is something this run made."""
        whole, name = f"{path}{os.sep}", os.path.basename(path)
        if whole.startswith(KERNEL) and not whole.startswith(IN_MEMORY):
            return True
        if any(is_below(path, directory) for directory in self.directories):
            return True
        if name == ".coverage" or name.startswith(".coverage.") or DIRECTORIES.intersection(path.split(os.sep)):
            return True
        if is_below(path, self.rootdir):
            return False
        return any(is_below(path, directory) and self._is_new(path, directory) for directory in self.shared)

    def _is_new(self, path: str, shared: str) -> bool:
        """Whether it was made in this run. What is not there may never have been, unless its name was drawn."""
        names = path[len(shared.rstrip(os.sep)) + 1 :].split(os.sep)
        ways = (os.path.join(shared, *names[: at + 1]) for at in range(len(names)))
        if not self.drawn.isdisjoint(ways):
            return True
        now = signature(path)
        return now is not None and now[2] >= self.began
