"""``--count=N``: the selection N times over. ``pytest.mark.count(N)``: one test N times in a row.

Items are not multiplied: the same ones run again, with fresh fixtures (only those of session scope stay).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count as numbers
from itertools import groupby, pairwise
from typing import Any, TypeAlias

import pytest

from pytest_gocache.hooks.anew import keep, make_new
from pytest_gocache.hooks.given import distributes
from pytest_gocache.hooks.options import MARK_OF_COUNT
from pytest_gocache.hooks.progress import begins
from pytest_gocache.hooks.settings import Settings
from pytest_gocache.hooks.tally import FirstOfAKind, Tally

RANDOM = "random"
SHARES = "gocache_shares"
"""What a worker is told: among how many the repetitions are shared out."""
ANYWHERE = ("load", "worksteal")
"""Where xdist sends tests to any worker, one by one. Elsewhere it keeps those of one node id together."""
Pair: TypeAlias = "tuple[pytest.Item, pytest.Item | None]"
"""A test, and the one after it: whose fixtures stay."""


class Boundary(pytest.Item):
    """Stands for the next item at the end of a repetition: it shares nothing but the session. It never runs."""

    @classmethod
    def of(cls, session: pytest.Session) -> Boundary:
        """One for this session."""
        made: Boundary = cls.from_parent(session, name="next repetition")
        return made

    def runtest(self) -> None:
        """Nobody asks for it."""


class Repeater:
    """Runs the selection ``count`` times over, or until ``seconds`` are up; None: for ever.

    ``order`` is ``selection`` (all tests again and again), ``module`` (each module), ``test`` (each test), or
    ``random:SEED`` (all tests, shuffled each time).
    """

    def __init__(self, count: int | None, seconds: float | None, order: str) -> None:
        self._count = count
        self._seconds = seconds
        self._order, _, self._seed = order.partition(":")
        self._items: Sequence[pytest.Item] = ()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.config.option.collectonly:
            return None
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return None  # pytest's own loop says so
        self._items = session.items
        for item, following in self._pairs(session):
            keep(item)
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            make_new(item)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True

    def _pairs(self, session: pytest.Session) -> Iterator[Pair]:
        if not self._items:
            return
        boundary = Boundary.of(session)
        if self._order in ("module", "test"):
            key = _module if self._order == "module" else _itself
            once = [list(group) for _, group in groupby(self._items, key)]
            groups = [group for group in once for _ in range(self._count or 1)]
            for number, group in enumerate(groups, 1):
                yield from pairwise(group)
                yield group[-1], boundary if number < len(groups) else None
            return
        until = None if self._seconds is None else time.monotonic() + self._seconds
        for repetition in numbers(1):
            begins(session, repetition, self._count)
            items = self._in_order(repetition)
            yield from pairwise(items)
            # All but the last test of this repetition has run by now.
            over = repetition == self._count or (until is not None and time.monotonic() >= until)
            yield items[-1], None if over else boundary
            if over:
                return

    def _in_order(self, repetition: int) -> Sequence[pytest.Item]:
        return shuffled(self._items, f"{self._seed} {repetition}") if self._order == RANDOM else self._items

    def order(self, repetition: int) -> list[str]:
        """The node ids of all tests in the order of a repetition: always the same for one seed."""
        return [item.nodeid for item in self._in_order(repetition)]


def shuffled(items: Sequence[pytest.Item], seed: str) -> list[pytest.Item]:
    """Modules in another order, and tests within each; a module's tests stay together, for its fixtures' sake."""
    dice = random.Random(seed)
    modules = [list(group) for _, group in groupby(items, _module)]
    dice.shuffle(modules)
    for module in modules:
        dice.shuffle(module)
    return [item for module in modules for item in module]


def _module(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _itself(item: pytest.Item) -> pytest.Item:
    return item


class InPlace:
    """Runs single tests several times where they stand: marked ones, and under xdist, whose loop it is, all.

    There each test is asked for once for each of ``shares``, so that several workers may have a part of its
    repetitions.
    """

    def __init__(self, count: int, shares: int = 1) -> None:
        self._count = count
        self._shares = shares
        self._tests = 0
        self._inside = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._tests = len(session.items)
        session.items *= self._shares

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if self._inside:
            return None
        times = self._share(item.config) * times_of(item)
        if times == 1:
            return None
        self._inside = True
        try:
            for following in [Boundary.of(item.session)] * (times - 1) + [nextitem]:
                if item.session.shouldfail or item.session.shouldstop:
                    break
                keep(item)
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                make_new(item)
        finally:
            self._inside = False
        return True

    def _share(self, config: pytest.Config) -> int:
        """How many repetitions are this worker's at this place of the list."""
        if self._shares == 1:
            return self._count
        share = _place(config) // self._tests
        return self._count // self._shares + (share < self._count % self._shares)


