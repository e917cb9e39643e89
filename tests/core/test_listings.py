"""Which names of a listing make a difference."""

from __future__ import annotations

import pytest

from pytest_gocache.core.listings import Counting, Listings

TESTS = ("test_*.py", "*_test.py")
ASKED = Counting(("*.so", "*.toml"), ("shop", "test_asked"), TESTS)
BEFORE = ("shop.py", "sub/", "test_a.py")


@pytest.mark.parametrize(
    ("counting", "name", "counts", "counts_without"),
    [
        (ASKED, "notes.txt", False, False),
        (ASKED, "note.py", False, False),
        (ASKED, "shop.so", True, True),
        (ASKED, "pyproject.toml", True, True),
        (ASKED, "more/", True, True),
        (ASKED, "conftest.py", True, True),
        (ASKED, "profile.py", True, True),
        (ASKED, "test_b.py", True, False),
        (ASKED, "b_test.py", True, False),
        (ASKED, "test_asked.py", True, True),
        (ASKED, "test_b.txt", False, False),
        (Counting(("*.so",), ("shop",), ("*.py",)), "note.py", True, False),
        (Counting(("*.so",), ("shop",), ("*.py",)), "conftest.py", True, True),
    ],
)
def test_a_name_that_comes(counting: Counting, name: str, counts: bool, counts_without: bool) -> None:
    """To the listing as a whole, and to that without test modules."""
    listings, after = Listings(counting), tuple(sorted((*BEFORE, name)))
    assert (listings.digest(after) != listings.digest(BEFORE)) is counts
    assert (listings.without_modules(after) != listings.without_modules(BEFORE)) is counts_without


@pytest.mark.parametrize("counting", [Counting(), Counting(("*.so",), (), TESTS)])
def test_where_all_sources_count(counting: Counting) -> None:
    """No listing is told without its test modules."""
    listings = Listings(counting)
    assert listings.digest((*BEFORE, "test_b.py")) != listings.digest(BEFORE)
    assert not listings.without_modules(BEFORE)


def test_the_first_and_the_last_module_of_a_directory() -> None:
    """With them it comes to the path, and goes; and there may be no directory at all."""
    listings = Listings(ASKED)
    assert not listings.without_modules(("shop.py", "sub/")) and not listings.without_modules(None)
    assert listings.without_modules(("shop.py", "sub/", "test_asked.py"))
    assert listings.digest(None) != listings.digest(())
