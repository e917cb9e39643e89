"""Tells an ``Attribution`` when a fixture that modules share is set up or torn down, and who uses it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest.fixtures import FixtureDef

from pytest_gocache.core.attribution import Attribution, Owner

SHARED = ("session", "package")


class Chosen:
    """A method that is another for fixtures that modules share."""

    def __init__(self, usual: Any, shared: Any) -> None:
        self._usual = usual
        self._shared = shared

    def __get__(self, fixturedef: FixtureDef[Any] | None, owner: type) -> Any:
        shared = fixturedef is not None and fixturedef.scope in SHARED
        return (self._shared if shared else self._usual).__get__(fixturedef, owner)


class SharedFixtures:
    """Stands in for ``FixtureDef.execute`` between ``install`` and ``remove``.

    pytest has a hook for the set-up only; who uses a fixture that is there already is told to nobody.
    """

    def __init__(self, books: Attribution) -> None:
        self._books = books
        self._owners: dict[FixtureDef[Any], Owner] = {}
        self._made = 0
        self._original: list[Any] = []

    def install(self) -> None:
        """Begins."""
        original, used = FixtureDef.execute, self._used
        self._original.append(original)

        def execute(self: FixtureDef[Any], request: Any) -> Any:
            __tracebackhide__ = True
            try:
                return original(self, request)
            finally:
                used(self)

        FixtureDef.execute = Chosen(original, execute)  # type: ignore[assignment,method-assign]

    def remove(self) -> None:
        """Ends."""
        while self._original:
            FixtureDef.execute = self._original.pop()  # type: ignore[method-assign]

    def _used(self, fixturedef: FixtureDef[Any]) -> None:
        owner = self._owners.get(fixturedef)
        if owner is not None:
            self._books.need(owner)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: FixtureDef[Any]) -> Generator[None, Any, Any]:
        if fixturedef.scope not in SHARED or not self._original:
            return (yield)
        self._made += 1
        owner = self._owners[fixturedef] = f"fixture:{self._made}"
        books = self._books
        fixturedef.addfinalizer(lambda: books.leave(owner))  # the last in first out: after its own teardown
        try:
            with books.running(owner):
                return (yield)
        finally:
            fixturedef.addfinalizer(lambda: books.enter(owner))
