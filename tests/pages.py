"""The examples of the documentation: what stands on a page, and what happens where its commands are run.

- Of a ``console`` block each command is run, and each line below it has to come, in that order; ``…`` is anything.
  Times, dates and sizes are another matter each time, and are left out of account.
- ``<!-- run: command -->`` is run, too. It is for what a reader does in an editor.
- ``pip install`` is not run: what it would bring is there.
- A block of Python, TOML or ini that begins with ``# path/of/file`` is that file from then on. Others are complete by
  themselves: Python has to compile, and pytest has to know each ini line.
- What is for other people's machines (``sh``, ``yaml``, ``nginx``) is left alone.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]}
BLOCK = re.compile(r"^```(console|python|toml|ini)\n(.*?)^```$|^<!-- run: (.*?) -->$", re.MULTILINE | re.DOTALL)
INSTALLS = "$ pip install "
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
                    if not line.startswith(INSTALLS):
                        yield line[2:], shown
                else:
                    shown.append(line)


def check(page: str, place: Path, example: str = "shop", plugins: tuple[str, ...] = ()) -> None:
    """Runs the commands of ``page`` in ``example``: each has to show what the page says, line by line."""
    commands = list(script(page))
    said = outputs([command for command, _ in commands], place, example, plugins)
    for (command, shown), output in zip(commands, said, strict=True):
        rest = iter(output)
        for line in shown:
            wanted = alike(line)
            assert any(re.fullmatch(wanted, each) for each in rest), (command, line, "\n".join(output))


def outputs(commands: list[str], place: Path, example: str = "shop", plugins: tuple[str, ...] = ()) -> list[list[str]]:
    """What each command of one shell says, on a machine where ann has the example in her home."""
    home = place / "home" / "ann"
    shutil.copytree(ROOT / "examples" / example, home / example, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    text = "".join(f"echo '{MARK}'\n{command}\n" for command in commands)
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ", "TMPDIR") if name in os.environ}
    env = {
        **kept,
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": ",".join(["pytest_gocache.plugin", *plugins]),
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "ann",
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": "ann@example.org",
    }
    done = subprocess.run(
        ["bash"], input=text, cwd=home / example, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
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
