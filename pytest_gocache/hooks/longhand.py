"""What pytest's terminal shows of replayed modules under ``-v``: a line for each test, put together at once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from _pytest._io.wcwidth import wcswidth
from _pytest.pathlib import bestrelpath
from _pytest.terminal import TerminalReporter

from pytest_gocache.core.model import Replay


class Longhand:
    """Collects the lines of modules until they are ``shown``. Nobody else may write in between."""

    def __init__(self, config: pytest.Config, terminal: TerminalReporter) -> None:
        self._config = config
        self._terminal = terminal
        self._text: list[str] = []
        self._tokens = itertools.count()

    def add(self, replay: Replay) -> None:
        """One module: the line of each test."""
        terminal, width = self._terminal, self._terminal._tw.fullwidth
        reported: set[Any] = terminal._progress_nodeids_reported
        place, word = self._relative(replay.nodeid), f"PASSED {replay.mark}"
        marked = self._coloured(word, "green")
        for title in replay.stored.titles():
            line = f"{place}{title} "
            self._text += ("\n", line, marked)
            reported.add(next(self._tokens))  # pytest only asks how many there are
            if terminal._show_progress_info:
                message = terminal._get_progress_information_message()
                taken = len(line) + len(word) if line.isascii() else wcswidth(line) + len(word)
                self._text.append(self._coloured(message.rjust(width - taken - 1), terminal._get_main_color()[0]))

    def shown(self) -> None:
        """Writes all that was added since."""
        text, self._text = self._text, []
        # What an encoding has no letters for is escaped by pytest, and with it the ends of lines.
        for piece in ["".join(text)] if all(map(str.isascii, text)) else text:
            self._terminal._tw.write(piece)
        if text:
            self._terminal.currentfspath = -2
            self._terminal.flush()

    def _relative(self, nodeid: str) -> str:
        start, root = self._config.invocation_params.dir, self._config.rootpath
        return nodeid if start == root else bestrelpath(start, root / nodeid)

    def _coloured(self, text: str, colour: str) -> str:
        return self._terminal._tw.markup(text, **{colour: True})
