"""The modules that a snapshot vouches for although something has changed: they depend on nothing of it.

Their verdicts need neither the import graph nor the store. What a verdict depends on beside a module's own needs
(listings, what is installed, the conditions) is as it was, or there is no ``Compared``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pytest_gocache.core.model import Brief
from pytest_gocache.core.needs import NeedsOf
from pytest_gocache.core.snapshot import Compared, Snapshot
from pytest_gocache.core.values import field, frozen


@frozen
class Vouched:
    """What is known of this run's modules beforehand, and from which snapshot."""

    base: Snapshot
    needs: NeedsOf
    """Of every module in ``base``."""
    modules: Mapping[str, Brief] = field(default_factory=dict)
    """By path: those that are hits."""


CONFTEST = f"{os.sep}conftest.py"
NOTHING_VOUCHED = Vouched(Snapshot(0.0, "", {}, {}, (), ()), {})


def vouch(found: Compared, needs: NeedsOf) -> Vouched:
    """Those that nothing of what changed touches. A conftest may come to touch modules that did not need it."""
    conftest = any(path.endswith(CONFTEST) for path in found.files)
    kept = () if conftest else found.snapshot.modules
    held = {
        brief.path: brief
        for brief in kept
        if brief.path in needs and not needs[brief.path].touched(found.files, found.inputs)
    }
    return Vouched(found.snapshot, needs, held)
