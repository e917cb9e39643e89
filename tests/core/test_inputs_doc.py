"""docs/what-is-an-input.md has one row for every operation, in the order of the code."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_gocache.core.ops import Op

PAGE = (Path(__file__).parents[2] / "docs" / "what-is-an-input.md").read_text(encoding="utf-8")


def test_every_operation_has_one_row() -> None:
    """What a miss names can be looked up."""
    assert re.findall(r"^\| `([a-z]+)` \|", PAGE, flags=re.MULTILINE) == [str(op) for op in Op]


def test_every_row_shows_what_a_miss_says() -> None:
    """With the operation's own name."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in PAGE.splitlines() if row.startswith("| `")]
    assert all(len(row) == 4 and all(row) for row in rows)
    assert [row[0] for row in rows if row[0].strip("`") not in row[3] and row[3] != "never"] == []
