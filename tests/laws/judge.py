"""Plain pytest judges the cache: both run on the same files, and must say the same of every test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from projects import Edit, Project, Shape, build, edited

HERE = Path(__file__).resolve().parent
CACHE = os.environ.get("GOCACHE_LAW_CACHE", "gocache")
"""What stands on the cached side. ``none`` and ``liar`` test this judge, not the cache."""

# --- Files ---------------------------------------------------------------------------------------


def write(project: Project, directory: Path) -> None:
    """Make the directory hold exactly the project. Unchanged files are left alone, bytecode goes:
    Python takes it for fresh if size and whole second agree, and plain pytest would then be wrong."""
    for path in sorted(directory.rglob("*"), reverse=True) if directory.exists() else ():
        remove_if_strange(path, path.relative_to(directory).as_posix(), project)
    for name, text in project.items():
        path = directory / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def remove_if_strange(path: Path, name: str, project: Project) -> None:
    if path.is_file() and name not in project:
        path.unlink()
    elif path.is_dir() and not any(path.iterdir()):
        path.rmdir()


def touch_all(project: Project, directory: Path) -> None:
    for name in project:
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

    def interrupted(self) -> bool:
        return self.exit_code not in (0, 1)


class Pytest:
    """A fork server that runs pytest on one directory. All paths it passes stay the same."""

    def __init__(self, scratch: Path, cache: str = CACHE) -> None:
        self.directory, self.store = scratch / "project", scratch / "store"
        self.seen, self.log, self.cache = scratch / "witness.json", scratch / "output.txt", cache
        scratch.mkdir(parents=True, exist_ok=True)
        self.server = subprocess.Popen(
            [sys.executable, str(HERE / "forkserver.py")], env=self.environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def environment(self) -> dict[str, str]:
        steering = ("PYTHON", "PYTEST", "COVERAGE", "COV_CORE", "GOCACHE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(steering)}
        ours = {
            "PYTHONPATH": str(HERE / "plugin"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "WITNESS_FILE": str(self.seen),
        }
        return kept | ours

    def __enter__(self) -> Pytest:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self.server.stdin is not None and self.server.stdout is not None
        self.server.stdin.close()
        self.server.wait(timeout=150)
        self.server.stdout.close()

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
        return ["-p", self.cache, "--gocache", f"--gocache-dir={self.store}", "--gocache-explain"]

    def run(self, *args: str) -> Run:
        assert self.server.stdin is not None and self.server.stdout is not None
        self.seen.unlink(missing_ok=True)
        args = ("-p", "no:cacheprovider", "--color=no", "--tb=line", *args)
        job = {"args": args, "cwd": str(self.directory), "output": str(self.log)}
        self.server.stdin.write(json.dumps(job) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
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
    """``stale``: success, or a test at all, where plain pytest shows none. ``different``: the rest."""

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
    return "different"


def failing(lines: Iterable[str]) -> bool:
    return any(line.split(" ", 2)[1].rstrip(":") == "failed" for line in lines)


def described(node: str, plain: Run, cached: Run) -> str:
    said = [run.reports.get(node, "has no such test") for run in (plain, cached)]
    return f"{node}: plain {said[0]}, cached {said[1]}"


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

    def add(self, other: Story) -> None:
        for name in ("edits", "hits", "ran", "interrupted", "failures"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults += other.faults


def play(pytest: Pytest, shape: Shape, edits: Iterable[Edit]) -> Story:
    """Build the project, judge it, and judge it again after each edit."""
    pytest.forget()
    past: list[Project] = []
    story, project = Story(), build(shape)
    broken = act(pytest, project, "built", story)
    for edit in edits:
        if broken or edit.kind == "undo":
            project, title = (past.pop() if past else project), "undo"
        else:
            past.append(project)
            project, title = edited(project, edit), str(edit)
        broken = act(pytest, project, title, story)
        story.edits += 1
    return story


def act(pytest: Pytest, project: Project, title: str, story: Story) -> bool:
    """One state of the project, judged. True if collection was interrupted: nothing can be cached then."""
    write(project, pytest.directory)
    if title.startswith("Edit(kind='touch'"):
        touch_all(project, pytest.directory)
    plain, cached, bare = pytest.plain(), pytest.cached(), pytest.bare()
    found = [] if pytest.cache == "none" and plain == cached else faults(plain, cached, bare)
    hits, ran, _ = cached.tally() or (0, 0, 0)
    story.add(Story(0, hits, ran, int(plain.interrupted()), int(plain.exit_code == 1)))
    story.log.append(f"{title}: {plain.counts()}; {hits} cached, {ran} ran")
    story.faults += [Fault(fault.kind, f"after {title}: {fault.text}") for fault in found]
    return plain.interrupted()
