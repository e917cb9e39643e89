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
    """Runs the selection ``count`` times over."""

    def __init__(self, count: int) -> None:
        self._count = count

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.config.option.collectonly:
            return None
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return None  # pytest's own loop says so
        for item, following in _pairs(session, self._count):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            make_new(item)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True


def make_new(item: pytest.Item) -> None:
    """Before pytest 8.3 a unittest test that ran has no instance, and would not make another one."""
    if vars(item).get("_instance", item) is None:
        del vars(item)["_instance"]


def _pairs(session: pytest.Session, count: int) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Each item with the one after it; between repetitions only the session is shared."""
    items: Sequence[pytest.Item] = session.items
    boundary = cast(Any, Boundary(session))
    for repetition in range(count):
        last = None if repetition == count - 1 else boundary
        yield from zip(items, [*items, last][1:], strict=True)


class RepeatInWorker:
    """Under xdist the loop is xdist's: here each test runs ``count`` times where it was sent to."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._inside = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if self._inside:
            return None
        self._inside = True
        try:
            boundary = cast(Any, Boundary(item.session))
            for following in [boundary] * (self._count - 1) + [nextitem]:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                make_new(item)
        finally:
            self._inside = False
        return True


class Tally:
    """Counts the outcomes of each test over all repetitions, and tells those of the tests that failed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._passed: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._bad: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._bad.add(report.nodeid)
        if report.when == "teardown":
            (self._failed if report.nodeid in self._bad else self._passed)[report.nodeid] += 1
            self._bad.discard(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if terminalreporter.config.option.verbose < -1:
            return
        for nodeid, failed in sorted(self._failed.items()):
            passed = self._passed[nodeid]
            terminalreporter.write_line(f"{nodeid}  {passed} passed, {failed} failed of {passed + failed}")
        steady = len(self._passed.keys() - self._failed.keys())
        terminalreporter.write_line(
            f"count: {steady} tests passed every time of {self._count}, {len(self._failed)} did not"
        )
