"""Explanations of assertions that failed in tests which pass: ``str(error.value)`` has them, and they are longer or
shorter by whether pytest finds itself in a CI system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pytest_gocache.core.environment import SET

ASKED: Final = ("CI", f"BUILD_NUMBER{SET}")
"""The variables by which pytest tells. The second is another in each build."""
LINES, LETTERS = 5, 400
"""What has no more of them is never cut. (pytest cuts at 8 and 640, or as the ini file says.)"""
DEPENDS: Final = ("Use -v", "Full diff", "truncated")


def depends_on_ci(explanations: Iterable[object]) -> bool:
    """Whether the texts that ``pytest_assertrepr_compare`` gave may have been others elsewhere."""
    return any(map(_depends, explanations))


def _depends(lines: object) -> bool:
    if not isinstance(lines, (list, tuple)):
        return bool(lines)  # they come one by one, and only once
    texts = list(map(str, lines))
    text = "".join(texts)
    return len(texts) > LINES or len(text) > LETTERS or any(word in text for word in DEPENDS)
