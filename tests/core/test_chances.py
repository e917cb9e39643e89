"""Rates and their intervals."""

from __future__ import annotations

import pytest

from pytest_gocache.core.chances import interval, percent


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
