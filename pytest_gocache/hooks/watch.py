"""Runs where tests run (serial process or xdist worker): tells the observer whose reading it is,
and keeps of each collected test what a later selection needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from _pytest import python, runner
from _pytest.mark import KeywordMatcher

from pytest_gocache.core import told
from pytest_gocache.core.files import Files
from pytest_gocache.core.model import Json, Miss, Reason, SavedMark
from pytest_gocache.core.observe import Owner
from pytest_gocache.core.project import basedir
from pytest_gocache.hooks.early import Early, stop
from pytest_gocache.hooks.marks import declare
from pytest_gocache.hooks.neighbours import Neighbours
from pytest_gocache.hooks.reports import warns_of_properties


@dataclass(frozen=True, slots=True)
class CollectedTest:
    """What only the process that collects can know of a test."""

    nodeid: str
    path: str
    matchable: tuple[str, ...]
    marks: tuple[SavedMark, ...]
    owners: tuple[Owner, ...]
    """The fixtures wider than a function that it uses."""


@dataclass
class Seen:
    """What was collected: every test by node id, and which of them were selected to run."""

    tests: dict[str, CollectedTest] = field(default_factory=dict)
    selected: set[str] = field(default_factory=set)
    collected: set[str] = field(default_factory=set)
    """Node ids of the files that were collected without error."""
    unfit: dict[str, Miss] = field(default_factory=dict)
    """Modules that cannot be replayed for what they are, by path."""
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the marks of modules allow, by path."""
    misuse: str = ""
    """What is wrong with a mark, where the controller of xdist has to say so."""

    def by_module(self) -> dict[str, list[CollectedTest]]:
        """The tests of each module, in the order they were collected, by the module's node id."""
        grouped: dict[str, list[CollectedTest]] = {}
        for nodeid, test in self.tests.items():
            grouped.setdefault(module_part(nodeid), []).append(test)
        return grouped


ENTRANCES = ((runner, "call_and_report"), (python, "pytest_pyfunc_call"))
"""Above these the stack is pytest's own loop."""


class Watcher:
    """Hooks around everything that is the user's code."""

    def __init__(self, early: Early) -> None:
        self.seen = Seen()
        self.observer = early.observer
        self._early = early
        self._ends: dict[Owner, dict[str, int]] = {}
        """How long the journals of children were when each module ended, for the first time."""
        self._calls = 0
        """How often the body of the present test was called."""

    def pytest_sessionstart(self) -> None:
        self.observer.rooted.update(map(os.path.abspath, sys.path))
        self.observer.entrances = {
            str(module.__file__): vars(module)[name].__code__ for module, name in ENTRANCES if hasattr(module, name)
        }

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        stop(session.config)

    def hear(self, files: Files) -> None:
        """Enters what children told so far among the events of this process."""
        early, directory = self._early, self._early.journal.directory
        journals = told.read(directory, self._ends)
        told.merge(journals, early.observer.reads, files, early.variables, early.began)
        early.observer.faults += journals.faults
        told.forget(directory)

    def loaded(self) -> dict[str, str]:
        """The files of first-party modules that are loaded now, by module name."""
        modules = ((name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items()))
        return {
            name: file
            for name, file in modules
            if isinstance(file, str) and self.observer.owner(file).startswith("file:")
        }

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        if not isinstance(collector, pytest.File):
            return (yield)
        self.observer.rooted.add(basedir(str(collector.path)))
        with self.observer.running(f"module:{collector.path}"):
            report = yield
        if report.outcome != "failed":
            self.seen.collected.add(str(collector.nodeid))
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
        owner, self._calls = f"module:{item.path}", 0
        with self.observer.running(owner):
            result = yield
        if getattr(nextitem, "path", None) != item.path:
            # Its children may live on, and work for others.
            self._ends.setdefault(owner, told.sizes(self._early.journal.directory))
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self._calls += 1
        if self._calls > 1:
            # Whoever called again may report only the last attempt.
            self.seen.unfit.setdefault(str(item.path), Miss(Reason.RERUN, item.nodeid))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        if fixturedef.scope == "function":
            return (yield)
        with self.observer.running(fixture_owner(fixturedef)):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        collected = list(items)
        neighbours = Neighbours(config)
        for item in collected:
            self._enter(item, neighbours)
        yield
        self._added(items, set(map(id, collected)), neighbours)
        try:
            declare(config, dict.fromkeys([*collected, *items]), self.observer, self.seen)
        except pytest.UsageError as wrong:
            if not hasattr(config, "workerinput"):
                raise
            self.seen.misuse = str(wrong)
            items.clear()
        self.seen.selected = {item.nodeid for item in items}

    def _added(self, items: list[pytest.Item], known: set[int], neighbours: Neighbours) -> None:
        """Tests that a plugin put into the collection, or put there twice."""
        came: set[int] = set()
        for item in items:
            if id(item) in came:
                self.seen.unfit.setdefault(str(item.path), Miss(Reason.COLLECTED_TWICE, item.nodeid))
            elif id(item) not in known:
                self._enter(item, neighbours)
            came.add(id(item))

    def _enter(self, item: pytest.Item, neighbours: Neighbours) -> None:
        path = str(item.path)
        if unfit := why_unfit(item, self.seen, neighbours):
            self.seen.unfit.setdefault(path, unfit)
        self.seen.tests[item.nodeid] = collected_test(item)
        self.observer.quietly("what plugins need", self._note, f"module:{path}", neighbours, item)

    def _note(self, owner: Owner, neighbours: Neighbours, item: pytest.Item) -> None:
        for op, name in neighbours.events(item):
            self.observer.enter({owner}, op, name)


