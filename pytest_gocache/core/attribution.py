"""Whose lines: what coverage measured, by who ran it, and who needs whom.

Coverage knows one process; a stored module needs its share of it, as if it had run alone. So what is
measured is taken at each boundary, and belongs to the innermost *owner*:

- ``module:<path>``: collecting a test module and running its tests;
- ``import:<file>``: the first time a module's body runs, whoever asked for it;
- ``fixture:<number>``: one set-up and teardown of a fixture that modules share;
- ``outside``: what pytest runs on its own account, in a cached run as in any other.

Whoever executes an import statement, or asks for a shared fixture, *needs* its owner, whether or not it
was there already; that gives a graph, and all that can be reached from a module is that module's share.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from pytest_gocache.core.scc import Components

Owner: TypeAlias = str
Unit: TypeAlias = "int | tuple[int, int]"
"""A line, or under branch coverage an arc."""
Amounts: TypeAlias = dict[tuple[str, str], set[Unit]]
"""What was run, by coverage's context and file name."""

OUTSIDE: Owner = "outside"


class Attribution:
    """Books what is measured. ``take`` brings in what ran since the last boundary."""

    def __init__(self) -> None:
        self.take: Callable[[], None] = _nothing
        self.turn: Callable[[Owner], None] = _nobody
        """Told whose turn it is, after each boundary."""
        self.amounts: dict[Owner, Amounts] = {}
        self.bodies: dict[str, Owner] = {}
        """Whose the body of a module is, by the module's name."""
        self.doubted = ""
        """Why nobody's lines can be told from others'; empty where they can."""
        self.needs: dict[Owner, set[Owner]] = {}
        self.doubts: dict[Owner, str] = {}
        """Owners whose lines cannot be told from others', and why."""
        self._running: list[Owner] = [OUTSIDE]

    def rest(self) -> None:
        """Nobody measures any more, nor asks whose turn it is."""
        self.take, self.turn = _nothing, _nobody

    @property
    def current(self) -> Owner:
        """Whose lines are being run."""
        return self._running[-1]

    @property
    def running_now(self) -> Collection[Owner]:
        """Everybody in whose name something runs."""
        return self._running

    def enter(self, owner: Owner) -> None:
        """What runs from here on is ``owner``'s."""
        other = owner != self._running[-1]
        if other:
            self.take()
        self._running.append(owner)
        if other:
            self.turn(owner)

    def leave(self, owner: Owner) -> None:
        """What ``owner`` ran ends here."""
        if owner not in self._running:
            return
        before = self._running[:]
        at = len(before) - 1 - before[::-1].index(owner)
        del before[at]
        if before[-1] != self._running[-1]:
            self.take()
            self.turn(before[-1])
        self._running = before

    @contextmanager
    def running(self, owner: Owner) -> Iterator[None]:
        """What runs inside is ``owner``'s."""
        self.enter(owner)
        try:
            yield
        finally:
            self.leave(owner)

    def note(self, context: str, measured: Mapping[str, Collection[Unit]]) -> None:
        """Books what was measured for whoever is running."""
        self.book(self.current, {(context, file): units for file, units in measured.items() if units})

    def book(self, owner: Owner, ran: Mapping[tuple[str, str], Collection[Unit]]) -> None:
        """Books what ``owner`` ran, by context and file."""
        amounts = self.amounts.setdefault(owner, {})
        for key, units in ran.items():
            amounts.setdefault(key, set()).update(units)

    def need(self, owner: Owner) -> None:
        """Whoever is running needs what ``owner`` ran, or runs now."""
        self.needs.setdefault(self.current, set()).add(owner)

    def distrust(self, error: Exception) -> None:
        """A mistake of ours: nobody's lines are believed any more. Under our own tests it is raised."""
        self.doubted = self.doubted or f"a mistake of ours ({type(error).__name__}: {error})"
        if os.environ.get("PYTEST_GOCACHE_STRICT"):
            raise error

    def doubt(self, owner: Owner, why: str) -> None:
        """What ``owner`` ran cannot be told."""
        self.doubts.setdefault(owner, why)

    def told(self) -> Any:
        """Everything, as plain data."""
        ran = [[owner, [[*key, sorted(u)] for key, u in each.items()]] for owner, each in self.amounts.items()]
        needs = [[owner, sorted(needed)] for owner, needed in self.needs.items()]
        return [ran, needs, self.bodies, self.doubts, self.doubted]

    def join(self, told: Any, worker: str) -> None:
        """Adds what another process has ``told``. Shared fixtures are shared within it alone."""

        def here(owner: Owner) -> Owner:
            return f"{owner} of {worker}" if owner.startswith("fixture:") else owner

        ran, needs, bodies, doubts, doubted = told
        for owner, rows in ran:
            self.book(here(owner), {(context, file): _units(units) for context, file, units in rows})
        for owner, needed in needs:
            self.needs.setdefault(here(owner), set()).update(map(here, needed))
        self.bodies = {**bodies, **self.bodies}
        self.doubts = {**doubts, **self.doubts}
        self.doubted = self.doubted or doubted


def _units(units: list[Any]) -> set[Unit]:
    return {tuple(unit) if isinstance(unit, list) else unit for unit in units}


class Shares:
    """What each module's share is made of, when all is done."""

    def __init__(self, attribution: Attribution) -> None:
        self._books = attribution
        self._names: list[Owner] = []
        self._numbers: dict[Owner, int] = {}
        self._components = Components(self._successors)
        self._reached: list[frozenset[Owner]] = []

    def parts(self, root: Owner, also: Iterable[Owner]) -> list[frozenset[Owner]]:
        """Sets of owners that make up the share of ``root``: itself, then all behind each thing it needs."""
        behind = {self._behind(owner) for owner in {*self._books.needs.get(root, ()), *also}}
        largest = [each for each in behind if not any(each < other for other in behind)]
        return [frozenset((root,)), *sorted(largest, key=sorted)]

    def doubt(self, parts: Iterable[frozenset[Owner]]) -> str:
        """Why the share cannot be told; empty if it can."""
        return next((self._books.doubts[o] for part in parts for o in sorted(part) if o in self._books.doubts), "")

    def amounts(self, part: frozenset[Owner]) -> Amounts:
        """All that the owners of ``part`` ran."""
        merged: Amounts = {}
        for owner in part:
            for key, units in self._books.amounts.get(owner, {}).items():
                merged.setdefault(key, set()).update(units)
        return merged

    def _behind(self, owner: Owner) -> frozenset[Owner]:
        component = self._components.of(self._number(owner))
        while len(self._reached) <= component:
            number = len(self._reached)
            members = frozenset(self._names[each] for each in self._components.members[number])
            below = (self._reached[each] for each in self._components.successors[number])
            self._reached.append(members.union(*below))
        return self._reached[component]

    def _number(self, owner: Owner) -> int:
        known = self._numbers.setdefault(owner, len(self._names))
        if known == len(self._names):
            self._names.append(owner)
        return known

    def _successors(self, number: int) -> list[int]:
        return [self._number(owner) for owner in sorted(self._books.needs.get(self._names[number], ()))]


def _nothing() -> None:
    """Nothing is measured."""


def _nobody(_owner: Owner) -> None:
    """Nobody asks."""
