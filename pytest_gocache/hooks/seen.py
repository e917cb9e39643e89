"""What was collected in this process, and what is known of it beside what it read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_gocache.core.model import Miss
from pytest_gocache.core.observe import Owner
from pytest_gocache.core.values import field, record
from pytest_gocache.hooks.describe import CollectedTest


@record
class Seen:
    """What was collected: every test by node id, and which of them were selected to run."""

    tests: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """The fields of each ``CollectedTest``: plain tuples, which the garbage collector soon leaves alone."""
    selected: set[str] = field(default_factory=set)
    collected: set[str] = field(default_factory=set)
    """Node ids of the files that were collected without error."""
    unfit: dict[str, Miss] = field(default_factory=dict)
    """Modules that cannot be replayed for what they are, by path."""
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the marks of modules allow, by path."""
    misuse: str = ""
    """What is wrong with a mark, where the controller of xdist has to say so."""
    uses: dict[Owner, set[Owner]] = field(default_factory=dict)
    """The wide fixtures that a module or a wide fixture used, by whatever name it asked for them."""

    def used_by(self, owners: Iterable[Owner]) -> frozenset[Owner]:
        """``owners`` with all that they used, and what that used."""
        found, waiting = set[Owner](), set(owners)
        while waiting:
            found |= waiting
            waiting = set[Owner]().union(*(self.uses.get(owner, ()) for owner in waiting)) - found
        return frozenset(found)

    def by_module(self) -> dict[str, list[CollectedTest]]:
        """The tests of each module, in the order they were collected, by the module's node id."""
        grouped: dict[str, list[CollectedTest]] = {}
        for nodeid, test in self.tests.items():
            grouped.setdefault(module_part(nodeid), []).append(CollectedTest(*test))
        return grouped


def module_part(nodeid: str) -> str:
    """The part of a node id that is the file's."""
    return nodeid.partition("::")[0]
