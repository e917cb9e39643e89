"""What it costs to see many files read, and to look at them again: ``python bench/inputs.py [--pairs 5]``.

1,000 modules that read 200 files each, of 2,000. The first run (empty store) beside plain pytest, and the
warm run beside pytest on one file with one empty test. ``--modules 25`` makes it 5,000 reads in all.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from generate import generate
from pairs import Command, compare, conditions, table
from warm import PYTEST, prove_hits
from workers import rows


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=0, help="per module, beside the one that reads")
    parser.add_argument("--inputs", type=int, default=200, help="files that each module reads")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
        project = Path(name)
        generate(project, options.modules, options.tests, options.inputs)
        print(f"{options.modules} modules x {options.inputs} files read, {options.tests} other tests in each")
        print(conditions(), flush=True)
        print(report(project, options.pairs))


def report(project: Path, pairs: int) -> str:
    """The table."""
    plain = (*PYTEST, "-q", "-p", "no:cacheprovider")
    store = project / "store"
    cached = (*plain, "--gocache", f"--gocache-dir={store}")

    def forget() -> None:
        shutil.rmtree(store, ignore_errors=True)

    cold = compare(Command("first run", cached, project, before=forget), Command("plain pytest", plain, project), pairs)
    empty = Command("pytest, one empty test", plain, project / "empty")
    warm = compare(Command("all hits", cached, project), empty, pairs)
    prove_hits(warm)
    return table([("", "CPU s", "wall s", "ratio", "closing line"), *rows(cold), *rows(warm)])


if __name__ == "__main__":
    main()
