"""Registers what a cached run needs, or one note that says why there is no cache in this run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_gocache.core.learnt import learn
from pytest_gocache.core.pause import paused
from pytest_gocache.core.places import Places
from pytest_gocache.core.policy import policy_of
from pytest_gocache.core.present import Present
from pytest_gocache.core.vouched import NOTHING_VOUCHED, vouch
from pytest_gocache.hooks import conditions
from pytest_gocache.hooks.arguments import chooser, places_for, read_request
from pytest_gocache.hooks.aside import ASIDE
from pytest_gocache.hooks.asked import answers
from pytest_gocache.hooks.early import EARLY, measured, stop
from pytest_gocache.hooks.given import by_failures, distributes, stay_alone
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.local import Accelerators, Shelf
from pytest_gocache.hooks.nodeids import put_off
from pytest_gocache.hooks.results import Results
from pytest_gocache.hooks.settings import Settings
from pytest_gocache.hooks.summary import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_gocache.core.account import Account
    from pytest_gocache.core.conditions import Conditions
    from pytest_gocache.core.snapshot import Compared, Snapshot
    from pytest_gocache.core.vouched import Vouched
    from pytest_gocache.hooks.arguments import Request
    from pytest_gocache.hooks.order import Order
    from pytest_gocache.hooks.session import Session


def register(config: pytest.Config, settings: Settings, shelf: Shelf) -> None:
    """Chooses between no cache, the exact repeat of a cached run, and the general way."""
    why_off = conditions.turned_off(config)
    if why_off:
        say(config, f"off ({why_off})")
        return
    try:
        Start(config, settings, shelf).begin()
    except conditions.Untold as error:
        say(config, f"off ({error})")
    except Exception as error:
        Trouble().note(error)
        say(config, f"off, a mistake of ours ({type(error).__name__}: {error})")


def say(config: pytest.Config, text: str) -> None:
    """Says at the end why there was no cache in this run."""
    stop(config)
    if ASIDE in config.stash:  # it is where anything is watched
        config.stash[ASIDE].take_back()
    config.pluginmanager.register(Note(text), "gocache-note")


class Start:
    """The beginning of a run with a cache."""

    def __init__(self, config: pytest.Config, settings: Settings, shelf: Shelf) -> None:
        self._config = config
        self._settings = settings
        self._shelf = shelf
        self._distributed = distributes(config)
        self._request: Request = read_request(config)
        self._places: Places = places_for(config, self._request.arguments)
        self._variables = config.stash[EARLY].variables
        self._variables.workers = " ".join(map(str, config.option.tx)) if self._distributed else ""
        self._policy = policy_of(settings.allow, settings.ignore, self._places.name)
        self._conditions: Conditions = conditions.gather(config, self._places, self._variables, settings.variables)
        self._local = Accelerators(shelf.local, config, self._conditions)
        self._results = Results(lambda: shelf.open_store(shelf.directory), self._local.titles)

    def begin(self) -> None:
        """The exact repeat if its snapshot holds, else the general way."""
        put_off(self._config)
        with paused():
            found = self._compared() if self._may_repeat() else None
        if self._settings.plan:
            self._plan(found)
        elif found is not None and found.same and found.snapshot.whole:
            # This is the moment to keep xdist's workers from starting. If a result turns out to be gone from
            # the store, what has to run does so in this process: not worth reading all of them beforehand.
            if self._distributed:
                stay_alone(self._config)
            self._repeat(found.snapshot)
        else:
            self._general(self._vouched(found)).register()

    def _vouched(self, found: Compared | None) -> Vouched:
        return NOTHING_VOUCHED if found is None else vouch(found, self._local.needs(found.snapshot))

    def _plan(self, found: Compared | None) -> None:
        from pytest_gocache.hooks.plan import Planner

        if self._distributed:
            stay_alone(self._config)
        session = self._general(self._vouched(found))
        planner = Planner(session)
        for name, piece in {"plan": planner, **session.asking()}.items():
            self._config.pluginmanager.register(piece, f"gocache-{name}")
        self._accounting(lambda: planner.account)

    def _accounting(self, account: Callable[[], Account]) -> None:
        if self._settings.accounts:
            from pytest_gocache.hooks.account import Accountant

            piece = Accountant(self._config, self._settings, account)
            self._config.pluginmanager.register(piece, "gocache-account")

    def _may_repeat(self) -> bool:
        """Whether nothing but the files decides what this run has to show: no bypass, no earlier failures."""
        # Where others share the store they may have taken a pass back: only the store itself can answer.
        odd = self._settings.store or self._request.overlapping or chooser(self._request) is None
        asked = self._settings.bypass or self._settings.verify is not None or self._settings.about
        return not (asked or by_failures(self._config) or odd or measured())

    def _compared(self) -> Compared | None:
        present = Present(self._places, self._variables, self._policy, learn, answers(self._config))
        return self._local.compare(present, self._settings.trust_stat)

    def _general(self, vouched: Vouched) -> Session:
        with paused():
            return self._session(vouched)

    def _session(self, vouched: Vouched) -> Session:
        from pytest_gocache.hooks.desk import open_desk
        from pytest_gocache.hooks.session import Session

        store = self._shelf.open_store(self._shelf.directory)
        desk = open_desk(
            self._config,
            self._settings,
            self._request,
            self._places,
            self._conditions,
            self._variables,
            self._policy,
            store,
            self._local,
            vouched,
        )
        return Session(desk, self._shelf.directory, distributes(self._config))

    def _repeat(self, holding: Snapshot) -> None:
        from pytest_gocache.hooks.order import Order
        from pytest_gocache.hooks.quick import REPEATED, Quick, Repeated
        from pytest_gocache.hooks.replay import Replayer
        from pytest_gocache.hooks.summary import Counts
        from pytest_gocache.hooks.verdicts import Verdicts

        order = Order()
        self._config.stash[REPEATED] = Repeated(
            self._shelf.directory,
            self._shelf.local,
            self._local.name,
            holding,
            self._places,
            self._settings.allow,
            self._settings.ignore,
        )
        pieces = {
            "results": Closing(self._results, self._local),
            "quick": Quick(
                self._config, holding, order, self._places, self._results, self._fall_back, self._distributed
            ),
            "replay": Replayer(self._config, order, self._places, lambda: None),
            "verdicts": Verdicts(self._config, lambda: ((replay.brief.path, None) for replay in order.all)),
            "summary": Counts(order, lambda: self._results.traffic),
        }
        for name, piece in pieces.items():
            self._config.pluginmanager.register(piece, f"gocache-{name}")
        self._accounting(lambda: self._account(order))

    def _account(self, order: Order) -> Account:
        from pytest_gocache.core.account import of_replays

        return of_replays(order.all, self._places.name, self._results.traffic)

    def _fall_back(self) -> None:
        from pytest_gocache.hooks.quick import REPEATED

        del self._config.stash[REPEATED]
        for name in ("replay", "verdicts", "summary", *(["account"] if self._settings.accounts else [])):
            self._config.pluginmanager.unregister(name=f"gocache-{name}")
        session = self._general(NOTHING_VOUCHED)
        session.register()
        session.begin()


class Closing:
    """Lets go of the results when pytest ends."""

    def __init__(self, results: Results, local: Accelerators) -> None:
        self._results = results
        self._local = local

    def pytest_unconfigure(self) -> None:
        if self._results.learnt:
            self._local.write_titles({result: titles for result, titles in self._results.shown.items() if titles})
        self._results.close()
