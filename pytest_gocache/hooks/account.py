"""``--gocache-json=PATH`` and ``--gocache-report=PATH``: the account of the run, for programs and for people."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from pytest_gocache import __version__
from pytest_gocache.core.account import Account
from pytest_gocache.hooks.seen import module_part
from pytest_gocache.hooks.settings import Settings

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


class Accountant:
    """Writes the files when everything else is done."""

    def __init__(self, config: pytest.Config, settings: Settings, account: Callable[[], Account]) -> None:
        self._root = str(config.rootpath)
        self._directory = config.invocation_params.dir
        self._settings = settings
        self._account = account
        self._wrong: list[str] = []
        self.took: dict[str, float] = defaultdict(float)
        """How long the tests of a module ran, by its part of the node ids."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not getattr(report, "gocache", False):
            self.took[module_part(report.nodeid)] += report.duration

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        yield
        account = self._account()
        if self._settings.json:
            self._write("--gocache-json", self._settings.json, account.to_json(int(session.exitstatus), __version__))
        if self._settings.report:
            from pytest_gocache.core.page import page

            title = f"{os.path.basename(self._root)}: {'plan' if account.kind == 'plan' else 'run'} of pytest --gocache"
            self._write("--gocache-report", self._settings.report, page(account, title))

    def _write(self, option: str, name: str, text: str) -> None:
        """Whole or not at all: somebody may read it meanwhile."""
        path = os.path.join(self._directory, name)
        part = f"{path}.{os.getpid()}.part"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(part, "w", encoding="utf-8", errors="backslashreplace") as file:  # names need not be UTF-8
                file.write(text)
            os.replace(part, path)
        except OSError as error:
            self._wrong.append(f"{option}: {path} cannot be written ({error.strerror})")
            with suppress(OSError):
                os.unlink(part)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        for line in self._wrong if terminalreporter.config.option.verbose >= -1 else ():
            terminalreporter.write_line(f"gocache: {line}", yellow=True)
