"""What the downstream proofs share: recipes of real projects, their workspaces, and judged runs.

A *recipe* says where a project comes from and how its suite is run. A *workspace* is a clone with a
venv of its own. A *run* is one pytest process in it, plain or with the cache, described by a witness
plugin (``tests/laws/plugin/witness.py``) that knows nothing of the cache.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN_DIR = ROOT / "tests" / "laws" / "plugin"


# --- Recipes -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """One real project, pinned. ``product`` and ``tests`` are the paths whose change matters."""

    name: str
    url: str
    commit: str
    requirements: tuple[str, ...]
    product: tuple[str, ...]
    tests: tuple[str, ...]
    pytest_args: tuple[str, ...] = ()
    quick_args: tuple[str, ...] = ()
    """A smaller part of the suite (``--quick``), where the whole takes minutes."""
    package: str = ""
    """Not empty: this directory of each commit is laid over the one installed in site-packages."""

    @property
    def paths(self) -> tuple[str, ...]:
        return self.product + self.tests


# flask's own suite does not pass under pytest 9 (a deprecation that it turns into an error), and
# rich's expects the Pygments of its lock file. networkx has it both ways: with what it can use, and without,
# which takes a third of the time.
RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="click",
            url="https://github.com/pallets/click",
            commit="2c8cd3ac958a7eb316d67f2d316c27086c4c0369",
            requirements=("pytest==9.2.0", "-e", "{tree}"),
            product=("src",),
            tests=("tests",),
        ),
        Recipe(
            name="flask",
            url="https://github.com/pallets/flask",
            commit="2ac89889f4cc330eabd50f295dcef02828522c69",
            requirements=(
                "pytest==8.4.2",
                "asgiref==3.13.0",
                "blinker==1.9.0",
                "click==8.5.1",
                "greenlet==3.5.6",
                "itsdangerous==2.2.0",
                "Jinja2==3.1.6",
                "MarkupSafe==3.0.4",
                "python-dotenv==1.2.4",
                "Werkzeug==3.1.9",
                "-e",
                "{tree}",
            ),
            product=("src",),
            tests=("tests",),
        ),
        Recipe(
            name="rich",
            url="https://github.com/Textualize/rich",
            commit="42899d8a0a96b121a514516f4be9db44ff7aeaf3",
            requirements=(
                "pytest==9.2.0",
                "attrs==26.1.0",
                "markdown-it-py==4.3.0",
                "Pygments==2.19.2",
                "-e",
                "{tree}",
            ),
            product=("rich",),
            tests=("tests",),
        ),
        Recipe(
            name="starlette",
            url="https://github.com/encode/starlette",
            commit="cb8f84f5284dc301ca7a31eb732b9e140769dd48",
            requirements=(
                "pytest==8.4.2",
                "anyio==4.9.0",
                "httpx==0.28.1",
                "itsdangerous==2.2.0",
                "Jinja2==3.1.6",
                "python-multipart==0.0.20",
                "PyYAML==6.0.3",
                "trio==0.30.0",
                "typing_extensions==4.16.0",
                "-e",
                "{tree}",
            ),
            product=("starlette",),
            tests=("tests",),
        ),
        Recipe(
            name="jinja",
            url="https://github.com/pallets/jinja",
            commit="5ef70112a1ff19c05324ff889dd30405b1002044",
            requirements=("pytest==9.2.0", "MarkupSafe==3.0.4", "trio==0.35.0", "-e", "{tree}"),
            product=("src",),
            tests=("tests",),
        ),
        Recipe(
            name="packaging",
            url="https://github.com/pypa/packaging",
            commit="929fd4b1410ac7ef61ef3f45b2f5d7e87711a9b5",  # the tag 26.3
            requirements=(
                "pytest==9.2.0",
                "pretend==1.0.9",
                "tomli_w==1.2.0",
                "-e",
                "{tree}",
            ),
            product=("src",),
            tests=("tests",),
            pytest_args=("--ignore=tests/property",),  # drawn by Hypothesis: a minute in each run
        ),
        Recipe(
            name="attrs",
            url="https://github.com/python-attrs/attrs",
            commit="7bfc49e9b22d5ba25b6e429524c3d49fee27cb36",  # the tag 26.1.0
            requirements=(
                "pytest==9.2.0",
                "cloudpickle==3.1.2",
                "hypothesis==6.170.15",
                "Pympler==1.1",
                "-e",
                "{tree}",
            ),
            product=("src",),
            tests=("tests",),
            # In Python 3.11.7 and 3.12.1 inspect.signature does not find what it asks for.
            pytest_args=("--deselect", "tests/test_converters.py::TestPipe::test_wrapped_annotation"),
        ),
        Recipe(
            name="structlog",
            url="https://github.com/hynek/structlog",
            commit="8174a86a2f14b5bd295eded733ff5fffc12aa173",  # the tag 26.1.0
            requirements=(
                "pytest==9.2.0",
                "pytest-asyncio==1.5.0",
                "simplejson==4.3.0",
                "time-machine==3.6.0",
                "-e",
                "{tree}",
            ),
            product=("src",),
            tests=("tests",),
        ),
        Recipe(
            name="sympy",  # a part of its suite that takes a minute
            url="https://github.com/sympy/sympy",
            commit="16fa855354eb7bcabd3fe10993841e03b1382692",  # the tag sympy-1.14.0
            requirements=("pytest==9.2.0", "hypothesis==6.170.15", "sympy==1.14.0", "mpmath==1.3.0"),
            product=("sympy",),
            tests=(),
            pytest_args=("--pyargs", "sympy.core", "sympy.sets", "sympy.logic"),
            package="sympy",
        ),
        Recipe(
            name="networkx-bare",
            url="https://github.com/networkx/networkx",
            commit="7530809bfa1ea7ed6fdf918a4d1431488953cb1f",  # the tag networkx-3.6.1
            requirements=("pytest==9.2.0", "networkx==3.6.1"),
            product=("networkx",),
            tests=(),
            pytest_args=("--pyargs", "networkx"),
            package="networkx",
        ),
        Recipe(
            name="networkx",
            url="https://github.com/networkx/networkx",
            commit="7530809bfa1ea7ed6fdf918a4d1431488953cb1f",  # the tag networkx-3.6.1
            requirements=(
                "pytest==9.2.0",
                "networkx==3.6.1",
                "numpy==2.4.6",
                "scipy==1.17.1",
                "matplotlib==3.11.2",
                "pandas==3.1.1",
                "lxml==6.1.3",
                "sympy==1.14.0",
            ),
            product=("networkx",),
            tests=(),
            pytest_args=("--pyargs", "networkx"),
            quick_args=(
                "--pyargs",
                "networkx.classes",
                "networkx.drawing",
                "networkx.generators",
                "networkx.linalg",
                "networkx.readwrite",
                "networkx.utils",
                "networkx.algorithms.bipartite",
                "networkx.algorithms.community",
                "networkx.algorithms.isomorphism",
            ),
            package="networkx",
        ),
    )
}


# --- The shell -----------------------------------------------------------------------------------


def sh(*command: str | Path, cwd: Path | None = None) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def clean_environment(**extra: str) -> dict[str, str]:
    """The caller's environment without anything that steers Python or pytest."""
    steering = ("PYTHON", "PYTEST", "VIRTUAL_ENV", "WITNESS", "COVERAGE")
    return {k: v for k, v in os.environ.items() if not k.startswith(steering)} | extra


