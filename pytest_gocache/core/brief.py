"""What of a module's result the terminal shows by default."""

from __future__ import annotations

from pytest_gocache.core.model import Brief, ModuleResult, ResultID, SavedTest

PHASES = ("setup", "call", "teardown")


def brief_of(path: str, nodeid: str, result_id: ResultID, result: ModuleResult) -> Brief:
    """The result in one line."""
    letters = [letter_of(test) for test in result.tests]
    plain = not (result.warnings or result.collect_reports or "?" in letters or _has_extras(result))
    return Brief(path, nodeid, "".join(letters), result.seconds, len(result.deselected), result_id, plain)


def _has_extras(result: ModuleResult) -> bool:
    """Whether a plugin put something (not an empty list) on a report: whoever did may look for it again."""
    extras = (pair for test in result.tests for report in test.reports for pair in report.extra)
    return any(value for name, value in extras if name != "wasxfail")


def letter_of(test: SavedTest) -> str:
    """The test's letter in pytest's progress line; ``?`` where it is not one of pytest's own."""
    if any(report.when not in PHASES for report in test.reports):
        return "?"
    told = [report for report in test.reports if report.when == "call" or report.outcome == "skipped"]
    if len(told) != 1:
        return "?"
    extra = dict(told[0].extra)
    if "wasxfail" in extra:
        return "x" if told[0].outcome == "skipped" else "X"
    return "s" if told[0].outcome == "skipped" else "."
