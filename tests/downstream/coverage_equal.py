"""Coverage of real projects: full runs and cached runs must write the same XML report, line by line.

    python tests/downstream/coverage_equal.py click flask networkx [--changes WORD ...]

For each project, under ``--cov --cov-branch`` (``--lines``: without branches, by ``sys.monitoring``, in a quarter of
the time) and at its pinned commit: a full run, the cache cold, the
cache warm, and with a store that knows half of the modules. Then some of the test modules are changed, in
several ways: their code is touched, or all their tests are skipped, so that what only they ran must leave the
totals. After each change a full run and a cached run are compared; ``--changes`` makes those whose names have one of
the words in them. Exit code 1 if any two reports differ.
"""

from __future__ import annotations

import difflib
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from common import (
    Run,
    Workspace,
    cache_args,
    checkout,
    clean_environment,
    counts_in,
    drop_bytecode,
    logged,
    parser,
    sh,
    shortened,
    tally_in,
    why_in,
    workspaces,
)

SKIP = "import pytest as _pytest\n\n_pytest.skip('not today', allow_module_level=True)\n"
TOUCH = "\n\n_touched = 1\n"
SEEDED = """
import random, zlib
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    random.seed(zlib.crc32(item.nodeid.encode()))
    return (yield)
"""
"""A plugin: what tests draw at random decides which lines they run, and two full runs would not agree."""
LEFT_OUT = {
    # Fails alone, without the cache, too: it wants another module to have imported ``click._termui_impl``.
    "click": ("--ignore=tests/test_utils/test_echo_via_pager.py",),
    # Draws by the second in which it runs.
    **dict.fromkeys(("networkx", "networkx-bare"), ("-k", "not test_joint_degree_graph")),
}
"""What two full runs do not agree on, or one of a part of the suite."""
STAMP = re.compile(r'^<coverage version="[^"]*" timestamp="\d+"')


@dataclass(frozen=True)
class Report:
    """One run and its report, without the time it was written at."""

    run: Run
    lines: tuple[str, ...]


