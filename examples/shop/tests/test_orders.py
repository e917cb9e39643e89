import pytest

from shop.orders import OutOfStock, total
from shop.stock import Article


def test_total(stock: dict[str, Article]) -> None:
    assert total({"A1": 2, "B2": 1}, stock) == 16898


def test_ten_chairs_are_cheaper(stock: dict[str, Article]) -> None:
    assert total({"B1": 10}, stock) == 44100


def test_sold_out(stock: dict[str, Article]) -> None:
    with pytest.raises(OutOfStock, match="A2"):
        total({"A2": 1}, stock)


@pytest.mark.xfail(reason="bundles are planned for next year")
def test_a_table_with_four_chairs_is_a_bundle(stock: dict[str, Article]) -> None:
    assert total({"C1": 1, "B1": 4}, stock) < 42600
