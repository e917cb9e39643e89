"""docs/architecture.md draws the house that import-linter holds the code to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PICTURE = PAGE.split("```text\n")[1].split("```")[0]


def contracts() -> list[dict[str, Any]]:
    """Those of pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def layers(lines: list[str]) -> list[set[str]]:
    """Names of parts, line by line."""
    return [set(re.findall(r"[a-z.]+", line.replace("pytest_gocache.", ""))) for line in lines]


def test_the_layers_are_those_of_the_contract_from_top_to_bottom() -> None:
    """The boxes on the left."""
    drawn = re.findall(r"^ {5}│ +([a-z.· ]+?) +│", PICTURE, re.MULTILINE)
    (contract,) = (each for each in contracts() if each["type"] == "layers")
    assert layers(drawn) == layers(contract["layers"])


def test_every_contract_has_a_row() -> None:
    """And there is no row without one."""
    rows = re.findall(r"^\| ((?:[^|\\]|\\\|)+?) \|", PAGE.split("| contract |")[1].split("\n\n")[0], re.MULTILINE)
    assert [row.replace("\\|", "|") for row in rows if row != "---"] == [each["name"] for each in contracts()]


def test_only_the_doors_reach_the_other_stores() -> None:
    """The arrow on the right starts at the doors: hooks and core may import nothing of stores but its base."""
    (line,) = (line for line in PICTURE.splitlines() if line.endswith("┐") and "store" in line)
    assert layers([line.split("│")[1]]) == [{"cli", "run", "plugin"}]
    (contract,) = (each for each in contracts() if each.get("forbidden_modules") == ["pytest_gocache.stores"])
    assert contract["source_modules"] == ["pytest_gocache.hooks", "pytest_gocache.core"]
    assert contract["ignore_imports"] == ["pytest_gocache.** -> pytest_gocache.stores.base"]


def test_every_part_is_there_and_in_the_drawing() -> None:
    """A new module at the top has to find its place."""
    parts = {path.stem for path in (ROOT / "pytest_gocache").iterdir() if path.suffix == ".py" or path.is_dir()}
    rest = parts - {"__init__", "__main__", "__pycache__"} - set(re.findall(r"[a-z]+", PICTURE))
    assert [part for part in rest if f"`{part}.py`" not in PAGE and f"`{part}/`" not in PAGE] == []
    named = re.findall(r"`((?:[a-z]+/)?[a-z]+(?:\.py|/))`", PAGE)
    assert [name for name in named if not (ROOT / "pytest_gocache" / name).exists()] == []
