"""What tests and modules reported so far, in little memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, TypeAlias

from pytest_gocache.core.model import Miss, Reason, SavedReport
from pytest_gocache.core.values import field, record


@dataclasses.dataclass(eq=False, repr=False)
class TestLog:
    """The reports of one test so far. There are thousands: a record takes longer to be made."""

    __test__ = False
    where: str
    lineno: int | None
    domain: str
    keywords: tuple[str, ...]
    reports: list[SavedReport] = dataclasses.field(default_factory=list)
    times: int = 0
    """How often it came to its end."""


Closed: TypeAlias = "tuple[str, int | None, str, tuple[str, ...], tuple[tuple[Any, ...], ...], int]"
"""The log of a test that ended: plain tuples of plain values, which the garbage collector soon leaves alone. There
are seven objects to a test otherwise, and the user's own tests may look at all objects there are."""


def closed(log: TestLog) -> Closed:
    """What ``opened`` makes a log of again."""
    return (log.where, log.lineno, log.domain, log.keywords, tuple(map(tuple, log.reports)), log.times)


def opened(kept: Closed) -> TestLog:
    """The log that ``closed`` was given."""
    where, lineno, domain, keywords, reports, times = kept
    return TestLog(where, lineno, domain, keywords, [SavedReport(*report) for report in reports], times)


@record
class ModuleLog:
    """What one module reported so far. The first ``refusal`` stays."""

    running: dict[tuple[str, str], TestLog] = field(default_factory=dict)
    """By node id and worker: ``--count`` has several of them run one test at a time."""
    ended: dict[str, Closed] = field(default_factory=dict)
    """Tests that came to their end, by node id; they may come back."""
    collects: list[SavedReport] = field(default_factory=list)
    workers: tuple[str, ...] = ()
    """The xdist workers that ran some of its tests."""
    refusal: Miss | None = None

    def log(self, nodeid: str, worker: str = "") -> TestLog | None:
        """The log of a test; None if it did not report yet."""
        known = self.running.get((nodeid, worker))
        return opened(self.ended[nodeid]) if known is None and nodeid in self.ended else known

    def close(self, nodeid: str, worker: str) -> None:
        """This test came to its end."""
        log = self.running.pop((nodeid, worker))
        log.times = 1 + (self.ended[nodeid][-1] if nodeid in self.ended else 0)
        self.ended[nodeid] = closed(log)

    def times(self) -> Iterator[int]:
        """How often each of its tests came to its end."""
        yield from (log.times for log in self.running.values())
        yield from (times for *_, times in self.ended.values())

    def refuse(self, reason: Reason, detail: str) -> None:
        """Notes why this module cannot be stored; a failure outweighs what was noted before."""
        if self.refusal is None or reason is Reason.FAILED:
            self.refusal = Miss(reason, detail)
