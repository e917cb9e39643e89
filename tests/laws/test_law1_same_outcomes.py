"""Law 1: a run with the cache has the outcomes of a run without it.

Small projects are made at random and edited at random; after every edit plain pytest and the cache run
on the same files. ``GOCACHE_LAW_EDITS=500`` makes it long; ``long_run.py`` is the same with a summary.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from judge import CACHE, Pytest, play
from projects import Edit, Shape, edits, shapes

EDITS = int(os.environ.get("GOCACHE_LAW_EDITS", "0"))
SMALL = EDITS == 0
PER_PROJECT = 4 if SMALL else 25

profile = settings(
    max_examples=3 if SMALL else -(-EDITS // PER_PROJECT),
    derandomize=SMALL,
    deadline=None,
    database=None,
    print_blob=True,
    phases=(Phase.generate,) if SMALL else (Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pytest]:
    with Pytest(tmp_path_factory.mktemp("law1")) as running:
        yield running


@profile
@given(shapes(), st.lists(edits(), min_size=PER_PROJECT, max_size=PER_PROJECT))
def test_outcomes_are_those_of_plain_pytest(cache: Pytest, shape: Shape, changes: list[Edit]) -> None:
    """Whatever is edited, the cache and plain pytest say the same of every test."""
    story = play(cache, shape, changes)
    assert not story.faults, "\n".join([*map(str, story.faults), "--- the story:", *story.log])


@pytest.mark.skipif(CACHE != "gocache", reason="another cache stands in")
def test_the_small_profile_does_hit(cache: Pytest) -> None:
    """The law would hold trivially for a cache that never hits."""
    nothing = [Edit("touch", 0, 0), Edit("add_comment", 2, 1)]
    shape = Shape(
        True, False, False, True, False, (0, 1, 2, 3), ((0, 0), (1, 1), (4, 2), (5, 3), (9, 0), (10, 1))
    )
    story = play(cache, shape, nothing)
    assert not story.faults
    assert story.hits >= 6


def test_the_judge_catches_a_cache_that_lies(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A cache whose key is the test module alone is found out by changing the product."""
    shape = Shape(False, False, False, False, False, (2, 2, 2, 2), ((0, 3),) * 6)
    with Pytest(tmp_path_factory.mktemp("liar"), cache="liar") as liar:
        story = play(liar, shape, [Edit("change_constant", 3, 5)])
    assert any(fault.kind == "stale" for fault in story.faults), story.log