# --- Workspaces ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Workspace:
    """A project's clone, venv and scratch files under one directory."""

    recipe: Recipe
    home: Path
    quick: bool = False
    cache: str = "gocache"
    """What stands on the cached side; ``none`` and ``liar`` test this harness, not the cache."""

    @property
    def tree(self) -> Path:
        return self.home / "tree"

    @property
    def python(self) -> Path:
        return self.home / "venv" / "bin" / "python"

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def cwd(self) -> Path:
        """Where pytest starts: the tree, or an empty place when the installed package is tested."""
        return self.home / "start" if self.recipe.package else self.tree

    @property
    def pytest_args(self) -> tuple[str, ...]:
        return (self.quick and self.recipe.quick_args) or self.recipe.pytest_args

    def site_packages(self) -> Path:
        return next((self.home / "venv" / "lib").glob("python*/site-packages"))

    def live(self, path: str) -> Path:
        """The file that a path of the repository stands for when tests run."""
        return (self.site_packages() if self.recipe.package else self.tree) / path


def prepare(workspace: Workspace, source: str) -> None:
    """Clone, make the venv, install. What is there already is kept, except for the store."""
    clone(workspace, source)
    checkout(workspace, workspace.recipe.commit)
    install(workspace)
    checkout(workspace, workspace.recipe.commit)
    start = workspace.home / "start"
    start.mkdir(exist_ok=True)
    (start / "pytest.ini").write_text("[pytest]\n")  # rootdir is here, whatever lies above
    shutil.rmtree(workspace.store, ignore_errors=True)


