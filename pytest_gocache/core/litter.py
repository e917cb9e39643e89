"""Which files tests wrote into the source tree and left there: no fault, but worth a line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from pytest_gocache.core.observe import EVERYONE, Owner
from pytest_gocache.core.ops import WRITTEN
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.places import Places
from pytest_gocache.core.standing import Event


def left_behind(reads: Mapping[Owner, Iterable[Event]], outputs: Outputs, places: Places) -> list[str]:
    """Portable names of the files below rootdir that tests and fixtures wrote, and that are there now.

    Not what a run makes for itself (caches, coverage data, temporary files), nor what is written between tests:
    that was pytest, or a plugin.
    """
    root = str(places.rootdir) + os.sep
    written = {
        path
        for owner, events in reads.items()
        if owner and owner != EVERYONE
        for op, path in events
        if op in WRITTEN and path.startswith(root)
    }
    stays = (path for path in written if os.path.isfile(path) and not outputs.caches(path))
    return sorted(places.name(path) for path in stays if not outputs.holds(path))
