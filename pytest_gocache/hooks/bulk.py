"""Shows a cached module to pytest's own reporters in one go.

50,000 reports through three hooks each cost seconds, and pytest's own terminal wants of a passed test
no more than a letter and a count. So where only pytest's own plugins listen, they are served directly:
one line per module (``screen.py``), and reports that are made only if somebody looks into ``terminalreporter.stats``.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import pytest
from _pytest.terminal import TerminalReporter

from pytest_gocache.core.brief import letter_of
from pytest_gocache.core.model import SavedTest
from pytest_gocache.core.pause import paused
from pytest_gocache.core.places import Places
from pytest_gocache.hooks.conditions import is_builtin, module_of
from pytest_gocache.hooks.longhand import Longhand
from pytest_gocache.hooks.reports import STANDARD, load_reports
from pytest_gocache.hooks.screen import Screen

if TYPE_CHECKING:
    from pytest_gocache.core.model import Brief, Gist, Replay, Stored
    from pytest_gocache.hooks.cases import Cases

CATEGORIES = {".": "passed", "s": "skipped", "x": "xfailed", "X": "xpassed"}
LISTENING = (
    "pytest_runtest_logstart",
    "pytest_runtest_logreport",
    "pytest_runtest_logfinish",
    "pytest_report_teststatus",
)
STYLES = ("classic", "progress", "count")
SHOWS_PASSES = frozenset("pPA")
"""``-r`` letters that show tests which passed."""
SHOWN_BY = {"s": "s", "x": "x", "X": "X", "a": "sxX"}
"""Other ``-r`` letters, with the letters of tests that they show."""


def bulk_for(config: pytest.Config, places: Places) -> Bulk | None:
    """A ``Bulk`` if nobody in this run needs each report; None otherwise."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    option = config.option
    if terminal is None or not _is_builtin(terminal) or option.verbose > 1 or option.durations:
        return None
    if SHOWS_PASSES.intersection(option.reportchars or ""):
        return None
    if config.getini("console_output_style") not in STYLES or _somebody_listens(config):
        return None
    cases = _cases(config) if config.option.xmlpath else None
    return None if config.option.xmlpath and cases is None else Bulk(config, terminal, places, cases)


def _somebody_listens(config: pytest.Config) -> bool:
    return any(
        not _is_builtin(impl.plugin) for name in LISTENING for impl in getattr(config.hook, name).get_hookimpls()
    )


def _is_builtin(plugin: object) -> bool:
    """Whether it is one of pytest's own that needs no report of a passed test, or one of ours. JUnit files are seen to
    apart."""
    name = module_of(plugin)
    return is_builtin(name) and not name.startswith("_pytest.pastebin")


def _cases(config: pytest.Config) -> Cases | None:
    from pytest_gocache.hooks.cases import cases_for  # needed by runs that write a JUnit file

    return cases_for(config)


class Bulk:
    """Writes one line per module and keeps pytest's counts. ``cases`` are written, too, where there is a JUnit file."""

    def __init__(self, config: pytest.Config, terminal: TerminalReporter, places: Places, cases: Cases | None) -> None:
        self._config = config
        self._places = places
        self._terminal = terminal
        self._cases = cases
        self.long = terminal.showlongtestinfo
        """Whether each test has a line of its own."""
        self.reads = self.long or cases is not None
        """Whether more is read of results than what they look like in brief."""
        summed_up = "".join(SHOWN_BY.get(char, "") for char in config.option.reportchars or "")
        self._apart = "sxX" if self.reads else summed_up
        """The letters of tests that are shown one by one."""
        self._screen: Screen | Longhand = (Longhand if self.long else Screen)(config, terminal)

    def shows(self, told: Brief | Gist, stored: Stored) -> bool:
        """Whether a module can be shown so; where each test has a line or a case, only one whose tests all passed."""
        if not told.plain or (self._apart and any(letter in told.letters for letter in self._apart)):
            return False
        if not self.reads:
            return True  # so it is by default, and there may be thousands
        return not (self.long and not stored.titles()) and (self._cases is None or self._cases.take(stored))

    def __call__(self, replays: Iterable[Replay]) -> None:
        """Shows modules that follow each other. Nothing of the user's runs here."""
        failed: dict[Any, bool] = getattr(self._config.pluginmanager.get_plugin("lfplugin"), "lastfailed", {})
        with paused():
            for replay in replays:
                self._count(replay)
                if failed:
                    _forget_failures(failed, replay.nodeid)
                self._screen.add(replay)
                if self._cases is not None:
                    self._cases.add(replay)
            self._screen.shown()

    def _count(self, replay: Replay) -> None:
        letters = replay.brief.letters
        self._terminal._tests_ran = True
        for letter in dict.fromkeys(letters):
            reports = LazyReports(replay, letter, self._config, self._places)
            self._terminal._add_stats(CATEGORIES[letter], reports.stubs())


