"""What only the process that collects can know of a test, as data.

A parametrised function may have thousands of tests, most of them deselected, and most functions have no marks
of their own: what such tests share is found out once.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Any, NamedTuple

import pytest
from _pytest.mark import KeywordMatcher
from _pytest.scope import Scope

from pytest_gocache.core.model import Json, SavedMark
from pytest_gocache.core.observe import Owner


class CollectedTest(NamedTuple):
    """What a stored test needs beyond its reports."""

    nodeid: str
    path: str
    matchable: tuple[str, ...]
    """The names that ``-k`` sees."""
    marks: tuple[SavedMark, ...]
    owners: tuple[Owner, ...]
    """The fixtures wider than a function that it uses."""


class Family(NamedTuple):
    """Tests in one place, of one parametrised function with the same marks, or of functions without any."""

    first: pytest.Function
    names: frozenset[str]
    """What ``-k`` sees of each, without the test's own name."""
    marks: tuple[SavedMark, ...]
    owners: tuple[Owner, ...]
    """The wide fixtures of the first, and of all that have its fixtures."""
    is_bare: bool

    def has(self, item: pytest.Item) -> bool:
        """Whether ``item`` differs from the first by nothing but its name, its parameters and its fixtures."""
        if type(item) is not pytest.Function or item.parent is not self.first.parent or item.extra_keyword_matches:
            return False
        if self.is_bare and _is_bare(item):
            return True
        own, theirs = item.own_markers, self.first.own_markers
        return item._fixtureinfo is self.first._fixtureinfo and len(own) == len(theirs) and all(map(is_, own, theirs))

    def shares(self, item: pytest.Item) -> bool:
        """Whether one of them has the fixtures of the first. (Parametrised tests have, and are many.)"""
        return getattr(item, "_fixtureinfo", None) is self.first._fixtureinfo


class Describer:
    """Describes one test after the other; those of a function stand in a row."""

    def __init__(self) -> None:
        self._families: list[Family] = []
        """The last one, if there is one."""
        self._wide: dict[pytest.FixtureDef[Any], Owner] = {}
        """The owner that a fixture is; empty for one that tests do not share. (Asked for each test that has it.)"""

    def __call__(self, item: pytest.Item, nodeid: str) -> CollectedTest:
        """The description of ``item``, by the node id that it was collected with."""
        family = self._families[0] if self._families and self._families[0].has(item) else None
        if family is None:
            return self._alone(item, nodeid)
        names = {*family.names, item.name}
        owners = family.owners if family.shares(item) else self._owners(item)
        return CollectedTest(nodeid, str(item.path), tuple(sorted(names)), family.marks, owners)

    def _alone(self, item: pytest.Item, nodeid: str) -> CollectedTest:
        names = frozenset(getattr(KeywordMatcher.from_item(item), "_names", ()))
        marks = tuple(SavedMark(mark.name, _plain_kwargs(mark)) for mark in item.iter_markers())
        owners = self._owners(item)
        if type(item) is pytest.Function and not item.extra_keyword_matches:
            is_bare = _is_bare(item)
            if (is_bare or "[" in item.name) and _is_its_own(item, marks):
                self._families[:] = [Family(item, names - {item.name}, marks, owners, is_bare)]
        return CollectedTest(nodeid, str(item.path), tuple(sorted(names)), marks, owners)

    def _owners(self, item: pytest.Item) -> tuple[Owner, ...]:
        info = getattr(item, "_fixtureinfo", None)
        fixtures = info.name2fixturedefs.values() if info else ()
        return tuple(sorted({self._owner(each) for one in fixtures for each in one} - {""}))

    def _owner(self, fixturedef: pytest.FixtureDef[Any]) -> Owner:
        known = self._wide.get(fixturedef)
        if known is None:
            known = self._wide[fixturedef] = fixture_owner(fixturedef) if is_wide(fixturedef) else ""
        return known


def _is_bare(item: pytest.Function) -> bool:
    """Whether it brings no names and marks but what it has from where it stands."""
    return not item.own_markers and not vars(item.function)


def _is_its_own(item: pytest.Function, marks: Iterable[SavedMark]) -> bool:
    """Whether its name is nobody else's: only then it can be taken out of the names."""
    above = (node.name for node in item.listchain()[:-1])
    others = {*item.listextrakeywords(), *vars(item.function), *above, *(mark.name for mark in marks)}
    return item.name not in others


def is_wide(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """Whether tests share it. (``scope`` is the value of an enumeration, and slow.)"""
    return fixturedef._scope is not Scope.Function


def fixture_owner(fixturedef: pytest.FixtureDef[Any]) -> Owner:
    """The owner that a fixture is, equal wherever the fixture is used."""
    return f"fixture:{fixturedef.scope}:{fixturedef.baseid}::{fixturedef.argname}"


def _plain_kwargs(mark: pytest.Mark) -> tuple[tuple[str, Json], ...]:
    """``-m "slow(level=2)"`` compares only such values."""
    return tuple((k, v) for k, v in mark.kwargs.items() if v is None or type(v) in (bool, int, str))
