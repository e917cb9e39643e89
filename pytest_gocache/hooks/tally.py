"""What a run that repeats tests says of them: how often each failed, and how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_gocache.core.counts import Outcomes, in_one_line, kind_of, of_doctest, report
from pytest_gocache.core.plural import counted
from pytest_gocache.core.suspects import suspicions

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

MOST = 5
"""For so many failing tests it is looked for what runs before them."""


class Tally:
    """Counts the outcomes of each test over all repetitions.

    ``order`` gives the names of the tests in the order of a repetition; None where all have the same. ``seed`` and
    ``warned`` give a line each, or nothing.
    """

    def __init__(
        self,
        config: pytest.Config,
        order: Callable[[int], Sequence[str]] | None,
        seed: Callable[[], str],
        warned: Callable[[], str],
    ) -> None:
        self.tests: dict[str, Outcomes] = defaultdict(Outcomes)
        self._manager = config.pluginmanager
        self._order = order
        self._seed = seed
        self._warned = warned
        self._running: dict[tuple[str, object], int] = {}
        """By test and worker: which repetition runs. Two workers may have one of the same test each."""
        self._first: dict[tuple[object, ...], pytest.TestReport] = {}
        """The first report of each test, phase and kind of failure: it stands for the others."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        outcomes, message = self.tests[report.nodeid], ""
        key = report.nodeid, getattr(report, "node", None)
        if key not in self._running:
            outcomes.begun += 1
            self._running[key] = outcomes.begun
        if report.failed or report.outcome == "rerun":  # type: ignore[comparison-overlap]
            message = message_of(report)
            outcomes.of_kind(message).append(self._running[key])
        elif report.skipped and not (hasattr(report, "wasxfail") or hasattr(report, "context")):  # nor a subtest
            outcomes.skipped += 1
        if report.when == "teardown":
            outcomes.runs += 1
            del self._running[key]
        result = yield
        if report.passed or report.failed:
            self._keep_one(report, kind_of(message))
        return result

    def _keep_one(self, report: pytest.TestReport, kind: str) -> None:
        """The terminal keeps every report to the end: of a million repetitions, let it be the same few objects."""
        terminal: TerminalReporter | None = self._manager.get_plugin("terminalreporter")
        for kept in terminal.stats.values() if terminal is not None else ():
            if kept and kept[-1] is report:
                key = type(report), report.nodeid, report.when, report.outcome, kind
                kept[-1] = self._first.setdefault(key, report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        tests = {name: each for name, each in sorted(self.tests.items()) if each.runs > 1 or each.failures}
        if terminalreporter.config.option.verbose >= -1 and tests:
            self._tell(terminalreporter, tests)

    def _tell(self, terminal: TerminalReporter, tests: Mapping[str, Outcomes]) -> None:
        failing = {name: each for name, each in tests.items() if each.failures}
        for number, (name, outcomes) in enumerate(failing.items()):
            for line in report(name, outcomes):
                terminal.write_line(line.text, red=line.bad)
            if self._order is not None and number < MOST:
                for told in suspicions(name, outcomes, self._order):
                    terminal.write_line(f"    {told}")
        if failing and (seed := self._seed()):
            terminal.write_line(f"count: {seed}")
        if told := self._warned():
            terminal.write_line(f"count: {told}", yellow=True)
        runs = {each.runs for each in tests.values()}
        times = f"{min(runs)}" if len(runs) == 1 else f"{min(runs)} to {max(runs)}"
        skipped = sum(each.skipped == each.runs for each in tests.values())
        told = f", {skipped} {'was' if skipped == 1 else 'were'} skipped" if skipped else ""
        steady = len(tests) - len(failing) - skipped
        passed = f"{counted(steady, 'test')} passed every time of {times}"
        terminal.write_line(f"count: {passed}, {len(failing)} did not{told}")


class FirstOfAKind:
    """Has pytest show the first of each kind of failure. They are all counted."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None, Any, Any]:
        stats = terminalreporter.stats
        every: dict[str, list[Any]] = {kind: stats[kind] for kind in ("failed", "error") if kind in stats}
        stats.update({kind: list({id(one): one for one in some}.values()) for kind, some in every.items()})
        result = yield
        stats.update(every)
        return result


def message_of(report: pytest.TestReport) -> str:
    """What a failure says, in one line; of set-up and teardown it says so."""
    crash = getattr(report.longrepr, "reprcrash", None)
    line = in_one_line(str(getattr(crash, "message", None) or of_doctest(str(report.longrepr or "")))) or "failed"
    return line if report.when == "call" else f"{line} (at {report.when})"
