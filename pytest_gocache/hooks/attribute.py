"""Attributes of pytest's configuration that tell who asks for them, while a run is watched."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, TypeAlias

import pytest

_getframe = sys._getframe
Tell: TypeAlias = "Callable[[str, FrameType], None]"


class Attribute:
    """Stands for one that each configuration keeps, or lacks, as before."""

    def __init__(self, name: str, tell: Tell) -> None:
        self._name = name
        self._tell = tell

    def __get__(self, config: pytest.Config | None, owner: type) -> Any:
        __tracebackhide__ = True
        if config is not None:
            self._tell(self._name, _getframe(1))
            if self._name in vars(config):
                return vars(config)[self._name]
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self._name!r}", name=self._name, obj=config)

    def __set__(self, config: pytest.Config, value: object) -> None:
        vars(config)[self._name] = value

    def __delete__(self, config: pytest.Config) -> None:
        if self._name not in vars(config):
            raise AttributeError(self._name)
        del vars(config)[self._name]


class Attributes:
    """Gives one configuration a class of its own between ``install`` and ``remove``: mocks that are made after
    pytest's class have what that has."""

    def __init__(self, config: pytest.Config, told: Mapping[str, Tell]) -> None:
        self._config = config
        self._kind = _kind({name: Attribute(name, tell) for name, tell in told.items()})

    def install(self) -> None:
        """Begins."""
        if type(self._config) is pytest.Config:
            self._config.__class__ = self._kind

    def remove(self) -> None:
        """Ends."""
        if type(self._config) is self._kind:
            self._config.__class__ = pytest.Config


def _kind(attributes: Mapping[str, Attribute]) -> type[pytest.Config]:
    def listed(config: pytest.Config) -> list[str]:
        return [name for name in pytest.Config.__dir__(config) if name not in attributes or name in vars(config)]

    told = {"__dir__": listed, "__module__": pytest.Config.__module__, "__doc__": pytest.Config.__doc__, **attributes}
    return type("Config", (pytest.Config,), told)
