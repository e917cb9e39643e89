"""What the table said at each commit: kept as lines of JSON, drawn as a picture.

    python bench/history.py            # draws docs/_static/history.svg anew (needs matplotlib, of the extra ``bench``)
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "bench" / "history.jsonl"
PICTURE = ROOT / "docs" / "_static" / "history.svg"


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``ours`` is in ``unit``; a ratio is the median of its pairs' ratios."""

    row: str
    unit: str
    ours: float
    target: float
    least: float
    greatest: float
    plain: float | None = None
    """The same work by plain pytest, once, in the same unit; None where that is the unit."""
    testmon: float | None = None
    """By pytest-testmon, once; None where it is not installed, or does nothing like it."""

    @property
    def met(self) -> bool:
        """Whether it is what was aimed at."""
        return self.ours <= self.target


@dataclass(frozen=True)
class Entry:
    """The figures of one run of the table."""

    commit: str
    date: str
    python: str
    figures: tuple[Figure, ...]


def append(figures: Sequence[Figure], date: str, python: str, path: Path = HISTORY) -> None:
    """Adds one run of the table to the file."""
    entry = Entry(_commit(), date, python, tuple(figures))
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(entry)) + "\n")


def read(path: Path = HISTORY) -> Iterator[Entry]:
    """All runs, the oldest first."""
    for line in path.read_text(encoding="utf-8").splitlines():
        value = json.loads(line)
        yield Entry(**{**value, "figures": tuple(Figure(**each) for each in value["figures"])})


def draw(entries: Sequence[Entry], path: Path = PICTURE) -> None:
    """One small plot for each row, with its target as a line; of the last 30 runs."""
    from matplotlib import pyplot  # type: ignore[import-not-found,unused-ignore]  # needed for the picture only

    pyplot.rcParams.update({"svg.hashsalt": "gocache", "font.size": 7})
    rows = list(dict.fromkeys(figure.row for entry in entries for figure in entry.figures))
    recent = entries[-30:]
    across = 3
    figure, plots = pyplot.subplots(-(-len(rows) // across), across, figsize=(9, 1.5 * -(-len(rows) // across)))
    for plot in plots.flat[len(rows) :]:
        plot.set_axis_off()
    for plot, row in zip(plots.flat, rows, strict=False):
        points = [(at, each) for at, entry in enumerate(recent) for each in entry.figures if each.row == row]
        plot.plot([at for at, _ in points], [each.ours for _, each in points], "o-", markersize=2, linewidth=0.8)
        plot.axhline(points[-1][1].target, linestyle=":", linewidth=0.8, color="gray")
        plot.set_title(f"{row} ({points[-1][1].unit})", fontsize=6)
        plot.set_ylim(bottom=0)
        plot.set_xticks([])
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def _commit() -> str:
    command = ("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    draw(list(read()))
