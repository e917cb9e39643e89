"""Nobody can tell a replay from a run: every outcome, through every report, serial and with workers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from pprint import pformat
from typing import Any

import normal
import pytest
from every_outcome import BAD_SUBTESTS, BADLY, SUBTESTS, WELL
from playground import Host, Project, Run

pytestmark = pytest.mark.fidelity

WORKERS = ("-p", "xdist", "-n2")


@dataclass(frozen=True)
class Report:
    """A way to look at a run: options, and how to read the file that is written (``{file}`` in the options)."""

    name: str
    options: tuple[str, ...] = ()
    module: str = ""
    """The plugin's module; without it there is nothing to compare."""
    read: Callable[[Path], Any] | None = None
    env: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.name


TERMINAL = [
    Report(" ".join(options) or "default", options)
    for options in (
        (),
        ("-q",),
        ("-qq",),
        ("-v",),
        ("-vv",),
        ("-rA",),
        ("-rP",),
        ("-ra", "--no-fold-skipped") if pytest.version_tuple >= (8, 3) else ("-ra",),
        ("-rN",),
        ("--durations=0", "-vv"),
        ("--no-header",),
        ("--no-summary",),
        ("--disable-warnings",),
        ("--tb=line", "--show-capture=no"),
        ("-oconsole_output_style=classic",),
        ("-oconsole_output_style=count",),
        ("-oconsole_output_style=times",),
        ("--color=yes",),
        ("--max-warnings=1",),
        ("--max-warnings=99",),
        ("-Werror",),
        ("--doctest-modules",),
        ("-kplain or mark or odd",),
        ("-mshade",),
    )
    if "--max-warnings" not in options[0:1] or pytest.version_tuple >= (9, 1)
]
JUNIT = [
    Report(f"junit {' '.join(more)}", ("--junitxml={file}", *more), read=normal.junit)
    for more in (
        ("-ojunit_family=xunit1",),
        ("-ojunit_family=xunit2", "--junit-prefix=a"),
        ("-ojunit_family=legacy",),
        ("-ojunit_logging=all",),
        ("-ojunit_logging=all", "-ojunit_log_passing_tests=false", "-ojunit_duration_report=call"),
    )
]
PLUGINS = [
    Report("reportlog", ("--report-log={file}",), "pytest_reportlog.plugin", normal.report_log),
    Report(
        "reportlog without logs",
        ("--report-log={file}", "--report-log-exclude-logs-on-passed-tests"),
        "pytest_reportlog.plugin",
        normal.report_log,
    ),
    Report(
        "json-report",
        ("--json-report", "--json-report-file={file}"),
        "pytest_jsonreport.plugin",
        normal.json_report,
    ),
    Report(
        "json-report omit",
        ("--json-report", "--json-report-file={file}", "--json-report-omit", "log", "keywords"),
        "pytest_jsonreport.plugin",
        normal.json_report,
    ),
    Report("json-ctrf", ("--ctrf={file}",), "ctrf.main", normal.ctrf),
    Report("html", ("-ppytest_metadata.plugin", "--html={file}"), "pytest_html.plugin", normal.html),
    Report(
        "html in one file",
        ("-ppytest_metadata.plugin", "--html={file}", "--self-contained-html"),
        "pytest_html.plugin",
        normal.html,
    ),
    Report("sugar", ("--force-sugar",), "pytest_sugar"),
    Report("sugar -v", ("--force-sugar", "-v"), "pytest_sugar"),
    Report("instafail", ("--instafail",), "pytest_instafail"),
    Report(
        "github",
        (),
        "pytest_github_actions_annotate_failures.plugin",
        env=(("GITHUB_ACTIONS", "true"),),
    ),
]
REPORTS = [*TERMINAL, *JUNIT, *PLUGINS]
ENOUGH = ("default", "-q", "-v", "-rA", "--durations=0 -vv", "-Werror", "-kplain or mark or odd")
WITH_WORKERS = [report for report in REPORTS if report not in TERMINAL or report.name in ENOUGH]


@pytest.fixture(scope="module", params=["well", "badly"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, host: Host) -> Project:
    """Every outcome; the store stays from report to report, as it does in life."""
    files = dict(WELL)
    new = pytest.version_tuple >= (9, 0)
    files |= SUBTESTS if new else {}
    if request.param == "badly":
        files |= BADLY | (BAD_SUBTESTS if new else {})
    project = Project(tmp_path_factory.mktemp("fidelity"), host)
    project.write(files)
    return project


@pytest.mark.parametrize(
    ("report", "workers"),
    [
        *(pytest.param(report, (), id=f"{report}-serial") for report in REPORTS),
        *(pytest.param(report, WORKERS, id=f"{report}-n2") for report in WITH_WORKERS),
    ],
)
def test_plain_cold_and_warm_are_told_alike(project: Project, report: Report, workers: tuple[str, ...]) -> None:
    """Once without the cache, once with all running, twice with what can be replayed replayed."""
    if report.module and not importlib.util.find_spec(report.module.partition(".")[0]):
        pytest.skip(f"{report.module} is not installed")
    plain = look(project, report, workers, cache=())
    seen = [look(project, report, workers, cache=("--gocache", *more)) for more in (("--count=1",), (), ())]
    for name, (run, told) in zip(("cold", "warm", "warm again"), seen, strict=True):
        assert run.code == plain[0].code, (name, run.said)
        changes = list(unified_diff(plain[1], told, "plain", name, n=0, lineterm=""))
        assert not changes, "\n".join(changes)
    assert seen[-1][0].modules <= must_run(report), "the others are cached"
    if report.read not in (None, normal.html):
        assert "cached" in (project.home / "report.out").read_text(), "a machine can tell"


def must_run(report: Report) -> set[str]:
    """What fails, what writes past reports, what pytest does not collect as a module, and who shares a fixture."""
    modules = set(BADLY) | set(BAD_SUBTESTS) | {"test_wide.py"}
    if "--doctest-modules" in report.options:
        modules |= set(WELL) | set(SUBTESTS)
    if "-Werror" in report.options:
        modules.add("test_warns.py")
    if report.read is normal.junit and "-ojunit_family=xunit1" not in report.options:
        modules.add("test_output.py")  # record_property warns there
    return modules


def look(project: Project, report: Report, workers: tuple[str, ...], cache: tuple[str, ...]) -> tuple[Run, list[str]]:
    """One run, and what it told: on the screen, on stderr, in its file."""
    file = project.home / "report.out"
    file.unlink(missing_ok=True)
    options = [each.format(file=file) for each in report.options]
    plugin = [f"-p{report.module}"] if report.module else []
    run = project.plain(*workers, *plugin, *options, *cache, **dict(report.env))
    screen = normal.screen(run.out, bool(workers))
    errors = normal.screen(run.err, workers=True)
    written = pformat(report.read(file), width=200).splitlines() if report.read else []
    return run, [*screen, "--- stderr", *errors, "--- file", *written]
