"""``--count=N``: the whole selection N times over, and a report per test.

Items are not multiplied: the same ones run again, with fresh fixtures (only those of session scope stay).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


class Boundary:
    """Stands for the next item at the end of a repetition: it shares nothing but the session."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    def listchain(self) -> list[pytest.Session]:
        """The nodes whose fixtures stay."""
        return [self._session]


class Repeater:
    """Runs the selection ``count`` times and counts outcomes by test."""

    def __init__(self, count: int) -> None:
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._count = count
        self._bad: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.config.option.collectonly:
            return None
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return None  # pytest's own loop says so
        session.testscollected *= self._count
        for item, following in _pairs(session, self._count):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._bad.discard(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._bad.add(report.nodeid)
        if report.when == "teardown":
            (self.failed if report.nodeid in self._bad else self.passed)[report.nodeid] += 1

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if terminalreporter.config.option.verbose < -1:
            return
        for nodeid, failed in sorted(self.failed.items()):
            passed = self.passed[nodeid]
            terminalreporter.write_line(f"{nodeid}  {passed} passed, {failed} failed of {passed + failed}")
        steady = len(self.passed.keys() - self.failed.keys())
        terminalreporter.write_line(
            f"count: {steady} tests passed every time of {self._count}, {len(self.failed)} did not"
        )


def _pairs(session: pytest.Session, count: int) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Each item with the one after it; between repetitions only the session is shared."""
    items: Sequence[pytest.Item] = session.items
    boundary = cast(Any, Boundary(session))
    for repetition in range(count):
        last = None if repetition == count - 1 else boundary
        yield from zip(items, [*items[1:], last], strict=True)
