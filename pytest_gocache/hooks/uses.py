"""Tells who listens of each use of a fixture that is wider than a function.

pytest has a hook for the set-up only; who uses a fixture that is there already, and by what name it was asked for,
is told to nobody. So while somebody listens, ``FixtureDef.execute`` is another for such fixtures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from _pytest.fixtures import FixtureDef

from pytest_gocache.hooks.describe import is_wide

Listener: TypeAlias = "Callable[[FixtureDef[Any]], object]"
"""Is told after each use, also of one that failed."""

_listeners: Final[list[Listener]] = []
"""Of all pytest sessions in this process."""
_originals: Final[list[Any]] = []


class Chosen:
    """A method that is another for fixtures wider than a function."""

    def __init__(self, usual: Any, wide: Any) -> None:
        self._usual = usual
        self._wide = wide

    def __get__(self, fixturedef: FixtureDef[Any] | None, owner: type) -> Any:
        wide = fixturedef is not None and is_wide(fixturedef)
        return (self._wide if wide else self._usual).__get__(fixturedef, owner)


def listen(listener: Listener) -> None:
    """Begins."""
    _listeners.append(listener)
    if _originals:
        return
    original = FixtureDef.execute
    _originals.append(original)

    def execute(self: FixtureDef[Any], request: Any) -> Any:
        __tracebackhide__ = True
        try:
            return original(self, request)
        finally:
            for each in _listeners:
                each(self)

    FixtureDef.execute = Chosen(original, execute)  # type: ignore[assignment,method-assign]


def leave(listener: Listener) -> None:
    """Ends, for one who may have left already."""
    if listener in _listeners:
        _listeners.remove(listener)
    if not _listeners and _originals:
        FixtureDef.execute = _originals.pop()  # type: ignore[method-assign]
