"""A mistake of ours is never the user's failure: it is noted, said once, and nothing is stored.

Under our own tests ``PYTEST_GOCACHE_STRICT=1`` lets it fail at once, which is a kindness there.
"""

from __future__ import annotations

import os

from pytest_gocache.core.model import Miss, Reason


class Trouble:
    """What went wrong inside the cache in this run."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._strict = bool(os.environ.get("PYTEST_GOCACHE_STRICT"))

    def note(self, error: Exception) -> Miss:
        """Notes a mistake of ours, as the reason why a module runs."""
        if self._strict:
            raise error
        self.told.append(f"{type(error).__name__}: {error}")
        return Miss(Reason.INTERNAL_ERROR, self.told[0])
