"""What pytest's terminal shows of replayed modules under ``-v``: a line for each test, put together at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest._io.wcwidth import wcswidth
from _pytest.pathlib import bestrelpath
from _pytest.terminal import TerminalReporter

from pytest_gocache.core.model import Replay
from pytest_gocache.hooks.reported import report


class Longhand:
    """Collects the lines of modules until they are ``shown``. Nobody else may write in between."""

    def __init__(self, config: pytest.Config, terminal: TerminalReporter) -> None:
        self._config = config
        self._terminal = terminal
        self._text: list[str] = []
        self._messages: dict[tuple[str, int, str], str] = {}

    def add(self, replay: Replay) -> None:
        """One module: the line of each test."""
        place, word, titles = self._relative(replay.nodeid), f"PASSED {replay.mark}", replay.stored.titles()
        marked = self._coloured(word, "green")
        for title, message in zip(titles, self._progress(len(titles)), strict=True):
            line = f"{place}{title} "
            taken = len(line) + len(word) if line.isascii() else wcswidth(line) + len(word)
            self._text += ("\n", line, marked, self._at_the_edge(message, taken) if message else "")

    def _progress(self, count: int) -> Iterator[str]:
        """How far the run has come after each of the next tests."""
        terminal = self._terminal
        if terminal._show_progress_info == "progress" and terminal._session is not None:
            after, of = report(terminal, count), terminal._session.testscollected or 1
            yield from (f" [{done * 100 // of:3d}%]" for done in range(after - count + 1, after + 1))
            return
        for _ in range(count):
            report(terminal, 1)
            yield terminal._get_progress_information_message() if terminal._show_progress_info else ""

    def _at_the_edge(self, message: str, taken: int) -> str:
        """The message at the end of the line, in pytest's colour, of which there are few."""
        key = message, taken, self._terminal._get_main_color()[0]
        known = self._messages.get(key)
        if known is None:
            filled = message.rjust(self._terminal._tw.fullwidth - taken - 1)
            known = self._messages[key] = self._coloured(filled, key[2])
        return known

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
