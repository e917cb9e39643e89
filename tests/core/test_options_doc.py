"""docs/options.md says what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

from pytest_gocache.core.flags import Place

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "options.md").read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    """If this fails: ``python docs/generate.py``."""
    generator = runpy.run_path(str(DOCS / "generate.py"))
    assert generator["with_tables"](PAGE) == PAGE


def test_every_place_is_explained() -> None:
    """A reader who meets a word in the table finds it above."""
    assert [place for place in Place if PAGE.count(f"| `{place}` |") != 1] == []
