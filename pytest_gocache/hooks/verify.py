"""``--gocache-verify``: runs modules that are hits all the same, and tells those that were not worth the name."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_gocache.core.model import Hit, Miss, Reason, Selection, Verdict
from pytest_gocache.core.run import Run
from pytest_gocache.core.verify import Difference, Told, Verified, believed, differences, stored_ends
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.order import Order
from pytest_gocache.hooks.seen import module_part

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

NOT_IMPORTED = "could not be collected"


class Verifier:
    """Chooses hits to run, and holds what they give against what is stored."""

    def __init__(self, percent: float, order: Order, run: Run, trouble: Trouble) -> None:
        self._percent = percent
        self._order = order
        self._run = run
        self._trouble = trouble
        self._dice = random.Random()
        self._hits: dict[str, tuple[Selection, Hit]] = {}
        """By path: what was asked for of the module, and what would have been shown."""
        self._told: dict[str, dict[str, list[Told]]] = defaultdict(lambda: defaultdict(list))
        """By the module's node id and a test's name."""
        self._broken: set[str] = set()
        """Node ids of modules that could not be collected."""
        self.verified = Verified((), {})

    def heeded(self, path: str, selection: Selection, verdict: Verdict) -> Verdict:
        """The verdict, but for hits that are drawn: they are to run."""
        if not isinstance(verdict, Hit) or self._dice.random() * 100 >= self._percent:
            return verdict
        self._hits[path] = selection, verdict
        return Miss(Reason.VERIFIED, "--gocache-verify")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._broken.add(module_part(report.nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not getattr(report, "gocache", False):
            module = module_part(report.nodeid)
            told = Told(str(report.when), report.outcome, hasattr(report, "wasxfail"))
            self._told[module][report.nodeid[len(module) :]].append(told)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        yield  # what passed is stored by then
        try:
            whole = not (session.shouldstop or session.shouldfail)
            self.verified = self._verify(whole and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED))
        except Exception as error:
            self._trouble.note(error)
        if self.verified.false and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _verify(self, whole: bool) -> Verified:
        same, unknown = [], []
        false: dict[str, tuple[Difference, ...]] = {}
        for path, nodeid in self._order.sequence:
            if path not in self._hits:
                continue
            selection, hit = self._hits[path]
            now = self._told[nodeid]
            found = tuple(differences(hit, now, whole))
            if nodeid in self._broken:
                found = (Difference(nodeid, "was collected", NOT_IMPORTED),)
            if found:
                self._run.take_back(path, selection)
                false[nodeid] = found
            elif whole or now.keys() >= stored_ends(hit).keys():
                same.append(nodeid)
            else:
                unknown.append(nodeid)
        return Verified(tuple(same), false, tuple(unknown))

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if terminalreporter.config.option.verbose < -1:
            return
        hits = {nodeid: self._hits[path][1] for path, nodeid in self._order.sequence if path in self._hits}
        for nodeid, found in self.verified.false.items():
            for each in found:
                name = f"{nodeid}{each.name}" if each.name != nodeid else nodeid
                terminalreporter.write_line(f"gocache: false hit: {name}: {each}", red=True)
            terminalreporter.write_line(f"gocache: {nodeid} was taken to depend on:")
            for line in believed(hits[nodeid]):
                terminalreporter.write_line(f"gocache:   {line}")
        good = not self.verified.false
        terminalreporter.write_line(f"gocache: {self.verified.line()}", green=good, red=not good)
