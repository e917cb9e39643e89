"""Runs examples/shop for real and writes what the terminal showed: ``python docs/recording.py`` (``--check`` compares).

The text goes between two markers of README.md, the picture to docs/_static/recording.svg. Both are of one session.
``--check`` leaves times out of account, so it says whether the program still shows what is printed there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "_static" / "recording.svg"
BEGIN = "<!-- written by docs/recording.py: begin -->"
END = "<!-- written by docs/recording.py: end -->"
COMMANDS = (
    "pytest --gocache",
    "pytest --gocache",
    "echo 'EUROS = 100' >> src/shop/prices.py",
    "pytest --gocache --gocache-explain",
)
COLUMNS, LINE, LETTER, MARGIN = 82, 18, 8.4, 16
COLOURS = {"1": "bold", "31": "red", "32": "green", "33": "yellow", "36": "cyan", "90": "grey"}
STYLE = """
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d8dee9 }
tspan, text { white-space: pre }
.bold { font-weight: bold } .green { fill: #a3be8c } .yellow { fill: #ebcb8b } .red { fill: #ff8a8a }
.cyan { fill: #88c0d0 } .grey { fill: #9aa5b8 } .typed { fill: #ffffff; font-weight: bold }
"""


def main(arguments: Sequence[str]) -> int:
    """Writes text and picture, or says whether they are up to date."""
    session = list(record())
    readme = README.read_text(encoding="utf-8")
    if "--check" in arguments:
        old = (part_of(readme), words(PICTURE.read_text(encoding="utf-8")))
        return int([*map(timeless, old)] != [*map(timeless, (text(session), words(picture(session))))])
    before, rest = readme.split(BEGIN)
    README.write_text(f"{before}{BEGIN}\n\n{text(session)}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    PICTURE.write_text(picture(session), encoding="utf-8")
    return 0


def record() -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines that it showed, colours included, in a fresh copy of the example."""
    with tempfile.TemporaryDirectory() as place:
        shop = Path(place, "shop")
        shutil.copytree(ROOT / "examples" / "shop", shop, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for command in COMMANDS:
            done = subprocess.run(
                ["bash", "-c", command], cwd=shop, env=surroundings(place), capture_output=True, text=True, check=True
            )
            yield command, done.stdout.splitlines()


def surroundings(place: str) -> dict[str, str]:
    """A terminal of 80 columns with colours, a store of its own, and no header: it would name versions and plugins."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON", "COV"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    ours = {"PYTEST_GOCACHE_DIR": f"{place}/store", "PYTEST_ADDOPTS": "--no-header"}
    return {**kept, **ours, "PATH": path, "COLUMNS": "80", "FORCE_COLOR": "1", "TERM": "xterm"}


def text(session: Sequence[tuple[str, list[str]]]) -> str:
    """The session as a block of Markdown."""
    lines = [line for command, shown in session for line in (f"$ {command}", *map(plain, shown))]
    return "\n".join(["```console", *lines, "```", ""])


def part_of(readme: str) -> str:
    """What stands between the markers now."""
    return readme.split(BEGIN)[1].split(END)[0].strip() + "\n"


def plain(line: str) -> str:
    """A line without its colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", line).rstrip()


def timeless(shown: str) -> str:
    """The same for all runs: seconds are another number each time, and pytest fills its lines up with ``=``."""
    return re.sub(r"=+", "=", re.sub(r"\d+\.\d+s", "0.00s", shown))


def words(svg: str) -> str:
    """What a picture says, line by line."""
    return "\n".join(re.sub(r"<[^>]+>", "", line).rstrip() for line in svg.splitlines() if line.startswith("<text"))


def picture(session: Sequence[tuple[str, list[str]]]) -> str:
    """The session as a picture: one line of text for each line of the terminal."""
    rows: list[str] = []
    for command, shown in session:
        rows += [f'<tspan class="grey">$ </tspan><tspan class="typed">{escape(command)}</tspan>', *map(coloured, shown)]
    width, height = round(COLUMNS * LETTER + 2 * MARGIN), len(rows) * LINE + 2 * MARGIN
    lines = [
        f'<text xml:space="preserve" x="{MARGIN}" y="{MARGIN + 13 + number * LINE}">{row}</text>'
        for number, row in enumerate(rows)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
    title = "<title>pytest --gocache in a terminal: a first run, a second one, and one after an edit</title>"
    back = '<rect width="100%" height="100%" rx="8" fill="#242933"/>'
    return "\n".join([head, title, f"<style>{STYLE}</style>", back, *lines, "</svg>", ""])


def coloured(line: str) -> str:
    """A line with its colours as spans."""
    spans, classes = [], set[str]()
    for codes, piece in re.findall(r"(?:^|\x1b\[([\d;]*)m)([^\x1b]*)", line):
        for code in codes.split(";"):
            classes = classes | {COLOURS[code]} if code in COLOURS else set()
        names = " ".join(sorted(classes))
        spans.append(f'<tspan class="{names}">{escape(piece)}</tspan>' if names and piece else escape(piece))
    return "".join(spans).rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
