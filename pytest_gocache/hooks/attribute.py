"""Attributes that tell who asks for them: those of pytest's configuration, and its options, while a run is watched.

Only these cost anything: whoever asks for another one, as pytest does a dozen times for each test, asks Python itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any, TypeAlias

import pytest

_getframe = sys._getframe
Tell: TypeAlias = "Callable[[str, FrameType], None]"
Values: TypeAlias = "Callable[[Any], dict[str, Any]]"
"""Gives what an object keeps, without telling anybody."""


def values_of(kind: type) -> Values:
    """For objects of this class, and of those made from it."""
    holder = next(each for each in kind.__mro__ if "__dict__" in vars(each))
    return vars(holder)["__dict__"].__get__  # type: ignore[no-any-return]


class Attribute:
    """Stands for one that each object keeps, or lacks, as before."""

    def __init__(self, name: str, tell: Tell, values: Values) -> None:
        self._name = name
        self._tell = tell
        self._values = values

    def __get__(self, one: object, owner: type) -> Any:
        __tracebackhide__ = True
        if one is not None:
            self._tell(self._name, _getframe(1))
            values = self._values(one)
            if self._name in values:
                return values[self._name]
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self._name!r}", name=self._name, obj=one)

    def __set__(self, one: object, value: object) -> None:
        self._values(one)[self._name] = value

    def __delete__(self, one: object) -> None:
        values = self._values(one)
        if self._name not in values:
            raise AttributeError(self._name)
        del values[self._name]


def listing(base: Any, names: Iterable[str]) -> Callable[[object], list[str]]:
    """A ``__dir__`` that has only those of ``names`` that an object keeps."""
    told, values = frozenset(names), values_of(base)

    def listed(one: object) -> list[str]:
        return [name for name in base.__dir__(one) if name not in told or name in values(one)]

    return listed


class Attributes:
    """Gives one configuration a class of its own between ``install`` and ``remove``: mocks that are made after
    pytest's class have what that has."""

    def __init__(self, config: pytest.Config, told: Mapping[str, Tell]) -> None:
        self._config = config
        self._kind = _kind(told)

    def install(self) -> None:
        """Begins."""
        if type(self._config) is pytest.Config:
            self._config.__class__ = self._kind

    def remove(self) -> None:
        """Ends."""
        if type(self._config) is self._kind:
            self._config.__class__ = pytest.Config


def _kind(told: Mapping[str, Tell]) -> type[pytest.Config]:
    values = values_of(pytest.Config)
    attributes = {name: Attribute(name, tell, values) for name, tell in told.items()}
    looks = {
        "__dir__": listing(pytest.Config, told),
        "__module__": pytest.Config.__module__,
        "__doc__": pytest.Config.__doc__,
    }
    return type("Config", (pytest.Config,), {**looks, **attributes})
