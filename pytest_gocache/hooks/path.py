"""Keeps ``sys.path``, and plugins, as if the cached modules had been imported: pytest puts the directory of each module
there, and registers what it names in ``pytest_plugins``.

Modules that run may import what lies beside others, or where others led to. So whenever pytest is about to import
one, the directories of those left out before it, in pytest's order, are put there first, with those that they put
there themselves; and those of the rest when the collection ends.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeAlias

import pytest

from pytest_gocache.core.bases import Bases
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import AND, REPEATED, Op

Position: TypeAlias = tuple[int, ...]
"""Where a module stands among those of the run."""


class SearchPath:
    """What cached modules would have done to ``sys.path``. ``rooted`` is told of each module's own directory, too.

    ``places`` gives the paths of directories that a module put there, by portable name.
    """

    def __init__(self, config: pytest.Config, rooted: set[str], places: Callable[[str], str]) -> None:
        self._mode = str(config.getoption("importmode"))
        self._plugins = config.pluginmanager
        self._rooted = rooted
        self._places = places
        self._base = Bases()
        self._waiting: list[tuple[Position, str, Sequence[Input]]] = []

    def left_out(self, path: str, at: Position, inputs: Iterable[Input]) -> None:
        """The module at ``path``, which has these inputs, is not imported."""
        base = "" if self._mode == "importlib" else self._base(path)
        heapq.heappush(self._waiting, (at, base, [each for each in inputs if each.op in REPEATED]))

    def come_to(self, at: Position) -> None:
        """The module that stands there is about to be imported."""
        while self._waiting and self._waiting[0][0] < at:
            self._put(*heapq.heappop(self._waiting)[1:])

    def end(self) -> None:
        """All is collected."""
        while self._waiting:
            self._put(*heapq.heappop(self._waiting)[1:])

    def _put(self, base: str, puts: Sequence[Input]) -> None:
        """As ``_pytest.pathlib.import_path`` does, and then the module."""
        if base:
            self._rooted.add(base)
            if self._mode == "append":
                if base not in sys.path:
                    sys.path.append(base)
            elif sys.path[:1] != [base]:
                sys.path.insert(0, base)
        for each in puts:
            if each.op is Op.REGISTERS:
                with suppress(ImportError):  # then who needs it says so
                    self._plugins.import_plugin(each.name)
                continue
            at = 0 if each.op is Op.PREPENDS else len(sys.path)
            sys.path[at:at] = self._places(each.name).split(AND)
