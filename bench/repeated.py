"""Rows of the table that need no project but a generated one: all hits, one edit, keys, sizes, our own commands."""

from __future__ import annotations

import importlib.util
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from history import Figure
from pairs import Command, Comparison, Run, compare, measure
from warm import PYTEST, prove_hits
from workers import changer

EMPTY = "of empty"
FILES = "of plain on these"
BARE = ("-p", "no:gocache")


@dataclass(frozen=True)
class Bench:
    """A generated project, and which rows are wanted: those with one of the words in their name; all if none."""

    project: Path
    pairs: int
    only: tuple[str, ...] = ()
    prefix: str = ""

    def wants(self, row: str) -> bool:
        """Whether this row was asked for."""
        return is_wanted(self.prefix + row, self.only)

    @property
    def cached(self) -> tuple[str, ...]:
        """pytest with the cache."""
        return (*PYTEST, "--gocache", f"--gocache-dir={self.project / 'store'}")

    def empty(self, *flags: str) -> Command:
        """pytest on one file with one empty test, in a place of its own."""
        return Command("one empty test", (*PYTEST, *flags), self.project / "empty")

    def compared(self, row: str, target: float, subject: Command, base: Command, unit: str = EMPTY) -> Figure:
        """One row. The subject must have run before."""
        return figure(self.prefix + row, unit, target, compare(subject, base, self.pairs))


def is_wanted(row: str, only: tuple[str, ...]) -> bool:
    """Whether a row has one of the words in its name; each has, if there are none."""
    return not only or any(word in row for word in only)


def figure(row: str, unit: str, target: float, series: Comparison) -> Figure:
    """The row that a series of pairs gives."""
    return Figure(row, unit, series.ratio(), target, *series.spread())


def rows_of_repeats(bench: Bench, only_default: bool = False) -> Iterator[Figure]:
    """All hits in many ways, then edits, then sizes."""
    hits = Command("all hits", bench.cached, bench.project)
    measure(hits)
    default = 1.4 if only_default else 0.95
    if bench.wants("all hits, default output"):
        series = compare(hits, bench.empty(), bench.pairs)
        prove_hits(series)
        plain, testmon = _others(bench)
        found = figure(f"{bench.prefix}all hits, default output", EMPTY, default, series)
        yield replace(found, plain=plain, testmon=testmon)
    if only_default:
        return
    for row, target, subject, base in _warm_ways(bench):
        if bench.wants(row):
            measure(subject)
            yield bench.compared(row, target, subject, base)
    yield from _answered(bench)
    yield from _edits(bench)
    yield from _sizes(bench, hits)
    yield from _commands(bench)


def _warm_ways(bench: Bench) -> Iterator[tuple[str, float, Command, Command]]:
    def way(*flags: str, before: Callable[[], None] = lambda: None) -> Command:
        return Command(" ".join(flags), (*bench.cached, *flags), bench.project, before=before)

    # With ``-c``: the ini file beside the empty test would have a cache directory of its own, with one node id in it.
    ids = (*PYTEST, "-c", "pyproject.toml", "empty/test_empty.py")
    beside = Command("beside 50,000 node ids", ids, bench.project)

    def new(stem: str, suffix: str) -> Callable[[], None]:
        names = (bench.project / "tests" / "group000" / f"{stem}{number}.{suffix}" for number in range(sys.maxsize))
        return lambda: next(names).touch()

    directories = (bench.project / "tests" / f"more{number}" for number in range(sys.maxsize))

    yield "all hits, -q", 0.95, way("-q"), bench.empty("-q")
    yield "all hits, beside pytest's list of all node ids", 0.7, way(), beside
    yield "all hits, a new test module, empty", 1.2, way(before=new("test_note", "py")), bench.empty()
    made = way(before=lambda: next(directories).mkdir())
    yield "all hits, a new directory: no snapshot", 1.2, made, bench.empty()
    yield "all hits, a new source that nobody asks for", 1.2, way(before=new("note", "py")), bench.empty()
    yield "all hits, a new text", 1.2, way(before=new("note", "txt")), bench.empty()
    yield "all hits, each file read", 1.01, way("-o", "gocache_trust_stat=false"), bench.empty()
    yield "all hits, -n 2", 1.0, way("-n2"), bench.empty()
    yield "all hits, -v", 1.4, way("-v"), bench.empty("-v")
    report = f"--junitxml={bench.project / 'junit.xml'}"
    yield "all hits, --junitxml", 3, way(report), bench.empty(report)
    if importlib.util.find_spec("pytest_reportlog"):
        report = f"--report-log={bench.project / 'log.json'}"
        yield "all hits, --report-log", 12, way(report), bench.empty(report)
    yield "installed, not asked for", 1.01, bench.empty(), bench.empty(*BARE)


def _answered(bench: Bench) -> Iterator[Figure]:
    """An exact repeat that is answered without pytest; it needs a store of its own, where the variable says."""
    row = "pytest-gocache run, an exact repeat"
    if bench.wants(row):
        env = {"PYTEST_GOCACHE_DIR": str(bench.project / "answers")}
        command = Command(row, (sys.executable, "-m", "pytest_gocache", "run"), bench.project, env=env)
        for _ in range(2):
            measure(command)
        yield bench.compared(row, 0.12, command, bench.empty())


