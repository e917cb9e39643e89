"""Amounts in cents."""


def show(cents: int) -> str:
    """1999 as ``19.99``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def share(cents: int, percent: int) -> int:
    """``percent`` of an amount, rounded half up."""
    return (cents * percent + 50) // 100
