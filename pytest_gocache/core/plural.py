"""How many there are of a thing, in words."""

from __future__ import annotations


def counted(number: int, thing: str, things: str = "") -> str:
    """``1 module``, ``2 modules``. ``things`` where that is not the word with an *s*."""
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"
