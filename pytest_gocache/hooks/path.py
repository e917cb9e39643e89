"""Keeps ``sys.path`` as if the cached modules had been imported: pytest puts the directory of each module there.

Modules that run may import what lies beside others. So whenever pytest is about to import one, the directories of
those left out before it, in pytest's order, are put there first; and those of the rest when the collection ends.
"""

from __future__ import annotations

import heapq
import sys
from typing import TypeAlias

import pytest

from pytest_gocache.core.project import Bases

Position: TypeAlias = tuple[int, ...]
"""Where a module stands among those of the run."""


class SearchPath:
    """What cached modules would have done to ``sys.path``. ``rooted`` is told of each directory, too."""

    def __init__(self, config: pytest.Config, rooted: set[str]) -> None:
        self._mode = str(config.getoption("importmode"))
        self._rooted = rooted
        self._base = Bases()
        self._waiting: list[tuple[Position, str]] = []

    def left_out(self, path: str, at: Position) -> None:
        """The module at ``path`` is not imported."""
        if self._mode != "importlib":
            heapq.heappush(self._waiting, (at, self._base(path)))

    def come_to(self, at: Position) -> None:
        """The module that stands there is about to be imported."""
        while self._waiting and self._waiting[0][0] < at:
            self._put(heapq.heappop(self._waiting)[1])

    def end(self) -> None:
        """All is collected."""
        while self._waiting:
            self._put(heapq.heappop(self._waiting)[1])

    def _put(self, base: str) -> None:
        """As ``_pytest.pathlib.import_path`` does."""
        self._rooted.add(base)
        if self._mode == "append":
            if base not in sys.path:
                sys.path.append(base)
        elif sys.path[:1] != [base]:
            sys.path.insert(0, base)