def clone(workspace: Workspace, source: str) -> None:
    if not (workspace.tree / ".git").exists():
        workspace.home.mkdir(parents=True, exist_ok=True)
        sh("git", "clone", "--quiet", "--no-checkout", source, workspace.tree)


def install(workspace: Workspace) -> None:
    """The requirements once (remembered by their text), this checkout of the plugin each time."""
    wanted = [part.format(tree=workspace.tree) for part in workspace.recipe.requirements]
    done = workspace.home / "installed.txt"
    if not done.exists() or done.read_text() != "\n".join(wanted):
        sh(sys.executable, "-m", "venv", "--clear", workspace.home / "venv")
        sh(workspace.python, "-m", "pip", "install", "--quiet", *wanted)
        done.write_text("\n".join(wanted))
    if workspace.cache == "gocache":
        sh(workspace.python, "-m", "pip", "install", "--quiet", "-e", ROOT)


def checkout(workspace: Workspace, commit: str) -> None:
    """Put the commit in place. Bytecode goes: it is found stale by whole seconds and size only."""
    installed = (workspace.home / "venv").exists()
    for path in workspace.recipe.paths if installed else ():
        drop_bytecode(workspace.live(path))
    sh("git", "-C", workspace.tree, "checkout", "--quiet", "--force", "--detach", commit)
    if workspace.recipe.package and installed:
        lay_over(workspace.tree / workspace.recipe.package, workspace.live(workspace.recipe.package))


def lay_over(source: Path, target: Path) -> None:
    """Make the tree ``target`` equal to ``source``, touching only the files that differ."""
    wanted = {file.relative_to(source) for file in files_under(source)}
    for name in wanted:
        if not (target / name).exists() or not filecmp.cmp(source / name, target / name, shallow=False):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name)
    for file in files_under(target):
        if file.relative_to(target) not in wanted:
            file.unlink()
    drop_empty_directories(target)


def files_under(directory: Path) -> list[Path]:
    found = (file for file in directory.rglob("*") if file.is_file())
    return [file for file in found if "__pycache__" not in file.parts]


def product_files(workspace: Workspace) -> list[Path]:
    files = [file for path in workspace.recipe.product for file in files_under(workspace.live(path))]
    python = [file for file in files if file.suffix == ".py"]
    return sorted(file for file in python if "tests" not in file.parts and file.name != "conftest.py")


def drop_empty_directories(directory: Path) -> None:
    """A directory that git would not have kept would still be a namespace package."""
    for path in sorted(directory.rglob("*/"), reverse=True):
        if path.is_dir() and not any(child.name != "__pycache__" for child in path.iterdir()):
            shutil.rmtree(path)


def drop_bytecode(directory: Path) -> None:
    for cache in list(directory.rglob("__pycache__")):
        shutil.rmtree(cache, ignore_errors=True)


# --- Commits -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Commit:
    sha: str
    date: str
    subject: str
    files: tuple[str, ...]


def last_commits(workspace: Workspace, count: int) -> list[Commit]:
    """The last ``count`` commits of the main line that touch Python files that matter, oldest first."""
    specs = [f":(glob){path}/**/*.py" for path in workspace.recipe.paths]
    log = sh(
        "git", "-C", workspace.tree, "log", "--first-parent", "--diff-merges=first-parent", "--name-only",
        f"-{count}", "--format=%x00%H%x01%cs%x01%s", workspace.recipe.commit, "--", *specs,
    )  # fmt: skip
    return [parsed_commit(block) for block in reversed(log.split("\0")[1:])]


def parsed_commit(block: str) -> Commit:
    head, *files = block.strip().splitlines()
    sha, date, subject = head.split("\1")
    return Commit(sha, date, subject, tuple(name for name in files if name))


def parent(workspace: Workspace, commit: Commit) -> str:
    return sh("git", "-C", workspace.tree, "rev-parse", f"{commit.sha}^1").strip()


