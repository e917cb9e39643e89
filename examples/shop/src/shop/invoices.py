"""What a customer gets in return."""

from collections.abc import Mapping

from shop.money import show
from shop.orders import total
from shop.prices import with_vat
from shop.stock import Article


def invoice(order: Mapping[str, int], stock: Mapping[str, Article]) -> str:
    """One line per article and the sum with taxes."""
    lines = [f"{count} x {stock[sku].name}" for sku, count in order.items()]
    return "\n".join([*lines, f"to pay: {show(with_vat(total(order, stock)))}"])
