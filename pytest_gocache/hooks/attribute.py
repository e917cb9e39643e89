"""An attribute of pytest's configurations that tells who asks for it, while a run is watched."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

_getframe = sys._getframe


class Attribute:
    """Stands in the class between ``install`` and ``remove``. Each configuration keeps, or lacks, its own as before.

    Of several runs in one process the innermost is told.
    """

    def __init__(self, name: str, tell: Callable[[str, FrameType], None]) -> None:
        self._name = name
        self._tell = tell
        self._before: Any = None

    def install(self) -> None:
        """Becomes an attribute of the class."""
        self._before = vars(pytest.Config).get(self._name)
        setattr(pytest.Config, self._name, self)

    def remove(self) -> None:
        """Is none any more, unless somebody else is."""
        if vars(pytest.Config).get(self._name) is not self:
            return
        if self._before is None:
            delattr(pytest.Config, self._name)
        else:
            setattr(pytest.Config, self._name, self._before)

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
