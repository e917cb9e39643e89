"""What a first run costs beyond plain pytest: the overhead of keys, observation and storing.

    python bench/cold.py [--pairs 5] [--cwd DIR] [--no-cache | --known] [--together] [-- PYTEST ARGUMENTS]

Each pair runs the suite plainly and with ``--gocache`` and an empty store. The arguments default to
``--pyargs networkx`` (pip install networkx==3.4.2). pytest's own cache is off on both sides. With ``--known``
the store is kept and everything runs all the same (``--count=1``): what is left of the overhead where the sources
were parsed before. With ``--together`` the two of a pair run at the same time, each on a processor of its own: for
suites that take minutes, in which a machine's speed may change. Beside the pairs it measures pytest-testmon's first
run once, where it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from pairs import Command, Comparison, compare, compare_together, conditions, measure, seconds, table

Formatter = argparse.RawDescriptionHelpFormatter
PYTEST = (sys.executable, "-m", "pytest", "-q")
NO_CACHE_PROVIDER = ("-p", "no:cacheprovider")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=Formatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--cwd", type=Path, help="where to run; default: an empty directory")
    parser.add_argument("--no-cache", action="store_true", help="plain pytest on both sides")
    parser.add_argument("--known", action="store_true", help="a full store, and --count=1")
    parser.add_argument("--together", action="store_true", help="both of a pair at once, on two processors")
    parser.add_argument("arguments", nargs="*", default=["--pyargs", "networkx"], help="for pytest, after --")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
        place = Path(name)
        cwd = options.cwd or place / "cwd"
        cwd.mkdir(exist_ok=True)
        print(f"pytest {' '.join(options.arguments)}")
        print(conditions(), flush=True)
        store = f"--gocache-dir={place / 'store'}"
        way = Way("pytest --gocache, empty store", ("--gocache", store))
        if options.no_cache:
            way = Way("pytest", ())
        elif options.known:
            way = Way("pytest --gocache --count=1, sources known", ("--gocache", store, "--count=1"), keeps=True)
        result = overhead(place / "store", cwd, options.arguments, options.pairs, way, options.together)
        print(result.subject_runs[-1].verdict)
        rows = report(result)
        if importlib.util.find_spec("testmon"):
            rows.append(testmon_row(place, cwd, options.arguments, result))
        print(table(rows))


class Way(NamedTuple):
    """What is measured: its name, the options for pytest, and whether it keeps its store between runs."""

    name: str
    options: tuple[str, ...]
    keeps: bool = False


def overhead(
    store: Path, cwd: Path, arguments: list[str], pairs: int, way: Way, together: bool = False
) -> Comparison:
    """The pairs: plain, and with a store that is removed before each run, unless it is to be kept."""
    plain = (*PYTEST, *NO_CACHE_PROVIDER, *arguments)

    def fresh() -> None:
        if not way.keeps:
            shutil.rmtree(store, ignore_errors=True)

    subject = Command(way.name, (*plain, *way.options), cwd, before=fresh)
    return (compare_together if together else compare)(subject, Command("plain pytest", plain, cwd), pairs)


def report(result: Comparison) -> list[tuple[str, ...]]:
    """The table's rows."""
    least, most = result.spread()
    base, subject = result.base_runs, result.subject_runs
    return [
        ("", "CPU s", "ratio", "closing line"),
        (result.base.name, seconds(base), "1", base[-1].closing),
        (result.subject.name, seconds(subject), f"{result.ratio():.3f}", subject[-1].closing),
        ("  (least and greatest ratio)", "", f"{least:.3f}-{most:.3f}", ""),
    ]


def testmon_row(place: Path, cwd: Path, arguments: list[str], result: Comparison) -> tuple[str, ...]:
    """pytest-testmon's first run, once; it needs pytest's own cache."""
    env = {"TESTMON_DATAFILE": str(place / "testmondata")}
    argv = (*PYTEST, "--testmon", "-o", f"cache_dir={place / 'pytest'}", *arguments)
    run = measure(Command("pytest-testmon", argv, cwd, env=env))
    ratio = run.cpu / result.base_runs[0].cpu
    return "pytest-testmon, first run, once", f"{run.cpu:.3f}", f"{ratio:.3f}", run.closing


if __name__ == "__main__":
    main()
