import pytest

from shop.money import share, show


@pytest.mark.parametrize(("cents", "text"), [(0, "0.00"), (5, "0.05"), (1999, "19.99"), (-250, "-2.50")])
def test_show(cents: int, text: str) -> None:
    assert show(cents) == text


@pytest.mark.parametrize(("cents", "percent", "result"), [(100, 10, 10), (5, 10, 1), (4, 10, 0)])
def test_share_rounds_half_up(cents: int, percent: int, result: int) -> None:
    assert share(cents, percent) == result
