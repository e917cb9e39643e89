"""Law 1: a run with the cache has the outcomes of a run without it.

Small projects are made at random and edited at random; after every edit plain pytest and the cache run
on the same files. ``GOCACHE_LAW_EDITS=500`` makes it long; ``long_run.py`` is the same with a summary.
"""

import os
from collections.abc import Iterator

import pytest
from effects import PRODUCT_MOMENTS
from judge import CACHE, Pytest, play
from projects import Edit, Shape, random_story

NEVER = len(PRODUCT_MOMENTS)
"""The moment of a product module that does not look at the world."""
EDITS = int(os.environ.get("GOCACHE_LAW_EDITS", "0"))
SMALL = EDITS == 0
PROJECTS = 3 if SMALL else -(-EDITS // 25)
PER_PROJECT = 4 if SMALL else 25


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pytest]:
    with Pytest(tmp_path_factory.mktemp("law1")) as running:
        yield running


def as_parameter(seed: int) -> object:
    return pytest.param(seed, marks=[pytest.mark.long] if SMALL and seed > 0 else [])


@pytest.mark.parametrize("seed", [as_parameter(each) for each in range(PROJECTS)])
def test_outcomes_are_those_of_plain_pytest(cache: Pytest, seed: int) -> None:
    """Whatever is edited, the cache and plain pytest say the same of every test."""
    story = play(cache, *random_story(seed, PER_PROJECT))
    assert not story.faults, "\n".join([*map(str, story.faults), "--- the story:", *story.log])


@pytest.mark.long
@pytest.mark.skipif(CACHE != "gocache", reason="another cache stands in")
def test_the_small_profile_does_hit(cache: Pytest) -> None:
    """The law would hold trivially for a cache that never hits."""
    nothing = [Edit("touch", 0, 0), Edit("add_comment", 2, 1)]
    kinds = ((0, 0, 0), (1, 1, 0), (4, 2, 0), (5, 3, 0), (9, 0, 0), (10, 1, 0))
    shape = Shape(True, False, False, True, False, tuple((form, form, form) for form in range(4)), kinds)
    story = play(cache, shape, nothing)
    assert not story.faults
    assert story.hits >= 6


@pytest.mark.long
def test_the_judge_catches_a_cache_that_lies(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A cache whose key is the test module alone is found out by changing the product."""
    shape = Shape(False, False, False, False, False, ((2, NEVER, 0),) * 4, ((0, 3, 0),) * 6)
    with Pytest(tmp_path_factory.mktemp("liar"), cache="liar") as liar:
        story = play(liar, shape, [Edit("change_constant", 4, 5)])
    assert any(fault.kind == "stale" for fault in story.faults), story.log
