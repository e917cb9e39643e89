"""Replay real commits of real projects, plain pytest and pytest --gocache side by side.

    python tests/downstream/replay_commits.py click flask rich networkx --commits 10

For each project, at its pinned commit: plain pytest twice, the cache cold, the cache warm (nothing may
be executed), and the same without the witness plugin (only the closing counts are compared then, for
pytest's own reporters are served in another way). Then the last commits that touch Python files, one
after the other in the same work tree: step forward, back (everything must be a hit), forward again.

Writes ``report.json`` and ``report.md`` into the work directory. Exit code 1 if any outcome differs from
plain pytest's, or if anything ran that had passed before in the same state.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from common import (
    Commit,
    Differences,
    Run,
    Workspace,
    checkout,
    compare,
    last_commits,
    parent,
    parser,
    run_pytest,
    shortened,
    summary_gaps,
    workspaces,
)

UNSTORABLE = frozenset(
    (
        "failed", "collect-error", "incomplete", "rerun", "report-not-plain", "not-a-test-module", "inert",
        "network", "subprocess",
    )
)  # fmt: skip
"""Reasons that excuse a module from being found in the cache."""


@dataclass(frozen=True)
class Step:
    """One cached run, judged."""

    what: str
    at: str
    note: str
    tests: str
    plain_seconds: float | None
    cached_seconds: float
    modules: str
    ran: tuple[str, ...]
    needless: tuple[str, ...]
    differences: Differences

    def faults(self) -> Iterator[str]:
        for kind, lines in (
            ("STALE", self.differences.stale),
            ("DIFFERENT", self.differences.other),
            ("NEEDLESS", self.needless),
        ):
            for line in lines:
                yield f"{kind} {self.what} {self.at[:9]}: {line}"


@dataclass
class Report:
    """All steps of one project; prints each as it comes, for a run may take an hour."""

    project: str
    steps: list[Step] = field(default_factory=list)
    flaky: set[str] = field(default_factory=set)
    verified: list[str] = field(default_factory=list)
    """What ``--gocache-verify`` said."""

    def add(self, step: Step) -> None:
        if not self.steps:
            print(f"\n## {self.project}\n\n{HEADER}", flush=True)
        self.steps.append(step)
        self.flaky.update(step.differences.flaky)
        print(row(step), *shortened(step.faults()), sep="\n", flush=True)

    def faults(self) -> list[str]:
        return [fault for step in self.steps for fault in step.faults()]


# --- The proof -----------------------------------------------------------------------------------


def prove(workspace: Workspace, commits: int, bare: bool) -> Report:
    report = Report(workspace.recipe.name)
    prove_pinned(workspace, report)
    if commits:
        prove_replay(workspace, report, last_commits(workspace, commits), bare)
    return report


def prove_pinned(workspace: Workspace, report: Report) -> None:
    """At the pinned commit: cold equals plain; warm equals plain and executes nothing."""
    at = workspace.recipe.commit
    plain, again = run_pytest(workspace, cached=False), run_pytest(workspace, cached=False)
    flaky = set(compare_plain(plain, again))
    report.flaky |= flaky
    judge = Judge(workspace, report, plain)
    judge.cached("cold", at, note=f"flaky in plain: {len(flaky)}")
    judge.cached("warm", at, must_hit=True)
    judge.bare("cold, no witness", at)
    judge.bare("warm, no witness", at, must_hit=True)
    verify(workspace, report, witness=False)


def verify(workspace: Workspace, report: Report, witness: bool) -> None:
    """Runs all that is cached, and keeps the line with the false-hit rate."""
    run = run_pytest(workspace, cached=True, witness=witness, more=("--gocache-verify",))
    said = re.findall(r"^gocache: (verified .*|false hit: .*)$", run.output, flags=re.MULTILINE)
    report.verified += said
    print("", *said, sep="\n", flush=True)


def compare_plain(one: Run, two: Run) -> tuple[str, ...]:
    """Tests on which plain pytest disagrees with itself."""
    nodes = one.outcomes.keys() | two.outcomes.keys()
    return tuple(sorted(node for node in nodes if one.outcomes.get(node) != two.outcomes.get(node)))


def prove_replay(workspace: Workspace, report: Report, commits: list[Commit], bare: bool) -> None:
    """Each commit forward, back and forward again, in one work tree; with an empty store at first,
    so that what runs is due to the commit."""
    shutil.rmtree(workspace.store, ignore_errors=True)
    before = parent(workspace, commits[0])
    checkout(workspace, before)
    here = Judge(workspace, report, run_pytest(workspace, cached=False))
    here.cached("start", before)
    for commit in commits:
        checkout(workspace, commit.sha)
        there = Judge(workspace, report, run_pytest(workspace, cached=False))
        there.cached("forward", commit.sha, note=f"{commit.date} {commit.subject}")
        if bare:
            there.bare("no witness", commit.sha)
        undo_and_redo(workspace, here, there, before, commit.sha)
        here, before = there, commit.sha
    verify(workspace, report, witness=True)


def undo_and_redo(workspace: Workspace, here: Judge, there: Judge, before: str, after: str) -> None:
    if here.passes_nothing() or there.passes_nothing():
        return  # collection was interrupted: there is nothing to find again
    checkout(workspace, before)
    here.cached("back", before, must_hit=True)
    checkout(workspace, after)
    there.cached("again", after, must_hit=True)


class Judge:
    """Holds what plain pytest says about one state of the tree against cached runs in that state."""

    def __init__(self, workspace: Workspace, report: Report, plain: Run) -> None:
        self.workspace, self.report, self.plain = workspace, report, plain

    def passes_nothing(self) -> bool:
        return not self.plain.called

    def cached(self, what: str, at: str, note: str = "", must_hit: bool = False) -> None:
        run = run_pytest(self.workspace, cached=True)
        differences = compare(self.plain, run, lambda: run_pytest(self.workspace, cached=False))
        self._add(what, at, note, run, differences, needless_by_witness(self.plain, run) if must_hit else ())

    def bare(self, what: str, at: str, must_hit: bool = False) -> None:
        """Without the witness: only exit code and counts can be compared, and the cache's own word taken."""
        run = run_pytest(self.workspace, cached=True, witness=False)
        gaps = () if self.report.flaky else summary_gaps(self.plain, run)
        needless = needless_by_tally(self.plain, run) if must_hit else ()
        self._add(what, at, "", run, Differences(other=gaps), needless)

    def _add(
        self, what: str, at: str, note: str, run: Run, differences: Differences, needless: tuple[str, ...]
    ) -> None:
        self.report.add(
            Step(
                what=what,
                at=at,
                note=note,
                tests=", ".join(f"{number} {word}" for word, number in run.counts.items()),
                plain_seconds=self.plain.seconds if what in ("cold", "forward", "start") else None,
                cached_seconds=run.seconds,
                modules=str(run.tally or f"{len(run.executed_modules())} executed"),
                ran=tuple(map(str, run.why)),
                needless=() if self.workspace.cache == "none" else needless,
                differences=differences,
            )
        )


