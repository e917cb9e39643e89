"""A small project in a directory of its own, and pytest run on it in a process of its own.

Every run is told by what it said *and* by its diary: a line for each test body that really ran, written
outside the project. A hit is proved by an empty diary, not by a green line.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_gocache.stores.place import FORMAT

DIARY = """
import os
from types import SimpleNamespace

real = SimpleNamespace(open=os.open, write=os.write, close=os.close)  # pyfakefs replaces them everywhere else

def pytest_runtest_call(item):
    page = real.open(os.environ["DIARY"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    real.write(page, (item.nodeid + chr(10)).encode())
    real.close(page)
"""
RERUNS = """
    from _pytest.runner import runtestprotocol

    def pytest_runtest_protocol(item, nextitem):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for last in (False, True):
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            again = not last and any(report.failed for report in reports)
            for report in reports:
                if again and report.failed:
                    report.outcome = "rerun"
                item.ihook.pytest_runtest_logreport(report=report)
            if not again:
                break
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""
"""A conftest that gives a failed test a second try, as rerun plugins do."""
LOADS = "import sys\n\ndef pytest_unconfigure():\n    print('graph:', 'pytest_gocache.core.imports' in sys.modules)\n"
"""A conftest that says whether the import graph was needed: not in an exact repeat."""
STEERING = ("PYTHON", "PYTEST", "COVERAGE", "COV_CORE", "GOCACHE", "DIARY", "TOX_", "COLUMNS", "CI")


@dataclass(frozen=True)
class Run:
    """One pytest process: how it ended, what it said, and which bodies ran (in order)."""

    code: int
    out: str
    err: str
    bodies: tuple[str, ...]

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def counts(self) -> dict[str, int]:
        """``{"passed": 7, "skipped": 2}`` from pytest's last line."""
        found = re.findall(r"^=* ?((?:\d+ [a-z ]+(?:, )?)+) in [\d.]+s", self.out, re.MULTILINE)
        parts = [part.split(" ", 1) for part in found[-1].split(", ")] if found else []
        return {re.sub(r"^(warning|error)s$", r"\1", word): int(number) for number, word in parts}

    @property
    def numbers(self) -> tuple[int, int, int] | None:
        """Modules cached, ran, not cacheable, from our last line."""
        line = r"^gocache: (\d+) modules? cached.*?, (\d+) ran, (\d+) not cacheable"
        found = re.findall(line, self.out, re.MULTILINE)
        return (int(found[-1][0]), int(found[-1][1]), int(found[-1][2])) if found else None

    @property
    def reasons(self) -> dict[str, str]:
        """Why each module ran, by module, from ``--gocache-explain``."""
        return {module: text.partition("; not cacheable: ")[0] for module, text in self._explained()}

    @property
    def refused(self) -> dict[str, str]:
        """Why modules that ran were not stored."""
        parts = {module: text.partition("; not cacheable: ") for module, text in self._explained()}
        return {module: after for module, (_, _, after) in parts.items() if after}

    def _explained(self) -> list[tuple[str, str]]:
        return re.findall(r"^gocache: (\S+\.\w+): (.+)$", self.out, re.MULTILINE)

    @property
    def modules(self) -> set[str]:
        """The modules that a body ran of."""
        return {body.partition("::")[0] for body in self.bodies}

    def verdicts(self) -> dict[str, list[str]]:
        """What ``-v`` said, by node id: ``{"test_a.py::test": ["PASSED (cached)"]}``."""
        words = "PASSED|FAILED|SKIPPED|XFAIL|XPASS|ERROR|SUBPASSED|SUBFAILED|SUBSKIPPED"
        line = rf"^(\S+::.+?) ((?:{words})(?: \(cached(?: remotely)?\))?)"
        said: dict[str, list[str]] = {}
        for node, word in re.findall(line, self.out, re.MULTILINE):
            said.setdefault(node, []).append(word)
        return said


def some(values: Iterable[object], at_once: int) -> list[object]:
    """Parameters of which the default tests take the first few, and ``scripts/test-long`` the others."""
    return [value if at < at_once else pytest.param(value, marks=pytest.mark.long) for at, value in enumerate(values)]


class Host:
    """Forks pytest processes (``pytest_host.py``). A run costs a twentieth of a second, not a half."""

    def __init__(self, **more: str) -> None:
        """``more`` are variables of the host itself; each run has its own."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(STEERING)}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("pytest_host.py"))],
            env=env | {"PYTHONDONTWRITEBYTECODE": "1"} | more,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, **job: object) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=130)
        self.process.stdout.close()


class Project:
    """Files below ``root``. ``run`` is ``python -m pytest --gocache --gocache-explain``."""

    def __init__(self, home: Path, host: Host) -> None:
        self.home = home
        self.host = host
        self.python: tuple[str, ...] = ()
        """Options of the interpreter. With any, or with variables that it reads, a new one is started."""
        self.before: Callable[[], None] | None = None
        """Called in the process of a new interpreter before it starts."""
        self.root = home / "project"
        self.store = home / "store"
        self.diary = home / "diary.txt"
        self.root.mkdir(parents=True)
        (home / "lib").mkdir()
        (home / "lib" / "diary.py").write_text(DIARY)
        self.write({"pytest.ini": "[pytest]\n"})

    def write(self, files: dict[str, str]) -> None:
        """Writes texts by name; indentation common to all lines goes."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces one piece of a file."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        (self.root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def remove(self, *names: str) -> None:
        for name in names:
            (self.root / name).unlink()

    def copied(self, name: str) -> Project:
        """The same files in another checkout, with other times, beside this one; same store."""
        copy = object.__new__(Project)
        copy.__dict__.update(self.__dict__)
        copy.root = self.home / name
        shutil.copytree(self.root, copy.root, copy_function=shutil.copyfile)
        return copy

    def environment(self, **more: str | None) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(STEERING)}
        ours = {
            "DIARY": str(self.diary),
            "HOME": str(self.home),
            "PYTEST_DEBUG_TEMPROOT": str(self.home),  # Else each run would clear away what earlier ones left.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_GOCACHE_DIR": str(self.store),
            "PYTEST_GOCACHE_STRICT": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(self.home / "lib"),
        }
        return {key: value for key, value in {**kept, **ours, **more}.items() if value is not None}

    def run(self, *args: str, cwd: str = "", **env: str | None) -> Run:
        """With the cache on."""
        return self.plain("--gocache", "--gocache-explain", *args, cwd=cwd, **env)

    def plain(self, *args: str, cwd: str = "", **env: str | None) -> Run:
        """With the cache installed, and not asked for. Without pytest's own cache unless asked."""
        own = () if {"--lf", "--ff", "--sw", "-pcacheprovider"}.intersection(args) else ("-pno:cacheprovider",)
        given = [each for each in args if each != "-pcacheprovider"]
        self.diary.unlink(missing_ok=True)
        given = ["-pgocache", "-pdiary", *own, *([] if "no:terminal" in args else ["--color=no"]), *given]
        start = (
            self.real
            if self.python or {"PYTHONHASHSEED", "PYTHONOPTIMIZE", "LD_LIBRARY_PATH"}.intersection(env)
            else self.forked
        )
        code, out, err = start(given, str(self.root / cwd), self.environment(**env))
        bodies = self.diary.read_text(encoding="utf-8").splitlines() if self.diary.exists() else []
        return Run(code, out, err, tuple(bodies))

    def real(self, args: list[str], cwd: str, env: dict[str, str]) -> tuple[int, str, str]:
        """In a new interpreter."""
        command = [sys.executable, *self.python, "-m", "pytest", *args]
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=60, preexec_fn=self.before
        )
        return done.returncode, done.stdout, done.stderr

    def forked(self, args: list[str], cwd: str, env: dict[str, str]) -> tuple[int, str, str]:
        """In a process forked from one that has imported pytest, and no more."""
        out, err = self.home / "out.txt", self.home / "err.txt"
        code = self.host.run(args=args, cwd=cwd, first=cwd, env=env, out=str(out), err=str(err))
        return code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")

    def cold_and_warm(self, *args: str, cwd: str = "", **env: str | None) -> tuple[Run, Run]:
        """Two runs; the first counted something, the second ran nothing, ended as the first and counted the same."""
        cold = self.run(*args, cwd=cwd, **env)
        warm = self.run(*args, cwd=cwd, **env)
        assert cold.counts, cold.said  # A run that broke counts nothing, and so does the next.
        assert not warm.bodies, (warm.reasons, warm.said)
        assert (warm.code, warm.counts) == (cold.code, cold.counts), (cold.said, warm.said)
        return cold, warm


def lose_database(project: Project) -> None:
    """Results are gone; what this machine remembers of the checkout is not."""
    for path in (project.store / FORMAT).glob("cache.db*"):
        path.unlink()


def junit(path: Path) -> list[tuple[object, ...]]:
    """A JUnit file without times, in one order, and without our mark."""
    cases = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        inside = [
            (each.tag, tuple(sorted(each.attrib.items())), each.text) for each in case if each.tag != "properties"
        ]
        told = [tuple(p.attrib.values()) for p in case.iter("property") if p.attrib["name"] != "cached"]
        cases.append((case.attrib["classname"], case.attrib["name"], tuple(inside), tuple(told)))
    return sorted(cases, key=repr)


def suite(path: Path) -> dict[str, str]:
    """The totals of a JUnit file."""
    found = next(ElementTree.parse(path).getroot().iter("testsuite")).attrib
    return {key: found[key] for key in ("errors", "failures", "skipped", "tests")}


def sorted_lines(lines: Iterable[str]) -> list[str]:
    """Lines without times and without our mark, in one order."""
    return sorted(re.sub(r"\s*\(cached\)|\d+\.\d+s", "", line) for line in lines)
