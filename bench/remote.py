"""What a server behind the local store costs and gives: a run that has nothing at home beside one that has all.

    python bench/remote.py [--pairs 5] [--modules 1000] [--tests 20] [--latency 0.05]

The project is that of ``warm.py``; the server is on loopback, and ``far.py`` makes it far. Both sides look everything
up (a fresh clone: no snapshot, nothing remembered of files); one finds it in the local store, the other at the server.
Besides, once: the first run with writing, beside the same without a server; and a second run after reading.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generate import generate
from pairs import Command, Failed, Run, compare, conditions, measure, table

FAR = Path(__file__).with_name("far.py")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--gocache")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=20, help="per module")
    parser.add_argument("--latency", type=float, default=0.05, help="of a round trip, in seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name, server(options.latency) as url:
        project = Path(name) / "project"
        generate(project, options.modules, options.tests)
        print(f"{options.modules} modules x {options.tests} tests, a round trip of {options.latency * 1000:.0f} ms")
        print(conditions(), flush=True)
        print(report(project, url, options.pairs))


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Its URL."""
    command = (sys.executable, str(FAR), f"--latency={latency}")
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.kill()
        child.communicate()


def report(project: Path, url: str, pairs: int) -> str:
    """The table."""
    full, store = project.parent / "full", project.parent / "store"
    measure(Command("plain", (*PYTEST, "--no-gocache"), project))  # byte code
    alone = measure(Command("first run", (*PYTEST, f"--gocache-dir={project.parent / 'alone'}"), project))
    remote = (*PYTEST, f"--gocache-remote={url}")
    writes = (*remote, f"--gocache-dir={full}", "--gocache-remote-mode=readwrite")
    writing = measure(Command("first run, written", writes, project))
    shutil.rmtree(full / "v1" / "local")

    def fresh() -> None:
        shutil.rmtree(store, ignore_errors=True)

    def carried() -> None:
        fresh()
        shutil.copytree(full, store)

    at = f"--gocache-dir={store}"
    home = Command("all at home", (*PYTEST, at), project, before=carried)
    there = Command("all at the server", (*remote, at), project, before=fresh)
    found = compare(there, home, pairs)
    again = measure(Command("again", (*remote, at), project))
    more = statistics.median(
        one.wall - other.wall for one, other in zip(found.subject_runs, found.base_runs, strict=True)
    )
    rows = [
        ("", "CPU s", "wall s", "the cache's line"),
        row("first run, without a server (once)", [alone]),
        row("first run, written to the server (once)", [writing]),
        row("all at home, a fresh clone", found.base_runs),
        row("all at the server, a fresh clone", found.subject_runs),
        ("  more than at home (median of pairs)", "", f"{more:.2f}", ""),
        row("the same again (once)", [again]),
    ]
    if any(" 0 ran" not in run.verdict for run in (*found.base_runs, *found.subject_runs, again)):
        raise Failed("not all hits: " + table(rows))
    return table(rows)


def row(name: str, runs: Sequence[Run]) -> tuple[str, ...]:
    """Medians."""
    cpu, wall = statistics.median(run.cpu for run in runs), statistics.median(run.wall for run in runs)
    return name, f"{cpu:.2f}", f"{wall:.2f}", runs[-1].verdict


if __name__ == "__main__":
    main()
