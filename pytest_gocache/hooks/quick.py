"""An exact repeat of a wholly cached run: no collection, no graph, no store.

Used where the session snapshot still holds (``core/snapshot.py``). Everything that a user or a plugin
could see is done all the same: collection hooks with nothing to collect, then the replay.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from pytest_gocache.core.model import Replay
from pytest_gocache.core.places import Places
from pytest_gocache.core.snapshot import Snapshot
from pytest_gocache.core.values import frozen
from pytest_gocache.hooks.bulk import Bulk, bulk_for
from pytest_gocache.hooks.early import stop
from pytest_gocache.hooks.ending import Ending
from pytest_gocache.hooks.local import LocalStore
from pytest_gocache.hooks.order import Order
from pytest_gocache.hooks.replay import replay_in_brief
from pytest_gocache.hooks.results import Results


@frozen
class Repeated:
    """An exact repeat that is under way."""

    directory: str
    files: LocalStore
    name: str
    """Of its snapshot."""
    snapshot: Snapshot
    places: Places
    allow: tuple[str, ...]
    ignore: tuple[str, ...]


REPEATED = pytest.StashKey[Repeated]()


class Quick:
    """Stands in for the collection. ``fall_back`` starts the general way, while there is still time."""

    def __init__(
        self,
        config: pytest.Config,
        snapshot: Snapshot,
        order: Order,
        places: Places,
        results: Results,
        fall_back: Callable[[], None],
        distributed: bool,
    ) -> None:
        self._config = config
        self._snapshot = snapshot
        self._order = order
        self._places = places
        self._results = results
        self._fall_back = fall_back
        self._distributed = distributed
        self._active = False
        self._ending = Ending(config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Every plugin is configured now: it is known who listens, and so whether results are needed."""
        replays = self._replays(bulk_for(self._config, self._places))
        if replays is None:
            self._fall_back()
            return
        self._active = True
        stop(self._config)
        self._ending.begin()
        for replay in replays:
            self._order.cached(replay)
        # Not by a ``pytest_collection`` of ours: it would keep the others' from being called.
        session.perform_collect = functools.partial(self._collect, session)  # type: ignore[method-assign]

    def _replays(self, bulk: Bulk | None) -> list[Replay] | None:
        """What to replay; None where a result that is needed is gone from the store, or cannot be shown here."""
        replays = []
        for brief in self._snapshot.modules:
            replay = replay_in_brief(brief, self._results, bulk, self._config)
            if replay is None:
                return None
            replays.append(replay)
        return replays

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool | None:
        """xdist's controller does not collect."""
        return True if self._active and self._distributed else None

    def _collect(self, session: pytest.Session) -> list[pytest.Item]:
        hook = self._config.hook
        session.items = []
        hook.pytest_collection_modifyitems(session=session, config=self._config, items=session.items)
        hook.pytest_collection_finish(session=session)
        session.testscollected = 0
        return session.items

    def pytest_unconfigure(self) -> None:
        self._ending.freeze()
