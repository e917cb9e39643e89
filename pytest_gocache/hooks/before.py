"""Sources of the project that run before anything is watched: plugins that ``-p`` or ``PYTEST_PLUGINS`` name."""

from __future__ import annotations

import os
import sys
import time

import pytest

from pytest_gocache.core.files import Files
from pytest_gocache.core.loaded_names import loaded_sources
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute

SLOWEST_CLOCK = 20_000_000
"""Nanoseconds by which the times that are compared here may be off. To load pytest takes longer."""
STARTED = 19
"""Where it stands in ``/proc/self/stat``, behind the name of the program."""


def look_at_loaded(config: pytest.Config, observer: Observer, files: Files) -> None:
    """Notes how they are now. What was saved since this process began may have been loaded before that."""
    named = [each for each in config.known_args_namespace.plugins if not each.startswith("no:")]
    if not named and not os.environ.get("PYTEST_PLUGINS"):
        return
    began = _process_began()
    for path in map(absolute, loaded_sources(observer.owner).values()):
        observer.look(Op.EXEC, path)
        if files.appeared_since(path, began):
            observer.doubt(path)


def _process_began() -> int:
    """When, in nanoseconds; in the far future where the system does not tell."""
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[STARTED])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (AttributeError, IndexError, OSError, ValueError):
        return sys.maxsize
    return time.time_ns() - int(age * 1e9) + SLOWEST_CLOCK
