"""What is known of a program before it starts, and how children's lines are read. One child is started here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_gocache.core import startup, told
from pytest_gocache.core.children import _called, _options
from pytest_gocache.core.journal import Journal, parse
from pytest_gocache.core.ops import Op
from pytest_gocache.core.programs import Look
from pytest_gocache.core.scripts import commands_of

pytestmark = pytest.mark.gocache(False, reason="it watches itself")


def test_a_child_can_load_what_it_needs(tmp_path: Path) -> None:
    """With the few stand-ins for the standard library that it has: no dataclasses, no tuples with names."""
    journals = str(tmp_path / "journals")
    env = {"PYTHONPATH": startup.prepare(journals, str(tmp_path)), "PYTEST_GOCACHE_CHILD": f"7 0 {journals}"}
    subprocess.run([sys.executable, "-c", ""], env=env, check=True)
    assert told.read(journals, {}).began == {"child:7"}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["-I", "-c", "x"], ["-I"]),
        (["-SE", "script.py", "-I"], ["-SE"]),
        (["-Wd", "-X", "dev", "-m", "pkg", "-I"], []),
        (["-BIc", "x"], ["-BI"]),
        (["-", "-I"], []),
    ],
)
def test_options_of_the_interpreter(arguments: list[str], options: list[str]) -> None:
    """Those before the script, ``-c`` or ``-m``; values of options are none."""
    assert _options(arguments) == options


def test_a_child_is_called_by_what_it_runs() -> None:
    assert _called(["-c", "import x\nrest"]) == "python -c import x"


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("#!/bin/sh\n# nothing\n\necho old\nexit 0\n", [["echo", "old"], ["exit", "0"]]),
        ("echo 'a  b' c", [["echo", "a  b", "c"]]),
        *((text, None) for text in ("echo $X", "cat a | wc", "X=1 cat", "echo 'a'b", "cat *", "a; b", "a 'b", 'a "b"')),
    ],
)
def test_simple_shell_commands(text: str, commands: list[list[str]] | None) -> None:
    assert commands_of(text) == commands


def test_where_a_program_was_looked_for(tmp_path: Path) -> None:
    """Absent before it was found: a file that appears there would be another program."""
    tool = tmp_path / "two" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho old\n")
    tool.chmod(0o755)
    known = Look(str(tmp_path), "one:two").at(["tool"], ["one/tool", "two/tool"])
    assert not known.unseen and known.python is None
    assert known.events[:3] == [(Op.KIND, f"{tmp_path}/one/tool"), (Op.ACCESS, str(tool)), (Op.OPEN, str(tool))]


def test_this_interpreter_is_no_input(tmp_path: Path) -> None:
    """Where it lies is not: what it is stands in the key."""
    known = Look(str(tmp_path), "").at(["python", "-c", "x"], [sys.executable])
    assert known.python == ["-c", "x"] and not known.events


def test_a_line_comes_back_as_it_was_told(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "journals"), lambda op, name: "seen")
    odd = "/a\tb\\n\nc\\\udc80"
    journal.keep(["module:m"], (Op.KIND, odd))
    journal.keep(["module:m"], (Op.KIND, odd))
    journal.keep(["module:m"], (Op.IMPORT, "json.decoder"))
    found = told.read(journal.directory, {})
    assert found.events == [told.Told(Op.KIND, odd, "seen", ("module:m",))]
    assert parse("a\tb\n") == ["a", "b"]


def test_what_children_load_is_laid_ready(tmp_path: Path) -> None:
    """Once; the hook's directory has nothing but the hook."""
    hook = startup.prepare(str(tmp_path / "journals"), str(tmp_path))
    bundle = tmp_path / "journals" / "bundle"
    first = bundle.stat().st_ino
    assert startup.prepare(str(tmp_path / "journals"), str(tmp_path)) == hook
    assert bundle.stat().st_ino == first and Path(hook, "sitecustomize.py").exists()