WRITE_PAST_REPORTS = frozenset({"record_xml_attribute", "record_testsuite_property"})
"""Fixtures by which a test writes into a report file directly; a replay cannot do that."""


def why_unfit(item: pytest.Item, seen: Seen, neighbours: Neighbours) -> Miss | None:
    """Why this test cannot be replayed, whatever its outcome."""
    if item.nodeid in seen.tests:
        return Miss(Reason.COLLECTED_TWICE, item.nodeid)
    if need := neighbours.need(item):
        return Miss(Reason.MUST_RUN, need)
    past = WRITE_PAST_REPORTS | ({"record_property"} if warns_of_properties(item.config) else set())
    wrote = past.intersection(getattr(item, "fixturenames", ()))
    return Miss(Reason.REPORT_NOT_PLAIN, min(wrote)) if wrote else None


def module_part(nodeid: str) -> str:
    """The part of a node id that is the file's."""
    return nodeid.partition("::")[0]


def fixture_owner(fixturedef: pytest.FixtureDef[Any]) -> Owner:
    """The owner that a fixture is, equal wherever the fixture is used."""
    return f"fixture:{fixturedef.scope}:{fixturedef.baseid}::{fixturedef.argname}"


def collected_test(item: pytest.Item) -> CollectedTest:
    """What a stored test needs beyond its reports."""
    names = sorted(getattr(KeywordMatcher.from_item(item), "_names", ()))
    marks = tuple(SavedMark(mark.name, _plain_kwargs(mark)) for mark in item.iter_markers())
    owners = tuple(sorted({fixture_owner(each) for each in _wide_fixtures(item)}))
    return CollectedTest(item.nodeid, str(item.path), tuple(names), marks, owners)


def _plain_kwargs(mark: pytest.Mark) -> tuple[tuple[str, Json], ...]:
    """``-m "slow(level=2)"`` compares only such values."""
    return tuple((k, v) for k, v in mark.kwargs.items() if v is None or type(v) in (bool, int, str))


def _wide_fixtures(item: pytest.Item) -> Iterator[pytest.FixtureDef[Any]]:
    info = getattr(item, "_fixtureinfo", None)
    for fixturedefs in (info.name2fixturedefs if info else {}).values():
        yield from (each for each in fixturedefs if each.scope != "function")