def excused(plain: Run, cached: Run) -> set[str]:
    return plain.failing_modules() | {why.module for why in cached.why if why.reasons & UNSTORABLE}


def needless_by_witness(plain: Run, cached: Run) -> tuple[str, ...]:
    """Modules that passed in this very state before, and yet were called, or imported though none was."""
    why = {line.module: str(line) for line in cached.why}
    executed = sorted(cached.executed_modules() - excused(plain, cached))
    called = tuple(why.get(module, f"{module} (called, not explained)") for module in executed)
    imported = () if cached.called else tuple(f"{file} (imported)" for file in cached.imported)
    return called or imported or needless_by_tally(plain, cached)


def needless_by_tally(plain: Run, cached: Run) -> tuple[str, ...]:
    """The same by the cache's own closing line."""
    if cached.tally is None:
        return ("no closing line from the cache",)
    if cached.tally.ran <= len(excused(plain, cached)):
        return ()
    lines = [str(why) for why in cached.why if why.module not in excused(plain, cached)]
    return tuple(lines) or (str(cached.tally),)


# --- The report ----------------------------------------------------------------------------------

HEADER = (
    "| step | commit | tests | plain s | cached s | modules | stale | different | needless | note |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def row(step: Step) -> str:
    plain = "" if step.plain_seconds is None else f"{step.plain_seconds:.1f}"
    cells = (
        step.what, step.at[:9], step.tests, plain, f"{step.cached_seconds:.1f}", step.modules,
        len(step.differences.stale), len(step.differences.other), len(step.needless),
        step.note.replace("|", "/")[:70],
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def write_reports(reports: list[Report], work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    plain_data = [
        {"project": r.project, "flaky": sorted(r.flaky), "steps": [asdict(step) for step in r.steps]}
        for r in reports
    ]
    (work / "report.json").write_text(json.dumps(plain_data, indent=1))
    (work / "report.md").write_text("\n".join(markdown(report) for report in reports))


def markdown(report: Report) -> str:
    lines = [f"## {report.project}", "", HEADER, *map(row, report.steps), ""]
    lines += ["Flaky in plain pytest:", *(f"- `{node}`" for node in sorted(report.flaky)), ""]
    lines += ["Faults:", *(f"- {fault}" for fault in report.faults()), ""]
    for step in report.steps:
        if step.what in ("start", "forward"):
            lines += [f"What ran at {step.at[:9]} ({step.note}):", *(f"- {line}" for line in step.ran), ""]
    return "\n".join(lines)


def closing_line(report: Report) -> str:
    steps = report.steps
    stale = sum(len(step.differences.stale) for step in steps)
    other = sum(len(step.differences.other) for step in steps)
    needless = sum(len(step.needless) for step in steps)
    return (
        f"{report.project}: {len(steps)} cached runs judged, {stale} stale, {other} different, "
        f"{needless} needless, {len(report.flaky)} flaky in plain pytest; {'; '.join(report.verified)}"
    )


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--commits", type=int, default=10, metavar="N", help="how many to replay")
    arguments.add_argument("--no-bare", action="store_true", help="replay commits with the witness only")
    options = arguments.parse_args()
    reports = []
    for workspace in workspaces(options):
        reports.append(prove(workspace, options.commits, not options.no_bare))
        write_reports(reports, options.work)
    print("", *map(closing_line, reports), sep="\n")
    return 1 if any(report.faults() for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
