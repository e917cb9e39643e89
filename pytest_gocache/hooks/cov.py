"""Under coverage: books whose lines are run, and brings in those of what is replayed.

pytest-cov saves and reports when its wrapper of ``pytest_runtestloop`` ends; ours ends before it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Mapping
from typing import Any

import pytest
from coverage import Coverage

from pytest_gocache.core.attribution import OUTSIDE, Attribution, Owner, Shares
from pytest_gocache.core.cache import Cache
from pytest_gocache.core.covered import Covered
from pytest_gocache.core.lines import Lines, Untold
from pytest_gocache.core.model import Hit
from pytest_gocache.core.project import Project
from pytest_gocache.hooks.bodies import Bodies
from pytest_gocache.hooks.choosing import CHOOSING, HOOKS, SessionItems, of_nobody
from pytest_gocache.hooks.given import distributes
from pytest_gocache.hooks.measure import Measure
from pytest_gocache.hooks.shared import SharedFixtures

KEY = "gocache-lines"
COV = pytest.StashKey["Measuring"]()


class Measuring:
    """Waits for coverage to start, and keeps the books of this process from then on."""

    def __init__(self, config: pytest.Config) -> None:
        self.books = Attribution()
        self.bodies = Bodies(self.books)
        self.fixtures = SharedFixtures(self.books)
        self._config = config
        self._measures: list[Measure] = []
        self._over = False

    def install(self) -> None:
        """Begins at once under ``coverage run``, else when pytest-cov has started: before any conftest."""
        self._config.stash[COV] = self
        self._config.pluginmanager.register(self, "gocache-measuring")
        self._begin()

    def remove(self) -> None:
        """Ends for good."""
        self._over = True
        self._end()

    def _end(self) -> None:
        for measure in self._measures:
            measure.end()
        self.fixtures.remove()
        self.bodies.remove()

    def pytest_plugin_registered(self, plugin: object) -> None:
        if type(plugin).__module__ == "pytest_cov.plugin":
            self._begin()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """The coverage of an xdist worker starts only now."""
        self._begin()
        if hasattr(self._config, "workerinput") and self.measure and not self._over:
            for measure in self._measures:
                measure.hush()
            for piece in (self.fixtures, WorkerBooking(self, self._config)):
                self._config.pluginmanager.register(piece)

    def _begin(self) -> None:
        running = Coverage.current()
        if running is not None and not self._over and all(each.cov is not running for each in self._measures):
            self._end()
            try:
                self._measure(running)
            except Exception as error:  # coverage may be put together in another way some day
                self._measures.clear()
                self.books.distrust(error)

    def _measure(self, running: Coverage) -> None:
        """Starts the books of this coverage."""
        alone = not hasattr(self._config, "workerinput") and not distributes(self._config)
        self._measures.append(Measure(running, self.books, alone))
        self._measures[-1].begin()
        self.bodies.install()
        self.fixtures.install()

    @property
    def measure(self) -> Measure | None:
        """What is measured; None where nobody measures (``--no-cov``)."""
        return self._measures[-1] if self._measures else None

    def covered(self, measure: Measure, cache: Cache, project: Project) -> Covered:
        """The lines of this run, as the lookup and the store need them."""
        contexts = str(self._config.getoption("cov_context", None))
        settings = measure.settings(contexts, str(project.places.rootdir))
        made: list[Shares] = []

        def shares() -> Shares:
            if not made:
                made.append(Shares(self.books))
            return made[0]

        return Covered(cache, project, settings, measure.branch, measure.start, shares, self._packages, self.doubt)

    def doubt(self) -> str:
        """Why no lines of this process can be told; empty where they can."""
        file = of_nobody(self._config, self.books)
        told = f"{HOOKS[0]} ran lines of {os.path.basename(file)} for all items at once"
        return told if file else self.books.doubted or (self.measure.doubt() if self.measure else "")

    def _packages(self, owners: Iterable[Owner]) -> Mapping[str, str]:
        measure = self.measure
        named = measure.packages() if measure else ()
        asked = {name: self.books.bodies.get(name, "") for name in named}
        known = set(owners)
        return {name: owner.partition(":")[2] for name, owner in asked.items() if owner in known}


def covered(config: pytest.Config, cache: Cache, project: Project) -> Lines:
    """The lines of this run; everything runs where they cannot be told."""
    measure = config.stash[COV].measure if COV in config.stash else None
    if COV in config.stash and config.stash[COV].books.doubted:
        return Untold(config.stash[COV].books.doubted)
    if measure is None or measure.cov is not Coverage.current():
        return Untold("coverage was started by something other than pytest-cov and `coverage run`")
    return config.stash[COV].covered(measure, cache, project)


def booking(config: pytest.Config, lines: Lines, hits: Mapping[str, Hit]) -> dict[str, object]:
    """The pieces that keep the books and bring in what the hits ran."""
    measuring = config.stash.get(COV, None)
    measure = measuring.measure if measuring else None
    if measuring is None or measure is None or not isinstance(lines, Covered):
        return {}
    return {"shared": measuring.fixtures, "booking": Booking(measuring, measure, lines, hits)}


class Owning:
    """Hooks around everything that is somebody's."""

    def __init__(self, measuring: Measuring, root: str) -> None:
        self._measuring = measuring
        self._books = measuring.books
        self._root = root

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        if not isinstance(collector, pytest.File) or self._books.current != OUTSIDE:
            return (yield)
        with self._books.running(f"module:{collector.path}"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> Generator[None, Any, Any]:
        with self._books.running(f"module:{item.path}"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, Any, Any]:
        with SessionItems(self._books).standing_in():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self) -> Generator[None, Any, Any]:
        with self._books.running(CHOOSING):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self) -> Generator[None, Any, Any]:
        with self._books.running(CHOOSING):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collectstart(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        with self._books.running(f"module:{collector.path}"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> Generator[None, Any, Any]:
        path = os.path.join(self._root, report.nodeid.partition("::")[0])
        with self._books.running(f"module:{path}"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        with self._books.running(f"module:{item.path}"):
            return (yield)


class Booking(Owning):
    """In the process that decides; at the end the hits' lines are brought in."""

    def __init__(self, measuring: Measuring, measure: Measure, covered: Covered, hits: Mapping[str, Hit]) -> None:
        super().__init__(measuring, str(covered.project.places.rootdir))
        self._measure = measure
        self._covered = covered
        self._hits = hits

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        told = getattr(node, "workeroutput", {}).get(KEY)
        if told is not None:
            self._books.join(json.loads(told), node.gateway.id)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        result = yield
        self._measuring.remove()
        if self._hits:
            self._measure.bring_in(self._covered.brought(part for hit in self._hits.values() for part in hit.lines))
        return result


class WorkerBooking(Owning):
    """In a worker of xdist: tells the controller whose lines it ran."""

    def __init__(self, measuring: Measuring, config: pytest.Config) -> None:
        super().__init__(measuring, str(config.rootpath))
        self._config = config

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        result = yield
        self._books.doubted = self._measuring.doubt()
        self._measuring.remove()
        self._config.workeroutput[KEY] = json.dumps(self._books.told())  # type: ignore[attr-defined]
        return result
