"""Who asks pytest's configuration whether it is that of an xdist worker: ``hasattr(config, "workerinput")``.

What a worker is told stands in the attribute of that name; elsewhere there is none. So while a run is watched, the
class has one that is told of each look, and is as absent as before.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.environment import COUNT
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op

_getframe = sys._getframe
NAME = "workerinput"
WORKER = "PYTEST_XDIST_WORKER"
OF_WORKERS_COUNT = "workercount"
XDIST = ("/xdist/plugin.py", "\\xdist\\plugin.py")
"""Where ``is_xdist_worker`` and the like are: who calls them asks."""


class WorkerInput:
    """Tells ``observer`` of the project's code that looks. What plugins do in workers they do for themselves."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._before: Any = None

    def install(self) -> None:
        """Becomes an attribute of the class."""
        self._before = vars(pytest.Config).get(NAME)
        setattr(pytest.Config, NAME, self)

    def remove(self) -> None:
        """Is none any more, unless somebody else is."""
        if vars(pytest.Config).get(NAME) is not self:
            return
        if self._before is None:
            delattr(pytest.Config, NAME)
        else:
            setattr(pytest.Config, NAME, self._before)

    def __get__(self, config: pytest.Config | None, owner: type) -> Any:
        __tracebackhide__ = True
        if config is not None:
            if self._observer.awake:
                self._observer.quietly(NAME, self._told, _getframe(1))
            if NAME in vars(config):
                return vars(config)[NAME]
        raise AttributeError(f"{owner.__name__!r} object has no attribute {NAME!r}", name=NAME, obj=config)

    def __set__(self, config: pytest.Config, value: object) -> None:
        vars(config)[NAME] = value

    def __delete__(self, config: pytest.Config) -> None:
        if NAME not in vars(config):
            raise AttributeError(NAME)
        del vars(config)[NAME]

    def _told(self, frame: FrameType | None) -> None:
        while frame is not None and (
            filename_of(frame).endswith(XDIST) or self._observer.owner(filename_of(frame)) == ""
        ):
            frame = frame.f_back
        if frame is not None and self._observer.owner(filename_of(frame)).startswith("file:"):
            counts = OF_WORKERS_COUNT in frame.f_code.co_consts
            self._observer.note(Op.GETENV, COUNT if counts else WORKER, frame)
