"""What the tests of core share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def unwatched(request: pytest.FixtureRequest) -> Iterator[None]:
    """Two observers in one process hear each other's looking. So a module that tests one of them, and is marked as
    never cached, is not watched when the suite runs under the cache (``scripts/dogfood``)."""
    early = sys.modules.get("pytest_gocache.hooks.early")
    mark = request.node.get_closest_marker("gocache")
    watching = request.config.stash.get(early.EARLY, None) if early and mark and mark.args == (False,) else None
    if watching is None:
        yield
        return
    watching.observer.active = False
    for each in reversed(watching.probes):
        each.remove()
    yield
    for each in watching.probes:
        each.install()
    watching.observer.active = True
