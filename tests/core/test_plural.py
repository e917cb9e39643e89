"""One thing, two things."""

from __future__ import annotations

from pytest_gocache.core.plural import counted


def test_counted() -> None:
    """None at all are several."""
    assert [counted(number, "module") for number in (0, 1, 2)] == ["0 modules", "1 module", "2 modules"]
    assert [counted(number, "entry", "entries") for number in (1, 19)] == ["1 entry", "19 entries"]
