"""``--gocache-explain=MODULE``: of the modules that were asked about, why each ran, in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from pytest_gocache.core.account import foretold
from pytest_gocache.core.model import Miss, Selection, Verdict
from pytest_gocache.core.spans import duration

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


class About:
    """Compares when a verdict is given: at the end the store knows this run only."""

    def __init__(
        self,
        asked: Mapping[str, str],
        name: Callable[[str], str],
        differences: Callable[[str, Selection], Iterable[str]],
    ) -> None:
        """``asked`` are paths, each with how it was written."""
        self._asked = asked
        self._name = name
        self._differences = differences
        self._told: dict[str, list[str]] = {}

    def note(self, path: str, selection: Selection, verdict: Verdict) -> None:
        """Keeps what is to be told of a module, if it was asked about."""
        if path not in self._asked:
            return
        account = foretold(self._name(path), verdict, lambda: None)
        if not isinstance(verdict, Miss):
            self._told[path] = [f"{account.module}: cached (saves {duration(account.seconds or 0.0)})"]
            return
        try:
            more = list(self._differences(path, selection))
        except Exception as error:  # whoever asks must not get another verdict
            more = [f"a mistake of ours: {type(error).__name__}: {error}"]
        self._told[path] = [f"{account.module}: {verdict}", *(f"  {line}" for line in more)]

    def _lines(self) -> Iterator[str]:
        for path, text in self._asked.items():
            yield from self._told.get(path, [f"--gocache-explain={text}: no test module of this run"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if terminalreporter.config.option.verbose >= -1:
            for line in self._lines():
                terminalreporter.write_line(f"gocache: {line}")
