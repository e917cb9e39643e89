"""Rates and their intervals."""

from __future__ import annotations

import pytest

from pytest_gocache.core.chances import chance, interval, percent
from pytest_gocache.core.counts import Outcomes
from pytest_gocache.core.suspects import suspicions


@pytest.mark.parametrize(
    ("times", "of", "low", "high"),
    [(3, 100, 0.0103, 0.0845), (0, 100, 0.0, 0.0370), (100, 100, 0.9630, 1.0), (1, 1, 0.2065, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson(times: int, of: int, low: float, high: float) -> None:
    """As published tables have it."""
    assert interval(times, of) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_in_words() -> None:
    """Short, and never a hundred that is none."""
    assert percent(3, 100) == "3 %, 95 % interval 1-8.5 %"
    assert percent(0, 258) == "0 %, 95 % interval 0-1.5 %"
    assert percent(999, 1000) == "99.9 %, 95 % interval 99.44-99.98 %"


def test_chance() -> None:
    """The lady who tasted eight cups of tea (Fisher, 1935): all four of four by chance is one in seventy."""
    assert chance(4, 4, 4, 8) == pytest.approx(1 / 70)
    assert chance(0, 3, 4, 8) == pytest.approx(1.0) and chance(3, 3, 2, 8) == 0.0


def test_who_is_suspected() -> None:
    """Exactly, or more often than chance makes it; nobody where nothing speaks for it."""
    orders = [["pollutes", "cares", "other"], ["cares", "pollutes", "other"], ["other", "cares", "pollutes"]]

    def order(repetition: int) -> list[str]:
        return orders[repetition % 3]

    failing = [one for one in range(1, 31) if one % 3 == 0]
    told = list(suspicions("cares", Outcomes(30, 0, {"no": failing}), order))
    assert told == ["it failed exactly when this had run before: pollutes"]
    told = list(suspicions("cares", Outcomes(30, 0, {"no": [*failing, 4]}), order))
    assert told == ["it failed more often when this had run before: pollutes (10 of 10, else 1 of 20)"]
    assert list(suspicions("cares", Outcomes(30, 0, {"no": [1, 2, 3, 10, 20]}), order)) == []
    assert list(suspicions("cares", Outcomes(30, 0, {"no": [3]}), order)) == []
