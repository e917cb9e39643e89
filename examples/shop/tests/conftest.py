from pathlib import Path

import pytest

from shop.stock import Article, read_stock


@pytest.fixture(scope="session")
def stock() -> dict[str, Article]:
    return read_stock(Path(__file__).parents[1] / "data" / "stock.csv")
