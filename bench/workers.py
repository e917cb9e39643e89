"""What the cache costs with workers, and after an edit: ratios to a warm run, and to plain pytest on one file.

    python bench/workers.py [--pairs 5] [--modules 1000] [--tests 50] [--workers 2]

All hits: the warm run with workers beside the warm serial run. One module changed: the whole suite beside plain
pytest on that file alone, serial and with as many workers; both find it changed, for then pytest rewrites its asserts
anew. CPU seconds with those of the workers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from generate import generate
from pairs import Command, Comparison, compare, conditions, measure, seconds, table
from warm import PYTEST, prove_hits

CHANGED = Path("tests", "group000", "test_module00007.py")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=50, help="per module")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
        project = Path(name)
        generate(project, options.modules, options.tests)
        print(f"{options.modules} modules x {options.tests} tests, -n {options.workers}")
        print(conditions(), flush=True)
        print(report(project, options.pairs, f"-n{options.workers}"))


def report(project: Path, pairs: int, workers: str) -> str:
    """The table."""
    cached = (*PYTEST, "-q", "--gocache", f"--gocache-dir={project / 'store'}")
    serial = Command("serial, all hits", cached, project)
    spread = Command(f"{workers}, all hits", (*cached, workers), project)
    measure(spread)  # fills the store
    hits = compare(spread, serial, pairs)
    prove_hits(hits)
    change = changer(project / CHANGED)
    edited = []
    for name, flags in (("serial", ()), (workers, (workers,))):
        alone = (*PYTEST, "-q", *flags, str(CHANGED))
        plain = Command(f"{name}, plain, that file alone", alone, project, before=change)
        one = Command(f"{name}, one module changed", (*cached, *flags), project, before=change)
        edited += rows(compare(one, plain, pairs))
    return table([("", "CPU s", "wall s", "ratio", "closing line"), *rows(hits), *edited])


def changer(path: Path) -> Callable[[], None]:
    """Changes the module a little more at each call."""
    text, calls = path.read_text(encoding="utf-8"), iter(range(sys.maxsize))

    def change() -> None:
        path.write_text(f"{text}\nNUMBER = {next(calls)}\n", encoding="utf-8")

    return change


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Both sides, the base first."""
    sides = ((comparison.base, comparison.base_runs, "1"), (comparison.subject, comparison.subject_runs, ""))
    return [
        (
            command.name,
            seconds(runs),
            f"{sorted(run.wall for run in runs)[len(runs) // 2]:.2f}",
            ratio or f"{comparison.ratio():.2f}",
            runs[-1].verdict or runs[-1].closing,
        )
        for command, runs, ratio in sides
    ]


if __name__ == "__main__":
    main()
