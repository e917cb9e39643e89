"""docs/reasons.md has one row for every reason, and none that the code does not know."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_gocache.core.model import Reason

PAGE = (Path(__file__).parents[2] / "docs" / "reasons.md").read_text(encoding="utf-8")


def test_every_reason_has_one_row_in_the_order_of_the_code() -> None:
    """Each "no" that users meet can be looked up."""
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, flags=re.MULTILINE) == [str(reason) for reason in Reason]


def test_every_row_says_what_it_means_and_what_to_do() -> None:
    """No cell is empty."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert [row for row in rows if not all(cell.strip() for cell in row.strip("|").split("|"))] == []
