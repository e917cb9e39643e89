"""Rows of the table for first runs: real suites with an empty store beside plain pytest, and many small files read."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from generate import generate
from history import Figure
from pairs import Command, Failed, compare, measure
from repeated import figure, is_wanted

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.downstream import common

PROJECTS = ("networkx-bare", "sympy", "click", "flask", "starlette")
PLAIN = "of plain"
TARGET = 1.03


def first_runs(home: Path, sources: Mapping[str, str], pairs: int, only: tuple[str, ...]) -> Iterator[Figure]:
    """The rows that were asked for. Clones and environments are made below ``home``, and stay there."""
    for name in PROJECTS:
        row = f"first run, {name}"
        if is_wanted(row, only):
            yield _first_run(row, workspace(name, home, sources), pairs)
    row = "first run, 5,000 small files read"
    if is_wanted(row, only):
        with tempfile.TemporaryDirectory(prefix="gocache-bench-") as place:
            generate(Path(place), modules=25, tests=0, inputs=200)
            yield _first_run_in(row, Path(place), (sys.executable, "-m", "pytest"), pairs)


def workspace(name: str, home: Path, sources: Mapping[str, str]) -> common.Workspace:
    """A project's clone and environment, ready to run."""
    recipe = common.RECIPES[name]
    place = common.Workspace(recipe, home.resolve() / name)
    common.prepare(place, sources.get(name, recipe.url))
    return place


def _first_run(row: str, place: common.Workspace, pairs: int) -> Figure:
    pytest = (str(place.python), "-m", "pytest", *place.pytest_args)
    return _first_run_in(row, place.cwd, pytest, pairs)


def _first_run_in(row: str, cwd: Path, pytest: tuple[str, ...], pairs: int) -> Figure:
    plain = (*pytest, "-q", "-p", "no:cacheprovider")
    with tempfile.TemporaryDirectory(prefix="gocache-bench-") as place:
        store = Path(place, "store")
        base = Command("plain pytest", (*plain, "-p", "no:gocache"), cwd, statuses=(0, 1))
        subject = Command(
            "first run",
            (*plain, "--gocache", f"--gocache-dir={store}"),
            cwd,
            before=lambda: shutil.rmtree(store, ignore_errors=True),
            statuses=(0, 1),
        )
        series = compare(subject, base, pairs)
        return replace(figure(row, PLAIN, TARGET, series), testmon=_testmon(pytest, cwd, Path(place), base))


def _testmon(pytest: tuple[str, ...], cwd: Path, place: Path, base: Command) -> float | None:
    """pytest-testmon's first run, once, beside plain pytest; None where its environment has none."""
    env = {"TESTMON_DATAFILE": str(place / "testmondata")}
    argv = (*pytest, "-q", "-p", "no:gocache", "--testmon", "-o", f"cache_dir={place / 'pytest'}")
    try:
        return measure(Command("testmon", argv, cwd, env=env, statuses=(0, 1))).cpu / measure(base).cpu
    except Failed:
        return None
