"""What a warm run costs: all hits on a generated project, beside pytest on one file with one empty test.

    python bench/warm.py [--pairs 15] [--modules 1000] [--tests 50] [--no-cache] [-- PYTEST FLAGS]

The flags (default: -q) are given to every pytest of the table.

Prints CPU seconds and ratios. Beside the pairs it measures once, in the same project: plain pytest,
its collection alone, and pytest-testmon's warm run (where it is installed). ``--no-cache`` leaves
``--gocache`` away: a trial of the bench itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path

from generate import generate
from pairs import Command, Comparison, Failed, compare, conditions, measure, seconds, table

Formatter = argparse.RawDescriptionHelpFormatter
PYTEST = (sys.executable, "-m", "pytest")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=Formatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=50, help="per module")
    parser.add_argument("--no-cache", action="store_true", help="plain pytest on both sides")
    parser.add_argument("flags", nargs="*", default=["-q"], help="pytest flags, after --")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
        project = Path(name)
        generate(project, options.modules, options.tests)
        flags = tuple(options.flags)
        cache = () if options.no_cache else ("--gocache", f"--gocache-dir={project / 'store'}")
        print(f"{options.modules} modules x {options.tests} tests, flags: {' '.join(flags)}")
        print(conditions(), flush=True)
        print(report(project, options.pairs, (*PYTEST, *flags), cache))


def report(project: Path, pairs: int, pytest: tuple[str, ...], cache: tuple[str, ...]) -> str:
    """The table."""
    base = Command("pytest, one empty test", pytest, project / "empty")
    name = "pytest --gocache, all hits" if cache else "pytest"
    subject = Command(name, (*pytest, *cache), project)
    cold = measure(subject)
    warm = compare(subject, base, pairs)
    if cache:
        prove_hits(warm)
    unit = warm.base_runs[0].cpu
    least, most = warm.spread()
    rows = [
        ("", "CPU s", "ratio", "closing line"),
        (base.name, seconds(warm.base_runs), "1", warm.base_runs[-1].closing),
        (subject.name, seconds(warm.subject_runs), f"{warm.ratio():.2f}", warm.subject_runs[-1].closing),
        ("  (least and greatest ratio)", "", f"{least:.2f}-{most:.2f}", ""),
        ("its first run, once", f"{cold.cpu:.3f}", f"{cold.cpu / unit:.1f}", cold.closing),
    ]
    for command in others(project, pytest):
        run = measure(command)
        rows.append((f"{command.name}, once", f"{run.cpu:.3f}", f"{run.cpu / unit:.1f}", run.closing))
    return table(rows)


def prove_hits(warm: Comparison) -> None:
    """A figure counts only if nothing ran in any of the runs."""
    for run in warm.subject_runs:
        if " 0 ran" not in run.verdict:
            raise Failed(f"not all hits: {run.verdict or run.closing}")
    print(warm.subject_runs[-1].verdict)


def others(project: Path, pytest: tuple[str, ...]) -> list[Command]:
    """What is measured once, for comparison."""
    commands = [
        Command("plain pytest", pytest, project),
        Command("plain pytest, collection alone", (*pytest, "--collect-only", "-qq"), project),
    ]
    if importlib.util.find_spec("testmon"):
        argv = (*pytest, "--testmon")
        env = {"TESTMON_DATAFILE": str(project / "testmondata")}
        commands += [
            Command("pytest-testmon, first run", argv, project, env=env),
            Command("pytest-testmon, warm", argv, project, env=env, statuses=(0, 5)),
        ]
    return commands


if __name__ == "__main__":
    main()
