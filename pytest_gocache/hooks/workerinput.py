"""Who asks pytest's configuration whether it is that of an xdist worker: ``hasattr(config, "workerinput")``.

What a worker is told stands in the attribute of that name; elsewhere there is none.
"""

from __future__ import annotations

from types import FrameType

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.environment import COUNT
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.hooks.attribute import Tell

WORKER = "PYTEST_XDIST_WORKER"
OF_WORKERS_COUNT = "workercount"
XDIST = ("/xdist/plugin.py", "\\xdist\\plugin.py")
"""Where ``is_xdist_worker`` and the like are: who calls them asks."""


class WorkerInput:
    """Tells ``observer`` of the project's code that looks. What plugins do in workers they do for themselves."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def attributes(self) -> dict[str, Tell]:
        """What is to be listened to."""
        return {"workerinput": self._tell}

    def _tell(self, name: str, frame: FrameType | None) -> None:
        if self._observer.awake:
            self._observer.quietly(name, self._told, frame)

    def _told(self, frame: FrameType | None) -> None:
        while frame is not None and (
            filename_of(frame).endswith(XDIST) or self._observer.owner(filename_of(frame)) == ""
        ):
            frame = frame.f_back
        if frame is not None and self._observer.owner(filename_of(frame)).startswith("file:"):
            counts = OF_WORKERS_COUNT in frame.f_code.co_consts
            self._observer.note(Op.GETENV, COUNT if counts else WORKER, frame)