# --- Runs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Why:
    """One line of ``--gocache-explain``."""

    module: str
    reason: str
    detail: str

    @property
    def reasons(self) -> set[str]:
        """Why it ran, and why it was not stored then."""
        return {self.reason, *re.findall("; not cacheable: ([a-z-]+)", self.detail)}

    def __str__(self) -> str:
        return f"{self.module} ({self.reason}{': ' if self.detail else ''}{self.detail})"


@dataclass(frozen=True)
class Tally:
    """The cache's own closing line."""

    cached: int
    ran: int
    not_cacheable: int

    def __str__(self) -> str:
        return f"{self.cached} cached, {self.ran} ran, {self.not_cacheable} not cacheable"


@dataclass(frozen=True)
class Run:
    """One pytest process: what it said, and what the witness saw (nothing if it was not there)."""

    exit_code: int
    seconds: float
    counts: dict[str, int]
    tally: Tally | None
    why: tuple[Why, ...]
    output: str = field(repr=False)
    outcomes: dict[str, list[str]] = field(default_factory=dict, repr=False)
    called: tuple[str, ...] = field(default=(), repr=False)
    imported: tuple[str, ...] = field(default=(), repr=False)

    def broke(self) -> bool:
        """Internal or usage error: then there is one thing to say, not one for each test."""
        return self.exit_code not in (0, 1, 2, 5)

    def last_words(self) -> str:
        lines = self.output.strip().splitlines()
        return lines[-1] if lines else "no output"

    def executed_modules(self) -> set[str]:
        return {module_of(node) for node in self.called}

    def failing_modules(self) -> set[str]:
        return {module_of(node) for node, lines in self.outcomes.items() if is_failure(lines)}


