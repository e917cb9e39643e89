import pytest

from shop.stock import Article


def test_all_articles_are_read(stock: dict[str, Article]) -> None:
    assert len(stock) == 5


@pytest.mark.parametrize(("sku", "count"), [("A1", 4), ("A2", 0), ("B1", 12)])
def test_counts(stock: dict[str, Article], sku: str, count: int) -> None:
    assert stock[sku].count == count
