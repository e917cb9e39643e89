"""Shows stored results instead of running: in the place where the module would have run.

xdist's controller is the model: reporting plugins there see no items, only logstart, logreport and
logfinish, and all cope. So no node is made for a replayed test.
"""

from __future__ import annotations

import builtins
import itertools
import warnings
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_gocache.core.brief import at_hand, gist_of
from pytest_gocache.core.model import Brief, Gist, Replay, SavedWarning
from pytest_gocache.core.places import Places
from pytest_gocache.hooks.bulk import Bulk, bulk_for
from pytest_gocache.hooks.first import First, chosen_first, failed_modules, sort_newest_first
from pytest_gocache.hooks.given import ALONE
from pytest_gocache.hooks.order import Order
from pytest_gocache.hooks.output import missed_by
from pytest_gocache.hooks.reports import load_collect_report, would_warn
from pytest_gocache.hooks.through import ThroughHooks

if TYPE_CHECKING:
    from pytest_gocache.hooks.results import Results


def replay_in_brief(brief: Brief, results: Results, bulk: Bulk | None, config: pytest.Config) -> Replay | None:
    """A replay of what a snapshot tells; None where the whole is needed, and gone or not to be shown in this run."""
    if bulk is not None:
        stored = results.stored(brief.result)
        if bulk.shows(brief, stored):
            return Replay(brief, stored, bulk.reads and results.remote(brief.result))  # else it is not asked for at all
    result = results.load(brief.result)
    if result is None or not may_be_shown(gist := gist_of(result), config):
        return None
    return Replay(brief, at_hand(result, gist, brief.result), results.remote(brief.result))


def may_be_shown(gist: Gist, config: pytest.Config) -> bool:
    """Whether replaying this is as good as running it, in this run."""
    return not (would_warn(gist, config) or missed_by(gist, config))


class Replayer:
    """Interleaves replays with the tests that run."""

    def __init__(
        self,
        config: pytest.Config,
        order: Order,
        places: Places,
        learn: Callable[[], None],
    ) -> None:
        self._config = config
        self._order = order
        self._learn = learn
        self._bulk: Bulk | None = None
        self._first: First = bool
        self._failed: frozenset[str] = frozenset()
        self._through_hooks = ThroughHooks(config, places)
        self._places = places
        self._counted = 0
        self._skipped: set[str] = set()
        self._emitted: set[tuple[str, str, str, int]] = set()

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, when: str) -> None:
        if when == "collect":
            self._emitted.add(_identity(self._places.name(warning_message.filename), warning_message))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        self._bulk = bulk_for(self._config, self._places)
        self._first, self._failed = chosen_first(self._config), failed_modules(self._config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for replay in self._order.all:
            if not replay.brief.plain:
                self._skipped_collectors(replay)
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            deselected = 0 if ALONE in self._config.stash else self._order.deselected()
            terminal._numcollected += self._order.count() + deselected
            if deselected:
                terminal.stats.setdefault("deselected", []).extend([_Deselected()] * deselected)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        self._count(session)
        self._warn_of_imports()
        if self._order.all:  # else there is nothing to come between, and this would be asked at each test
            sort_newest_first(self._config, self._order)
            between = Between(self._replay, self._order, self._first, self._failed)
            self._config.pluginmanager.register(between, "gocache-between")
        result = yield
        self._learn()  # xdist's controller knows only now what its workers did not collect
        self._count(session)
        self._warn_of_imports()
        if not (session.shouldfail or session.shouldstop):
            self._replay([*self._order.take(self._failed), *self._order.rest()])
        return result

    def _count(self, session: pytest.Session) -> None:
        more = self._order.count() - self._counted
        session.testscollected += more
        self._counted += more
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and hasattr(terminal, "tests_count"):
            terminal.tests_count += more  # pytest-sugar's bar

    def _replay(self, replays: Iterable[Replay]) -> None:
        bulk = self._bulk

        def in_bulk(replay: Replay) -> bool:
            return bulk is not None and bulk.shows(replay.brief, replay.stored)

        for together, those in itertools.groupby(replays, in_bulk):
            if together and bulk is not None:
                bulk(those)
            else:
                for replay in those:
                    self._whole(replay)

    def _skipped_collectors(self, replay: Replay) -> None:
        """Told when the collection ends, where pytest tells it, and no second time."""
        result = replay.stored.load()
        if result is None or replay.brief.path in self._skipped:
            return
        self._skipped.add(replay.brief.path)
        for saved in result.collect_reports:
            report = load_collect_report(saved, replay.nodeid, self._places)
            self._config.hook.pytest_collectreport(report=report)

    def _warn_of_imports(self) -> None:
        """Warnings of the collection come before those of tests, and once: pytest has told its own by now."""
        for replay in self._order.all:
            result = None if replay.brief.plain else replay.stored.load()
            for warned in result.warnings if result else ():
                if warned.when == "collect":
                    self._warn(replay, warned)

    def _whole(self, replay: Replay) -> None:
        result = replay.stored.load()
        assert result is not None, "whoever decides on a replay that is not in brief has its result"
        self._skipped_collectors(replay)
        self._through_hooks(replay, result)
        for warned in result.warnings:
            if warned.when != "collect":
                self._warn(replay, warned)

    def _warn(self, replay: Replay, saved: SavedWarning) -> None:
        message = warning_message(saved, self._places)
        if saved.when == "collect":
            identity = _identity(saved.filename, message)
            if identity in self._emitted:
                return
            self._emitted.add(identity)
        location = saved.location and (self._places.path(saved.location[0]), *saved.location[1:])
        nodeid = replay.nodeid + saved.name if saved.name else ""
        self._config.hook.pytest_warning_recorded.call_historic(
            kwargs={"warning_message": message, "nodeid": nodeid, "when": saved.when, "location": location}
        )


class Between:
    """Replays what comes before a module that runs."""

    def __init__(
        self, replay: Callable[[list[Replay]], None], order: Order, first: First, failed: frozenset[str]
    ) -> None:
        self._replay, self._order, self._first, self._failed = replay, order, first, failed
        self._last = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        module = item.nodeid.partition("::")[0]
        if module != self._last and not self._first(item):
            self._last = module
            self._replay([*self._order.take(self._failed), *self._order.before(module)])
        elif module != self._last and self._failed:
            self._replay(self._order.take(self._failed, before=module))
        return (yield)


def warning_message(saved: SavedWarning, places: Places) -> warnings.WarningMessage:
    """The warning as pytest's summary wants it. Its class is only a name there, and is never looked up to be run."""
    category = warning_category(saved.category)
    message = warnings.WarningMessage(category(saved.message), category, places.path(saved.filename), saved.lineno)
    message.gocache = True  # type: ignore[attr-defined]
    return message


def warning_category(name: str) -> type[Warning]:
    """A built-in warning class, or a new one of that name: nothing stored is ever imported."""
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Warning):
        return known
    return type(name, (Warning,), {})


def _identity(filename: str, message: warnings.WarningMessage) -> tuple[str, str, str, int]:
    return (message.category.__name__, str(message.message), filename, message.lineno)


class _Deselected:
    """Stands for one deselected test in the terminal's counts."""
