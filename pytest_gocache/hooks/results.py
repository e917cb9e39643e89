"""Stored results, for when the brief is not enough."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_gocache.core.model import Stored

if TYPE_CHECKING:
    from pytest_gocache.core.model import ModuleResult, ResultID, Timing, Titles
    from pytest_gocache.stores.base import Store, Traffic


class Results:
    """Results of a store that is opened at the first one. ``titles`` gives those that are known without it."""

    def __init__(self, open_store: Callable[[], Store], titles: Callable[[], dict[ResultID, Titles]] = dict) -> None:
        self._open_store = open_store
        self._read_titles = titles
        self.shown: dict[ResultID, Titles] = {}
        """The titles that were asked for."""
        self.learnt = False
        """Whether some of them were not known."""

    @functools.cached_property
    def _known(self) -> dict[ResultID, Titles]:
        return self._read_titles()

    @functools.cached_property
    def _store(self) -> Store:
        return self._open_store()

    def stored(self, result: ResultID) -> Stored:
        """The result, of which nothing is read yet."""
        load, titles = functools.partial(self.load, result), functools.partial(self.titles, result)
        return Stored(result, load, titles, functools.partial(self.timings, result))

    def load(self, result: ResultID) -> ModuleResult | None:
        """The result; None if it is gone."""
        from pytest_gocache.core.cache import load_result  # an exact repeat of a run rarely needs it

        return load_result(self._store, result)

    def titles(self, result: ResultID) -> Titles:
        """What ``-v`` shows of it."""
        if result not in self.shown:
            known = self._known.get(result)
            self.learnt = self.learnt or known is None
            self.shown[result] = self._looked_up(result) if known is None else known
        return self.shown[result]

    def _looked_up(self, result: ResultID) -> Titles:
        from pytest_gocache.core.cache import load_titles

        return load_titles(self._store, result)

    def timings(self, result: ResultID) -> tuple[Timing, ...]:
        """What a JUnit file has of it."""
        from pytest_gocache.core.cache import load_timings

        return load_timings(self._store, result)

    def remote(self, result: ResultID) -> bool:
        """Whether a server gave it in this run."""
        if "_store" not in vars(self):
            return False
        from pytest_gocache.core.cache import came_from_server, entry

        return came_from_server(self._store, entry("result", result))

    @property
    def traffic(self) -> Traffic | None:
        """What came from a server, if there is one and it was asked."""
        return getattr(self._store, "traffic", None) if "_store" in vars(self) else None

    def close(self) -> None:
        """Lets go of the store, if it was opened."""
        if "_store" in vars(self):
            self._store.close()
