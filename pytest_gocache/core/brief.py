"""What of a module's result is asked for where it is not shown test by test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pytest_gocache.core.model import (
    Brief,
    Gist,
    Hit,
    Input,
    ModuleResult,
    ResultID,
    SavedReport,
    SavedTest,
    Stored,
    Timing,
    Titles,
)

UNNAMED: Final = ResultID("")
"""Of a result that is not in the store as it is."""
PHASES = ("setup", "call", "teardown")
LEFT_OUT: Final = ("", "")
"""Stands in place of the sections of a report whose output was not stored; pytest makes none without a title."""


def brief_of(path: str, nodeid: str, result_id: ResultID, gist: Gist) -> Brief:
    """The result in one line."""
    return Brief(path, nodeid, gist.letters, gist.seconds, gist.deselected, result_id, gist.plain)


def gist_of(result: ModuleResult) -> Gist:
    """The gist of a result that is at hand."""
    letters = [letter_of(test) for test in result.tests]
    plain = not (result.warnings or result.collect_reports or "?" in letters or _has_extras(result))
    used = any(report.user_properties for test in result.tests for report in test.reports)
    left_out = {
        letter
        for letter, test in zip(letters, result.tests, strict=True)
        if any(LEFT_OUT in each.sections for each in test.reports)
    }
    return Gist("".join(letters), result.seconds, len(result.deselected), plain, used, "".join(sorted(left_out)))


def titles_of(result: ModuleResult, gist: Gist) -> Titles:
    """The titles of a result that is at hand, and whose gist is known."""
    plain = not gist.letters.strip(".") and all(map(_is_plain, result.tests))
    return tuple(test.name for test in result.tests) if plain else ()


def timings_of(tests: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> tuple[Timing, ...]:
    """The timings of tests, given by name and reports, whose fields come as in ``SavedReport``, as far as there are
    any; none where a test has more to tell."""
    found: list[Timing] = []
    for name, reports in tests:
        if len(reports) != 3:
            return ()
        (setup, passed, before, *more), (call, well, during, *further), (teardown, still, after, *rest) = reports
        if (setup, call, teardown) != PHASES or not passed == well == still == "passed":
            return ()
        if (more or further or rest) and any(map(_tells, (more, further, rest))):
            return ()
        found.append(Timing(name, before, during, after))
    return tuple(found)


def _tells(further: Sequence[Any]) -> bool:
    """Whether there is anything among ``longrepr, sections, user_properties, extra`` but output."""
    longrepr, _sections, properties, extra = further or (None, (), (), ())
    return bool(longrepr is not None or properties or extra)


def _is_plain(test: SavedTest) -> bool:
    """pytest writes a test's place as its name, unless a dot in a name is taken for one between names."""
    return test.name.isprintable() and ("." not in test.domain.partition("[")[0] or not test.name.endswith(test.domain))


def hit_of(result: ModuleResult, inputs: tuple[Input, ...] = (), of: ResultID = UNNAMED, remote: bool = False) -> Hit:
    """A hit with a result that is at hand."""
    gist = gist_of(result)
    return Hit(gist, at_hand(result, gist, of), inputs, remote=remote)


def at_hand(result: ModuleResult, gist: Gist, of: ResultID = UNNAMED) -> Stored:
    """A result that need not be read."""

    def timings() -> tuple[Timing, ...]:
        return timings_of((test.name, test.reports) for test in result.tests)

    return Stored(of, lambda: result, lambda: titles_of(result, gist), timings)


def _has_extras(result: ModuleResult) -> bool:
    """Whether a plugin put something (not an empty list) on a report: whoever did may look for it again."""
    extras = (pair for test in result.tests for report in test.reports for pair in report.extra)
    return any(value for name, value in extras if name != "wasxfail")


def letter_of(test: SavedTest) -> str:
    """The test's letter in pytest's progress line; ``?`` where it is not one of pytest's own."""
    if len(test.reports) == len(PHASES) and _just_passed(*test.reports):
        return "."  # so it is with nearly all
    if any(report.when not in PHASES for report in test.reports):
        return "?"
    told = [report for report in test.reports if report.when == "call" or report.outcome == "skipped"]
    if len(told) != 1:
        return "?"
    extra = dict(told[0].extra)
    if "wasxfail" in extra:
        return "x" if told[0].outcome == "skipped" else "X"
    return "s" if told[0].outcome == "skipped" else "."


def _just_passed(setup: SavedReport, call: SavedReport, teardown: SavedReport) -> bool:
    well = setup.outcome == call.outcome == teardown.outcome == "passed"
    return well and not call.extra and (setup.when, call.when, teardown.when) == PHASES
