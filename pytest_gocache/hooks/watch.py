"""Runs where tests run (serial process or xdist worker): tells the observer whose reading it is,
and keeps of each collected test what a later selection needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import ExitStack
from types import CodeType
from typing import Any

import pytest
from _pytest import python, runner

from pytest_gocache.core import told
from pytest_gocache.core.bases import basedir
from pytest_gocache.core.files import Files
from pytest_gocache.core.left import LeftBehind
from pytest_gocache.core.loaded_names import loaded_sources
from pytest_gocache.core.merge import merge
from pytest_gocache.core.model import Miss, Reason
from pytest_gocache.core.observe import Owner
from pytest_gocache.core.ops import Op
from pytest_gocache.hooks.describe import fixture_owner, is_wide
from pytest_gocache.hooks.early import Early, stop
from pytest_gocache.hooks.entry import Entry, judged, twice
from pytest_gocache.hooks.explained import ASKED, depends_on_ci
from pytest_gocache.hooks.marks import declare
from pytest_gocache.hooks.seen import Seen
from pytest_gocache.hooks.uses import leave, listen
from pytest_gocache.hooks.workerinput import WORKER

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
        self._left = LeftBehind(early.observer)
        self._calls = 0
        """How often the body of the present test was called."""
        self._explained = False
        """Whether an assertion failed in it, and was explained at length."""

    def _used(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        owner = fixture_owner(fixturedef)
        for user in self.observer.runs:
            self.seen.uses.setdefault(user, set()).add(owner)

    def pytest_sessionstart(self) -> None:
        listen(self._used)
        self.observer.used_by = self.seen.used_by
        self.observer.rooted.update(map(os.path.abspath, sys.path))
        found = ((module, vars(module)[name].__code__) for module, name in ENTRANCES if hasattr(module, name))
        self.observer.enters_by({str(module.__file__): _lines_of(code) for module, code in found})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        leave(self._used)
        stop(session.config)

    def pytest_unconfigure(self) -> None:
        leave(self._used)  # where a hook of the user's raised, the session does not finish

    def hear(self, files: Files) -> None:
        """Enters what children told so far among the events of this process."""
        early, directory = self._early, self._early.journal.directory
        journals = told.read(directory, self._ends)
        merge(journals, early.observer.reads, files, early.variables, early.observer.began, early.observer.made)
        early.observer.faults += journals.faults
        told.forget(directory)

    def loaded(self) -> dict[str, str]:
        """The files of first-party modules that are loaded now, by module name."""
        return loaded_sources(self.observer.owner)

    def unwatched(self) -> set[str]:
        """Of these files, those whose calls of ``__import__`` were not seen."""
        return set(self.loaded().values()) - self._early.calls.watched

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        if not isinstance(collector, pytest.File):
            return (yield)
        base, owner = basedir(str(collector.path)), f"module:{collector.path}"
        self.observer.rooted.add(base)
        by_pytest = "" if collector.config.getoption("importmode") == "importlib" else base
        plugins = _plugins(collector.config)
        with self.observer.running(owner), self._left.by(owner, by_pytest):
            report = yield
        for name in _plugins(collector.config) - plugins:
            if name in sys.modules:  # nobody could register anything else in its place
                self.observer.enter({owner}, Op.REGISTERS, name)  # its hooks and fixtures are everybody's
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
            self._ends.setdefault(owner, told.ended(self._early.journal.directory))
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self._calls += 1
        if self._calls > 1:
            # Whoever called again may report only the last attempt.
            self.seen.unfit.setdefault(str(item.path), Miss(Reason.RERUN, item.nodeid))
        self._explained = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if self._explained and call.when == "call" and call.excinfo is None:
            for name in ASKED:
                self.observer.enter({f"module:{item.path}"}, Op.GETENV, name)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_assertrepr_compare(self) -> Generator[None, Any, Any]:
        explanations = yield
        self._explained = self._explained or depends_on_ci(explanations)
        return explanations

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        if not is_wide(fixturedef):
            return (yield)
        owner = fixture_owner(fixturedef)
        if fixturedef.argname in WORKER_FIXTURES:
            self.observer.enter({owner}, Op.GETENV, WORKER)
        # What tears it down is its own doing, too, whichever module is the last to run. Last in, first out.
        torn_down = ExitStack()
        fixturedef.addfinalizer(torn_down.close)
        try:
            with self.observer.running(owner):
                return (yield)
        finally:
            fixturedef.addfinalizer(lambda: torn_down.enter_context(self.observer.running(owner)))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        collected = list(items)
        entry = Entry(config, self.seen, self.observer, collected)
        try:
            with judged(config, entry.enter):
                yield
        finally:
            entry.enter(items)
        for item in twice(items):
            self.seen.unfit.setdefault(str(item.path), Miss(Reason.COLLECTED_TWICE, item.nodeid))
        try:
            declare(config, dict.fromkeys([*collected, *items]), self.observer, self.seen)
        except pytest.UsageError as wrong:
            if not hasattr(config, "workerinput"):
                raise
            self.seen.misuse = str(wrong)
            items.clear()
        self.seen.selected = {item.nodeid for item in items}


WORKER_FIXTURES = ("worker_id", "testrun_uid")
"""Those of xdist by which a test learns whether it runs in a worker."""


def _lines_of(code: CodeType) -> range:
    lines = [line for _, _, line in code.co_lines() if line]
    return range(min(lines), max(lines) + 1)


def _plugins(config: pytest.Config) -> set[str]:
    return {name for name, _ in config.pluginmanager.list_name_plugin()}
