"""Ten real projects, one run of each kind: plain pytest, an empty store, all as it was, one product file edited.

    python bench/projects.py [NAME ...] [--work DIR] [--source NAME=CHECKOUT ...] [--keep]

``tests/downstream/common.py`` says which projects, at which commits. Their clones and environments are made below
``--work`` and stay there; ``--source`` names another place to clone one from. ``--keep`` writes the figures down in
``bench/projects.json`` and the tables into ``docs/real-projects.md``; of a project that was not run, the old ones stay.
Exit code 1 if a run with the cache has other outcomes than plain pytest.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edited import Edited, one_file_edited
from first import workspace
from pairs import Command, conditions, measure

from tests.downstream import common

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "bench" / "projects.json"
PAGE = ROOT / "docs" / "real-projects.md"
BEGIN = "<!-- written by bench/projects.py: begin -->"
END = "<!-- written by bench/projects.py: end -->"
PROJECTS = tuple(name for name in common.RECIPES if name != "networkx")
"""networkx stands there twice; the one without what it can use takes a third of the time."""
VERSIONS = "import platform, pytest; print(platform.python_version(), pytest.__version__)"
HEAD = (
    "project", "commit", "Python, pytest", "modules", "tests", "plain, s", "cold", "warm",
    "cached / ran / not cacheable", "edit", "ran after it", "outcomes",
)  # fmt: skip
EDITED = ("project", "edited file", "imported by", "files that all modules import", "that only some import")


@dataclass(frozen=True)
class Seen:
    """One run: what it cost, how its tests ended and, with the cache, what became of its modules."""

    cpu: float
    counts: dict[str, int]
    modules: int = 0
    cached: int = 0
    ran: int = 0
    not_cacheable: int = 0
    unstored: tuple[tuple[str, str], ...] = ()
    """Modules that ran and were not stored, each with the reason."""
    needless: tuple[str, ...] = ()
    """Modules that ran although nothing kept them from being stored, each with the reason."""


@dataclass(frozen=True)
class Project:
    """What is kept of one project."""

    name: str
    commit: str
    versions: str
    edited: Edited
    runs: dict[str, Seen]

    def tests(self) -> int:
        """How many there are: pytest's closing line counts what was deselected, and warnings, too."""
        return sum(count for what, count in self.runs["plain"].counts.items() if what not in ("deselected", "warning"))

    def different(self) -> dict[str, dict[str, int]]:
        """The runs whose tests did not end as in the plain one."""
        return {what: seen.counts for what, seen in self.runs.items() if seen.counts != self.runs["plain"].counts}

    def ratio(self, what: str) -> float:
        """CPU time beside the plain run's."""
        return self.runs[what].cpu / self.runs["plain"].cpu


# --- Running -------------------------------------------------------------------------------------


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*", metavar="NAME", help=", ".join(PROJECTS))
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "downstream", metavar="DIR")
    parser.add_argument("--source", action="append", default=[], metavar="NAME=CHECKOUT")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.projects) - set(PROJECTS):
        parser.error(f"not among {', '.join(PROJECTS)}: {', '.join(sorted(unknown))}")
    sources = dict(each.split("=", 1) for each in options.source)
    print(conditions().split(";")[0], flush=True)
    found = []
    for name in options.projects or PROJECTS:
        found.append(run(workspace(name, options.work, sources)))
        print(*told(found[-1]), sep="\n", flush=True)
        if options.keep:
            keep(found[-1])
    print("", *tables(found), sep="\n")
    return int(any(project.different() for project in found))


def run(place: common.Workspace) -> Project:
    """All runs of one project; one beforehand, which collects only, so that all find byte code there."""
    _seen(place, "--gocache", f"--gocache-dir={place.store}", "--collect-only")
    shutil.rmtree(place.store, ignore_errors=True)
    runs = {"plain": _seen(place, "-p", "no:gocache"), "cold": _cached(place), "warm": _cached(place)}
    with one_file_edited(place, _modules(place)) as edited:
        runs["edit"] = _cached(place)
    python, pytest = common.sh(place.python, "-c", VERSIONS).split()
    return Project(place.recipe.name, place.recipe.commit[:9], f"{python}, {pytest}", edited, runs)


