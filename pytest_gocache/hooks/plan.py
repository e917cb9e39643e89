"""``--gocache-plan``: the verdicts, told without importing or running a test."""

from __future__ import annotations

import functools
import os
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_gocache.core.account import Account, ModuleAccount, foretold, plan_lines
from pytest_gocache.hooks.early import stop
from pytest_gocache.hooks.foreseen import foreseen, others_collect
from pytest_gocache.hooks.session import Session

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

OTHERS = "tests that are no Python modules (doctests in text files, a plugin's own) run each time"


class Planner:
    """Stands in for the collection of tests."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._desk = session.desk
        self._others = False
        self.account = Account("plan", ())

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Nothing is collected: pytest goes on as if there were no tests."""
        stop(self._desk.config)
        for argument in self._desk.request.arguments:
            if not os.path.exists(argument.path):
                raise pytest.UsageError(f"file or directory not found: {argument.text}")
        self.account = Account("plan", tuple(self._foretold()))
        self._others = others_collect(self._desk)
        session.items = []
        return True

    def _foretold(self) -> Generator[ModuleAccount, None, None]:
        run, name = self._desk.run, self._desk.project.places.name
        for path, selection in foreseen(self._desk):
            verdict = self._session.decide(path, selection)
            yield foretold(name(path), verdict, functools.partial(run.tells.last_seconds, path))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and (self.account.modules or self._others):
            runs = self._others or bool(self.account.run)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if runs else pytest.ExitCode.OK
        yield

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        verbose = terminalreporter.config.option.verbose
        if verbose < -1:
            return
        for line in plan_lines(self.account, all_of_them=verbose > 0):
            terminalreporter.write_line(f"gocache: {line}")
        if self._others:
            terminalreporter.write_line(f"gocache: {OTHERS}")

    def pytest_unconfigure(self) -> None:
        self._desk.close()