def _others(bench: Bench) -> tuple[float, float | None]:
    """What plain pytest and pytest-testmon take for the same, once, beside one empty test."""
    unit = measure(bench.empty()).cpu
    plain = measure(Command("plain pytest", PYTEST, bench.project)).cpu / unit
    if not importlib.util.find_spec("testmon"):
        return plain, None
    env = {"TESTMON_DATAFILE": str(bench.project / "testmondata")}
    command = Command("testmon", (*PYTEST, "--testmon"), bench.project, env=env, statuses=(0, 5))
    measure(command)
    return plain, measure(command).cpu / unit


def _edits(bench: Bench) -> Iterator[Figure]:
    modules = sorted(path for path in (bench.project / "tests").glob("*/test_module*.py"))
    spread = modules[7 :: max(1, len(modules) // 10)][:10]
    for row, paths in (("1 module changed", spread[:1]), ("10 changed in 10 directories", spread)):
        if not bench.wants(row):
            continue
        changes = [changer(path) for path in paths]
        names = [str(path.relative_to(bench.project)) for path in paths]

        def change(changes: list[Callable[[], None]] = changes) -> None:
            for each in changes:
                each()

        for flags, said in (((), ""), (("-n2",), ", -n 2")):
            plain = Command("those alone", (*PYTEST, *flags, *names), bench.project, before=change)
            edited = Command("changed", (*bench.cached, *flags), bench.project, before=change)
            yield bench.compared(row + said, 1.0, edited, plain, FILES)


def _sizes(bench: Bench, hits: Command) -> Iterator[Figure]:
    if bench.wants("memory, all hits"):
        yield _plain_figure("memory, all hits", "MB", 60, [measure(hits).memory])
    if bench.wants("store on disk"):
        size = sum(path.stat().st_size for path in (bench.project / "store").rglob("*") if path.is_file())
        yield _plain_figure("store on disk", "MB", 8, [size / 1e6])


def _commands(bench: Bench) -> Iterator[Figure]:
    ours = (sys.executable, "-m", "pytest_gocache")
    for row, flags in (("stats", ("stats", f"--gocache-dir={bench.project / 'store'}")), ("--help", ("--help",))):
        name = f"pytest-gocache {row}"
        if bench.wants(name):
            runs = [measure(Command(name, (*ours, *flags), bench.project)) for _ in range(bench.pairs)]
            yield _plain_figure(name, "ms of CPU", 150, [1000 * run.cpu for run in runs])


def _plain_figure(row: str, unit: str, target: float, values: list[float]) -> Figure:
    return Figure(row, unit, statistics.median(values), target, min(values), max(values))


def rows_of_keys(bench: Bench, sources: int = 10_000) -> Iterator[Figure]:
    """Keys of a project with many sources: what ``--gocache-plan`` takes beside one empty test. From nothing; again,
    where no pass is known and all keys are made anew; after a run that passed."""
    states = ("from nothing", "made anew", "nothing changed", "one changed")
    rows = [f"keys of {sources} sources, {state}" for state in states]
    if not any(map(bench.wants, rows)):
        return
    _many_sources(bench.project, sources)
    plan = Command("plan", (*bench.cached, "-q", "--gocache-plan"), bench.project, statuses=(0, 1))
    base = measure(bench.empty("-q")).cpu
    change = changer(bench.project / "part00007.py")

    def taken(before: Callable[[], None] = lambda: None) -> float:
        before()
        run: Run = measure(plan)
        return run.cpu - base

    yield _plain_figure(rows[0], "s", 10, [taken()])
    yield _plain_figure(rows[1], "s", 0.3, [taken() for _ in range(bench.pairs)])
    measure(Command("run", (*bench.cached, "-q"), bench.project))
    time.sleep(2)  # younger files are read again
    yield _plain_figure(rows[2], "s", 0.3, [taken() for _ in range(bench.pairs)])
    yield _plain_figure(rows[3], "s", 0.3, [taken(change) for _ in range(bench.pairs)])


def _many_sources(project: Path, count: int) -> None:
    """Parts in chains of a hundred, and ten test modules that import them all."""
    shutil.rmtree(project, ignore_errors=True)
    (project / "empty").mkdir(parents=True)
    (project / "empty" / "test_empty.py").write_text("def test_nothing():\n    pass\n")
    (project / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\n')
    (project / "empty" / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (project / "tests").mkdir()
    for number in range(count):
        before = f"import part{number - 1:05}\n" if number % 100 else ""
        body = "".join(f"\n\ndef f{at}(n: int) -> int:\n    return n * {at} + {number}\n" for at in range(10))
        (project / f"part{number:05}.py").write_text(before + body)
    for number in range(10):
        imports = "".join(f"import part{at:05}\n" for at in range(99 + 100 * number, count, 1000))
        (project / "tests" / f"test_{number}.py").write_text(f"{imports}\n\ndef test_it():\n    pass\n")
