"""Enters collected tests, where tests run: what they are, why their modules cannot be replayed, what plugins need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from _pytest import mark

from pytest_gocache.core.model import Miss, Reason
from pytest_gocache.core.observe import Observer, Owner
from pytest_gocache.hooks.describe import Describer
from pytest_gocache.hooks.neighbours import Neighbours
from pytest_gocache.hooks.reports import warns_of_properties
from pytest_gocache.hooks.seen import Seen

WRITE_PAST_REPORTS = frozenset({"record_xml_attribute", "record_testsuite_property"})
"""Fixtures by which a test writes into a report file directly; a replay cannot do that."""


class Entry:
    """Enters the tests that were collected, before plugins and conftests have a say, and those that these add."""

    def __init__(self, config: pytest.Config, seen: Seen, observer: Observer, collected: Iterable[pytest.Item]) -> None:
        self._seen = seen
        self._observer = observer
        self._neighbours = Neighbours(config)
        self._describe = Describer()
        self._past = WRITE_PAST_REPORTS | ({"record_property"} if warns_of_properties(config) else set())
        self._waiting = [(item, item.nodeid) for item in collected]
        self._known = {item for item, _ in self._waiting}

    def enter(self, items: Iterable[pytest.Item]) -> None:
        """Enters those that were not yet, as they are now; ``items`` are those that are left, and new ones."""
        new = [item for item in dict.fromkeys(items) if item not in self._known]
        self._known.update(new)
        waiting, self._waiting = self._waiting, []
        for item, nodeid in (*waiting, *((item, item.nodeid) for item in new)):
            self._of(item, nodeid)

    def _of(self, item: pytest.Item, nodeid: str) -> None:
        """Enters one, by the node id that it was collected with."""
        test = self._describe(item, nodeid)
        if unfit := self._why_unfit(item, nodeid):
            self._seen.unfit.setdefault(test.path, unfit)
        self._seen.tests[nodeid] = tuple(test)
        if self._neighbours.draw_or_count:
            self._observer.quietly("what plugins need", self._note, f"module:{test.path}", item)

    def _why_unfit(self, item: pytest.Item, nodeid: str) -> Miss | None:
        """Why this test cannot be replayed, whatever its outcome."""
        if nodeid in self._seen.tests:
            return Miss(Reason.COLLECTED_TWICE, nodeid)
        if need := self._neighbours.need(item):
            return Miss(Reason.MUST_RUN, need)
        wrote = self._past.intersection(getattr(item, "fixturenames", ()))
        return Miss(Reason.REPORT_NOT_PLAIN, min(wrote)) if wrote else None

    def _note(self, owner: Owner, item: pytest.Item) -> None:
        for op, name in self._neighbours.events(item):
            self._observer.enter({owner}, op, name)


@contextmanager
def judged(run: pytest.Config, tell: Callable[[list[pytest.Item]], None]) -> Iterator[None]:
    """Has ``tell`` called with the tests when pytest is about to judge them by ``-k`` and ``-m``, which it does
    between other hooks: those before it may add marks and names for it to see, what later ones add it does not see."""
    begins = mark.deselect_by_keyword  # the first thing that it does, whatever was asked for

    def told(items: list[pytest.Item], config: pytest.Config) -> None:
        if config is run:
            tell(items)
        begins(items, config)

    mark.deselect_by_keyword = told
    try:
        yield
    finally:
        mark.deselect_by_keyword = begins


def twice(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """The tests that somebody put into the collection a second time."""
    came: set[pytest.Item] = set()
    for item in items:
        if item in came:
            yield item
        came.add(item)
