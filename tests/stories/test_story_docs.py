"""What the pages show is what happens: the examples of each page are run, from top to bottom, in examples/shop.

- Of a ``console`` block each command is run, and each line below it has to come, in that order; ``…`` is anything.
  Times, dates and sizes are another matter each time, and are left out of account.
- ``<!-- run: command -->`` is run, too. It is for what a reader does in an editor.
- A block of Python, TOML or ini that begins with ``# path/of/file`` is that file from then on. Others are complete by
  themselves: Python has to compile, and pytest has to know each ini line.
- What is for other people's machines (``sh``, ``yaml``, ``nginx``) is left alone.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]}
NOT_RUN = {
    "README.md": "an overview; the recording in it has a test of its own (tests/core/test_pages_doc.py)",
    "docs/compatibility.md": "needs the plugins that it is about: tox -e plugins",
    "docs/django.md": "needs Django: tox -e plugins runs a project like it",
    "docs/quick-start.md": "installs from PyPI; the tutorial runs the same commands",
    "docs/store.md": "servers, buckets and other people's packages: test_story_remote.py, test_story_servers.py",
}
"""Pages whose commands are not run here, and why."""
BLOCK = re.compile(r"^```(console|python|toml|ini)\n(.*?)^```$|^<!-- run: (.*?) -->$", re.MULTILINE | re.DOTALL)
MARK = "--- next command ---"
VARIES = (
    (r"\d+(\.\d+)?m? ?s\b( \(\d:\d\d:\d\d\))?", "0s"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "today"),
    (r"[\d.,]+ (bytes|kB|MB|GB)", "0 bytes"),
    (r"\d+ inputs", "some inputs"),  # Python 3.13 looks for a module in one place more
    (r"=+", "="),
    (r" +", " "),
)


class Block(NamedTuple):
    """One example: its language, its lines."""

    language: str
    lines: list[str]

    @property
    def file(self) -> str:
        """The file that it is, if it says so."""
        found = re.fullmatch(r"# ([\w./-]+\.\w+)", self.lines[0]) if self.language != "console" else None
        return found[1] if found else ""


def blocks(page: str) -> Iterator[Block]:
    """The examples of a page."""
    for language, text, hidden in BLOCK.findall(PAGES[page].read_text(encoding="utf-8")):
        yield Block(language or "console", text.splitlines() if language else [f"$ {hidden}"])


def script(page: str) -> Iterator[tuple[str, list[str]]]:
    """Shell commands, each with the lines that are shown below it."""
    for block in blocks(page):
        if block.file:
            folder = shlex.quote(os.path.dirname(block.file) or ".")
            yield f"mkdir -p {folder}; cat > {block.file} <<'END'\n" + "\n".join([*block.lines, "END"]), []
        elif block.language == "console":
            shown: list[str] = []
            for line in block.lines:
                if line.startswith("$ "):
                    shown = []
                    yield line[2:], shown
                else:
                    shown.append(line)


def runnable() -> list[str]:
    """The pages with commands, but for those that are not run."""
    return [page for page in PAGES if page not in NOT_RUN and any(script(page))]


@pytest.mark.long
@pytest.mark.parametrize("page", runnable())
def test_commands_show_what_the_page_says(page: str, tmp_path: Path) -> None:
    """Line by line."""
    commands = [(command, list(shown)) for command, shown in list(script(page))]
    said = outputs([command for command, _ in commands], tmp_path)
    for (command, shown), output in zip(commands, said, strict=True):
        rest = iter(output)
        for line in shown:
            wanted = alike(line)
            assert any(re.fullmatch(wanted, each) for each in rest), (command, line, "\n".join(output))


def outputs(commands: list[str], place: Path) -> list[list[str]]:
    """What each command of one shell says, on a machine where ann has the example in her home."""
    home = place / "home" / "ann"
    shutil.copytree(ROOT / "examples" / "shop", home / "shop", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    text = "".join(f"echo '{MARK}'\n{command}\n" for command in commands)
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ", "TMPDIR") if name in os.environ}
    env = {
        **kept,
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "pytest_gocache.plugin",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "ann",
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": "ann@example.org",
    }
    done = subprocess.run(
        ["bash"], input=text, cwd=home / "shop", env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    parts = done.stdout.replace(str(place), "").split(f"{MARK}\n")
    return [[plain(line) for line in part.splitlines()] for part in parts[1:]]


def plain(line: str) -> str:
    """A line without what is other each time."""
    for pattern, text in VARIES:
        line = re.sub(pattern, text, line)
    return line.strip()


def alike(line: str) -> str:
    """The pattern of lines that a line of a page stands for."""
    return ".*".join(map(re.escape, plain(line).split("…")))


def test_what_is_not_run_is_there() -> None:
    """No page is left out for nothing."""
    assert [page for page in NOT_RUN if page not in PAGES or not any(script(page))] == []


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
    return [page for page in pages if page != "docs/django.md"]


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
