"""What lies on the shelves."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Article:
    """One line of the stock list."""

    sku: str
    name: str
    price: int
    count: int


def read_stock(path: Path) -> dict[str, Article]:
    """The stock list, by article number."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        articles = [Article(r["sku"], r["name"], int(r["price"]), int(r["count"])) for r in rows]
    return {article.sku: article for article in articles}
