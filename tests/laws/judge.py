"""Plain pytest judges the cache: both run on the same files, and must say the same of every test."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from playground import Host
from projects import Edit, Project, Shape, arguments, build, edited, files_of, part

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
"""The checkout whose cache is judged, whatever is installed."""
CACHE = os.environ.get("GOCACHE_LAW_CACHE", "gocache")
"""What stands on the cached side. ``none`` and ``liar`` test this judge, not the cache."""

# --- Files ---------------------------------------------------------------------------------------


EPOCH = 1_600_000_000
"""Times that an edit gives lie here, far from those of files that were just written."""


def write(project: Project, directory: Path, quiet: bool = False) -> None:
    """Make the directory hold exactly the project. Unchanged files are left alone, bytecode goes:
    Python takes it for fresh if size and whole second agree, and plain pytest would then be wrong.
    If ``quiet``, files that were there keep their modification times."""
    files, links = files_of(project), part(project, "link")
    remove_strangers(directory, files, links)
    for name, text in files.items():
        write_file(directory / name, text, quiet)
    for name, target in links.items():
        path = directory / name
        if not path.is_symlink():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
    modes, times = part(project, "mode"), part(project, "time")
    for name in files:
        set_mode(directory / name, int(modes.get(name, "644"), 8))
        set_time(directory / name, times.get(name))


def remove_strangers(directory: Path, files: Project, links: Project) -> None:
    """What is not in the project, or is there as something else; and empty directories."""
    for place, directories, names in os.walk(directory, topdown=False):
        for path in (Path(place, name) for name in (*names, *directories)):
            name = path.relative_to(directory).as_posix()
            if path.is_symlink():
                if links.get(name) != os.readlink(path):
                    path.unlink()
            elif path.is_file():
                if name not in files:
                    path.unlink()
            elif not any(path.iterdir()):
                path.rmdir()


def write_file(path: Path, text: str, quiet: bool) -> None:
    before = path.stat() if path.exists() else None
    if before is not None and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        path.chmod(0o644)
    path.write_text(text, encoding="utf-8")
    if quiet and before is not None:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def set_mode(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)


def set_time(path: Path, time: str | None) -> None:
    now = path.stat().st_mtime
    if time is not None and now != EPOCH + int(time):
        os.utime(path, (EPOCH + int(time),) * 2)
    elif time is None and now < EPOCH + 1000:
        os.utime(path)


def touch_all(project: Project, directory: Path) -> None:
    for name in files_of(project).keys() - part(project, "time").keys():
        os.utime(directory / name)


# --- Runs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One pytest process: its last words, and what the witness saw if it was there."""

    exit_code: int
    output: str = field(repr=False)
    reports: dict[str, list[str]] = field(default_factory=dict)
    called: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """``{"passed": 7, "skipped": 2}`` from pytest's last line."""
        lines = re.findall(r"^=* ?((?:\d+ [a-z ]+(?:, )?)+) in [\d.]+s", self.output, re.MULTILINE)
        parts = [part.split(" ", 1) for part in lines[-1].split(", ")] if lines else []
        return {word.removesuffix("s"): int(number) for number, word in parts}

    def tally(self) -> tuple[int, int, int] | None:
        """Modules cached, ran, not cacheable, from the cache's last line."""
        line = r"^gocache: (\d+) modules? cached.*?, (\d+) ran, (\d+) not cacheable"
        found = re.findall(line, self.output, re.MULTILINE)
        return tuple(map(int, found[-1])) if found else None  # type: ignore[return-value]

    def reasons(self) -> dict[str, str]:
        """Of each module that ran, why, in the words of the cache."""
        return dict(re.findall(r"^gocache: (\S+\.py): (.*)$", self.output, re.MULTILINE))

    def interrupted(self) -> bool:
        return self.exit_code not in (0, 1)


