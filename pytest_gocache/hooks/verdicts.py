"""Tells who wants to know what was decided on each module: ``pytest_gocache_verdict`` (``specs.py``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pytest_gocache.core.model import Miss
from pytest_gocache.hooks.guard import blame

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


Found: TypeAlias = "tuple[str, Miss | None]"
"""A module's path, and why it ran; None: it was replayed."""


class Verdicts:
    """Tells all verdicts when the session ends: those on what workers collected are known no earlier."""

    def __init__(self, config: pytest.Config, found: Callable[[], Iterable[Found]]) -> None:
        self._config = config
        self._found = found
        self._wrong = ""
        """What the first listener that failed has to say. It concerns nothing but its own work."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        untold = exitstatus in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR)
        if not untold and self._config.hook.pytest_gocache_verdict.get_hookimpls():
            for path, miss in self._found():
                self._tell(Path(path), miss)

    def _tell(self, path: Path, miss: Miss | None) -> None:
        hook = self._config.hook.pytest_gocache_verdict
        reason, detail = (str(miss.reason), miss.detail) if miss else ("", "")
        try:
            hook(config=self._config, path=path, cached=miss is None, reason=reason, detail=detail)
        except Exception as error:
            self._wrong = self._wrong or blame(hook, error)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if self._wrong and terminalreporter.config.option.verbose >= -1:
            terminalreporter.write_line(f"gocache: {self._wrong} (no result depends on it)", yellow=True)
