"""What things cost."""

from shop.money import share

VAT = 20


def with_discount(cents: int, count: int) -> int:
    """Ten of a kind are a tenth cheaper."""
    total = cents * count
    return total - share(total, 10) if count >= 10 else total


def with_vat(cents: int) -> int:
    """The price that the customer pays."""
    return cents + share(cents, VAT)
