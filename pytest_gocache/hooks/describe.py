"""What only the process that collects can know of a test, as data.

A parametrised function may have thousands of tests, most of them deselected: what they share is found out once.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    """Tests of one parametrised function, with the same marks."""

    first: pytest.Function
    names: frozenset[str]
    """What ``-k`` sees of each, without the test's own name."""
    marks: tuple[SavedMark, ...]
    owners: tuple[Owner, ...]

    def has(self, item: pytest.Item) -> bool:
        """Whether ``item`` differs from the first by nothing but its name and its parameters."""
        if type(item) is not pytest.Function or item.parent is not self.first.parent or item.extra_keyword_matches:
            return False
        own, theirs = item.own_markers, self.first.own_markers
        return item._fixtureinfo is self.first._fixtureinfo and len(own) == len(theirs) and all(map(is_, own, theirs))


class Describer:
    """Describes one test after the other; those of a function stand in a row."""

    def __init__(self) -> None:
        self._families: list[Family] = []
        """The last one, if there is one."""

    def __call__(self, item: pytest.Item) -> CollectedTest:
        """The description of ``item``."""
        family = self._families[0] if self._families and self._families[0].has(item) else None
        if family is None:
            return self._alone(item)
        names = (*family.names, item.name)
        return CollectedTest(item.nodeid, str(item.path), tuple(sorted(names)), family.marks, family.owners)

    def _alone(self, item: pytest.Item) -> CollectedTest:
        names = frozenset(getattr(KeywordMatcher.from_item(item), "_names", ()))
        marks = tuple(SavedMark(mark.name, _plain_kwargs(mark)) for mark in item.iter_markers())
        owners = tuple(sorted({fixture_owner(each) for each in _wide_fixtures(item)}))
        if type(item) is pytest.Function and not item.extra_keyword_matches and _is_one_of_many(item):
            self._families[:] = [Family(item, names - {item.name}, marks, owners)]
        return CollectedTest(item.nodeid, str(item.path), tuple(sorted(names)), marks, owners)


def _is_one_of_many(item: pytest.Function) -> bool:
    """Whether its name has parameters, and is nobody else's: only then it can be taken out of the names."""
    above = item.listchain()[:-1]
    others = {*item.listextrakeywords(), *vars(item.function), *(node.name for node in above)}
    return "[" in item.name and item.name not in others


def is_wide(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """Whether tests share it. (``scope`` is the value of an enumeration, and slow.)"""
    return fixturedef._scope is not Scope.Function


def fixture_owner(fixturedef: pytest.FixtureDef[Any]) -> Owner:
    """The owner that a fixture is, equal wherever the fixture is used."""
    return f"fixture:{fixturedef.scope}:{fixturedef.baseid}::{fixturedef.argname}"


def _plain_kwargs(mark: pytest.Mark) -> tuple[tuple[str, Json], ...]:
    """``-m "slow(level=2)"`` compares only such values."""
    return tuple((k, v) for k, v in mark.kwargs.items() if v is None or type(v) in (bool, int, str))


def _wide_fixtures(item: pytest.Item) -> Iterator[pytest.FixtureDef[Any]]:
    info = getattr(item, "_fixtureinfo", None)
    for fixturedefs in (info.name2fixturedefs if info else {}).values():
        yield from filter(is_wide, fixturedefs)
