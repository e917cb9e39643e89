"""The modules that a snapshot vouches for although something has changed: they depend on nothing of it.

Their verdicts need neither the import graph nor the store. What a verdict depends on beside a module's own needs
(listings, what is installed, the conditions) is as it was, or there is no ``Compared``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import takewhile

from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import Brief
from pytest_gocache.core.needs import NeedsOf
from pytest_gocache.core.ops import AMONG_MODULES
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
    moved: frozenset[str] = frozenset()
    """Directories with test modules that ``base`` does not know, or where some of its are gone."""

    def whole_directories(self, kept: Iterable[str]) -> dict[str, list[str]]:
        """The topmost directories where nothing has to be collected, each with the modules in it in pytest's order.

        ``kept`` are paths that pytest has to come by, beside those of modules that were there and are no hits.
        """
        missed = (brief.path for brief in self.base.modules if brief.path not in self.modules)
        met = {way for path in (*kept, *missed, *self.moved, *self.base.others) for way in upward(path)}
        found: dict[str, list[str]] = {}
        for path in sorted(self.modules, key=as_collected):
            free = list(takewhile(lambda way: way not in met, upward(os.path.dirname(path))))
            if free:
                found.setdefault(free[-1], []).append(path)
        return found


def as_collected(path: str) -> list[tuple[bool, str]]:
    """Sorts paths as pytest collects: by name, an ``__init__.py`` first."""
    return [(name != "__init__.py", name) for name in path.split(os.sep)]


CONFTEST = f"{os.sep}conftest.py"
NOTHING_VOUCHED = Vouched(Snapshot(0.0, "", {}, {}, (), ()), {})


def vouch(found: Compared, needs: NeedsOf) -> Vouched:
    """Those that nothing of what changed touches. A conftest may come to touch modules that did not need it."""
    conftest = any(path.endswith(CONFTEST) for path in found.files)
    kept = () if conftest else found.snapshot.modules
    # Whoever leaves something behind may be needed by those who run, and who needs another has to have it there.
    leaving = {wanted for wanted, _ in found.snapshot.looked_at if wanted.op in AMONG_MODULES}
    held = {
        brief.path: brief
        for brief in kept
        if brief.path in needs and not needs[brief.path].touched(found.files, found.inputs | leaving)
    }
    return Vouched(found.snapshot, needs, held, found.moved)
