"""Our own work between the user's: what it reads is nobody's reading, and no garbage is collected meanwhile.

To find out whose reading it is costs more than to read, and there are thousands of files: sources, whatever is
installed, our own modules. Nothing of the user's may run inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from pytest_gocache.core.pause import paused
from pytest_gocache.hooks.early import EARLY

T = TypeVar("T")


def aside(config: pytest.Config, work: Callable[[], T]) -> T:
    """What ``work`` gives, or raises."""
    made: list[T] = []
    failed: list[Exception] = []

    def attempt() -> None:
        try:
            with paused():
                made.append(work())
        except Exception as error:
            failed.append(error)

    config.stash[EARLY].observer.quietly("aside", attempt)
    if failed:
        raise failed[0]
    return made[0]
