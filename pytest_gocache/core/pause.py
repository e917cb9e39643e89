"""Garbage collection, paused while nothing of the user's runs: what we make then has no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


class Ending:
    """For the end of a run in which nothing of the user's ran any more: pytest looks for unreachable objects five times
    there, and Python once more. What there is now stays to the end of these looks, and is let go of after them.
    """

    def __init__(self) -> None:
        self._collecting = False
        self._begun = self._frozen = False

    def begin(self) -> None:
        """From here on nothing of the user's runs."""
        if not self._begun:
            self._begun, self._collecting = True, gc.isenabled()
            gc.disable()

    def freeze(self) -> None:
        """pytest is about to look."""
        if self._begun and not self._frozen:
            self._frozen = True
            gc.freeze()

    def end(self, for_good: bool) -> None:
        """It has looked. A file that hangs on something unreachable is written when Python ends, as ever; unless there
        can be none, and Python ends ``for_good``, which then need not look either."""
        if self._frozen and not for_good:
            gc.unfreeze()
        if self._begun and self._collecting:
            gc.enable()
        self._begun = self._frozen = False


@contextmanager
def paused() -> Iterator[None]:
    """No collection inside. Looking for cycles in much new plain data can take longer than making it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
