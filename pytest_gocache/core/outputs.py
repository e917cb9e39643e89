"""Which files a run makes for itself: never inputs, whoever reads them."""

from __future__ import annotations

import os
from functools import cached_property

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
    cache: str = ""
    """pytest's own cache. What a project keeps there (``config.cache.set``, ``mkdir``) is no output of a run."""

    def holds(self, path: str) -> bool:
        """Whether ``path`` is something this run made."""
        whole = f"{path}{os.sep}"
        if whole.startswith(KERNEL) and not whole.startswith(IN_MEMORY):
            return True
        if whole.startswith(self._whole):
            return True
        if self.caches(path):
            return not _is_kept(path[len(self.cache) + 1 :])
        if _may_be_left(path) and _is_left(path):
            return True
        if is_below(path, self.rootdir):
            return False
        return any(is_below(path, directory) and self._is_new(path, directory) for directory in self.shared)

    def caches(self, path: str) -> bool:
        """Whether it lies in pytest's own cache."""
        return bool(self.cache) and is_below(path, self.cache)

    @cached_property
    def _whole(self) -> tuple[str, ...]:
        return tuple(directory.rstrip(os.sep) + os.sep for directory in self.directories)

    def _is_new(self, path: str, shared: str) -> bool:
        """Whether it was made in this run. What is not there may never have been, unless its name was drawn."""
        names = path[len(shared.rstrip(os.sep)) + 1 :].split(os.sep)
        ways = (os.path.join(shared, *names[: at + 1]) for at in range(len(names)))
        if not self.drawn.isdisjoint(ways):
            return True
        now = signature(path)
        return now is not None and now[2] >= self.began


def _may_be_left(path: str) -> bool:
    """A quick look: of thousands of paths few are what running leaves behind."""
    return f"{os.sep}." in path or "__pycache__" in path


def _is_left(path: str) -> bool:
    name = os.path.basename(path)
    return name == ".coverage" or name.startswith(".coverage.") or not DIRECTORIES.isdisjoint(path.split(os.sep))


def _is_kept(name: str) -> bool:
    """Whether somebody else than pytest keeps it in pytest's cache, where it has this name."""
    kind, _, rest = name.partition(os.sep)
    return bool(rest) and (kind == "d" or (kind == "v" and not is_below(rest, "cache")))
