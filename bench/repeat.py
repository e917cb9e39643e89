"""What it takes until many tests begin to be repeated, and what memory: beside pytest-repeat.

    python bench/repeat.py [--pairs 5] [--tests 4000]

The first test ends the run, so that start-up is all there is: plain pytest, ``--count=1000``, and pytest-repeat with
``--count=25`` and ``--count=50``, for it makes a test of each repetition. Then ten whole repetitions, for memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pairs import conditions, environment

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
OURS = ("-p", "no:repeat")
THEIRS = ("-p", "no:gocache")
STOPS = "import pytest\n\ndef test_stops():\n    pytest.exit('begun', returncode=0)\n\n"


@dataclass(frozen=True)
class Cost:
    """Of one run."""

    cpu: float
    """Seconds."""
    memory: int
    """MB at most."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--tests", type=int, default=4000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
        project = Path(name)
        tests = "".join(f"def test_{number}():\n    pass\n\n" for number in range(options.tests))
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "test_begins.py").write_text(STOPS + tests)
        (project / "test_all.py").write_text(tests)
        print(conditions(), flush=True)
        rows = {
            "until the first test: plain": ("test_begins.py",),
            "--count=1000": ("test_begins.py", *OURS, "--count=1000"),
            "pytest-repeat --count=25": ("test_begins.py", *THEIRS, "--count=25"),
            "pytest-repeat --count=50": ("test_begins.py", *THEIRS, "--count=50"),
            "ten repetitions: --count=10": ("test_all.py", *OURS, "--count=10"),
            "pytest-repeat --count=10": ("test_all.py", *THEIRS, "--count=10"),
        }
        for title, args in rows.items():
            costs = [cost((*PYTEST, *args), project) for _ in range(options.pairs)]
            middle = sorted(costs, key=lambda each: each.cpu)[len(costs) // 2]
            print(f"{title:30} {middle.cpu:7.2f} CPU s {middle.memory:6} MB", flush=True)


def cost(command: tuple[str, ...], directory: Path) -> Cost:
    """Runs it once."""
    child = subprocess.Popen(command, cwd=directory, env=environment(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


if __name__ == "__main__":
    main()
