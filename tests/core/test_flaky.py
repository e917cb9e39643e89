"""Counting the passes of what failed with nothing changed."""

from __future__ import annotations

import pytest
from test_cache import DATA, NAME, World, action, cache, keep, result, store, world

from pytest_gocache.core.cache import Cache
from pytest_gocache.core.codec import decode_passes, encode_passes
from pytest_gocache.core.flaky import NEEDED, Flakes, told
from pytest_gocache.core.model import Hit, Miss, Reason

__all__ = ["cache", "store", "world"]  # fixtures

WHOLE, PART = action("whole"), action("part")


def yes() -> bool:
    return True


def no() -> bool:
    return False


def flaky(count: int) -> Miss:
    return Miss(Reason.FLAKY, f"passed {count} of {NEEDED} times")


def test_a_failure_against_a_stored_pass(cache: Cache, world: World) -> None:
    """Evicted, flaky, and trusted again after enough passes in a row."""
    keep(cache, world, result("::test_a"), DATA, of="whole")
    flakes = Flakes(cache)
    assert flakes.passed(WHOLE, WHOLE, 1) is None, "not flaky yet"
    assert flakes.failed(WHOLE, WHOLE, yes) and flakes.evicted
    assert not isinstance(cache.lookup(NAME, WHOLE), Hit)
    for count in range(1, NEEDED):
        assert flakes.passed(WHOLE, WHOLE, 1) == flaky(count)
        assert cache.flush()
    assert flakes.passed(WHOLE, WHOLE, 1) is None and cache.passes(WHOLE) is None
    assert flakes.passed(WHOLE, WHOLE, 1) is None


def test_a_failure_without_one(cache: Cache, world: World) -> None:
    """Nothing to compare with, or other inputs than those of the pass: no flake."""
    flakes = Flakes(cache)
    assert not flakes.failed(WHOLE, WHOLE, yes) and not flakes.evicted
    keep(cache, world, result("::test_a"), DATA, of="whole")
    world.digests[DATA] = "other"
    assert not flakes.failed(WHOLE, WHOLE, yes) and cache.passes(WHOLE) is None


def test_a_failure_while_something_changed(cache: Cache, world: World) -> None:
    """The pass is taken back all the same, and nothing is counted."""
    keep(cache, world, result("::test_a"), DATA, of="whole")
    flakes = Flakes(cache)
    assert not flakes.failed(WHOLE, WHOLE, no) and flakes.evicted and cache.passes(WHOLE) is None


def test_a_failure_resets_the_count(cache: Cache, world: World) -> None:
    """It is told only where a stored pass was taken back."""
    keep(cache, world, result("::test_a"), DATA, of="whole")
    flakes = Flakes(cache)
    flakes.failed(WHOLE, WHOLE, yes)
    assert flakes.passed(WHOLE, WHOLE, 2) == flaky(2)
    assert not flakes.failed(WHOLE, WHOLE, yes)
    assert flakes.passed(WHOLE, WHOLE, 1) == flaky(1)


def test_repetitions(cache: Cache, world: World) -> None:
    """Enough of them in one run are enough."""
    keep(cache, world, result("::test_a"), DATA, of="whole")
    flakes = Flakes(cache)
    flakes.failed(WHOLE, WHOLE, yes)
    assert flakes.passed(WHOLE, WHOLE, NEEDED) is None


def test_parts(cache: Cache, world: World) -> None:
    """A part of a flaky whole is counted for itself; another module is not concerned."""
    keep(cache, world, result("::test_a"), DATA, of="whole")
    flakes = Flakes(cache)
    flakes.failed(PART, WHOLE, yes)
    assert flakes.passed(PART, WHOLE, 1) == flaky(1) == flakes.passed(WHOLE, WHOLE, 1)
    assert flakes.passed(action("other part"), WHOLE, 2) == flaky(2)
    assert flakes.passed(action("other"), action("other"), 1) is None


def test_entries() -> None:
    """A count is a whole number; anything else counts as none."""
    assert decode_passes(encode_passes(2)) == 2
    assert [decode_passes(rubbish) for rubbish in (b"", b"-1", b"true", b'"1"', b"[1]", b"1.5")] == [None] * 6


@pytest.mark.parametrize(("names", "who"), [(["a.py"], "a.py"), (["a.py", "b.py", "c.py"], "a.py (and 2 more)")])
def test_the_line(names: list[str], who: str) -> None:
    """One for all."""
    assert told(names).startswith(f"{who} failed with nothing changed since it passed: flaky?")
