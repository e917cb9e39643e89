"""An exact repeat of a wholly cached run: no collection, no graph, no store.

Used where the session snapshot still holds (``core/snapshot.py``). Everything that a user or a plugin
could see is done all the same: collection hooks with nothing to collect, then the replay.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterable
from typing import Final

import pytest

from pytest_gocache.core.model import Replay
from pytest_gocache.core.places import Places
from pytest_gocache.core.snapshot import Snapshot
from pytest_gocache.hooks.bulk import bulk_for
from pytest_gocache.hooks.conditions import hooked_by_others
from pytest_gocache.hooks.early import stop
from pytest_gocache.hooks.given import INITIAL
from pytest_gocache.hooks.replay import Order, replay_in_brief
from pytest_gocache.hooks.results import Results


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

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Every plugin is configured now: it is known who listens, and so whether results are needed."""
        replays = self._replays(bulk_for(self._config, self._places) is not None)
        if replays is None:
            self._fall_back()
            return
        self._active = True
        stop(self._config)
        # Nothing of the user's runs from here on, and what was made so far stays to the end.
        gc.disable()
        for replay in replays:
            self._order.cached(replay)
        # Not by a ``pytest_collection`` of ours: it would keep the others' from being called.
        session.perform_collect = functools.partial(self._collect, session)  # type: ignore[method-assign]

    def _replays(self, bulk: bool) -> list[Replay] | None:
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
        if self._active:
            gc.freeze()
            gc.enable()


HARMLESS = frozenset(
    {
        "pytest_generate_tests", "pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown",
        "pytest_runtest_makereport", "pytest_runtest_protocol", "pytest_fixture_setup", "pytest_fixture_post_finalizer",
        "pytest_assertrepr_compare", "pytest_make_parametrize_id", "pytest_pyfunc_call", "pytest_plugins",
        "pytest_collection_modifyitems", "pytest_itemcollected", "pytest_pycollect_makeitem",
    }
)  # fmt: skip
"""Hooks of a conftest that have nothing to do in a run that collects and runs nothing."""

NEVER = (
    "collect_ignore",
    "collect_ignore_glob",
    "pytest_ignore_collect",
    "pytest_collect_file",
    "pytest_collect_directory",
    "pytest_pycollect_makemodule",
)
"""What a conftest decides with these may change without any file changing."""


CHOOSES, ACTS = "chooses", "acts"


def of_conftests(config: pytest.Config) -> frozenset[str]:
    """What is in the way of a snapshot: a conftest ``chooses`` what is collected; a nested one, which would not be
    loaded in a repeat, ``acts`` on the session or on reports."""
    initial = config.stash.get(INITIAL, frozenset())
    found: set[str] = set()
    for conftest in _conftests(config):
        names = vars(conftest).keys()
        hooks = {name for name in names if name.startswith("pytest_")}
        found |= {CHOOSES} if not names.isdisjoint(NEVER) else set()
        found |= {ACTS} if conftest not in initial and hooks - HARMLESS else set()
    return frozenset(found)


BY_NAME: Final = frozenset({"_hypothesis_pytestplugin"})
"""Plugins that leave out directories by their names (``.hypothesis``), and look at nothing else."""


def plugins_choose(config: pytest.Config) -> bool:
    """Whether somebody beside pytest has a say in which files are collected, and as what."""
    return any(hooked_by_others(config, name, but=BY_NAME) for name in NEVER if name.startswith("pytest_"))


def _conftests(config: pytest.Config) -> Iterable[object]:
    return getattr(config.pluginmanager, "_conftest_plugins", ())
