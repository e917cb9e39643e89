"""The whole table: what the cache costs, beside plain pytest and pytest-testmon, in one command.

    python bench/table.py [--pairs 7] [--only WORD ...] [--full] [--keep] [--projects DIR --source NAME=CHECKOUT ...]

``--only`` measures the rows whose names have one of the words in them. ``--full`` adds the rows that take many
minutes (10,000 modules of 50 tests). With ``--projects`` the first runs of real projects are measured, too; their
clones and environments are made there (``tests/downstream/common.py`` says which; ``--source`` names another place
to clone one from). ``--keep`` adds the figures to ``bench/history.jsonl`` and draws ``docs/_static/history.svg``.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

import history
from first import first_runs
from generate import generate
from history import Figure
from pairs import conditions, table
from repeated import Bench, rows_of_keys, rows_of_repeats


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=50, help="per module")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--projects", type=Path, metavar="DIR")
    parser.add_argument("--source", action="append", default=[], metavar="NAME=CHECKOUT")
    options = parser.parse_args()
    print(conditions(), flush=True)
    figures = []
    for figure in measured(options):
        print(_line(figure), flush=True)
        figures.append(figure)
    print()
    print(table([("", "unit", "plain", "testmon", "ours", "least-greatest", "target", ""), *map(_row, figures)]))
    if options.keep:
        history.append(figures, datetime.date.today().isoformat(), platform.python_version())
        history.draw(list(history.read()))


def measured(options: argparse.Namespace) -> Iterator[Figure]:
    """The rows that were asked for, as they come."""
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
        project = Path(name, "project")
        generate(project, options.modules, options.tests)
        bench = Bench(project, options.pairs, tuple(options.only))
        yield from rows_of_repeats(bench)
        yield from rows_of_keys(Bench(Path(name, "keys"), options.pairs, bench.only))
    if options.full:
        with tempfile.TemporaryDirectory(prefix="gocache-bench-") as name:
            generate(Path(name), 10 * options.modules, options.tests)
            big = Bench(Path(name), options.pairs, bench.only, f"{10 * options.modules} modules: ")
            yield from rows_of_repeats(big, only_default=True)
    if options.projects:
        sources = dict(each.split("=", 1) for each in options.source)
        yield from first_runs(options.projects, sources, options.pairs, tuple(options.only))


def _line(figure: Figure) -> str:
    return f"{figure.row}: {figure.ours:.3f} {figure.unit} (target {figure.target})"


def _row(figure: Figure) -> tuple[str, ...]:
    others = ("" if each is None else f"{each:.2f}" for each in (figure.plain, figure.testmon))
    spread = f"{figure.least:.2f}-{figure.greatest:.2f}"
    return (figure.row, figure.unit, *others, f"{figure.ours:.2f}", spread, f"{figure.target}", _verdict(figure))


def _verdict(figure: Figure) -> str:
    return "" if figure.met else "above"


if __name__ == "__main__":
    main()
