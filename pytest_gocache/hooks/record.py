"""Keeps what the tests of each module reported, and judges whether it can stand for a full pass."""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Container, Sequence

import pytest

from pytest_gocache.core.model import Miss, ModuleResult, Reason, SavedReport, SavedTest, SavedWarning
from pytest_gocache.core.places import Places
from pytest_gocache.hooks.describe import CollectedTest
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.logs import ModuleLog, TestLog
from pytest_gocache.hooks.reports import NotPlain, save_report
from pytest_gocache.hooks.seen import module_part


class Recorder:
    """Hears every report of this run, whichever process made it."""

    def __init__(self, config: pytest.Config, places: Places, trouble: Trouble, output: bool) -> None:
        self.modules: dict[str, ModuleLog] = defaultdict(ModuleLog)
        """By the node id of the module."""
        self.wide_failures: list[str] = []
        """Node ids of tests whose teardown failed: fixtures of other modules may have been torn down there."""
        self._config = config
        self._places = places
        self._trouble = trouble
        self._output = output
        self._warnings: dict[str, list[SavedWarning]] = defaultdict(list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        try:
            self._collected(report)
        except Exception as error:
            self._trouble.note(error)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        try:
            self._reported(report)
        except Exception as error:
            self._trouble.note(error)

    def _collected(self, report: pytest.CollectReport) -> None:
        if not report.nodeid or getattr(report, "gocache", False):
            return
        module = self.modules[module_part(report.nodeid)] if "::" in report.nodeid or _is_file(report.nodeid) else None
        if module is None:
            return
        if report.failed:
            module.refuse(Reason.COLLECT_ERROR, report.nodeid)
        elif report.skipped:
            self._keep(module, module.collects, report)

    def _reported(self, report: pytest.TestReport) -> None:
        if getattr(report, "gocache", False):
            return
        nodeid = report.nodeid
        module = self.modules[module_part(nodeid)]
        worker = report.node.gateway.id if hasattr(report, "node") else ""
        if worker and worker not in module.workers:
            module.workers += (worker,)
        test = module.log(nodeid, worker) or self._test_log(report)
        module.running[nodeid, worker] = test
        if report.when == "setup" and test.reports and test.reports[-1].when == "teardown":
            test.reports.clear()  # the next repetition of --count: the last one is kept
        if report.failed:
            module.refuse(Reason.FAILED, nodeid)
            if report.when == "teardown":
                self.wide_failures.append(nodeid)
        elif report.outcome == "rerun":  # type: ignore[comparison-overlap]
            module.refuse(Reason.RERUN, nodeid)
        else:
            self._keep(module, test.reports, report)
        if report.when == "teardown":
            module.close(nodeid, worker)

    def _keep(
        self, module: ModuleLog, reports: list[SavedReport], report: pytest.TestReport | pytest.CollectReport
    ) -> None:
        try:
            reports.append(save_report(report, self._places, self._config, self._output))
        except NotPlain as problem:
            module.refuse(Reason.REPORT_NOT_PLAIN, str(problem))

    def _test_log(self, report: pytest.TestReport) -> TestLog:
        where, lineno, domain = report.location
        same = where == module_part(report.nodeid)
        name = "" if same else self._places.name(os.path.normpath(os.path.join(self._places.rootdir, where)))
        return TestLog(name, lineno, domain, tuple(report.keywords))

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        if when == "config" or getattr(warning_message, "gocache", False):
            return
        key = module_part(nodeid) if nodeid else ""
        where = None if location is None else (self._places.name(location[0]), location[1], location[2])
        self._warnings[key].append(
            SavedWarning(
                nodeid[len(key) :],
                when,
                warning_message.category.__name__,
                str(warning_message.message),
                self._places.name(warning_message.filename),
                warning_message.lineno,
                where,
            )
        )

    def warnings_of(self, nodeid: str, files: frozenset[str]) -> tuple[SavedWarning, ...]:
        """The module's own warnings, and those that importing its closure gave at collection.

        Whoever imports a file first gets its warning; a replay must show it whichever module that was.
        """
        shared = [w for w in self._warnings[""] if w.filename in files or not self._first_party(w.filename)]
        return (*shared, *self._warnings[nodeid])

    def _first_party(self, name: str) -> bool:
        return not self._places.is_third_party(self._places.path(name))

    def times(self, nodeid: str) -> int:
        """How often the whole module ran to its end: more than once with ``--count``."""
        return min(self.modules[nodeid].times(), default=1)

    def outcome(
        self,
        nodeid: str,
        collected: Sequence[CollectedTest],
        selected: Container[str],
        files: frozenset[str],
        expected: Callable[[SavedTest], bool],
    ) -> ModuleResult | Miss:
        """What the module left, if it ran whole and nothing failed; else why it cannot be kept.

        ``expected`` tells which of its tests the selection means. Where something else chose (a plugin
        that deselects by what changed, by shard, by chance), the set of tests is not ours to vouch for.
        """
        module = self.modules[nodeid]
        if module.refusal is not None:
            return module.refusal
        tests = tuple(_saved_test(nodeid, each, module.log(each.nodeid) or NO_LOG) for each in collected)
        deselected = []
        for test in tests:
            ran = nodeid + test.name in selected
            if ran != expected(test):
                return Miss(Reason.DESELECTED, nodeid + test.name)
            if not ran:
                deselected.append(test.name)
            elif not _finished(test):
                return Miss(Reason.INCOMPLETE, nodeid + test.name)
        reported = tuple(test for test in tests if test.reports)
        seconds = sum(report.duration for test in reported for report in test.reports)
        return ModuleResult(
            reported, tuple(deselected), tuple(module.collects), self.warnings_of(nodeid, files), seconds
        )


def _saved_test(nodeid: str, known: CollectedTest, log: TestLog) -> SavedTest:
    """What a collected test reported, with what only its collection could tell."""
    return SavedTest(
        known.nodeid[len(nodeid) :],
        log.where,
        log.lineno,
        log.domain,
        log.keywords,
        known.matchable,
        known.marks,
        tuple(log.reports),
    )


NO_LOG = TestLog("", None, "", ())


def _finished(test: SavedTest) -> bool:
    return bool(test.reports) and test.reports[-1].when == "teardown"


def _is_file(nodeid: str) -> bool:
    return nodeid.endswith(".py")
