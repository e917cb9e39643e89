"""Tells an ``Attribution`` when a fixture that modules share is set up or torn down, and who uses it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest.fixtures import FixtureDef

from pytest_gocache.core.attribution import Attribution, Owner
from pytest_gocache.hooks.uses import leave, listen

SHARED = ("session", "package")


class SharedFixtures:
    """Keeps the books between ``install`` and ``remove``."""

    def __init__(self, books: Attribution) -> None:
        self._books = books
        self._owners: dict[FixtureDef[Any], Owner] = {}
        self._made = 0
        self._active = False

    def install(self) -> None:
        """Begins."""
        self._active = True
        listen(self._used)

    def remove(self) -> None:
        """Ends."""
        self._active = False
        leave(self._used)

    def _used(self, fixturedef: FixtureDef[Any]) -> None:
        owner = self._owners.get(fixturedef)
        if owner is not None:
            self._books.need(owner)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: FixtureDef[Any]) -> Generator[None, Any, Any]:
        if fixturedef.scope not in SHARED or not self._active:
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
