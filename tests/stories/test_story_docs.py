"""What the pages show is what happens: the examples of each page are run, from top to bottom, in examples/shop.

``tests/pages.py`` says what is run. The page on Django is run in examples/shopsite, by ``tests/plugins``.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pages import PAGES, blocks, check, outputs, script

DJANGO = "docs/django.md"


def runnable() -> list[str]:
    """The pages with commands, but for the one that needs another plugin."""
    return [page for page in PAGES if page != DJANGO and any(script(page))]


@pytest.mark.long
@pytest.mark.parametrize("page", runnable())
def test_commands_show_what_the_page_says(page: str, tmp_path: Path) -> None:
    """Line by line."""
    check(page, tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_python_compiles(page: str) -> None:
    """Marks may stand without a test below them."""
    for block in blocks(page):
        if block.language == "python":
            text = "\n".join(block.lines)
            ast.parse(text if not block.lines[-1].startswith("@") else f"{text}\ndef test(): ...")


def python_of(page: str) -> str:
    """All Python of a page, with what it takes for granted."""
    granted = "import json, pathlib, uuid\nimport types\nimport pytest\n"
    return granted + "\n".join("\n".join(block.lines) for block in blocks(page) if block.language == "python")


@pytest.mark.long
def test_hooks_for_authors_of_plugins_work_as_shown(tmp_path: Path) -> None:
    """All of them together, in a conftest.py: the last one writes down what was decided."""
    conftest = python_of("docs/for-plugins.md") + "\ndef attached_board(): return types.SimpleNamespace(revision=3)\n"
    commands = [f"cat > conftest.py <<'END'\n{conftest}\nEND", "pytest -q --gocache", "pytest -q --gocache"]
    *_, second, verdicts = outputs([*commands, "cat verdicts.json"], tmp_path)
    assert "gocache: 6 modules cached (saved 0s), 0 ran, 0 not cacheable" in second, second
    assert json.loads(verdicts[0])[0] == {"module": "tests/test_invoices.py", "cached": True, "why": ""}


def test_a_store_of_another_package_works_as_shown(tmp_path: Path) -> None:
    """It gives what it was given."""
    names: dict[str, Any] = {}
    exec(python_of("docs/store.md"), names)
    store = names["TeamStore"](str(tmp_path))
    store.put("a" * 64, b"blob")
    assert (store.get("a" * 64), store.get("b" * 64)) == (b"blob", None)


@pytest.mark.long
def test_marks_are_understood_as_shown(tmp_path: Path) -> None:
    """Line by line: another one would be a usage error."""
    marks = [line for line in python_of("docs/options.md").splitlines() if line.startswith("@")]
    text = "\n".join(["import pytest", *(f"{mark}\ndef test_{at}(): pass" for at, mark in enumerate(marks))])
    _, said = outputs(
        [f"cat > tests/test_marks.py <<'END'\n{text}\nEND", "pytest -q --gocache tests/test_marks.py"], tmp_path
    )
    assert len(marks) > 3 and f"{len(marks)} passed in 0s" in said, said


def with_ini_lines() -> list[str]:
    """But for the page that begins with a line of another plugin."""
    pages = [page for page in PAGES if any(block.language in ("toml", "ini") for block in blocks(page))]
    return [page for page in pages if page != DJANGO]


@pytest.mark.long
@pytest.mark.parametrize("page", with_ini_lines())
def test_pytest_knows_each_ini_line(page: str, tmp_path: Path) -> None:
    """A misspelt one would be an error here."""
    for number, block in enumerate(blocks(page)):
        if block.language in ("toml", "ini") and any("pytest" in line for line in block.lines[:2]):
            place = tmp_path / str(number)
            place.mkdir()
            name = "pyproject.toml" if block.language == "toml" else "pytest.ini"
            (place / name).write_text("\n".join(block.lines), encoding="utf-8")
            (place / "test_a.py").write_text("def test_a(): pass\n", encoding="utf-8")
            argv = [sys.executable, "-m", "pytest", "-q", "--strict-config", "--gocache-dir=store", "test_a.py"]
            done = subprocess.run(argv, cwd=place, capture_output=True, text=True)
            assert done.returncode == 0 and "arning" not in done.stdout, (block.lines, done.stdout + done.stderr)