class Sharer:
    """The controller's part: has workers share the repetitions out, where tests may go to any of them."""

    def __init__(self, count: int) -> None:
        self._count = count

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[SHARES] = min(self._count, int(node.workerinput["workercount"]))


def _place(config: pytest.Config) -> int:
    """Where in xdist's list of tests this worker is."""
    return next(int(each.item_index) for each in config.pluginmanager.get_plugins() if hasattr(each, "item_index"))


def times_of(item: pytest.Item) -> int:
    """How often ``pytest.mark.count(N)`` wants the test to run in each repetition."""
    mark = item.get_closest_marker("count")
    if mark is None or any(line.startswith("count") for line in item.config.getini("markers") if line != MARK_OF_COUNT):
        return 1  # a mark of that name that a project or another plugin declares is theirs
    match mark.args:
        case (int(times),) if times >= 1 and times is not True and not mark.kwargs:
            return times
    raise pytest.UsageError(f"{item.nodeid}: pytest.mark.count takes one whole number from 1, as in count(100)")


def register(config: pytest.Config, settings: Settings) -> None:
    """What ``--count`` and ``--count-for`` need in this process. Where no test runs, there is nothing to repeat."""
    if _runs_nothing(config):
        return
    count, seconds, order = settings.count, settings.count_seconds, settings.count_order
    manager = config.pluginmanager
    if hasattr(config, "workerinput"):
        manager.register(InPlace(count or 1, config.workerinput.get(SHARES, 1)), "gocache-in-place")
    elif distributes(config):
        if seconds is not None or order != "selection":
            given = "--count-for" if seconds is not None else "--count-order"
            raise pytest.UsageError(f"{given} is not for -n: each worker repeats test by test")
        _tally(config)
        if config.getoption("dist") in ANYWHERE:
            manager.register(Sharer(count or 1), "gocache-sharer")
    else:
        repeater = Repeater(count, seconds, order)
        shuffles = order.startswith(RANDOM)
        told = f"the order was that of --count-order={order}" if shuffles else ""
        _tally(config, repeater.order if shuffles else None, told)
        manager.register(repeater, "gocache-repeat")


def register_marked(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """What marked tests need, if there are any."""
    manager = config.pluginmanager
    if all(times_of(item) == 1 for item in items) or manager.has_plugin("gocache-in-place") or _runs_nothing(config):
        return
    manager.register(InPlace(1), "gocache-in-place")
    if not hasattr(config, "workerinput") and not manager.has_plugin("gocache-tally"):
        _tally(config)


def _runs_nothing(config: pytest.Config) -> bool:
    return bool(config.getoption("setuponly", False) or config.getoption("setupplan", False))


def _tally(config: pytest.Config, order: Callable[[int], Sequence[str]] | None = None, told: str = "") -> None:
    tally = Tally(config, order, lambda: told or seed_of(config), lambda: never_random(config))  # known later
    config.pluginmanager.register(tally, "gocache-tally")
    config.pluginmanager.register(FirstOfAKind(), "gocache-first-of-a-kind")
    if config.getoption("xmlpath", None):
        from pytest_gocache.hooks.junit import OneCase

        config.pluginmanager.register(OneCase(config, lambda: tally.tests), "gocache-junit")


def seed_of(config: pytest.Config) -> str:
    """The seed of a plugin that shuffles tests or what they draw, as an option; empty where there is none."""
    for option in ("randomly_seed", "random_order_seed"):
        seed = str(config.getoption(option, None) or "")
        if seed.isdecimal():
            return f"the seed was that of --{option.replace('_', '-')}={seed}"
    return ""


def never_random(config: pytest.Config) -> str:
    """What to do where a plugin gives each repetition the same random numbers; empty where none does."""
    if not config.getoption("randomly_reset_seed", False):
        return ""
    return "pytest-randomly gives each repetition the same random numbers (-p no:randomly, --randomly-dont-reset-seed)"
