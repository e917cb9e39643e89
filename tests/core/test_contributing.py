"""What is said to contributors, and of the package, is what there is."""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = set(PROJECT["optional-dependencies"])
DOCS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("scripts/*"), ROOT / ".ci" / "run"]
COMMANDS = [found.split("  #")[0].strip() for found in re.findall(r"^\$ (.+)$", PAGE, flags=re.MULTILINE)]
INSTALLED_BY = {
    "pip": {"python"},
    "lint": {"ruff", "lint-imports", "mypy"},
    "docs": {"sphinx-build"},
    "release": {"towncrier"},
}
"""Programs of CONTRIBUTING.md's environment, by the extra that brings them."""


def _tox() -> configparser.ConfigParser:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    return tox


def _paths(text: str) -> set[str]:
    """Names of files of this project that ``text`` speaks of."""
    words = re.findall(r"[\w./*-]+", text)
    tops = ("pytest_gocache/", "docs/", "tests/", "scripts/", "changes/", ".ci/", ".github/")
    return {word for word in words if word.startswith(tops) and "NNN" not in word and "_build" not in word}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists(command: str) -> None:
    """A script that can be run, or a program of the environment that is set up."""
    program = command.split()[0]
    if program.startswith("scripts/"):
        assert os.access(ROOT / program, os.X_OK)
    elif program != "python3":
        extra = next((extra for extra, programs in INSTALLED_BY.items() if Path(program).name in programs), None)
        assert program.startswith(".venv/bin/") and extra is not None
        assert extra == "pip" or extra in COMMANDS[1]


def test_every_file_exists() -> None:
    """Contributors are not sent to what is gone."""
    assert len(COMMANDS) > 8
    assert {path for path in _paths(PAGE) if not (ROOT / path).exists()} == set()


def test_every_environment_of_tox_exists() -> None:
    """Where it is named, and in the list of those that run by default."""
    ini = _tox()
    assert {name for name in re.findall(r"tox -e (\w+)", PAGE) if f"testenv:{name}" not in ini} == set()
    sections = {name.partition(":")[2] for name in ini if name.startswith("testenv:")}
    assert {name for name in sections if not re.search(rf"\b{name}\b", ini["tox"]["env_list"])} == set()


def test_the_workflows_run_environments_that_exist() -> None:
    """Those of the matrix by name, the others made of factors."""
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    names = re.search(r"env: \[(.+)\]", text)
    assert names and all(f"testenv:{name}" in _tox() for name in names[1].split(", "))
    factors = re.search(r"pytest\{(.+?)\}", _tox()["tox"]["env_list"])
    matrix = re.search(r"pytest: \[(.+)\]", text)
    assert factors and matrix and matrix[1].replace('"', "").split(", ") == factors[1].split(",")


def test_the_classifiers_are_the_pythons_of_tox() -> None:
    """No Python is promised that is not tried, and none tried in silence."""
    tried = re.search(r"py\{([\d,]+)\}", _tox()["tox"]["env_list"])
    assert tried is not None
    classified = re.findall(r"Python :: (3\.\d+)'", str(PROJECT["classifiers"]))
    assert [each.replace(".", "") for each in classified] == tried[1].split(",")
    assert PROJECT["requires-python"] == f">={classified[0]}"


def test_the_extras_that_are_named_exist() -> None:
    """In the documentation, in scripts and in tox.ini."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in DOCS)
    lists = re.findall(r"(?:pytest-gocache|'\.)\[([a-z0-9,]+)\]|EXTRAS=([a-z0-9,]+)", texts)
    lists += [(section.get("extras", "").replace(" ", ""), "") for section in _tox().values()]
    named = {each for pair in lists for each in ",".join(pair).split(",") if each}
    assert {"s3", "redis", "test", "release"} <= named <= EXTRAS