def _cached(place: common.Workspace) -> Seen:
    account = place.home / "account.json"
    seen = _seen(place, "--gocache", f"--gocache-dir={place.store}", f"--gocache-json={account}")
    told = json.loads(account.read_text(encoding="utf-8"))
    ran = [each for each in told["modules"] if not each["cached"]]
    return Seen(
        seen.cpu,
        seen.counts,
        len(told["modules"]),
        told["cached"],
        told["ran"],
        told["not_cacheable"],
        tuple((_short(each["module"]), each["not_cacheable"]) for each in ran if each["not_cacheable"]),
        tuple(_why(each) for each in ran if not each["not_cacheable"]),
    )


def _seen(place: common.Workspace, *flags: str) -> Seen:
    argv = (str(place.python), "-m", "pytest", *place.pytest_args, "-q", "-p", "no:cacheprovider", *flags)
    run = measure(Command(place.recipe.name, argv, place.cwd, statuses=(0, 1)))
    return Seen(run.cpu, common.counts_in(run.closing))


def _modules(place: common.Workspace) -> list[str]:
    """The test modules that the last run told of."""
    told = json.loads((place.home / "account.json").read_text(encoding="utf-8"))
    return [each["module"] for each in told["modules"]]


def _short(module: str) -> str:
    return module.removeprefix("{site}/")


def _why(module: dict[str, str]) -> str:
    return f"{_short(module['module'])}: {module['reason']}: {module['detail']}"


# --- Telling -------------------------------------------------------------------------------------


def told(project: Project) -> Iterator[str]:
    """One project as it comes, with all that should not be."""
    yield " ".join(_cells(project))
    for what, counts in project.different().items():
        yield f"  DIFFERENT: plain {project.runs['plain'].counts}, {what} {counts}"
    yield from (f"  not cacheable: {module}: {reason}" for module, reason in project.runs["warm"].unstored)
    yield from (f"  ran in the warm run: {line}" for line in project.runs["warm"].needless)


def tables(projects: Sequence[Project]) -> Iterator[str]:
    """The figures, then what was edited, then what is not cacheable; in Markdown."""
    yield from _table(HEAD, [_cells(project) for project in projects])
    yield ""
    yield from _table(EDITED, [_edit(each) for each in projects])
    yield ""
    yield from _table(("project", "reason", "test modules that are not cacheable"), list(_reasons(projects)))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from (f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _cells(project: Project) -> tuple[str, ...]:
    plain, warm, edit = (project.runs[what] for what in ("plain", "warm", "edit"))
    different = project.different()
    return (
        project.name, f"`{project.commit}`", project.versions, f"{warm.modules}", f"{project.tests():,}",
        f"{plain.cpu:.1f}", f"{project.ratio('cold'):.2f}", f"{project.ratio('warm'):.2f}",
        f"{warm.cached} / {warm.ran} / {warm.not_cacheable}", f"{project.ratio('edit'):.2f}",
        f"{edit.ran} of {edit.modules}", f"DIFFERENT: {', '.join(different)}" if different else "equal",
    )  # fmt: skip


def _edit(project: Project) -> tuple[str, ...]:
    edited, modules = project.edited, project.runs["warm"].modules
    return (
        project.name,
        f"`{edited.file}`",
        f"{edited.imported_by} of {modules}",
        f"{edited.by_all}",
        f"{edited.by_some}",
    )


def _reasons(projects: Sequence[Project]) -> Iterator[tuple[str, ...]]:
    """A row for each reason; the modules by name if they are few."""
    for project in projects:
        unstored = project.runs["warm"].unstored
        for reason, count in Counter(reason for _, reason in unstored).items():
            names = ", ".join(f"`{module}`" for module, each in unstored if each == reason)
            yield project.name, f"`{reason}`", names if count <= 3 else f"{count} modules"


# --- Keeping -------------------------------------------------------------------------------------


def keep(project: Project) -> None:
    """Writes one project's figures down, and the page anew."""
    kept = {each.name: each for each in read()} | {project.name: project}
    projects = [kept[name] for name in PROJECTS if name in kept]
    KEPT.write_text(json.dumps([asdict(each) for each in projects], indent=1) + "\n", encoding="utf-8")
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    lines = "\n".join(tables(projects))
    PAGE.write_text(f"{before}{BEGIN}\n\n{lines}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def read() -> list[Project]:
    """What was written down."""
    written = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else []
    return [_project(**each) for each in written]


def _project(edited: dict[str, Any], runs: dict[str, dict[str, Any]], **rest: str) -> Project:
    return Project(edited=Edited(**edited), runs={what: Seen(**run) for what, run in runs.items()}, **rest)


if __name__ == "__main__":
    sys.exit(main())
