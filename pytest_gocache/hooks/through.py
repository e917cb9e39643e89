"""Gives the reports of a cached module to every plugin that listens, and marks them on the screen."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from _pytest import terminal as pytest_terminal

from pytest_gocache.core.model import ModuleResult, Replay
from pytest_gocache.core.places import Places
from pytest_gocache.hooks.reports import load_reports


class ThroughHooks:
    """Gives every report to every plugin, as xdist's controller does."""

    def __init__(self, config: pytest.Config, places: Places) -> None:
        self._config = config
        self._places = places
        self._word = CachedWord()

    def __call__(self, replay: Replay, result: ModuleResult) -> None:
        hook, plugins = self._config.hook, self._config.pluginmanager
        if not plugins.is_registered(self._word):  # not before: it is asked for each report of each test
            plugins.register(self._word, "gocache-word")
        told: list[pytest.TestReport] = []
        for test in result.tests:
            nodeid = replay.nodeid + test.name
            reports = load_reports(test, nodeid, self._places, self._config, replay.remote)
            told += reports
            location = reports[0].location
            hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
            for report in reports:
                with self._word.shown(replay.mark):
                    hook.pytest_runtest_logreport(report=report)
            hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if told and terminal is not None:
            _end_line(terminal, told, replay.mark)


def _end_line(terminal: pytest_terminal.TerminalReporter, reports: Sequence[pytest.TestReport], mark: str) -> None:
    """Ends the line of a cached module: with its mark, and where the times of modules are shown with its time."""
    if terminal.verbosity == 0 and terminal.showfspath:
        terminal._tw.write(f" {mark}")
        if terminal._show_progress_info == "times":
            _tell_time(terminal, reports)


def _tell_time(terminal: pytest_terminal.TerminalReporter, reports: Sequence[pytest.TestReport]) -> None:
    """pytest tells the time of a module when all of its items are done; of a cached module there are none."""
    seconds = pytest_terminal.format_node_duration(sum(each.duration for each in reports))
    terminal._tw.write(seconds.rjust(terminal._tw.fullwidth - terminal._width_of_current_line - 1))
    if not terminal._is_last_item:
        terminal._timing_nodeids_reported.update(each.id for each in reports)
        terminal.currentfspath = None  # or it would write a time of its own


class CachedWord:
    """Says ``PASSED (cached)`` in the line of a test under ``-v``; the summaries at the end stay as they are."""

    def __init__(self) -> None:
        self._mark = ""

    @contextmanager
    def shown(self, mark: str) -> Iterator[None]:
        """Reports given inside are being shown, with that mark."""
        self._mark = mark
        try:
            yield
        finally:
            self._mark = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        status = yield
        if not self._mark or not status or not status[2]:
            return status
        category, letter, word = status
        if isinstance(word, tuple):
            return category, letter, (f"{word[0]} {self._mark}", word[1])
        return category, letter, f"{word} {self._mark}"
