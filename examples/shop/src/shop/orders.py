"""What a customer wants."""

from collections.abc import Mapping

from shop.prices import with_discount
from shop.stock import Article


class OutOfStock(Exception):
    """There are not enough."""


def total(order: Mapping[str, int], stock: Mapping[str, Article]) -> int:
    """The sum without taxes; raises OutOfStock."""
    for sku, count in order.items():
        if stock[sku].count < count:
            raise OutOfStock(sku)
    return sum(with_discount(stock[sku].price, count) for sku, count in order.items())