@dataclass(frozen=True)
class How:
    """Further arguments for pytest, and variables."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str]


BRANCHES = How(("--cov-branch",), {})
LINES = How((), {"COVERAGE_CORE": "sysmon"})


def measured(workspace: Workspace, cached: bool, how: How, only: Sequence[Path] = ()) -> Report:
    """The suite under coverage, or these modules of it."""
    report = workspace.home / "coverage.xml"
    report.unlink(missing_ok=True)
    for path in workspace.recipe.paths:
        drop_bytecode(workspace.live(path))
    command = [str(workspace.python), "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "--tb=short", "-q"]
    source = f"--cov={workspace.recipe.package}" if workspace.recipe.package else "--cov"
    command += ["-p", "seeded", *cache_args(workspace, cached)]
    command += LEFT_OUT.get(workspace.recipe.name, ())
    command += [source, f"--cov-report=xml:{report}", *how.arguments]
    # The XML report names files relative to the first that matches of a set of directories.
    (workspace.home / "plugins").mkdir(exist_ok=True)
    (workspace.home / "plugins" / "seeded.py").write_text(SEEDED)
    environment = clean_environment(
        **how.variables,
        COVERAGE_FILE=str(workspace.home / ".coverage"),
        PYTHONHASHSEED="0",
        PYTHONPATH=str(workspace.home / "plugins"),
    )
    command += [str(path.relative_to(workspace.cwd)) for path in only] or workspace.pytest_args
    code, output = logged(command, workspace, environment, None)
    run = Run(code, 0.0, counts_in(output), tally_in(output), tuple(why_in(output)), output)
    text = report.read_text(encoding="utf-8") if report.exists() else f"no report: {run.last_words()}"
    return Report(run, tuple(STAMP.sub("<coverage", line) for line in text.splitlines()))


def prove(workspace: Workspace, how: How, changes: Sequence[str]) -> Iterator[str]:
    """Everything that is not as it should be; prints a line for each comparison."""
    at = workspace.recipe.commit
    full = measured(workspace, cached=False, how=how)
    again = measured(workspace, cached=False, how=how)
    if full.lines != again.lines:
        print("   plain pytest-cov does not agree with itself: ", *differing(full, again), sep="\n     ")
    yield from judged("cold", full, measured(workspace, cached=True, how=how))
    yield from judged("warm", full, measured(workspace, cached=True, how=how))
    for start in (0, 1) if not workspace.recipe.package else ():
        shutil.rmtree(workspace.store)
        stored = modules(workspace)[start::2]
        measured(workspace, cached=True, how=how, only=stored)
        yield from judged(f"{len(stored)} modules stored", full, measured(workspace, cached=True, how=how))
    for what, edit in ((what, edit) for what, edit in CHANGES.items() if any(word in what for word in changes)):
        changed = edit(modules(workspace))
        full = measured(workspace, cached=False, how=how)
        part = measured(workspace, cached=True, how=how)
        yield from judged(f"{what} ({changed} modules)", full, part)
        for path in modules(workspace):
            path.unlink()
        checkout(workspace, at)


def judged(what: str, full: Report, cached: Report) -> Iterator[str]:
    differences = differing(full, cached)
    rate = re.search(r'line-rate="([\d.]+)"', "".join(full.lines))
    verdict = "EQUAL" if not differences else f"{len(differences)} LINES DIFFER"
    print(f"   {what}: {verdict} of {len(full.lines)} (line rate {rate and rate[1]}); {cached.run.tally}", flush=True)
    for reason in shortened(sorted({f"{why.reason}: {why.detail}" for why in cached.run.why}), 8):
        print(f"     {reason}")
    yield from (f"{what}: {line}" for line in shortened(differences, 20))
    if not full.lines[0].startswith("<?xml"):
        yield f"{what}: {full.lines[0]}"


def differing(one: Report, two: Report) -> list[str]:
    """What a unified diff of the reports says, each line with the file it is of."""
    found, of = [], ""
    for line in difflib.unified_diff(one.lines, two.lines, lineterm="", n=10**6):
        named = re.search(r'filename="([^"]+)"', line)
        of = named[1] if named else of
        if line[:1] in "+-" and not line.startswith(("+++", "---")):
            found.append(f"{of}: {line.strip()}")
    return found


# --- Changes -------------------------------------------------------------------------------------


def modules(workspace: Workspace) -> list[Path]:
    """The test modules, in a fixed order."""
    tests = [workspace.live(path) for path in workspace.recipe.tests or workspace.recipe.product]
    return sorted(file for top in tests for file in top.rglob("test_*.py"))


def every(step: int, start: int, edit: Callable[[str], str]) -> Callable[[list[Path]], int]:
    """Edits every ``step``-th module."""

    def change(paths: list[Path]) -> int:
        chosen = paths[start::step]
        for path in chosen:
            text = path.read_text(encoding="utf-8")
            path.write_text(edit(text), encoding="utf-8")
        return len(chosen)

    return change


def touched(text: str) -> str:
    return text + TOUCH


def skipped(text: str) -> str:
    """Nothing of it is run but its first line: what only it imported or called is run by nobody."""
    future = re.search(r"^from __future__ .*\n", text, re.MULTILINE)
    at = future.end() if future else 0
    return text[:at] + SKIP + text[at:]


CHANGES: dict[str, Callable[[list[Path]], int]] = {
    "every second touched": every(2, 0, touched),
    "the others touched": every(2, 1, touched),
    "one touched": every(10**6, 3, touched),
    "every second skipped": every(2, 0, skipped),
    "the others skipped": every(2, 1, skipped),
    "every fifth skipped": every(5, 2, skipped),
}


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--tests", default="", help="run only these, e.g. '--pyargs networkx.classes'")
    arguments.add_argument("--coverage", default="pytest-cov==7.1.0", help="which pytest-cov to install")
    arguments.add_argument("--changes", nargs="+", default=[""], metavar="WORD", help="default: all of them")
    arguments.add_argument("--lines", action="store_true")
    options, more = arguments.parse_known_args()
    how = LINES if options.lines else BRANCHES
    how = replace(how, arguments=(*how.arguments, *more))
    faults = []
    for workspace in workspaces(options):
        sh(workspace.python, "-m", "pip", "install", "--quiet", options.coverage)
        print(f"## {workspace.recipe.name}", flush=True)
        if options.tests:
            recipe = replace(workspace.recipe, pytest_args=tuple(options.tests.split()), quick_args=())
            workspace = replace(workspace, recipe=recipe)
        faults += [f"{workspace.recipe.name}: {fault}" for fault in prove(workspace, how, options.changes)]
    print(*faults, sep="\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