def run_pytest(
    workspace: Workspace, cached: bool, witness: bool = True, timeout: float | None = None, more: Sequence[str] = ()
) -> Run:
    """Run the suite. The witness's file has the same name each time: its name may be an input."""
    seen = workspace.home / "witness.json"
    seen.unlink(missing_ok=True)
    command = [str(workspace.python), "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "--tb=short"]
    command += [*cache_args(workspace, cached), *(["-p", "witness"] if witness else []), *more]
    environment = clean_environment(PYTHONPATH=str(PLUGIN_DIR), WITNESS_FILE=str(seen))
    began = time.monotonic()
    code, output = logged(command + list(workspace.pytest_args), workspace, environment, timeout)
    account = json.loads(seen.read_text()) if seen.exists() else {}
    return Run(
        exit_code=code,
        seconds=time.monotonic() - began,
        counts=counts_in(output),
        tally=tally_in(output),
        why=tuple(why_in(output)),
        output=output,
        outcomes=account.get("reports", {}),
        called=tuple(account.get("called", ())),
        imported=tuple(account.get("imported", ())),
    )


def cache_args(workspace: Workspace, cached: bool) -> list[str]:
    if not cached or workspace.cache == "none":
        return ["-p", "no:gocache"]
    stand_in = ["-p", "no:gocache", "-p", "liar"] if workspace.cache == "liar" else []
    # With "=": pytest looks for rootdir before it knows plugins' options, and takes a lone path for a test.
    return [*stand_in, "--gocache", f"--gocache-dir={workspace.store}", "--gocache-explain"]


def logged(
    command: list[str], workspace: Workspace, environment: dict[str, str], timeout: float | None
) -> tuple[int, str]:
    """Exit code and output; the output goes through a file, so that no child can block on a pipe."""
    log = workspace.home / "last-run.log"
    with log.open("wb") as out:
        done = subprocess.run(
            command, cwd=workspace.cwd, env=environment, timeout=timeout,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    return done.returncode, log.read_text(encoding="utf-8", errors="replace")


COUNTS = re.compile(r"^=* ?((?:\d+ [a-z ]+(?:, )?)+) in [\d.]+s", re.MULTILINE)
TALLY = re.compile(r"^gocache: (\d+) modules? cached.*?, (\d+) ran, (\d+) not cacheable", re.MULTILINE)
WHY = re.compile(r"^gocache: (\S.*?): ([a-z]+(?:-[a-z]+)*)(?:: (.*))?$", re.MULTILINE)


def counts_in(output: str) -> dict[str, int]:
    """``{"passed": 7, "skipped": 2}`` from pytest's last line."""
    lines = COUNTS.findall(output)
    parts = [part.split(" ", 1) for part in lines[-1].split(", ")] if lines else []
    return {word.removesuffix("s"): int(number) for number, word in parts}


def tally_in(output: str) -> Tally | None:
    lines = TALLY.findall(output)
    return Tally(*map(int, lines[-1])) if lines else None


def why_in(output: str) -> Iterator[Why]:
    for module, reason, detail in WHY.findall(output):
        yield Why(module, reason, detail)


def module_of(node: str) -> str:
    return node.split("::", 1)[0]


def is_failure(lines: Iterable[str]) -> bool:
    return any(line.split(" ", 2)[1].rstrip(":") == "failed" for line in lines)


# --- Judging -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Differences:
    """Where a cached run does not say what plain pytest says; each entry is one line for a reader."""

    stale: tuple[str, ...] = ()
    """The worst: the cache shows success, or a test at all, where plain pytest does not."""
    other: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    """Tests on which plain pytest does not agree with itself; they are judged no further."""


def compare(plain: Run, cached: Run, plain_again: Callable[[], Run] | None = None) -> Differences:
    """Hold the two runs against each other; if they differ, ask plain pytest a second time."""
    if cached.broke() and not plain.broke():
        return Differences(other=(f"the run broke: exit code {cached.exit_code}: {cached.last_words()}",))
    nodes = differing(plain, cached)
    flaky = differing(plain, plain_again()) if nodes and plain_again else []
    judged = [node for node in nodes if node not in flaky]
    stale = [node for node in judged if is_stale(plain.outcomes.get(node), cached.outcomes.get(node))]
    other = [node for node in judged if node not in stale]
    return Differences(
        tuple(described(node, plain, cached) for node in stale),
        tuple(described(node, plain, cached) for node in other)
        + (() if flaky else summary_gaps(plain, cached)),
        tuple(flaky),
    )


def summary_gaps(plain: Run, cached: Run) -> tuple[str, ...]:
    """Exit code and closing line, which must be the same too."""
    pairs = (("exit code", plain.exit_code, cached.exit_code), ("counts", plain.counts, cached.counts))
    return tuple(f"{what}: plain {one}, cached {two}" for what, one, two in pairs if one != two)


def differing(one: Run, two: Run) -> list[str]:
    nodes = sorted(one.outcomes.keys() | two.outcomes.keys())
    return [node for node in nodes if one.outcomes.get(node) != two.outcomes.get(node)]


def is_stale(plain: list[str] | None, cached: list[str] | None) -> bool:
    """A test that only one side knows, or a failure that the cache does not show."""
    if plain is None or cached is None:
        return True
    return is_failure(plain) and not is_failure(cached)


def shortened(lines: Iterable[str], most: int = 5) -> list[str]:
    """The first few lines, and how many more there are."""
    lines = list(lines)
    return lines[:most] + ([f"... and {len(lines) - most} more"] if len(lines) > most else [])


def described(node: str, plain: Run, cached: Run) -> str:
    said = [run.outcomes.get(node) for run in (plain, cached)]
    return f"{node}: plain {said[0] or 'has no such test'}, cached {said[1] or 'has no such test'}"


# --- Command line --------------------------------------------------------------------------------


def parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("projects", nargs="+", choices=sorted(RECIPES), metavar="project", help=", ".join(RECIPES))
    add("--source", action="append", default=[], metavar="NAME=PATH_OR_URL",
        help="clone from here (also: $GOCACHE_SOURCE_<NAME>); default: GitHub")  # fmt: skip
    add("--work", type=Path, default=ROOT / "build" / "downstream", metavar="DIR",
        help="clones, venvs, stores, reports")  # fmt: skip
    add("--quick", action="store_true", help="a part of the suite where the recipe has one (networkx)")
    add("--cache", choices=("gocache", "none", "liar"), default="gocache",
        help="to check this harness: plain pytest on both sides, or a cache that lies")  # fmt: skip
    return parser


def workspaces(options: argparse.Namespace) -> Iterator[Workspace]:
    """The asked-for projects, ready to run."""
    sources = dict(pair.split("=", 1) for pair in options.source)
    for name in options.projects:
        recipe = RECIPES[name]
        home = options.work.resolve() / name
        workspace = Workspace(recipe, home, options.quick, options.cache)
        environment = os.environ.get(f"GOCACHE_SOURCE_{name.upper()}")
        prepare(workspace, sources.get(name) or environment or recipe.url)
        yield workspace