class Pytest:
    """Runs pytest on one directory. All paths it passes stay the same."""

    def __init__(self, scratch: Path, cache: str = CACHE, options: tuple[str, ...] = ()) -> None:
        """``options`` are given to the runs with the cache only."""
        self.options = options
        self.directory, self.store = scratch / "project", scratch / "store"
        self.seen, self.log, self.cache = scratch / "witness.json", scratch / "output.txt", cache
        self.variables: Project = {}
        self.arguments: tuple[str, ...] = ()
        scratch.mkdir(parents=True, exist_ok=True)
        self.host = Host(PYTHONPATH=str(ROOT))

    def environment(self) -> dict[str, str]:
        steering = ("PYTHON", "PYTEST", "COVERAGE", "COV_CORE", "GOCACHE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(steering)}
        ours = {
            "PYTHONPATH": os.pathsep.join([str(HERE / "plugin"), str(ROOT)]),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_DEBUG_TEMPROOT": str(self.store.parent),  # not shared: who clears away at once warns of it
            "WITNESS_FILE": str(self.seen),
        }
        return kept | ours

    def __enter__(self) -> Pytest:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.host.close()

    def forget(self) -> None:
        """An empty store and no project."""
        for directory in (self.store, self.directory):
            shutil.rmtree(directory, ignore_errors=True)

    def plain(self, *args: str) -> Run:
        return self.run("-p", "witness", *args)

    def cached(self, *args: str) -> Run:
        return self.run("-p", "witness", *self.cache_args(), *args)

    def bare(self, *args: str) -> Run:
        """With the cache, and without the witness: its mere presence changes how results are replayed."""
        return self.run(*self.cache_args(), *args)

    def cache_args(self) -> list[str]:
        if self.cache == "none":
            return []
        return ["-p", self.cache, "--gocache", f"--gocache-dir={self.store}", "--gocache-explain", *self.options]

    def run(self, *args: str) -> Run:
        self.seen.unlink(missing_ok=True)
        # Python 3.12 warns of a fork if a thread of a pool happens to live still: it does, or does not, in any run.
        quiet = ("-W", "ignore:This process:DeprecationWarning")
        args = ("-p", "no:cacheprovider", "--color=no", "--tb=line", *quiet, *args, *self.arguments)
        code = self.host.run(
            args=args, cwd=str(self.directory), first=os.path.dirname(sys.executable),
            env=self.environment() | self.variables, out=str(self.log), err=str(self.log),
        )  # fmt: skip
        output = self.log.read_text(encoding="utf-8", errors="replace")
        account = json.loads(self.seen.read_text()) if self.seen.exists() else {}
        return Run(
            code,
            output,
            account.get("reports", {}),
            tuple(account.get("called", ())),
            tuple(account.get("imported", ())),
        )


# --- Judgement -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """``stale``: success, or a test at all, where plain pytest shows none; a pass that saw another number.
    ``different``: the rest."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind.upper()} {self.text}"


def faults(plain: Run, cached: Run, bare: Run) -> list[Fault]:
    found = [
        Fault(kind_of(plain.reports.get(node), cached.reports.get(node)), described(node, plain, cached))
        for node in sorted(plain.reports.keys() | cached.reports.keys())
        if plain.reports.get(node) != cached.reports.get(node)
    ]
    return (
        found
        + list(summary_faults("with witness", plain, cached))
        + list(summary_faults("bare", plain, bare))
    )


def summary_faults(name: str, plain: Run, other: Run) -> Iterator[Fault]:
    if plain.exit_code != other.exit_code:
        kind = "stale" if other.exit_code == 0 else "different"
        yield Fault(kind, f"{name}: exit code: plain {plain.exit_code}, cached {other.exit_code}")
    if plain.counts() != other.counts():
        yield Fault("different", f"{name}: counts: plain {plain.counts()}, cached {other.counts()}")


def kind_of(plain: list[str] | None, cached: list[str] | None) -> str:
    if plain is None or cached is None or (failing(plain) and not failing(cached)):
        return "stale"
    saw_another = not failing(plain) and not failing(cached) and any(" | " in line for line in (*plain, *cached))
    return "stale" if saw_another else "different"


def failing(lines: Iterable[str]) -> bool:
    return any(line.split(" ", 2)[1].rstrip(":") == "failed" for line in lines)


def described(node: str, plain: Run, cached: Run) -> str:
    said = [run.reports.get(node, "has no such test") for run in (plain, cached)]
    return f"{node}: plain {said[0]}, cached {said[1]}"


HONEST = re.compile("not cacheable: (subprocess|marked|flaky)|marked: |flaky: |inert: ")
"""Why a module that passed may run again with nothing changed."""


def needless(run: Run, passed: Iterable[str]) -> Iterator[str]:
    """Of the modules that passed in just this state before, those that ran again: ``module: reason``."""
    for module, reason in run.reasons().items():
        if module in passed and not HONEST.search(reason):
            yield f"{module}: {reason}"


def passed_modules(run: Run) -> frozenset[str]:
    """Modules with tests, none of which failed."""
    modules = {node.partition("::")[0] for node in run.reports if "::" in node}
    failed = {node.partition("::")[0] for node, lines in run.reports.items() if failing(lines)}
    return frozenset(modules - failed)


# --- Playing a story -----------------------------------------------------------------------------


@dataclass
class Story:
    """What happened while a project was edited again and again."""

    edits: int = 0
    hits: int = 0
    ran: int = 0
    interrupted: int = 0
    failures: int = 0
    log: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)

    def add(self, other: Story) -> None:
        for name in ("edits", "hits", "ran", "interrupted", "failures"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults += other.faults
        self.needless += other.needless


Known = dict[frozenset[tuple[str, str]], frozenset[str]]
"""Of each state that was judged, the modules that passed in it."""


def play(pytest: Pytest, shape: Shape, edits: Iterable[Edit]) -> Story:
    """Build the project, judge it, and judge it again after each edit."""
    pytest.forget()
    past: list[Project] = []
    known: Known = {}
    story, project = Story(), build(shape)
    broken = act(pytest, project, "built", story, known)
    for edit in edits:
        if broken or edit.kind == "undo":
            project, title = (past.pop() if past else project), "undo"
        else:
            past.append(project)
            project, title = past[edit.pick % len(past)] if edit.kind == "return" else edited(project, edit), str(edit)
        broken = act(pytest, project, title, story, known)
        story.edits += 1
    return story


def act(pytest: Pytest, project: Project, title: str, story: Story, known: Known) -> bool:
    """One state of the project, judged. True if collection was interrupted: nothing can be cached then."""
    write(project, pytest.directory, quiet=title.startswith("Edit(kind='quiet"))
    if title.startswith("Edit(kind='touch'"):
        touch_all(project, pytest.directory)
    pytest.variables, pytest.arguments = part(project, "env"), arguments(project)
    plain = pytest.plain()
    write(project, pytest.directory)  # a test may leave a directory behind that was not there for the first to run
    cached = pytest.cached()
    write(project, pytest.directory)
    bare = pytest.bare()
    found = [] if pytest.cache == "none" and plain == cached else faults(plain, cached, bare)
    hits, ran, _ = cached.tally() or (0, 0, 0)
    story.add(Story(0, hits, ran, int(plain.interrupted()), int(plain.exit_code == 1)))
    story.log.append(f"{title}: {plain.counts()}; {hits} cached, {ran} ran")
    story.faults += [Fault(fault.kind, f"after {title}: {fault.text}") for fault in found]
    if not plain.interrupted():
        state = frozenset(project.items())
        again = [each for run in (cached, bare) for each in needless(run, known.get(state, ()))]
        if any(word in text for word in ("_mtime", "filecmp") for text in project.values()):
            again = []  # the times of files that were written again are other times
        story.needless += [f"after {title}: {each}" for each in again]
        known[state] = passed_modules(plain)
    return plain.interrupted()
