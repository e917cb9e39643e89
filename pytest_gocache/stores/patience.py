"""How long a run waits for a server: two seconds in all for one that gives nothing, longer for one that is worth it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS = 2.0
"""So long a run waits, in all, for a server that gives nothing."""
AN_ANSWER, A_BYTE = 1 / 400, 1 / 1e6
"""What an answer earns back, in seconds. Who gives 400 answers or 1 MB a second is waited for ..."""
MOST = 10.0
"""... but no longer than this, in all."""


class Patience:
    """Runs out while somebody waits (``begin`` to ``end``). For any thread.

    The clock is a default here, not a name of this module: those who freeze time replace what modules have.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left = SECONDS
        self._waited = 0.0
        self._since: float | None = None
        self._lock = threading.Lock()

    @property
    def waited(self) -> float:
        """How long it was waited, in all."""
        with self._lock:
            self._pass()
            return self._waited

    def begin(self) -> None:
        """Now somebody waits."""
        with self._lock:
            self._since = self._now()

    def end(self) -> None:
        """Nobody waits any more."""
        with self._lock:
            self._pass()
            self._since = None

    def earn(self, size: int) -> None:
        """An answer of so many bytes came."""
        with self._lock:
            self._pass()
            self._left = min(SECONDS, self._left + AN_ANSWER + A_BYTE * size)

    def left(self) -> float:
        """So long it can still be waited; 0 if it ran out."""
        with self._lock:
            self._pass()
            return max(0.0, min(self._left, MOST - self._waited))

    def _pass(self) -> None:
        if self._since is not None:
            before, self._since = self._since, self._now()
            self._left -= self._since - before
            self._waited += self._since - before
