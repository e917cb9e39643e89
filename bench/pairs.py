"""CPU time of commands, compared in alternating pairs of one series.

Two commands are run in turn, A B B A A B …, so that what the machine does besides falls on both.
Each pair gives one ratio; the median of the ratios is the answer. CPU time is user + system of the
child and all of its waited-for descendants (``os.wait4``).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

KILOBYTES = 1e6 if sys.platform == "darwin" else 1e3
"""Of ``ru_maxrss``, to a megabyte."""


@dataclass(frozen=True)
class Command:
    """What is run, where, and what has to be done before each run (uncounted)."""

    name: str
    argv: Sequence[str]
    cwd: Path
    before: Callable[[], None] = lambda: None
    env: Mapping[str, str] | None = None
    """Added to this process's environment."""
    statuses: Sequence[int] = (0,)
    """The exit statuses that are right."""


@dataclass(frozen=True)
class Run:
    """What one run cost, in seconds, and what it said in the end."""

    cpu: float
    wall: float
    closing: str
    """pytest's closing line."""
    memory: float
    """The most that it had at once, in megabytes."""
    verdict: str
    """The line of the cache: ``gocache: N modules cached …, M ran, …``; empty without it."""


@dataclass(frozen=True)
class Comparison:
    """A series of pairs."""

    subject: Command
    base: Command
    subject_runs: Sequence[Run]
    base_runs: Sequence[Run]

    def ratio(self) -> float:
        """The median of the pairs' ratios of CPU time."""
        pairs = zip(self.subject_runs, self.base_runs, strict=True)
        return statistics.median(subject.cpu / base.cpu for subject, base in pairs)

    def spread(self) -> tuple[float, float]:
        """The least and the greatest of the pairs' ratios."""
        pairs = zip(self.subject_runs, self.base_runs, strict=True)
        ratios = [subject.cpu / base.cpu for subject, base in pairs]
        return min(ratios), max(ratios)


class Failed(Exception):
    """A command ended with a status that is not right."""


def measure(command: Command, processor: int | None = None) -> Run:
    """Runs it once; raises Failed with its output if its status is not right. ``processor``: on that one alone."""
    command.before()
    started = time.perf_counter()
    pinned = () if processor is None else ("taskset", "--cpu-list", str(processor))
    child = subprocess.Popen(
        (*pinned, *command.argv),
        cwd=command.cwd,
        env=environment() | dict(command.env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if child.returncode not in command.statuses:
        raise Failed(f"{command.name}: status {child.returncode}\n{output[-3000:]}")
    closing, verdict = ending(output)
    return Run(usage.ru_utime + usage.ru_stime, wall, closing, usage.ru_maxrss / KILOBYTES, verdict)


def ending(output: str) -> tuple[str, str]:
    """pytest's closing line and the cache's line."""
    lines = [line.strip("= ") for line in output.splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith("gocache:")]
    theirs = [line for line in lines if not line.startswith("gocache:")]
    return theirs[-1] if theirs else "", ours[-1] if ours else ""


def environment() -> dict[str, str]:
    """This process's environment without what would change the figures."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    return {name: value for name, value in os.environ.items() if name not in dropped}


def compare(subject: Command, base: Command, pairs: int) -> Comparison:
    """Measures both in alternating order; one run of each beforehand is not counted (byte code, disk)."""
    measure(base)
    measure(subject)
    runs: dict[str, list[Run]] = {"subject": [], "base": []}
    for number in range(pairs):
        turn = [("subject", subject), ("base", base)]
        for name, command in turn if number % 2 else reversed(turn):
            runs[name].append(measure(command))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Comparison(subject, base, runs["subject"], runs["base"])


def compare_together(subject: Command, base: Command, pairs: int) -> Comparison:
    """Measures both at once, each on a processor of its own, in turn on the first and on the second.

    For long runs on a machine whose speed drifts: in the minutes between two runs it may change by more than
    what is to be measured. Each takes a little longer than alone, for they share caches and memory.
    """
    with ThreadPoolExecutor(2) as pool:
        runs = []
        for number in range(pairs):
            first, second = (subject, base) if number % 2 else (base, subject)
            both = list(pool.map(measure, (first, second), (0, 1)))
            runs.append(both if number % 2 else both[::-1])
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Comparison(subject, base, [pair[0] for pair in runs], [pair[1] for pair in runs])


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows with their columns in line."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_in_line(row, widths) for row in rows)


def _in_line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join([first, *others]).rstrip()


def seconds(runs: Sequence[Run]) -> str:
    """The median CPU time."""
    return f"{statistics.median(run.cpu for run in runs):.3f}"


def conditions() -> str:
    """What the figures were taken on."""
    return (
        f"Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, PYTHONDONTWRITEBYTECODE unset; "
        "CPU seconds (user + system), medians; ratios are medians over alternating pairs"
    )
