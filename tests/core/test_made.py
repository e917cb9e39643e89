"""Who made what, told of paths and of the directories that they lie in."""

from __future__ import annotations

from pytest_gocache.core.made import Made


def test_who_made_a_directory_is_remembered_until_another_is_made() -> None:
    """Each file of a directory is asked for, before and after somebody makes it."""
    made = Made()
    assert not made.makers("/project/data/a")
    made.by("/project/other", ["module:other"])
    assert not made.makers("/project/data/a")
    made.by("/project/data", ["module:data"])
    assert made.makers("/project/data/a") == made.makers("/project/data") == {"module:data"}
    made.by("/project/data/a", ["module:file"])
    assert made.makers("/project/data/a") == {"module:data", "module:file"}
    made.by("/project", ["fixture:wide"])
    assert made.makers("/project/data/b") == {"module:data", "fixture:wide"}
