"""docs/options.md says what the code says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from pytest_gocache.core.flags import Place

DOCS = Path(__file__).parents[2] / "docs"
OURS = Path(__file__).parents[2] / "pytest_gocache" / "hooks" / "options.py"
PAGE = (DOCS / "options.md").read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    """If this fails: ``python docs/generate.py``."""
    generator = runpy.run_path(str(DOCS / "generate.py"))
    assert generator["with_tables"](PAGE) == PAGE


def test_every_option_of_ours_has_a_row() -> None:
    """Command line, ini file and marks."""
    names = set(re.findall(r'"(--[a-z-]+|gocache_[a-z]+)"', OURS.read_text(encoding="utf-8")))
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    lines = {name for name in names if f"--{name.replace('_', '-')}" not in names or name == "gocache_dir"}
    lines.discard("gocache_count")  # where --count is kept
    assert len(lines) > 10 and not {name for name in lines if not any(name in row for row in rows)}


def test_every_place_is_explained() -> None:
    """A reader who meets a word in the table finds it above."""
    assert [place for place in Place if PAGE.count(f"| `{place}` |") != 1] == []
