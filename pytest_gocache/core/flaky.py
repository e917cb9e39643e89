"""When a module may be stored again after it failed with nothing changed.

A failure at an action whose stored pass matches the present takes that pass back, and says that a pass at this
action proves little: from then on passes are counted, and only after ``NEEDED`` in a row is one stored. The count
is an entry beside the action's traces; whoever edits the module has another action, and starts with no record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_gocache.core.model import Miss, Reason

if TYPE_CHECKING:
    from pytest_gocache.core.action import Action
    from pytest_gocache.core.cache import Cache

NEEDED = 3
"""Passes in a row after which a module is trusted again."""


class Flakes:
    """Counts passes. Of a selection of tests, ``whole`` is the action of all tests of the module."""

    def __init__(self, cache: Cache) -> None:
        self.evicted = False
        """Whether some stored pass was taken back in this run."""
        self._cache = cache

    def failed(self, action: Action, whole: Action, nothing_changed: Callable[[], bool]) -> bool:
        """Takes back what is stored and says otherwise; True if the module is flaky by that.

        A failure says nothing of the stored pass where something changed while it ran.
        """
        both = {each.id: each for each in (action, whole)}.values()
        evicted = [self._cache.evict(each) for each in both]
        self.evicted = self.evicted or any(evicted)
        flaky = any(evicted) and nothing_changed()
        for each in both:
            if flaky or self._cache.passes(each) is not None:
                self._cache.count_passes(each, 0)
        return flaky

    def passed(self, action: Action, whole: Action, times: int) -> Miss | None:
        """Counts a pass; why it is not stored yet. A part of a flaky module that never failed itself is flaky, too."""
        before = self._cache.passes(action)
        if before is None and self._cache.passes(whole) is None:
            return None
        count = (before or 0) + times
        trusted = count >= NEEDED
        self._cache.count_passes(action, None if trusted else count)
        return None if trusted else Miss(Reason.FLAKY, f"passed {count} of {NEEDED} times")


def told(names: Sequence[str]) -> str:
    """One line for all modules that failed with nothing changed."""
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return (
        f"{names[0]}{more} failed with nothing changed since it passed: flaky? "
        f"Kept out of the cache until it has passed {NEEDED} times in a row"
    )
