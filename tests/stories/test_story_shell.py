"""What the shell says of a module, without a run."""

from __future__ import annotations

import json

import pytest
from playground import Project

from pytest_gocache.cli import main


def said(project: Project, capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    assert main([*args, "--gocache-dir", str(project.store)]) == code
    told = capsys.readouterr()
    return told.out + told.err


def test_show(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it was stored, its passes with their inputs, its key."""
    text = "import os\n\ndef test_a():\n    assert open('data.txt').read() and not os.environ.get('COLOUR')\n"
    project.write({"tests/test_a.py": text, "data.txt": "good\n"})
    path = str(project.root / "tests" / "test_a.py")
    assert f"nothing is recorded of {path}" in said(project, capsys, "show", path, code=1)
    project.run()
    told = said(project, capsys, "show", path).splitlines()
    assert told[:2] == [f"tests/test_a.py  (rootdir {project.root})", "last run: stored"]
    assert told[2].startswith("pass 1: 1 passed, 0.") and "    open data.txt" in told and "    getenv COLOUR" in told
    assert any(line.startswith("    module tests/test_a.py ") for line in told)
    project.write({"data.txt": ""})
    project.run()
    assert "last run: not stored: failed: tests/test_a.py::test_a" in said(project, capsys, "show", path)


def test_show_for_programs(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as JSON."""
    project.write({"test_a.py": "def test_a():\n    assert open('test_a.py')\n"})
    project.run()
    told = json.loads(said(project, capsys, "show", "--json", str(project.root / "test_a.py")))
    assert (told["module"], told["not_cacheable"], len(told["passes"])) == ("test_a.py", None, 1)
    assert told["passes"][0]["tests"] == 1


def test_list(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """All modules below a directory that anything is known of."""
    project.write(
        {"tests/test_a.py": "def test_a():\n    pass\n", "tests/sub/test_b.py": "def test_b():\n    assert 0\n"}
    )
    project.write({"tests/helper.py": "A = 1\n"})
    project.run()
    told = said(project, capsys, "list", str(project.root)).splitlines()
    assert told[0].startswith("tests/test_a.py: stored; 1 pass 0.") and len(told) == 2
    assert told[1] == "tests/sub/test_b.py: not stored: failed: tests/sub/test_b.py::test_b; 0 passes"


def test_diff(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """What was read anew, no longer, or had another content."""
    text = "import os\n\ndef test_a():\n    assert open(open('which').read()).read()\n"
    project.write({"test_a.py": text, "which": "one", "one": "1", "two": "2"})
    path = str(project.root / "test_a.py")
    project.run()
    assert "test_a.py has 1 stored passes: there is nothing to compare" in said(project, capsys, "diff", path, code=1)
    project.write({"which": "two"})
    project.run()
    assert said(project, capsys, "diff", path).splitlines() == ["+ open two", "- open one", "~ open which"]
