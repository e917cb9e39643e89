"""``--gocache-json=PATH``: the account of the run, for programs."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest

from pytest_gocache import __version__
from pytest_gocache.core.account import Account

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


class Accountant:
    """Writes the file when everything else is done."""

    def __init__(self, config: pytest.Config, path: str, account: Callable[[], Account]) -> None:
        self._path = os.path.join(config.invocation_params.dir, path)
        self._account = account
        self._wrong = ""

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        yield
        text = self._account().to_json(int(session.exitstatus), __version__)
        try:
            self._write(text)
        except OSError as error:
            self._wrong = f"--gocache-json: {self._path} cannot be written ({error.strerror})"

    def _write(self, text: str) -> None:
        """Whole or not at all: somebody may read it meanwhile."""
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        part = f"{self._path}.{os.getpid()}.part"
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, self._path)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if self._wrong and terminalreporter.config.option.verbose >= -1:
            terminalreporter.write_line(f"gocache: {self._wrong}", yellow=True)