class LazyReports:
    """The reports of one module and letter, made when somebody looks at one."""

    def __init__(self, replay: Replay, letter: str, config: pytest.Config, places: Places) -> None:
        self._replay = replay
        self._letter = letter
        self._config = config
        self._places = places

    def stubs(self) -> list[LazyReport]:
        """As many stand-ins as there are tests."""
        return [LazyReport((self, number)) for number in range(self._replay.brief.letters.count(self._letter))]

    def get(self, number: int) -> pytest.TestReport:
        """The report that a stand-in stands for."""
        return self._made[number]

    @functools.cached_property
    def _made(self) -> list[pytest.TestReport]:
        result = self._replay.stored.load()
        tests = [test for test in result.tests if letter_of(test) == self._letter] if result else []
        return [self._telling(test) for test in tests]

    def _telling(self, test: SavedTest) -> pytest.TestReport:
        """Of a test's reports the one that pytest counts."""
        nodeid = self._replay.nodeid + test.name
        reports = load_reports(test, nodeid, self._places, self._config, self._replay.remote)
        return next(report for report in reports if report.when == "call" or report.skipped)


class LazyAttributes(Mapping[str, Any]):
    """``report.__dict__``: plugins look there for what they put on a report, and here there is no such thing."""

    __slots__ = ("_report",)

    def __init__(self, report: LazyReport) -> None:
        self._report = report

    def __getitem__(self, name: str) -> Any:
        if name not in STANDARD:
            raise KeyError(name)
        return getattr(self._report, name)

    def get(self, name: str, default: Any = None) -> Any:
        """Cheap for what is not there."""
        return getattr(self._report, name, default) if name in STANDARD else default

    def __iter__(self) -> Iterator[str]:
        return iter(vars(real(self._report)))

    def __len__(self) -> int:
        return len(list(iter(self)))


class LazyReport(tuple[LazyReports, int]):
    """Stands for one report in ``terminalreporter.stats`` until somebody asks it something.

    A tuple, for there are 50,000, and those are made in C; it looks like a report in all that a plugin may do with one.
    """

    __slots__ = ()
    count_towards_summary = True
    __class__ = property(lambda _report: pytest.TestReport)
    __hash__ = object.__hash__
    __eq__ = object.__eq__
    __ne__ = object.__ne__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_pdb"):
            raise AttributeError(name)  # pytest asks each report whether the debugger was entered
        return getattr(real(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(real(self), name, value)

    def __repr__(self) -> str:
        return repr(real(self))

    def __copy__(self) -> pytest.TestReport:
        return copy.copy(real(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> pytest.TestReport:
        return copy.deepcopy(real(self), memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return real(self).__reduce_ex__(protocol)

    __dict__ = property(LazyAttributes)  # no function of ours between: there are 50,000


def real(report: LazyReport) -> pytest.TestReport:
    """The report that it stands for."""
    parts: tuple[Any, ...] = tuple(report)
    return cast(pytest.TestReport, parts[0].get(parts[1]))


def _forget_failures(failed: dict[Any, bool], nodeid: str) -> None:
    """What pytest's ``--lf`` does at the report of a pass."""
    for key in [key for key in failed if str(key) == nodeid or str(key).startswith(nodeid + "::")]:
        del failed[key]
